"""A guests' channel that everybody left starts again: earlier closed messages stay unreadable."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from tests.commands.log.test_replay import texts
from tests.support.replies import codes
from tests.support.stage import Actor, Stage


class EraTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann", room="#tea")
        (self.eve,) = self.stage.enter("eve", caps="server-time")

    def empties(self, actor: Actor) -> None:
        """Leave the channel, and drop what was heard."""
        actor.says("PART #tea")
        actor.hears()

    def test_messages_of_a_closed_channel_are_not_replayed_after_a_reset(self) -> None:
        for n, lock in enumerate(("+k x", "+i", "+s")):
            room = f"#room{n}"
            self.ann.says(f"JOIN {room}", f"MODE {room} {lock}", f"PRIVMSG {room} :a secret", f"PART {room}")

            self.eve.says(f"JOIN {room}", f"PRIVMSG {room} :a new start")
            (ben,) = self.stage.enter(f"ben{n}", caps="server-time")
            ben.says(f"JOIN {room}")

            self.assertEqual((texts(self.eve), texts(ben)), ([], ["a new start"]))

    def test_messages_of_an_open_channel_are_replayed_after_a_reset(self) -> None:
        self.ann.says("PRIVMSG #tea :for all")
        self.empties(self.ann)

        self.eve.says("JOIN #tea")

        self.assertEqual(texts(self.eve), ["for all"])

    def test_modes_lists_and_operators_are_gone_and_the_first_one_is_operator(self) -> None:
        self.ann.says("PRIVMSG #tea :x", "MODE #tea +ikblm x eve 1")
        self.empties(self.ann)

        self.eve.says("JOIN #tea", "MODE #tea", "MODE #tea b")

        heard = self.eve.hears()
        self.assertIn(":irc.test 353 eve = #tea @eve", heard)
        self.assertIn(":irc.test 324 eve #tea +nt", heard)
        self.assertFalse([line for line in heard if " 367 " in line])

    def test_the_topic_of_a_closed_channel_is_not_shown_after_a_reset(self) -> None:
        self.ann.says("MODE #tea +s", "TOPIC #tea :a secret plan")
        self.empties(self.ann)

        self.eve.says("JOIN #tea", "TOPIC #tea", "LIST")

        self.assertNotIn("a secret plan", "".join(self.eve.hears()))

    def test_messages_among_operators_are_not_replayed_after_a_reset(self) -> None:
        self.ann.says("PRIVMSG @#tea :for ops")
        self.empties(self.ann)

        self.eve.says("JOIN #tea")

        self.assertEqual(texts(self.eve), [])

    def test_a_channel_is_reset_although_its_settings_are_still_being_written(self) -> None:
        self.ann.says("PRIVMSG #tea :x y")

        for line in ("MODE #tea +s", "PRIVMSG #tea :a secret", "PART #tea"):
            self.ann.utters(line)
        self.eve.utters("JOIN #tea")
        self.stage.settle()

        self.assertEqual(texts(self.eve), [])
        self.eve.says("MODE #tea")
        self.assertIn(":irc.test 324 eve #tea +nt", self.eve.hears())

    def test_a_channel_is_reset_although_the_store_fails_then(self) -> None:
        self.ann.says("MODE #tea +s", "PRIVMSG #tea :a secret")
        self.empties(self.ann)
        store = self.stage.store
        store.faults = {len(store.commits) + 2: NotStored("full")}

        self.eve.says("JOIN #tea", "PRIVMSG #tea :is refused")
        self.stage.clock.advance(2)
        (ben,) = self.stage.enter("ben", caps="server-time")
        ben.says("JOIN #tea")

        self.assertIn("FAIL", codes(self.eve))
        self.assertEqual(texts(ben), [])

    def test_an_era_is_on_disk_before_anything_of_it_is_said(self) -> None:
        self.ann.says("MODE #tea +s", "PRIVMSG #tea :a secret")
        self.empties(self.ann)
        secret = max(self.stage.store.inner.log.values(), key=lambda row: row.id).id

        self.eve.says("JOIN #tea", "PRIVMSG #tea :a new start")

        row = self.stage.store.inner.channels["#tea"]
        self.assertGreater(row.era, secret - 1)
        self.assertEqual(row.modes, "nt")

    def test_a_refused_join_does_not_undo_a_reset(self) -> None:
        self.ann.says("MODE #tea +s", "PRIVMSG #tea :a secret")
        self.empties(self.ann)
        self.eve.says(*(f"JOIN #c{n}" for n in range(100)))
        self.eve.says("JOIN #tea", "PART #c1", "JOIN #tea")

        self.assertEqual(texts(self.eve), [])
