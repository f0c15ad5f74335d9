"""A terminal that is elsewhere: nothing runs far ahead of the connection, and its end ends everything."""

from __future__ import annotations

from threading import Thread

from twisted.trial.unittest import SynchronousTestCase

from simplechat.terminal.remote_terminal import MOST_AHEAD_BYTES, MOST_COLUMNS, RemoteTerminal

LONG_S = 10.0  # for another thread, on a busy machine


class RemoteTerminalTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sent: list[bytes] = []
        self.heard: list[int] = []
        self.leavings = 0
        self.terminal = RemoteTerminal(
            "xterm",
            send=self.sent.append,
            heard=self.heard.append,
            left=self.leave,
            call=lambda do, *args: do(*args),
        )

    def leave(self) -> None:
        """Take note of the end."""
        self.leavings += 1

    def test_what_is_typed_is_told_and_read_once(self) -> None:
        notices: list[str] = []
        self.terminal.typed(b"early")
        self.terminal.heed(lambda: notices.append("look"))
        self.terminal.typed(b" and late")

        self.assertEqual(notices, ["look", "look"])
        self.assertEqual((self.terminal.read(), self.terminal.read()), (b"early and late", b""))
        self.assertEqual(self.heard, [14])

    def test_its_size_is_believed_within_reason(self) -> None:
        for told, size in (((100, 30), (100, 30)), ((0, 0), (80, 24)), ((1 << 31, 1), (MOST_COLUMNS, 1))):
            self.terminal.resize(*told)

            self.assertEqual((self.terminal.size, self.terminal.width), (size, size[0]))

    def test_who_writes_waits_until_something_was_taken(self) -> None:
        self.terminal.write(b"x" * MOST_AHEAD_BYTES)
        writer = Thread(target=self.terminal.write, args=(b"y",))
        writer.start()
        self.assertEqual(len(self.sent), 1)

        self.terminal.sent(MOST_AHEAD_BYTES)
        writer.join(LONG_S)

        self.assertEqual(self.sent[1:], [b"y"])

    def test_who_waits_is_told_of_the_end(self) -> None:
        self.terminal.write(b"x" * MOST_AHEAD_BYTES)
        failures: list[OSError] = []

        def write() -> None:
            try:
                self.terminal.write(b"y")
            except OSError as error:
                failures.append(error)

        writer = Thread(target=write)
        writer.start()

        self.terminal.hang_up()
        writer.join(LONG_S)

        self.assertEqual((len(failures), len(self.sent)), (1, 1))
        self.assertTrue(self.terminal.is_gone)
        self.assertRaises(OSError, self.terminal.write, b"z")

    def test_its_end_is_something_to_look_at(self) -> None:
        notices: list[str] = []
        self.terminal.heed(lambda: notices.append("look"))

        self.terminal.hang_up()
        self.terminal.heed(None)
        self.terminal.hang_up()

        self.assertEqual(notices, ["look"])

    def test_the_program_is_told_when_nothing_more_is_written(self) -> None:
        self.terminal.left()

        self.assertEqual(self.leavings, 1)
