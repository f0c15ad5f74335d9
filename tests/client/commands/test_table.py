"""The table of commands is complete, and /help and completion read it."""

from __future__ import annotations

from typing import get_type_hints

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.commands.completion import complete_line
from simplechat.client.commands.table import CLIENT_COMMANDS, ClientCommand, find_client_command, help_lines
from simplechat.client.state.model import Model
from simplechat.client.state.questions import UserQuestion


class TableTests(SynchronousTestCase):
    def test_help_names_every_command_and_explains_one(self) -> None:
        text = "\n".join(help_lines())

        self.assertEqual([name for name in CLIENT_COMMANDS if f"\n{name}" not in text], [])
        self.assertEqual(help_lines("join"), ["/join #ROOM [KEY]  join a room and talk there"])

    def test_a_new_row_is_in_the_help_and_completed(self) -> None:
        new = ClientCommand("/zzz", lambda session, rest: None, "", "sleep", aliases=("/sleep",))
        CLIENT_COMMANDS["/zzz"] = new
        self.addCleanup(CLIENT_COMMANDS.pop, "/zzz")

        self.assertIn("sleep", help_lines()[-1])
        self.assertEqual(complete_line("/z", Model("bob")), ["/zzz"])
        self.assertIs(find_client_command("ZZZ"), new)

    def test_no_name_stands_for_two_commands(self) -> None:
        commands = CLIENT_COMMANDS.values()
        names = [name for each in commands for name in (each.name, *each.aliases)]
        bare_words = [each.bare_word for each in commands if each.bare_word]

        self.assertEqual((len(set(names)), len(set(bare_words))), (len(names), len(bare_words)))

    def test_only_commands_that_ask_for_a_password_return_a_question(self) -> None:
        asking = {
            name
            for name, each in CLIENT_COMMANDS.items()
            if get_type_hints(each.run)["return"] is UserQuestion
        }

        self.assertEqual(asking, {name for name, each in CLIENT_COMMANDS.items() if each.asks_password})
