"""The prompt's own commands: help and completion."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.stage import Stage


class HelpTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.owner = Stage().owner()

    def test_it_lists_each_command_once_with_its_other_names(self) -> None:
        (table,) = self.owner.answers("help")

        rows = {row[0].split()[0]: row for row in table["rows"]}
        self.assertEqual(table["kind"], "table")
        self.assertEqual(len(rows), len(table["rows"]))
        self.assertEqual(rows["clients"][:2], ["clients", "list print-clients"])
        self.assertTrue(all(row[2] for row in rows.values()))

    def test_commands_for_programs_is_not_listed(self) -> None:
        (table,) = self.owner.answers("help")

        self.assertNotIn("put-log", str(table))

    def test_a_command_is_explained_by_any_of_its_names(self) -> None:
        self.assertEqual(self.owner.answers("help eject-client"), self.owner.answers("HELP eject"))
        texts = [answer["text"] for answer in self.owner.answers("help eject")]
        self.assertEqual(texts[0], "{syntax}")
        self.assertIn("ADDRESS,PORT", texts[1])


class CompletionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.stage.enter("Ann", "anna", "ben", room="#Tea")
        self.conversation = self.stage.owner().conversation

    def completions(self, text: str) -> list[str]:
        """Ask what may take the place of the last word."""
        return self.conversation.completions(text)  # type: ignore[attr-defined,no-any-return]

    def test_the_first_word_is_a_command(self) -> None:
        self.assertEqual(self.completions("cle"), ["clear ", "clear-db "])
        self.assertEqual(self.completions("put"), [])

    def test_further_words_are_nicks_and_rooms(self) -> None:
        self.assertEqual(self.completions("eject AN"), ["Ann ", "anna "])
        self.assertEqual(self.completions("kick #t"), ["#Tea "])
        self.assertEqual(self.completions("kick #tea b"), ["ben "])

    def test_a_program_gets_completions(self) -> None:
        owner = self.stage.owner()

        self.assertEqual(owner.answers('complete "who AN"')[0]["rows"], [["Ann "], ["anna "]])
        self.assertEqual(owner.answers('complete "who "')[0]["rows"], [["Ann "], ["anna "], ["ben "]])
        for bad in ("x", "7", "[" * 9999):
            self.assertEqual(owner.answers(f"complete {bad}")[0]["kind"], "error")

    def test_nothing_fits_what_is_nothing(self) -> None:
        self.assertEqual(self.completions("eject {0}"), [])
        self.assertIn("ann", str(self.completions("eject ")))
