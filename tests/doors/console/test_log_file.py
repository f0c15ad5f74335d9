"""The log file: one harmless line for each event, in files of bounded size."""

from __future__ import annotations

from pathlib import Path

from twisted.logger import LogLevel
from twisted.python.failure import Failure
from twisted.python.logfile import LogFile
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.console import log_file
from simplechat.doors.console.log_file import (
    LogFileObserver,
    WarningObserver,
    escape_controls,
    format_line,
    open_log_file,
)


def event(text: str, **fields: object) -> dict[str, object]:
    """Return an event."""
    return {"log_format": text, "log_time": 0.0, "log_level": LogLevel.info, **fields}


class LineTests(SynchronousTestCase):
    def test_an_event_is_a_line_with_its_time_and_level(self) -> None:
        line = format_line(event("{nick} came", nick="ann"))

        self.assertRegex(line or "", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} info ann came\n$")

    def test_texts_of_users_cannot_forge_a_line(self) -> None:
        line = format_line(event("{nick} came", nick="a\nb\r\x1b[2J\x9b\x85\u2028\u202e\ud800\\n{0}")) or ""

        self.assertTrue(
            line.endswith(" a\\nb\\r\\x1b[2J\\x9b\\x85\\u2028\\u202e\\ud800\\\\n{0} came\n"), line
        )
        self.assertEqual(len(line.splitlines()), 1)
        line.encode()

    def test_escapes_are_unambiguous(self) -> None:
        self.assertNotEqual(escape_controls("\n"), escape_controls("\\n"))

    def test_letters_of_any_script_are_kept(self) -> None:
        self.assertEqual(escape_controls("mañana 漢字 👍"), "mañana 漢字 👍")

    def test_a_failure_is_on_the_same_line(self) -> None:
        line = format_line(event("It failed", log_failure=Failure(ValueError("a\nb")))) or ""

        self.assertIn("It failed\\nTraceback", line)
        self.assertIn("ValueError: a\\nb", line)
        self.assertEqual(line.count("\n"), 1)

    def test_an_event_without_a_text_is_no_line(self) -> None:
        self.assertIsNone(format_line({"log_time": 0.0}))

    def test_an_event_that_cannot_be_formatted_is_logged_all_the_same(self) -> None:
        self.assertIn("Unable to format", format_line(event("{missing}")) or "")


class FileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())

    def open(self) -> LogFile:
        """Open the file."""
        return open_log_file(self.folder)

    def test_files_and_folder_are_private(self) -> None:
        self.patch(log_file, "FILE_BYTES", 100)
        write = LogFileObserver(self.open, lambda: 0.0)
        for number in range(5):
            write(event(f"{number} ".ljust(90, "x")))

        self.assertEqual(self.folder.stat().st_mode & 0o777, 0o700)
        self.assertEqual({file.stat().st_mode & 0o777 for file in self.folder.iterdir()}, {0o600})
        self.assertGreater(len(list(self.folder.iterdir())), 2)

    def test_old_files_are_deleted(self) -> None:
        self.patch(log_file, "FILE_BYTES", 100)
        self.patch(log_file, "FILES", 3)
        write = LogFileObserver(self.open, lambda: 0.0)
        for number in range(20):
            write(event(f"{number} ".ljust(90, "x")))

        texts = {file.name: file.read_text() for file in self.folder.iterdir()}
        self.assertEqual(
            sorted(texts), ["simplechat.log", *(f"simplechat.log.{number}" for number in (1, 2, 3))]
        )
        self.assertIn(" 19 ", texts["simplechat.log"])

    def test_a_later_start_appends_to_the_same_file(self) -> None:
        LogFileObserver(self.open, lambda: 0.0)(event("one"))
        LogFileObserver(self.open, lambda: 0.0)(event("two"))

        self.assertEqual(len((self.folder / "simplechat.log").read_text().splitlines()), 2)

    def test_pending_events_are_written_with_the_next_event_or_flush(self) -> None:
        write = LogFileObserver(self.open, lambda: 0.0)
        write.note("ann came\nfrom afar")
        write(event("a fault"))
        write.note("ann is gone")

        written = (self.folder / "simplechat.log").read_text().splitlines()
        self.assertEqual(written[0].partition(" ")[2], "info ann came\\nfrom afar")
        self.assertEqual(len(written), 2)
        write.flush()
        self.assertTrue((self.folder / "simplechat.log").read_text().endswith(" info ann is gone\n"))

    def test_a_full_disk_raises_nothing_and_later_events_are_written(self) -> None:
        class Full(LogFile):
            is_full = True

            def write(self, data: str | bytes) -> None:
                if self.is_full:
                    raise OSError(28, "No space left on device")
                super().write(data)

        self.folder.mkdir()
        write = LogFileObserver(lambda: Full("simplechat.log", str(self.folder)), lambda: 0.0)
        write(event("one"))
        Full.is_full = False
        write(event("two"))

        (line,) = (self.folder / "simplechat.log").read_text().splitlines()
        self.assertTrue(line.endswith("two"))

    def test_a_file_that_could_not_be_opened_again_is_tried_later(self) -> None:
        class Stuck(LogFile):
            is_stuck = False

            def _openFile(self) -> None:
                if self.is_stuck:
                    raise OSError(28, "No space left on device")
                super()._openFile()

        self.folder.mkdir()
        write = LogFileObserver(
            lambda: Stuck("simplechat.log", str(self.folder), rotateLength=10), lambda: 0.0
        )
        write(event("one"))
        Stuck.is_stuck = True
        write(event("two"))
        write(event("three"))
        Stuck.is_stuck = False
        write(event("four"))

        texts = "".join(file.read_text() for file in self.folder.iterdir())
        self.assertEqual([line.split()[-1] for line in texts.splitlines()].count("four"), 1)


class WarningObserverTests(SynchronousTestCase):
    def test_only_warnings_and_errors_are_shown_each_on_one_line(self) -> None:
        told: list[str] = []
        warn = WarningObserver(told.append)

        warn(event("fine"))
        warn(event("bad {nick}", log_level=LogLevel.warn, nick="a\nb\x1b"))
        warn({"log_format": "no level"})

        self.assertEqual(told, ["! bad a\\nb\\x1b"])
