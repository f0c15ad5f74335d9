"""What is typed means one thing."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.commands.table import SAY, VERBS, Typed, help_lines, read, read_at_terminal, room_name

TABLE = {
    "hello": Typed(SAY, "hello"),
    "": Typed(SAY, ""),
    " /quit": Typed(SAY, " /quit"),
    "//etc is a folder": Typed(SAY, "/etc is a folder"),
    "/quit": Typed("/exit", ""),
    "/QUIT  so long ": Typed("/exit", "so long"),
    "/msg ann  hi": Typed("/msg", "ann  hi"),
    "/": Typed("/", ""),
    "help": Typed(SAY, "help"),
}
AT_A_TERMINAL = {
    "help": Typed("/help", ""),
    "cls ": Typed("/cls", ""),
    "chat.exit": Typed("/exit", ""),
    "/help me": Typed("/help", "me"),
    " help": Typed(SAY, " help"),
    "help me": Typed(SAY, "help me"),
    "Help": Typed(SAY, "Help"),
}


class ReadTests(SynchronousTestCase):
    def test_the_table(self) -> None:
        for line, expected in TABLE.items():
            self.assertEqual(read(line), expected)

    def test_at_a_terminal_a_few_words_alone_are_verbs(self) -> None:
        for line, expected in AT_A_TERMINAL.items():
            self.assertEqual(read_at_terminal(line), expected)

    def test_help_names_every_verb_and_explains_one(self) -> None:
        text = "\n".join(help_lines())

        self.assertEqual([verb.word for verb in VERBS if f"\n{verb.word}" not in text], [])
        self.assertEqual(help_lines("join"), ["/join #ROOM [KEY]  come into a room and talk there"])

    def test_a_room_may_be_named_without_its_mark(self) -> None:
        self.assertEqual([room_name(word) for word in ("tea", "#tea", "")], ["#tea", "#tea", ""])
