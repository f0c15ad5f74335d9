"""A line is asked, and everything up to the end is the answer."""

from __future__ import annotations

import io
import json
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.cli_error import Trouble
from simplechat.cli.server_link import SocketLink, at_once, replies, rows, socket_link
from simplechat.terminal.answer_text import Answer
from tests.cli.actors import FakeLink, error, table, text

END = {"kind": "end"}


class SocketLinkTests(SynchronousTestCase):
    def ask(self, line: str, *answers: bytes | Answer) -> tuple[list[Answer], bytes]:
        """Ask over a connection on which these answers wait; give those heard, and what was written."""
        lines = [each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in answers]
        written, heard = io.BytesIO(), list[Answer]()
        at_once(SocketLink(io.BytesIO(b"".join(lines)), written).ask(line, heard.append))
        return heard, written.getvalue()

    def test_what_comes_before_the_end_is_heard_in_order(self) -> None:
        heard, written = self.ask("say héllo", text("one"), text("two"), END, text("of another line"))

        self.assertEqual([each["text"] for each in heard], ["one", "two"])
        self.assertEqual(written, "say héllo\n".encode())

    def test_a_server_that_goes_away_or_talks_nonsense_is_told(self) -> None:
        for answers in (
            (),
            (text("one"),),
            (b'{"kind": "end"}',),
            (b"\xff\n",),
            (b"[]\n",),
            (b"{}\n",),
            (b'{"kind": 1}\n',),
            (b"[" * 100_000 + b"\n",),
        ):
            self.assertRaises(Trouble, self.ask, "x", *answers)

    def test_what_is_not_one_line_is_not_said(self) -> None:
        for line in ("a\nb", "x" * (1 << 20), "\udcff"):
            self.assertRaises(Trouble, self.ask, line, END)

    def test_where_no_server_listens_there_is_no_link(self) -> None:
        folder = Path(self.mktemp())

        self.assertIsNone(socket_link(folder))

    def test_where_no_socket_can_be_there_is_no_link(self) -> None:
        self.assertIsNone(socket_link(Path("x" * 200)))

    def test_a_socket_that_is_none_is_told(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "control.sock").symlink_to("control.sock")

        self.assertIn("control.sock", str(self.assertRaises(Trouble, socket_link, folder)))


class RepliesTests(SynchronousTestCase):
    def test_rows_are_known_by_the_names_of_their_columns(self) -> None:
        link = FakeLink(lambda line: [table(["a", "b"], [[1, "x"]]), table(["b"], [["y"]])])

        self.assertEqual(at_once(rows(link, "x")), [{"a": 1, "b": "x"}, {"b": "y"}])

    def test_an_error_is_raised_in_its_own_words(self) -> None:
        link = FakeLink(lambda line: [text("first"), error("no {what}\x1b", what="tea")])

        trouble = self.assertRaises(Trouble, at_once, replies(link, "x"))

        self.assertEqual(str(trouble), "no tea␛")

    def test_progress_is_told_as_it_comes(self) -> None:
        link = FakeLink(lambda line: [{"kind": "progress", "done": 1, "all": 2}, text("done")])
        told: list[tuple[int, int]] = []

        answers = at_once(replies(link, "x", lambda done, of: told.append((done, of))))

        self.assertEqual((told, len(answers)), ([(1, 2)], 1))

    def test_what_would_wait_for_others_cannot_be_had_at_once(self) -> None:
        class Never:
            def __await__(self) -> object:
                yield

        async def wait() -> None:
            await Never()  # type: ignore[misc]

        self.assertRaises(RuntimeError, at_once, wait())
