"""KICK: who may remove whom, and who hears of it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.kicking import MAX_KICK_TARGETS
from tests.support.replies import codes
from tests.support.stage import Stage


class KickTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", room="#tea")
        for each in (self.ann, self.ben, self.eve):
            each.hears()

    def test_several_users_are_kicked_each_with_a_line(self) -> None:
        self.ann.says("KICK #tea ben,nobody,eve :That will do")

        self.assertEqual(codes(self.ann), ["KICK", "401", "KICK"])
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 KICK #tea ben :That will do"])
        self.assertEqual(len(self.eve.hears()), 2)
        self.assertEqual(self.stage.store.texts("KICK"), ["ben That will do", "eve That will do"])

    def test_the_default_reason_is_the_operators_nick(self) -> None:
        self.ann.says("KICK #tea ben")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 KICK #tea ben ann"])

    def test_only_operators_kick_and_only_members(self) -> None:
        (guest,) = self.stage.enter("guest")

        self.ben.says("KICK #tea ann")
        self.ann.says("KICK #tea guest", "KICK #tea", "KICK #none ben")
        guest.says("KICK #tea ben")

        self.assertEqual(codes(self.ben), ["482"])
        self.assertEqual(codes(self.ann), ["441", "461", "403"])
        self.assertEqual(codes(guest), ["442"])

    def test_a_kicked_user_neither_receives_nor_sends_there(self) -> None:
        self.ann.says("KICK #tea ben")
        self.ben.hears()

        self.ann.says("PRIVMSG #tea :gone?")
        self.ben.says("PRIVMSG #tea :no", "PART #tea")

        self.assertEqual(codes(self.ben), ["404", "442"])

    def test_an_operator_who_kicks_themselves_kicks_nobody_after_that(self) -> None:
        self.ann.says("KICK #tea ann,ben")

        self.assertEqual(codes(self.ann), ["KICK", "442"])
        self.assertEqual(codes(self.ben), ["KICK"])


class KickListTests(SynchronousTestCase):
    """KICK takes one channel and several nicks, or pairs.

    Spec: https://datatracker.ietf.org/doc/html/rfc2812#section-3.2.8
    """

    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", room="#tea")
        for each in (self.ann, self.ben, self.eve):
            each.says("JOIN #milk")
        for each in (self.ann, self.ben, self.eve):
            each.hears()

    def test_as_many_channels_as_nicks_are_pairs(self) -> None:
        self.ann.says("KICK #tea,#milk ben,eve :bye")

        lines = [":ann!ann@127.0.0.1 KICK #tea ben :bye", ":ann!ann@127.0.0.1 KICK #milk eve :bye"]
        for each in (self.ann, self.ben, self.eve):
            self.assertEqual(each.hears(), [line.replace(":bye", "bye") for line in lines])
        self.assertEqual(list(self.stage.hub.users["ben"].channels), ["#milk"])
        self.assertEqual(list(self.stage.hub.users["eve"].channels), ["#tea"])

    def test_the_same_channel_may_stand_in_several_pairs(self) -> None:
        self.ann.says("KICK #tea,#tea,#tea ben,eve,eve")

        self.assertEqual(codes(self.ann), ["KICK", "KICK", "441"])

    def test_other_counts_are_refused_whole(self) -> None:
        for line in ("KICK #tea,#milk ben", "KICK #tea,#milk ben,eve,ann", "KICK #tea,#milk,#tea ben,eve"):
            self.ann.says(line)

            self.assertEqual(codes(self.ann), ["461"], line)
        self.assertEqual(self.ben.hears(), [])

    def test_a_pair_that_is_refused_spoils_only_itself(self) -> None:
        self.ben.says("JOIN #own")
        self.ben.hears()

        self.ann.says("KICK #none,#own,#tea,#milk,#milk ben,ben,nobody,ben,eve")

        self.assertEqual(codes(self.ann), ["403", "442", "401", "KICK", "KICK"])

    def test_a_secret_channel_is_refused_in_a_pair_as_one_that_is_not_there(self) -> None:
        self.ben.says("JOIN #own", "MODE #own +s")

        self.ann.says("KICK #own,#tea ben,eve")

        self.assertEqual(codes(self.ann), ["403", "KICK"])

    def test_of_more_pairs_than_the_server_takes_the_rest_is_left_alone(self) -> None:
        nicks = [f"g{number}" for number in range(MAX_KICK_TARGETS + 2)]
        self.stage.enter(*nicks, room="#tea")
        self.ann.hears()

        self.ann.says(f"KICK {','.join(['#tea'] * len(nicks))} {','.join(nicks)}")

        self.assertEqual(codes(self.ann), ["KICK"] * MAX_KICK_TARGETS)
