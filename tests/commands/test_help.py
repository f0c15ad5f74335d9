"""HELP: every command is listed and explained."""

from __future__ import annotations

from itertools import product

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import COMMANDS
from tests.support.replies import codes
from tests.support.stage import Stage


class HelpTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(server_name="s" * 63)
        (self.ann,) = self.stage.enter("n" * 30)

    def test_every_command_has_a_help_whose_lines_fit(self) -> None:
        for asking, verb in product(("HELP", "HELPOP"), COMMANDS):
            self.ann.says(f"{asking} {verb.lower()}")

            lines = self.ann.hears()
            self.assertEqual([line.split()[1] for line in lines][:2], ["704", "705"], verb)
            self.assertTrue(lines[-1].endswith(f" 706 {'n' * 30} {verb} :End of help"), lines[-1])
            self.assertTrue(all(len(line) < 510 for line in lines))

    def test_the_list_names_every_command_in_lines_that_fit(self) -> None:
        self.ann.says("HELP")

        lines = self.ann.hears()
        named = {
            word for line in lines if " 705 " in line for word in line.partition(" * ")[2].lstrip(":").split()
        }
        self.assertEqual(named, COMMANDS.keys())
        self.assertTrue(all(len(line) < 510 for line in lines))

    def test_help_works_before_the_registration_and_not_for_unknown_commands(self) -> None:
        stranger = self.stage.connect()

        stranger.says("HELP NICK", "HELP FROB", "HELP :a b")

        self.assertEqual(codes(stranger)[0], "704")
        self.assertEqual(self.flushLoggedErrors(), [])
