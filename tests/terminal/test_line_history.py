"""What was typed is kept for the next run: for its owner alone, and not for ever."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.terminal.line_history import MAX_LINES, LineHistory


class HistoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "deep" / "history"

    def test_what_was_typed_comes_back_in_order(self) -> None:
        history = LineHistory(self.path)
        history.add("one ñ")
        history.add("two\nthree")

        self.assertEqual(LineHistory(self.path).lines(), ["one ñ", "two", "three"])

    def test_nobody_else_reads_it_even_if_an_older_file_was_open_to_all(self) -> None:
        self.path.parent.mkdir(parents=True)
        self.path.write_text("old\n")
        self.path.chmod(0o644)

        LineHistory(self.path).add("new")

        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(LineHistory(self.path).lines(), ["old", "new"])

    def test_a_secret_is_not_kept(self) -> None:
        history = LineHistory(self.path, lambda line: "sesame" in line)

        history.add("open sesame")
        history.add("open the door")

        self.assertEqual(history.lines(), ["open the door"])

    def test_only_the_latest_lines_are_kept(self) -> None:
        history = LineHistory(self.path)
        for number in range(2 * MAX_LINES + 1):
            history.add(str(number))

        kept = self.path.read_text().split()

        self.assertEqual((len(kept), kept[-1]), (MAX_LINES, str(2 * MAX_LINES)))
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual([each.name for each in self.path.parent.iterdir()], ["history"])

    def test_what_is_not_text_does_no_harm(self) -> None:
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"\xff\nok\n")

        LineHistory(self.path).add("half \ud800")

        self.assertEqual(LineHistory(self.path).lines(), ["\N{REPLACEMENT CHARACTER}", "ok", "half ?"])

    def test_where_nothing_can_be_kept_there_is_just_no_history(self) -> None:
        self.path.parent.mkdir(parents=True)
        for path in (None, self.path.parent):
            history = LineHistory(path)
            history.add("lost")

            self.assertEqual(history.lines(), [])
