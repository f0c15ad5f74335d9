"""Accounts as whoever runs the server sees them."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.console.owner_console import has_secret
from simplechat.hub.errors import NotStored
from tests.support.logins import plain
from tests.support.stage import Stage


class OwnerAccountTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()

    def answer(self, line: str) -> dict[str, Any]:
        """Run a line, and return its first answer."""
        return self.owner.answers(line)[0]

    def can_log_in(self, name: str, password: str) -> bool:
        """Tell whether somebody gets in with a password."""
        stranger = self.stage.connect()
        stranger.says(*plain(name, password))
        return stranger.hears()[-1].split()[1] == "903"

    def test_an_account_is_made_with_a_password_or_a_new_one_is_told(self) -> None:
        self.assertEqual(self.answer("account add Ann sesame opens")["kind"], "text")
        made, told = self.owner.answers("account add ben")

        self.assertEqual(made["fields"], {"name": "ben"})
        self.assertTrue(self.can_log_in("ann", "sesame opens"))
        self.assertTrue(self.can_log_in("ben", told["fields"]["password"]))

    def test_accounts_are_listed(self) -> None:
        self.owner.says("account add Ann sesame", "account admin ann", "account add ben sesame")
        actor = self.stage.connect()
        actor.says(*plain("ann", "sesame"), "NICK phone", "USER a 0 * :a")
        self.owner.says("account disable ben")
        self.owner.hears()

        rows = self.answer("account")["rows"]

        self.assertEqual(
            [(row[0], *row[2:]) for row in rows],
            [("Ann", "yes", "", "", "phone"), ("ben", "", "yes", "", "")],
        )

    def test_a_password_is_replaced(self) -> None:
        self.owner.says("account add ann sesame", "account passwd ann simsim")

        self.assertFalse(self.can_log_in("ann", "sesame"))
        self.assertTrue(self.can_log_in("ann", "simsim"))

    def test_a_disabled_account_is_put_out_and_kept_out(self) -> None:
        self.owner.says("account add ann sesame")
        actor = self.stage.connect()
        actor.says(*plain("ann", "sesame"), "NICK ann", "USER a 0 * :a", "JOIN #tea")

        self.owner.says("account disable ann")

        self.assertTrue(actor.writer.is_closed)
        self.assertEqual(self.stage.hub.users, {})
        self.assertFalse(self.can_log_in("ann", "sesame"))
        self.owner.says("account enable ann")
        self.assertTrue(self.can_log_in("ann", "sesame"))

    def test_an_admin_takes_up_being_an_operator_and_loses_it(self) -> None:
        (eve,) = self.stage.enter("eve")
        self.owner.says("account add ann sesame", "account add ben sesame", "account admin ann")
        actor = self.stage.connect()
        actor.says(*plain("ann", "sesame"), "NICK ann", "USER a 0 * :a")
        actor.hears()

        actor.says("OPER ann sesame", "OPER ben sesame", "OPER ann wrong", "OPER nobody wrong", "OPER ann :")
        codes = [line.split()[1] for line in actor.hears()]
        actor.says("CONSOLE account list")
        self.assertIn("NOTICE", actor.hears()[0])
        self.owner.says("account admin ann no")

        self.assertEqual(codes, ["381", "MODE", "491", "464", "464", "464"])
        self.assertEqual(actor.hears(), [":irc.test MODE ann -o"])
        actor.says("OPER ann sesame")
        self.assertEqual(actor.hears()[0].split()[1], "491")
        eve.says("OPER eve sesame")
        self.assertEqual(eve.hears()[0].split()[1], "464")

    def test_what_is_done_is_in_the_audit_log_without_passwords(self) -> None:
        self.owner.says("account add ann sesame", "account passwd ann simsim", "account admin ann no")

        acts = [row.text for row in self.stage.store.inner.log.values() if row.kind == "ACCOUNT"]
        self.assertEqual(acts, ["add ann", "passwd ann", "admin ann no"])
        self.assertNotIn("simsim", repr(self.stage.notes))

    def test_what_cannot_be_is_refused(self) -> None:
        self.stage.enter("eve")
        self.owner.says("account add ann sesame")
        self.owner.hears()

        for line in (
            *("account foo ann", "account add", "account add ANN x", "account add eve x", "account add #a x"),
            *(
                "account passwd nobody x",
                "account add ben ben",
                "account disable nobody",
                "account admin nobody",
            ),
        ):
            self.assertEqual(self.answer(line)["kind"], "error", line)

    def test_what_cannot_be_stored_is_refused(self) -> None:
        self.stage.store.faults = {1: NotStored("full")}

        self.assertEqual(self.answer("account add ann sesame")["kind"], "error")
        self.assertEqual(list(self.stage.hub.accounts), [])

    def test_when_too_many_wait_it_is_refused(self) -> None:
        self.stage.passwords.is_busy = True

        self.assertEqual(self.answer("account add ann sesame")["kind"], "error")

    def test_a_line_with_a_password_is_known(self) -> None:
        for line in ("account add ann sesame", " ACCOUNT  passwd ann  a b"):
            self.assertTrue(has_secret(line))
        for line in ("account add ann", "account list", "account add ann ", "messages account add ann x"):
            self.assertFalse(has_secret(line))
