"""JOIN and INVITE: keys, limits, lists and invitations; who hears of it, and how."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class MayJoinTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben")
        self.ann.says("JOIN #tea")
        self.ann.hears()

    def test_a_key_opens_and_a_wrong_one_does_not(self) -> None:
        self.ann.says("MODE #tea +k sesame")

        self.ben.says("JOIN #tea", "JOIN #tea SESAME", "JOIN #tea sesame")

        refused = ":irc.test 475 ben #tea :Cannot join: the key is not right (+k)"
        self.assertEqual(self.ben.hears()[:3], [refused, refused, ":ben!ben@127.0.0.1 JOIN #tea"])

    def test_keys_belong_to_the_channels_in_their_order(self) -> None:
        self.ann.says("JOIN #milk", "MODE #tea +k one", "MODE #milk +k two")

        self.ben.says("JOIN #free,#tea,#milk x,two,two,more")

        self.assertEqual(codes(self.ben), ["JOIN", "353", "366", "475", "JOIN", "353", "366"])

    def test_a_full_channel_takes_nobody(self) -> None:
        self.ann.says("MODE #tea +l 1")

        self.ben.says("JOIN #tea")

        self.assertEqual(self.ben.hears(), [":irc.test 471 ben #tea :Cannot join: the channel is full (+l)"])

    def test_the_banned_do_not_join_unless_excepted(self) -> None:
        self.ann.says("MODE #tea +b BEN!*@*")
        self.ben.says("JOIN #tea")
        self.assertEqual(self.ben.hears(), [":irc.test 474 ben #tea :Cannot join: you are banned (+b)"])

        self.ann.says("MODE #tea +e *!ben@*")
        self.ben.says("JOIN #tea")

        self.assertEqual(codes(self.ben), ["JOIN", "353", "366"])

    def test_a_closed_channel_takes_those_whom_its_list_invites(self) -> None:
        self.ann.says("MODE #tea +i")
        self.ben.says("JOIN #tea")
        self.assertEqual(self.ben.hears(), [":irc.test 473 ben #tea :Cannot join: invitations only (+i)"])

        self.ann.says("MODE #tea +I ben")
        self.ben.says("JOIN #tea")

        self.assertEqual(codes(self.ben), ["JOIN", "353", "366"])

    def test_a_mute_keeps_nobody_out(self) -> None:
        self.ann.says("MODE #tea +b m:ben")

        self.ben.says("JOIN #tea")

        self.assertEqual(codes(self.ben), ["JOIN", "353", "366"])

    def test_an_account_is_banned_under_every_nick_and_guests_never_by_it(self) -> None:
        (eve,) = self.stage.enter("eve")
        self.stage.hub.user("eve").account = "Eve"
        self.ann.says("MODE #tea +b a:eve")

        eve.says("NICK other", "JOIN #tea")
        self.ben.says("NICK eve", "JOIN #tea")

        self.assertEqual(codes(eve), ["NICK", "474"])
        self.assertEqual(codes(self.ben), ["NICK", "JOIN", "353", "366"])

    def test_an_operators_invitation_opens_once(self) -> None:
        self.ann.says("MODE #tea +ikl sesame 1", "INVITE ben #tea")
        self.ben.hears()

        self.ben.says("JOIN #tea", "PART #tea", "JOIN #tea")

        self.assertEqual(codes(self.ben), ["JOIN", "353", "366", "PART", "475"])

    def test_an_invitation_by_a_plain_member_does_not_lift_a_ban_or_a_key(self) -> None:
        (eve,) = self.stage.enter("eve", room="#tea")
        self.ann.says("MODE #tea +bk ben sesame")
        eve.says("INVITE ben #tea")
        self.ben.hears()

        self.ben.says("JOIN #tea")

        self.assertNotIn("JOIN", codes(self.ben))

    def test_an_invitation_ends_with_the_channel_it_was_for(self) -> None:
        (eve,) = self.stage.enter("eve", room="#milk")
        eve.says("INVITE ben #milk", "PART #milk")
        self.ben.hears()
        self.ann.says("JOIN #milk", "MODE #milk +ik sesame")

        self.ben.says("JOIN #milk")

        self.assertNotIn("JOIN", codes(self.ben))

    def test_an_invitation_ends_when_a_stored_channel_is_reset(self) -> None:
        (eve,) = self.stage.enter("eve", room="#milk")
        eve.says("PRIVMSG #milk :on disk", "INVITE ben #milk", "PART #milk")
        self.ben.hears()
        self.ann.says("JOIN #milk", "MODE #milk +ik sesame")

        self.ben.says("JOIN #milk")

        self.assertNotIn("JOIN", codes(self.ben))


class AnnouncementTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()

    def test_an_extended_join_tells_account_and_name_to_those_who_asked(self) -> None:
        ann, ben = (*self.stage.enter("ann", caps="extended-join"), *self.stage.enter("ben"))
        ann.says("JOIN #tea")
        ben.says("JOIN #tea")
        (eve,) = self.stage.enter("eve")
        ann.hears()
        ben.hears()
        self.stage.hub.user("eve").account = "Eve"

        eve.says("SETNAME :Eve the First", "JOIN #tea")

        self.assertEqual(ann.hears(), [":eve!eve@127.0.0.1 JOIN #tea Eve :Eve the First"])
        self.assertEqual(ben.hears(), [":eve!eve@127.0.0.1 JOIN #tea"])

    def test_a_guests_account_is_a_star(self) -> None:
        (ann,) = self.stage.enter("ann", caps="extended-join")

        ann.says("JOIN #tea")

        self.assertEqual(ann.hears()[0], ":ann!ann@127.0.0.1 JOIN #tea * ann")

    def test_joining_while_away_is_shown_to_clients_with_away_notify(self) -> None:
        (ann,) = self.stage.enter("ann", caps="away-notify", room="#tea")
        (ben,) = self.stage.enter("ben", room="#tea")
        (eve,) = self.stage.enter("eve")
        ann.hears()

        eve.says("AWAY :at lunch", "JOIN #tea")

        self.assertEqual(ann.hears(), [":eve!eve@127.0.0.1 JOIN #tea", ":eve!eve@127.0.0.1 AWAY :at lunch"])
        self.assertEqual(codes(ben), ["JOIN"])

    def test_a_user_is_not_notified_of_being_away_on_joining(self) -> None:
        (ann,) = self.stage.enter("ann", caps="away-notify")

        ann.says("AWAY :at lunch", "JOIN #tea")

        self.assertEqual(codes(ann), ["306", "JOIN", "353", "366"])

    def test_names_are_left_out_for_those_who_do_not_want_them_under_any_of_the_names(self) -> None:
        for n, cap in enumerate(
            ("no-implicit-names", "draft/no-implicit-names", "soju.im/no-implicit-names")
        ):
            (ann,) = self.stage.enter(f"ann{n}", caps=cap)

            ann.says("JOIN #tea", "NAMES #tea")

            self.assertEqual(codes(ann), ["JOIN", "353", "366"])
            ann.drops()

    def test_the_topic_is_shown_on_joining(self) -> None:
        ann, ben = self.stage.enter("ann", "ben")
        ann.says("JOIN #tea", "TOPIC #tea :Green or black")

        ben.says("JOIN #tea")

        self.assertEqual(
            ben.hears()[1:3],
            [
                ":irc.test 332 ben #tea :Green or black",
                ":irc.test 333 ben #tea ann!ann@127.0.0.1 1000000000",
            ],
        )

    def test_join_0_leaves_all_and_says_so_to_the_others(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.says("JOIN #milk")
        ann.hears()

        ann.says("JOIN 0")

        self.assertEqual(codes(ann), ["PART", "PART"])
        self.assertEqual(ben.hears(), [":ann!ann@127.0.0.1 PART #tea"])


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

    def test_inviting_an_away_user_shows_the_away_message(self) -> None:
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
