"""WHOIS, WHOWAS, USERHOST and ISON: what they show, and to whom."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.user import Session
from tests.support.replies import codes
from tests.support.stage import Stage, StageWriter


class WhoisTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:pw",))
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_whois_shows_each_fact_in_a_line(self) -> None:
        self.ben.says("JOIN #tea", "AWAY :at lunch")
        self.stage.clock.advance(5)

        self.ann.says("WHOIS BEN")

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test 311 ann ben ben 127.0.0.1 * ben",
                ":irc.test 319 ann ben @#tea",
                ":irc.test 312 ann ben irc.test :A simplechat server",
                ":irc.test 301 ann ben :at lunch",
                ":irc.test 317 ann ben 5 1000000000 :seconds idle, signed on at",
                ":irc.test 318 ann BEN :End of WHOIS",
            ],
        )

    def test_addresses_and_modes_are_for_oneself_and_operators(self) -> None:
        self.ann.says("WHOIS ben", "WHOIS ann")
        told = codes(self.ann)
        self.assertEqual((told.count("338"), told.count("379")), (1, 1))
        self.ann.says("OPER root pw")
        self.ann.hears()

        self.ann.says("WHOIS ben")

        self.assertIn("338", codes(self.ann))

    def test_a_user_is_secure_if_all_connections_are_encrypted(self) -> None:
        session = self.ben.conversation._session
        other = Session(StageWriter(), "127.0.0.1")
        session.is_secure = True
        self.ann.says("WHOIS ben")
        self.assertIn(":irc.test 671 ann ben :is using a secure connection", self.ann.hears())

        self.stage.hub.users["ben"].attach(other)
        self.ann.says("WHOIS ben", "WHOIS ann")

        self.assertNotIn("671", codes(self.ann))

    def test_the_server_may_be_named_before_the_nick(self) -> None:
        self.ann.says("WHOIS irc.test ben", "WHOIS ben ben")

        self.assertEqual(codes(self.ann).count("311"), 2)

    def test_an_unknown_nick_is_answered_as_such(self) -> None:
        self.ann.says("WHOIS nobody", "WHOIS")

        self.assertEqual(codes(self.ann), ["401", "318", "431"])

    def test_channels_of_the_invisible_are_for_those_in_them(self) -> None:
        self.ben.says("JOIN #tea,#milk", "MODE ben +i")
        self.ann.says("JOIN #tea")
        self.ann.hears()

        self.ann.says("WHOIS ben")

        self.assertIn(":irc.test 319 ann ben @#tea", self.ann.hears())

    def test_an_operator_of_the_server_is_named_as_one(self) -> None:
        self.ben.says("OPER root pw")

        self.ann.says("WHOIS ben", "USERHOST ben")

        heard = self.ann.hears()
        self.assertIn(":irc.test 313 ann ben :is an operator of this server", heard)
        self.assertEqual(heard[-1], ":irc.test 302 ann ben*=+ben@127.0.0.1")


class PastTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann")

    def test_whowas_shows_former_users_the_latest_first(self) -> None:
        for name in ("One", "Two"):
            (ben,) = self.stage.enter("ben")
            ben.says(f"SETNAME :{name} X")
            ben.drops()

        self.ann.says("WHOWAS BEN", "WHOWAS ben 1")

        heard = self.ann.hears()
        self.assertEqual(
            [line.split()[1] for line in heard], ["314", "312", "314", "312", "369", "314", "312", "369"]
        )
        self.assertEqual(heard[0], ":irc.test 314 ann ben ben 127.0.0.1 * :Two X")
        self.assertEqual(heard[4], ":irc.test 369 ann BEN :End of WHOWAS")

    def test_a_nick_that_was_given_up_is_remembered(self) -> None:
        self.ann.says("NICK anna", "WHOWAS ann")

        self.assertEqual(codes(self.ann), ["NICK", "314", "312", "369"])

    def test_a_count_that_is_no_number_means_all(self) -> None:
        for n in range(3):
            self.ann.says(f"NICK x{n}", "NICK ann")
        self.ann.hears()

        for count in ("0", "-1", "x", "²", "9999"):
            self.ann.says(f"WHOWAS ann {count}")

            self.assertEqual(codes(self.ann).count("314"), 3, count)

    def test_whowas_of_an_unknown_nick_is_answered(self) -> None:
        self.ann.says("WHOWAS nobody", "WHOWAS")

        self.assertEqual(codes(self.ann), ["406", "369", "431"])

    def test_of_one_nick_the_last_eight_are_remembered_and_of_all_a_thousand(self) -> None:
        for n in range(12):
            self.ann.says(f"NICK a{n}", "NICK ann")
        for n in range(1000):
            self.ann.says(f"NICK b{n}")
        self.ann.hears()

        self.ann.says("WHOWAS ann", "WHOWAS a0", "WHOWAS b998")

        self.assertEqual(codes(self.ann), ["314", "312"] * 8 + ["369", "406", "369", "314", "312", "369"])


class PresenceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_ison_and_userhost_name_those_who_are_here(self) -> None:
        self.ben.says("AWAY :x")

        self.ann.says(
            "ISON BEN nobody ann",
            "ISON :ben x",
            "ISON no",
            "USERHOST ben nobody ann a b c",
            "ISON",
            "USERHOST",
        )

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test 303 ann :ben ann",
                ":irc.test 303 ann ben",
                ":irc.test 303 ann :",
                ":irc.test 302 ann :ben=-ben@127.0.0.1 ann=+ann@127.0.0.1",
                ":irc.test 461 ann ISON :Not enough parameters; see HELP ISON",
                ":irc.test 461 ann USERHOST :Not enough parameters; see HELP USERHOST",
            ],
        )

    def test_an_answer_of_ison_names_no_nick_by_half(self) -> None:
        self.ann.says("ISON " + " ".join(["ben"] * 126))

        self.assertEqual(set(self.ann.hears()[0].partition(" :")[2].split()), {"ben"})
