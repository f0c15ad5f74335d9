"""TOPIC: who may set it, and who hears of it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class TopicTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve")
        self.ann.says("JOIN #tea")
        self.ben.says("JOIN #tea")
        self.ann.hears()
        self.ben.hears()

    def test_a_new_topic_is_sent_to_all_members_and_stored(self) -> None:
        self.ann.says("TOPIC #TEA :Green tea")

        for each in (self.ann, self.ben):
            self.assertEqual(each.hears(), [":ann!ann@127.0.0.1 TOPIC #tea :Green tea"])
        self.assertEqual(self.stage.store.inner.channels["#tea"].topic, "Green tea")
        self.assertEqual(self.stage.store.texts("TOPIC"), ["Green tea"])

    def test_only_operators_change_a_locked_topic(self) -> None:
        self.ben.says("TOPIC #tea :Coffee", "TOPIC #tea")
        self.ann.says("MODE #tea -t")
        self.assertEqual(codes(self.ben), ["482", "331", "MODE"])

        self.ben.says("TOPIC #tea :Coffee")

        self.assertEqual(codes(self.ben), ["TOPIC"])

    def test_an_empty_topic_is_none(self) -> None:
        self.ann.says("TOPIC #tea :Green", "TOPIC #tea :", "TOPIC #tea")

        self.assertEqual(codes(self.ann), ["TOPIC", "TOPIC", "331"])
        self.assertEqual(self.stage.store.inner.channels["#tea"].topic, "")

    def test_outsiders_see_and_set_no_topic(self) -> None:
        self.ann.says("MODE #tea -t", "TOPIC #tea :Green")

        self.eve.says("TOPIC #tea", "TOPIC #tea :Coffee", "TOPIC #none")

        self.assertEqual(codes(self.eve), ["442", "442", "403"])

    def test_a_long_topic_is_stored_as_it_was_sent(self) -> None:
        self.ann.says("TOPIC #tea :" + "x" * 495)

        (line,) = self.ben.hears()
        self.assertIn(len(line), (509, 510))
        self.assertEqual(self.stage.store.inner.channels["#tea"].topic, line.partition("#tea ")[2])
