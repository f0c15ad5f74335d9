"""The command line of the server: twistd's log stays off the terminal of the owner's prompt."""

from __future__ import annotations

from typing import Any

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from simplechat import options as module
from simplechat.options import Options


class Twistd(usage.Options):
    """The options that twistd itself received."""


class TerminalTests(SynchronousTestCase):
    def logger(self, *words: str, is_terminal: bool = True, **twistd: Any) -> str | None:
        """Return the logger that twistd uses with these options."""
        self.patch(module, "is_terminal", lambda: is_terminal)
        parent = Twistd()
        parent.update({"nodaemon": True, "logger": None, "logfile": None, **twistd})
        options = Options()
        options.parent = parent
        options.parseOptions(["--data", self.mktemp(), *words])
        logger: str | None = parent["logger"]
        return logger

    def test_with_a_prompt_the_log_stays_off_the_terminal(self) -> None:
        self.assertEqual(self.logger("--console=yes"), "twisted.logger._observer.LogPublisher")

    def test_without_a_prompt_the_log_is_shown(self) -> None:
        self.assertIsNone(self.logger("--console=no"))
        self.assertIsNone(self.logger("--console=yes", is_terminal=False))

    def test_a_log_file_given_to_twistd_is_used(self) -> None:
        self.assertEqual(self.logger("--console=yes", logger="my.observer"), "my.observer")
        self.assertIsNone(self.logger("--console=yes", logfile="my.log"))
        self.assertIsNone(self.logger("--console=yes", nodaemon=False))

    def test_the_logs_of_other_programs_than_twistd_are_left_alone(self) -> None:
        options = Options()

        options.parseOptions(["--console=yes", "--data", self.mktemp()])

        self.assertEqual(options.config.console, "yes")

    def test_an_invalid_choice_is_reported(self) -> None:
        error = self.assertRaises(SystemExit, Options().parseOptions, ["--console=maybe"])

        self.assertIn("--console", str(error))
