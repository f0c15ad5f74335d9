"""TOPIC, KICK and INVITE: who may, and who hears."""

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

    def test_a_new_topic_is_said_to_all_and_kept(self) -> None:
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

    def test_a_long_topic_is_kept_as_it_was_said(self) -> None:
        self.ann.says("TOPIC #tea :" + "x" * 495)

        (line,) = self.ben.hears()
        self.assertIn(len(line), (509, 510))
        self.assertEqual(self.stage.store.inner.channels["#tea"].topic, line.partition("#tea ")[2])


class KickTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", room="#tea")
        for each in (self.ann, self.ben, self.eve):
            each.hears()

    def test_several_are_put_out_at_once_each_with_a_line(self) -> None:
        self.ann.says("KICK #tea ben,nobody,eve :That will do")

        self.assertEqual(codes(self.ann), ["KICK", "401", "KICK"])
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 KICK #tea ben :That will do"])
        self.assertEqual(len(self.eve.hears()), 2)
        self.assertEqual(self.stage.store.texts("KICK"), ["ben That will do", "eve That will do"])

    def test_without_a_reason_the_nick_stands_for_it(self) -> None:
        self.ann.says("KICK #tea ben")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 KICK #tea ben ann"])

    def test_only_operators_put_out_and_only_who_is_there(self) -> None:
        (guest,) = self.stage.enter("guest")

        self.ben.says("KICK #tea ann")
        self.ann.says("KICK #tea guest", "KICK #tea", "KICK #none ben")
        guest.says("KICK #tea ben")

        self.assertEqual(codes(self.ben), ["482"])
        self.assertEqual(codes(self.ann), ["441", "461", "403"])
        self.assertEqual(codes(guest), ["442"])

    def test_who_was_put_out_hears_and_says_nothing_more_there(self) -> None:
        self.ann.says("KICK #tea ben")
        self.ben.hears()

        self.ann.says("PRIVMSG #tea :gone?")
        self.ben.says("PRIVMSG #tea :no", "PART #tea")

        self.assertEqual(codes(self.ben), ["404", "442"])

    def test_who_puts_themselves_out_goes_no_further(self) -> None:
        self.ann.says("KICK #tea ann,ben")

        self.assertEqual(codes(self.ann), ["KICK", "442"])
        self.assertEqual(codes(self.ben), ["KICK"])


class InviteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann", room="#tea")
        self.ben, self.eve = self.stage.enter("ben", "eve")

    def test_an_invitation_is_told_to_both(self) -> None:
        self.ann.says("INVITE BEN #TEA")

        self.assertEqual(self.ann.hears(), [":irc.test 341 ann ben #tea"])
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 INVITE ben #tea"])

    def test_invitations_are_listed_until_they_are_used(self) -> None:
        self.ann.says("JOIN #milk", "INVITE ben #tea", "INVITE ben #milk")
        self.ben.says("JOIN #tea")
        self.ben.hears()

        self.ben.says("INVITE")

        self.assertEqual(
            self.ben.hears(), [":irc.test 336 ben #milk", ":irc.test 337 ben :End of invitations"]
        )

    def test_operators_who_asked_are_told_of_others_invitations(self) -> None:
        (dan,) = self.stage.enter("dan", caps="invite-notify", room="#tea")
        (fay,) = self.stage.enter("fay", caps="invite-notify", room="#tea")
        self.ann.says("MODE #tea +o dan")
        dan.hears()
        fay.hears()

        self.ann.says("INVITE ben #tea")

        self.assertEqual(dan.hears(), [":ann!ann@127.0.0.1 INVITE ben #tea"])
        self.assertEqual(fay.hears(), [])

    def test_who_is_away_is_said_to_be(self) -> None:
        self.ben.says("AWAY :at lunch")

        self.ann.says("INVITE ben #tea")

        self.assertEqual(codes(self.ann), ["341", "301"])

    def test_what_cannot_be_invited_is_refused(self) -> None:
        (dan,) = self.stage.enter("dan", room="#tea")
        self.ann.says("MODE #tea +i")
        self.ann.hears()
        dan.hears()

        self.ann.says("INVITE dan #tea", "INVITE nobody #tea", "INVITE ben #none", "INVITE ben")
        dan.says("INVITE ben #tea")
        self.eve.says("INVITE ben #tea")

        self.assertEqual(codes(self.ann), ["443", "401", "403", "461"])
        self.assertEqual(codes(dan), ["482"])
        self.assertEqual(codes(self.eve), ["442"])
        self.assertEqual(self.ben.hears(), [])
