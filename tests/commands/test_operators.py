"""OPER, KILL and WALLOPS are for the server's operators only."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class OperatorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:secret", "boss:of:all"))
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")
        (self.eve,) = self.stage.enter("eve")
        self.ann.hears()

    def test_the_name_and_its_password_make_an_operator(self) -> None:
        self.ann.says("OPER root secret")

        self.assertEqual(
            self.ann.hears(),
            [":irc.test 381 ann :You are an operator of this server", ":ann!ann@127.0.0.1 MODE ann +o"],
        )

    def test_a_password_may_hold_a_colon(self) -> None:
        self.ann.says("OPER boss of:all")

        self.assertEqual(codes(self.ann), ["381", "MODE"])

    def test_anything_else_does_not(self) -> None:
        self.ann.says(
            "OPER root Secret", "OPER ROOT secret", "OPER boss secret", "OPER root", "OPER x :é y", "KILL ben"
        )

        self.assertEqual(codes(self.ann), ["464", "464", "464", "461", "464", "481"])

    def test_becoming_an_operator_is_audited_with_the_name(self) -> None:
        stage = Stage(oper=("root:sesame",))
        ann, eve = stage.enter("ann", "eve")
        ann.says("REGISTER chief * sesame")
        stage.owner().says("account admin chief")

        ann.says("OPER chief wrong", "OPER chief sesame")
        eve.says("OPER root sesame")

        self.assertEqual(
            [(who, what) for who, verb, what in stage.acts(opers=True) if verb == "OPER"],
            [("ann!ann@127.0.0.1", "chief"), ("eve!eve@127.0.0.1", "root")],
        )

    def test_no_operators_means_none(self) -> None:
        (ann,) = Stage().enter("ann")

        ann.says("OPER : :", "OPER a b")

        self.assertNotIn("381", codes(ann))

    def test_a_killed_user_and_those_around_are_told_the_reason(self) -> None:
        self.ann.says("OPER root secret")
        self.ann.hears()

        self.ann.says("KILL BEN :flooding")

        told = "Killed by ann: flooding"
        self.assertEqual(
            self.ben.hears(), [f":ann!ann@127.0.0.1 KILL ben :{told}", f"ERROR :Closing link: {told}"]
        )
        self.assertTrue(self.ben.writer.is_closed)
        self.assertEqual(self.ann.hears(), [f":ben!ben@127.0.0.1 QUIT :{told}"])
        self.assertEqual(self.stage.store.texts("QUIT"), [told])

    def test_what_operators_do_is_in_the_audit_log(self) -> None:
        self.ann.says("OPER root secret", "KILL ben :flooding", "KILL nobody", "WALLOPS :all quiet")

        source = "ann!ann@127.0.0.1"
        self.assertEqual(self.stage.acts(), [(source, "KILL", "ben flooding"), (source, "WALLOPS", "")])

    def test_a_killed_user_sends_nothing_more_and_quits_once(self) -> None:
        self.ann.says("OPER root secret", "KILL ben")
        self.ann.hears()

        self.ben.says("PRIVMSG #tea :still here")
        self.ben.drops()

        self.assertEqual(self.ann.hears(), [])
        self.assertNotIn("ben", self.stage.hub.users)

    def test_operators_may_kill_themselves(self) -> None:
        self.ann.says("OPER root secret", "KILL ann :enough")

        self.assertEqual(self.ann.hears()[-1], "ERROR :Closing link: Killed by ann: enough")

    def test_only_operators_kill_and_only_present_users(self) -> None:
        self.eve.says("KILL ben :x", "KILL nobody")
        self.ann.says("OPER root secret", "KILL nobody", "KILL")

        self.assertEqual(codes(self.eve)[0], "481")
        self.assertEqual(codes(self.ann)[2:], ["401", "461"])
        self.assertFalse(self.ben.writer.is_closed)

    def test_wallops_reach_those_who_want_them(self) -> None:
        self.ann.says("OPER root secret")
        self.ben.says("MODE ben +w")
        for each in (self.ann, self.ben):
            each.hears()

        self.ann.says("WALLOPS :going down")
        self.eve.says("WALLOPS :me too")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 WALLOPS :going down"])
        self.assertEqual(codes(self.eve), ["481"])
        self.assertEqual(self.ann.hears(), [])
