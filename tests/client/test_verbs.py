"""What is typed means one thing."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.verbs import SAY, Typed, read, room_name

TABLE = {
    "hello": Typed(SAY, "hello"),
    "": Typed(SAY, ""),
    " /quit": Typed(SAY, " /quit"),
    "//etc is a folder": Typed(SAY, "/etc is a folder"),
    "/quit": Typed("/quit", ""),
    "/QUIT  so long ": Typed("/quit", "so long"),
    "/msg ann  hi": Typed("/msg", "ann  hi"),
    "/": Typed("/", ""),
}


class ReadTests(SynchronousTestCase):
    def test_the_table(self) -> None:
        for line, expected in TABLE.items():
            self.assertEqual(read(line), expected)

    def test_a_room_may_be_named_without_its_mark(self) -> None:
        self.assertEqual([room_name(word) for word in ("tea", "#tea", "")], ["#tea", "#tea", ""])
