"""A terminal that is elsewhere: nothing runs far ahead of the connection, and its end ends everything."""

from __future__ import annotations

from threading import Thread

from twisted.trial.unittest import SynchronousTestCase

from simplechat.terminal.remote_terminal import MAX_COLUMNS, MAX_UNSENT_BYTES, RemoteTerminal

LONG_S = 10.0  # for another thread, on a busy machine


class RemoteTerminalTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sent: list[bytes] = []
        self.heard: list[int] = []
        self.leavings = 0
        self.terminal = RemoteTerminal(
            "xterm",
            send=self.sent.append,
            on_read=self.heard.append,
            on_released=self.leave,
            call=lambda do, *args: do(*args),
        )

    def leave(self) -> None:
        """Take note of the end."""
        self.leavings += 1

    def test_what_is_typed_is_told_and_read_once(self) -> None:
        notices: list[str] = []
        self.terminal.feed(b"early")
        self.terminal.set_input_callback(lambda: notices.append("look"))
        self.terminal.feed(b" and late")

        self.assertEqual(notices, ["look", "look"])
        self.assertEqual((self.terminal.read(), self.terminal.read()), (b"early and late", b""))
        self.assertEqual(self.heard, [14])

    def test_its_size_is_believed_within_reason(self) -> None:
        for told, size in (((100, 30), (100, 30)), ((0, 0), (80, 24)), ((1 << 31, 1), (MAX_COLUMNS, 1))):
            self.terminal.resize(*told)

            self.assertEqual((self.terminal.size, self.terminal.width), (size, size[0]))

    def test_who_writes_waits_until_something_was_taken(self) -> None:
        self.terminal.write(b"x" * MAX_UNSENT_BYTES)
        writer = Thread(target=self.terminal.write, args=(b"y",))
        writer.start()
        self.assertEqual(len(self.sent), 1)

        self.terminal.acknowledge_sent(MAX_UNSENT_BYTES)
        writer.join(LONG_S)

        self.assertEqual(self.sent[1:], [b"y"])

    def test_who_waits_is_told_of_the_end(self) -> None:
        self.terminal.write(b"x" * MAX_UNSENT_BYTES)
        failures: list[OSError] = []

        def write() -> None:
            try:
                self.terminal.write(b"y")
            except OSError as error:
                failures.append(error)

        writer = Thread(target=write)
        writer.start()

        self.terminal.disconnect()
        writer.join(LONG_S)

        self.assertEqual((len(failures), len(self.sent)), (1, 1))
        self.assertTrue(self.terminal.is_gone)
        self.assertRaises(OSError, self.terminal.write, b"z")

    def test_its_end_is_something_to_look_at(self) -> None:
        notices: list[str] = []
        self.terminal.set_input_callback(lambda: notices.append("look"))

        self.terminal.disconnect()
        self.terminal.set_input_callback(None)
        self.terminal.disconnect()

        self.assertEqual(notices, ["look"])

    def test_the_program_is_told_when_nothing_more_is_written(self) -> None:
        self.terminal.release()

        self.assertEqual(self.leavings, 1)
