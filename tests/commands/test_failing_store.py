"""A store that fails: settings return to what is on disk, and nobody has seen the change."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from tests.support.replies import codes
from tests.support.stage import Stage


class FailingStoreTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")
        self.ann.says("TOPIC #tea :Green")
        self.ann.hears()
        self.ben.hears()
        self.stage.store.faults = {n: NotStored("full") for n in range(100)}

    def test_a_topic_that_cannot_be_stored_is_refused_and_the_old_one_stays(self) -> None:
        self.ann.says("TOPIC #tea :Black")

        (line,) = self.ann.hears()
        self.assertTrue(line.startswith(":irc.test FAIL TOPIC MESSAGE_NOT_STORED #tea :"), line)
        self.assertEqual(self.ben.hears(), [])
        self.ben.says("TOPIC #tea")
        self.assertIn(":irc.test 332 ben #tea Green", self.ben.hears())

    def test_modes_that_cannot_be_stored_are_refused_and_the_old_ones_stay(self) -> None:
        before = self.stage.hub.channel("#tea").row()

        self.ann.says("MODE #tea +bikl-t eve sesame 5")

        self.assertEqual(
            [line.split()[1:4] for line in self.ann.hears()], [["FAIL", "MODE", "MESSAGE_NOT_STORED"]]
        )
        self.assertEqual(self.ben.hears(), [])
        self.assertEqual(self.stage.hub.channel("#tea").row(), before)

    def test_operator_status_that_cannot_be_stored_is_undone(self) -> None:
        self.ann.says("MODE #tea +o-o+v ben ann ben", "NAMES #tea")

        self.assertEqual(self.ann.hears()[1], ":irc.test 353 ann = #tea :@ann ben")
        self.assertEqual(self.ben.hears(), [])

    def test_giving_and_taking_a_status_in_one_batch_leaves_it_as_it_was(self) -> None:
        self.ann.utters("MODE #tea +o ben")
        self.ann.utters("MODE #tea -o ben")
        self.stage.settle()
        self.ann.hears()

        self.ann.says("NAMES #tea")

        self.assertEqual(self.ann.hears()[0], ":irc.test 353 ann = #tea :@ann ben")

    def test_a_user_who_joins_meanwhile_does_not_see_a_refused_topic(self) -> None:
        (eve,) = self.stage.enter("eve")
        self.recovers()

        self.ann.utters("TOPIC #tea :never said")
        eve.utters("JOIN #tea")
        self.stage.settle()

        self.assertEqual(codes(self.ann)[0], "FAIL")
        self.assertNotIn("never said", "".join(eve.hears()))

    def test_a_channel_that_was_never_stored_is_forgotten_when_empty(self) -> None:
        for line in ("JOIN #milk", "PRIVMSG #milk :x", "PART #milk"):
            self.ann.utters(line)
        self.stage.settle()

        self.assertNotIn("#milk", self.stage.hub.channels)

    def recovers(self) -> None:
        """Let the store work again, until the next commit but one."""
        store = self.stage.store
        store.faults = {}
        self.stage.clock.advance(1)
        store.faults = {len(store.commits) + 1: NotStored("full")}

    def test_settings_of_a_refused_record_are_not_stored_with_the_next(self) -> None:
        self.recovers()
        first = len(self.stage.store.commits) + 1
        self.stage.store.faults = dict.fromkeys((first, first + 1), ValueError("a fault"))

        self.ann.utters("TOPIC #tea :never said")
        self.ann.utters("MODE #tea +m")
        self.stage.settle()

        self.assertEqual(codes(self.ann), ["FAIL", "FAIL"])
        self.assertEqual(self.stage.store.inner.channels["#tea"].topic, "Green")
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_kicks_go_on_although_the_store_fails(self) -> None:
        self.ann.says("PRIVMSG #tea :x", "KICK #tea ben")

        self.assertEqual(codes(self.ben), ["KICK"])
