"""ROOM: settings of a channel beyond its modes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from tests.support.history import CAPS, asks, texts
from tests.support.replies import heard
from tests.support.stage import Actor, Stage


class RoomTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", caps=CAPS, room="#tea")
        self.ann.hears()

    def answer(self, actor: Actor, line: str) -> list[str]:
        """Send a ROOM line; return the words of the replies after the setting's name."""
        actor.hears()
        actor.says(f"ROOM {line}")
        return [" ".join((message.command, *message.params[1:])) for message in heard(actor)]

    def test_members_are_shown_the_settings(self) -> None:
        shown = [
            "NOTICE #tea history: all",
            "NOTICE #tea retention: default",
            "NOTICE #tea slow: 0",
            "NOTICE #tea filter: none",
            "NOTICE #tea registered: off",
        ]
        self.assertEqual(self.answer(self.ben, "#tea"), shown)
        self.assertEqual(self.answer(self.ben, "#tea slow"), shown[2:3])

    def test_operators_change_them_and_everybody_is_told(self) -> None:
        for setting, value in {
            "history": "joined",
            "retention": "30",
            "slow": "5",
            "filter": "bad worse",
        }.items():
            self.ben.hears()
            self.ann.says(f"ROOM #tea {setting} {value}")

            (message,) = heard(self.ben)
            self.assertEqual(message.params, ("#tea", f"ann has set {setting}: {value}"))
            self.assertEqual(self.answer(self.ben, f"#tea {setting}"), [f"NOTICE #tea {setting}: {value}"])
        row = self.stage.store.inner.channels["#tea"]
        self.assertEqual(
            (row.history, row.retention, row.slow, row.filter), ("joined", 30, 5, '["bad", "worse"]')
        )

    def test_settings_can_be_reset(self) -> None:
        self.ann.says("ROOM #tea retention 5", "ROOM #tea filter x", "ROOM #tea registered on")
        self.ann.says("ROOM #tea retention default", "ROOM #tea filter none", "ROOM #tea registered off")

        shown = "\n".join(self.answer(self.ben, "#tea"))
        self.assertIn("retention: default\nNOTICE #tea slow: 0\nNOTICE #tea filter: none", shown)
        self.assertIn("registered: off", shown)

    def test_registered_is_a_mode(self) -> None:
        self.ann.says("ROOM #tea registered on")

        self.assertEqual(heard(self.ben)[-1].params, ("#tea", "+M"))

    def test_others_may_not_change_or_see_them(self) -> None:
        (eve,) = self.stage.enter("eve")

        self.assertIn("482", self._code(self.ben, "ROOM #tea slow 5"))
        self.assertIn("442", self._code(eve, "ROOM #tea"))
        self.stage.hub.change_mode(self.stage.hub.user("ben"), True, "o")
        self.assertIn("NOTICE", self._code(self.ben, "ROOM #tea slow 5"))

    def _code(self, actor: Actor, line: str) -> list[str]:
        actor.hears()
        actor.says(line)
        return [message.command for message in heard(actor)]

    def test_invalid_values_are_refused(self) -> None:
        for line in (
            "history some",
            "retention -1",
            "retention 999999999",
            "slow x",
            "colour red",
            "registered maybe",
            f"filter {' '.join(f'x{n}' for n in range(101))}",
        ):
            self.ann.hears()
            self.ann.says(f"ROOM #tea {line}")
            (message,) = heard(self.ann)
            self.assertEqual(message.params[:3], ("ROOM", "INVALID_SETTING", "#tea"))

    def test_when_they_cannot_be_stored_they_are_what_they_were(self) -> None:
        self.ann.says("PRIVMSG #tea :x")
        store = self.stage.store
        store.faults = {len(store.commits) + 1: NotStored("full")}

        self.ann.says("ROOM #tea history none")
        self.stage.clock.advance(2)

        self.assertEqual(self.answer(self.ben, "#tea history"), ["NOTICE #tea history: all"])

    def test_the_owner_shows_and_changes_them(self) -> None:
        owner = self.stage.owner()

        (answer,) = owner.answers("room tea history joined")
        (facts,) = owner.answers("room #tea")
        (wrong,) = owner.answers("room #tea history x")

        self.assertEqual(answer["kind"], "text")
        self.assertEqual(facts["facts"]["history"], "joined")
        self.assertEqual(wrong["kind"], "error")


class SpeakingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", caps=CAPS, room="#tea")

    def is_heard(self, line: str) -> bool:
        """Let ben send a line; return whether ann receives it."""
        self.ann.hears()
        self.ben.says(line)
        return any(message.command in ("PRIVMSG", "TAGMSG") for message in heard(self.ann))

    def test_slow_mode_delays_the_next_message(self) -> None:
        self.ann.says("ROOM #tea slow 5")

        self.assertTrue(self.is_heard("PRIVMSG #tea :one"))
        self.assertFalse(self.is_heard("PRIVMSG #tea :two"))
        self.assertTrue(self.is_heard("@+typing=active TAGMSG #tea"))
        self.ben.says("PART #tea", "JOIN #tea")
        self.assertFalse(self.is_heard("PRIVMSG #tea :two"))
        self.stage.clock.advance(5)
        self.assertTrue(self.is_heard("PRIVMSG #tea :two"))

    def test_the_voiced_need_not_wait(self) -> None:
        self.ann.says("ROOM #tea slow 5", "MODE #tea +v ben")

        self.assertTrue(self.is_heard("PRIVMSG #tea :one"))
        self.assertTrue(self.is_heard("PRIVMSG #tea :two"))

    def test_words_that_are_filtered_are_not_said(self) -> None:
        self.ann.says("ROOM #tea filter :bad worse")

        self.assertFalse(self.is_heard("PRIVMSG #tea :a BAD, word"))
        self.assertTrue(self.is_heard("PRIVMSG #tea :badly put"))


class HistoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann", caps=CAPS, room="#tea")
        self.ann.says("PRIVMSG #tea :before")
        (self.ben,) = self.stage.enter("ben", caps=CAPS, room="#tea")
        self.ann.says("PRIVMSG #tea :after")

    def read(self, actor: Actor) -> list[str]:
        """Return what an actor reads in the channel's history."""
        return texts(asks(actor, "LATEST #tea * 50"))

    def test_all_members_read_all(self) -> None:
        self.assertEqual(self.read(self.ben), ["before", "after"])

    def test_each_reads_from_their_own_joining_on(self) -> None:
        self.ann.says("ROOM #tea history joined")
        self.assertEqual((self.read(self.ann), self.read(self.ben)), (["before", "after"], ["after"]))

        self.ben.says("PART #tea", "JOIN #tea")

        self.assertEqual(self.read(self.ben), [])

    def test_nobody_reads_anything(self) -> None:
        self.ann.says("ROOM #tea history none")

        self.assertEqual((self.read(self.ann), self.read(self.ben)), ([], []))

    def test_replay_follows_the_same_rule(self) -> None:
        for history, is_shown in (("all", True), ("joined", False), ("none", False)):
            self.ann.says(f"ROOM #tea history {history}")
            (new,) = self.stage.enter(f"new{history}")

            new.says("JOIN #tea")

            self.assertEqual("before" in "".join(new.hears()), is_shown)

    def test_a_guests_channel_is_reset_to_the_first_settings(self) -> None:
        self.ann.says("ROOM #tea history none", "PART #tea")
        self.ben.says("PART #tea", "JOIN #tea")

        self.assertEqual(self.read(self.ben), ["before", "after"])
