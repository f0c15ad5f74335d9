"""Progress is for people who look on."""

from __future__ import annotations

import io

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.cli.progress import ProgressLine


class FakeTerminal(io.StringIO):
    """A terminal that may go away."""

    is_gone = False

    def isatty(self) -> bool:
        """See `io.IOBase.isatty`."""
        return True

    def write(self, text: str) -> int:
        """See `io.TextIOBase.write`."""
        if self.is_gone:
            raise OSError("gone")
        return super().write(text)


class ProgressTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.terminal = FakeTerminal()
        self.progress = ProgressLine(self.terminal, self.clock.seconds)

    def test_one_line_is_written_anew_and_taken_away(self) -> None:
        self.progress.show("1 of 2")
        self.clock.advance(0.2)
        self.progress.show("2 of 2")
        self.progress.clear()
        self.progress.clear()

        self.assertEqual(self.terminal.getvalue(), "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[K")

    def test_it_is_told_ten_times_a_second_at_most(self) -> None:
        for number in range(100):
            self.progress.show(str(number))

        self.assertEqual(self.terminal.getvalue(), "\r\x1b[K0")

    def test_nothing_is_told_to_files_and_pipes(self) -> None:
        pipe = io.StringIO()
        for stream in (pipe, None):
            progress = ProgressLine(stream, self.clock.seconds)
            progress.show("1 of 2")
            progress.clear()

        self.assertEqual(pipe.getvalue(), "")

    def test_a_terminal_that_goes_away_stops_nothing(self) -> None:
        self.progress.show("1 of 2")
        self.terminal.is_gone = True

        self.clock.advance(1)
        self.progress.show("2 of 2")
        self.progress.clear()
