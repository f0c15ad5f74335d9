"""A line is asked, and everything up to the end is the answer."""

from __future__ import annotations

import io
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.cli_error import CliError
from simplechat.cli.server_link import (
    SocketLink,
    connect_to_server,
    request_answers,
    request_rows,
    run_blocking,
)
from simplechat.owner_answers import Answer, EndOfAnswer, Progress, encode_answer
from tests.cli.actors import FakeLink, error, table, text

END = EndOfAnswer()


class SocketLinkTests(SynchronousTestCase):
    def request(self, line: str, *answers: bytes | Answer) -> tuple[list[Answer], bytes]:
        """Send a line to a server with prepared answers; return the answers read and the bytes written."""
        lines = [answer if isinstance(answer, bytes) else encode_answer(answer) for answer in answers]
        written, received = io.BytesIO(), list[Answer]()
        run_blocking(SocketLink(io.BytesIO(b"".join(lines)), written).request(line, received.append))
        return received, written.getvalue()

    def test_what_comes_before_the_end_is_heard_in_order(self) -> None:
        received, written = self.request("say héllo", text("one"), text("two"), END, text("of another line"))

        self.assertEqual(received, [text("one"), text("two")])
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
            (b'{"kind": "text", "text": "x"}\n',),
            (b'{"kind": "text", "text": "x", "fields": []}\n',),
            (b'{"kind": "end", "more": 1}\n',),
            (b"[" * 100_000 + b"\n",),
        ):
            self.assertRaises(CliError, self.request, "x", *answers)

    def test_what_is_not_one_line_is_not_said(self) -> None:
        for line in ("a\nb", "x" * (1 << 20), "\udcff"):
            self.assertRaises(CliError, self.request, line, END)

    def test_where_no_server_listens_there_is_no_link(self) -> None:
        folder = Path(self.mktemp())

        self.assertIsNone(connect_to_server(folder))

    def test_where_no_socket_can_be_there_is_no_link(self) -> None:
        self.assertIsNone(connect_to_server(Path("x" * 200)))

    def test_a_socket_that_is_none_is_told(self) -> None:
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "control.sock").symlink_to("control.sock")

        self.assertIn("control.sock", str(self.assertRaises(CliError, connect_to_server, folder)))


class RequestTests(SynchronousTestCase):
    def test_rows_are_known_by_the_names_of_their_columns(self) -> None:
        link = FakeLink(lambda line: [table(["a", "b"], [[1, "x"]]), table(["b"], [["y"]])])

        self.assertEqual(run_blocking(request_rows(link, "x")), [{"a": 1, "b": "x"}, {"b": "y"}])

    def test_an_error_is_raised_in_its_own_words(self) -> None:
        link = FakeLink(lambda line: [text("first"), error("no {what}\x1b", what="tea")])

        trouble = self.assertRaises(CliError, run_blocking, request_answers(link, "x"))

        self.assertEqual(str(trouble), "no tea␛")

    def test_progress_is_told_as_it_comes(self) -> None:
        link = FakeLink(lambda line: [Progress(1, 2), text("done")])
        told: list[tuple[int, int]] = []

        answers = run_blocking(request_answers(link, "x", lambda done, of: told.append((done, of))))

        self.assertEqual((told, len(answers)), ([(1, 2)], 1))

    def test_what_would_wait_for_others_cannot_be_had_at_once(self) -> None:
        class Never:
            def __await__(self) -> object:
                yield

        async def wait() -> None:
            await Never()  # type: ignore[misc]

        self.assertRaises(RuntimeError, run_blocking, wait())
