"""MODE for users: what it shows to oneself and to others."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class UserModeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:secret",))
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_modes_are_set_taken_and_shown(self) -> None:
        self.ann.says("MODE ANN +iBRw", "MODE ann -i+i-w", "MODE ann")

        self.assertEqual(
            self.ann.hears(),
            [
                ":ann!ann@127.0.0.1 MODE ann +iBRw",
                ":ann!ann@127.0.0.1 MODE ann -i+i-w",
                ":irc.test 221 ann +BRi",
            ],
        )

    def test_nobody_makes_themselves_an_operator(self) -> None:
        self.ann.says("MODE ann +o", "MODE ann +oi", "MODE ann")

        self.assertEqual(self.ann.hears(), [":ann!ann@127.0.0.1 MODE ann +i", ":irc.test 221 ann +i"])

    def test_an_operator_can_stop_being_one(self) -> None:
        self.ann.says("OPER root secret", "MODE ann -o", "WALLOPS x")

        self.assertEqual(codes(self.ann), ["381", "MODE", "MODE", "481"])

    def test_others_modes_are_theirs(self) -> None:
        self.ann.says("MODE ben", "MODE ben +i", "MODE nobody +i")

        self.assertEqual(codes(self.ann), ["502", "502", "401"])
        self.assertEqual(self.ben.hears(), [])

    def test_unknown_letters_are_named_and_the_others_count(self) -> None:
        self.ann.says("MODE ann +zix")

        self.assertEqual(
            self.ann.hears(),
            [":ann!ann@127.0.0.1 MODE ann +i", ":irc.test 501 ann :No such mode for users: xz"],
        )

    def test_guests_cannot_send_to_a_user_with_mode_big_r(self) -> None:
        self.ann.says("MODE ann +R")
        self.ann.hears()

        self.ben.says("PRIVMSG ann :psst", "NOTICE ann :psst", "TAGMSG ann")
        self.ann.says("PRIVMSG ann :to myself")

        self.assertEqual(codes(self.ben), ["477", "477"])
        self.assertEqual(codes(self.ann), ["PRIVMSG"])

    def test_accounts_can_send_to_a_user_with_mode_big_r(self) -> None:
        self.ann.says("MODE ann +R")
        self.ann.hears()
        self.stage.hub.user("ben").account = "Ben"

        self.ben.says("PRIVMSG ann :psst")

        self.assertEqual(codes(self.ann), ["PRIVMSG"])

    def test_a_bot_is_shown_as_one(self) -> None:
        self.ben.says("MODE ben +B")

        self.ann.says("WHOIS ben", "WHO ben")

        heard = self.ann.hears()
        self.assertIn(":irc.test 335 ann ben :is a bot", heard)
        self.assertIn(":irc.test 352 ann * ben 127.0.0.1 irc.test ben HB :0 ben", heard)
