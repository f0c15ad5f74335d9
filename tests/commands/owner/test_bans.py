"""Who is kept out of the whole server, or silent in it."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from tests.support.logins import plain
from tests.support.stage import Actor, FaultyStore, Stage

HOUR_S = 3600


class BanTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        self.owner.says("account add eve sesame")
        self.owner.hears()

    def answer(self, line: str) -> dict[str, Any]:
        """Run a line, and return its first answer."""
        return self.owner.answers(line)[0]

    def comes(self, host: str, *before: str, nick: str = "eve") -> Actor:
        """Come in from an address."""
        actor = self.stage.connect(host)
        actor.says("CAP LS", *before, f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
        return actor

    def is_in(self, actor: Actor) -> bool:
        """Tell whether somebody was let in, and is still here."""
        return not actor.writer.is_closed and any(" 001 " in line for line in actor.hears())

    def test_an_address_is_put_out_and_kept_out(self) -> None:
        eve, ann = self.comes("10.0.0.7", nick="guest"), self.comes("10.0.1.7", nick="ann")
        ann.says("JOIN #tea")
        eve.says("JOIN #tea")

        self.answer("server-ban 10.0.0.0/24 2h too loud")

        self.assertTrue(eve.writer.is_closed)
        self.assertIn(":guest!guest@10.0.0.7 QUIT :Banned: too loud", ann.hears())
        again = self.comes("10.0.0.9", nick="guest")
        self.assertIn(":irc.test 465 * :You are banned from this server: too loud", again.hears())
        self.assertTrue(again.writer.is_closed)
        self.stage.clock.advance(2 * HOUR_S + 1)
        self.stage.tick()
        self.assertEqual(self.stage.store.inner.bans, {})
        self.assertTrue(self.is_in(self.comes("10.0.0.9", nick="guest")))

    def test_an_account_is_put_out_and_kept_out_wherever_it_comes_from(self) -> None:
        eve = self.comes("10.0.0.7", *plain("eve", "sesame"))

        self.answer("server-ban a:EVE")

        self.assertTrue(eve.writer.is_closed)
        self.assertFalse(self.is_in(self.comes("10.9.9.9", *plain("eve", "sesame"))))
        guest = self.comes("10.9.9.9", nick="guest")
        self.assertTrue(self.is_in(guest))
        guest.says(*plain("eve", "sesame"))
        self.assertTrue(guest.writer.is_closed)

    def test_it_outlives_a_restart_and_is_lifted(self) -> None:
        self.answer("server-ban ::1")
        self.stage = Stage(FaultyStore(self.stage.store.inner))
        self.owner = self.stage.owner()
        self.assertFalse(self.is_in(self.comes("::1", nick="guest")))

        self.assertEqual(self.answer("server-unban ::1")["kind"], "text")

        self.assertTrue(self.is_in(self.comes("::1", nick="guest")))
        self.assertEqual(self.stage.store.inner.bans, {})

    def test_who_is_mute_is_here_and_says_nothing(self) -> None:
        ann, eve = self.comes("10.0.1.7", nick="ann"), self.comes("10.0.0.7", nick="guest")
        ann.says("JOIN #tea")
        eve.says("JOIN #tea")
        self.answer("server-mute 10.0.0.* 30m")
        ann.hears()
        eve.hears()

        eve.says("PRIVMSG #tea :hello", "PRIVMSG ann :hello", "TAGMSG #tea", "NOTICE #tea :hello")

        self.assertEqual(
            [line.split()[1:4] for line in eve.hears()],
            [["404", "guest", "#tea"], ["404", "guest", "ann"], ["404", "guest", "#tea"]],
        )
        self.assertEqual(ann.hears(), [])
        self.answer("server-unmute 10.0.0.*")
        eve.says("PRIVMSG #tea :hello")
        self.assertEqual(len(ann.hears()), 1)

    def test_bans_are_listed_and_in_the_audit_log(self) -> None:
        self.owner.says("server-ban 10.0.0.7 1d loud and rude", "server-mute a:eve", "server-unmute a:eve")
        self.owner.hears()

        (row,) = self.answer("bans")["rows"]

        self.assertEqual((row[0], row[1], row[3], row[5]), ("ban", "10.0.0.7", "console", "loud and rude"))
        acts = [
            (each.kind, each.text) for each in self.stage.store.inner.log.values() if each.kind != "ACCOUNT"
        ]
        self.assertEqual(
            acts,
            [
                ("SERVER-BAN", "10.0.0.7 1d loud and rude"),
                ("SERVER-MUTE", "a:eve"),
                ("SERVER-UNMUTE", "a:eve"),
            ],
        )

    def test_what_makes_no_sense_is_refused(self) -> None:
        for line in (
            "server-ban *",
            "server-ban **.*",
            "server-ban a:*",
            f"server-ban {'x' * 300}",
            "server-unban 10.0.0.7",
        ):
            self.assertEqual(self.answer(line)["kind"], "error", line)

    def test_what_cannot_be_stored_is_not_in_force(self) -> None:
        self.stage.store.faults[len(self.stage.store.commits) + 1] = NotStored("full")

        self.assertEqual(self.answer("server-ban 10.0.0.7")["kind"], "error")

        self.assertTrue(self.is_in(self.comes("10.0.0.7", nick="guest")))
        self.stage.clock.advance(2)
        self.assertEqual(self.answer("server-ban 10.0.0.7")["kind"], "text")
