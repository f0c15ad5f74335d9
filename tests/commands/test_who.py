"""WHO and WHOX: users by channel, nick and mask, in the columns that were selected."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class WhoTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:pw",))
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve")
        self.ann.says("JOIN #tea")
        self.ben.says("JOIN #tea", "AWAY :lunch")
        self.ann.hears()
        self.ben.hears()

    def found(self, question: str) -> list[str]:
        """Send a WHO as eve; return the nicks."""
        self.eve.says(question)
        lines = self.eve.hears()
        self.assertEqual(lines[-1].split()[1], "315")
        return [line.split()[7] for line in lines[:-1]]

    def test_the_members_of_a_channel_are_listed_with_what_they_are(self) -> None:
        self.eve.says("WHO #TEA")

        self.assertEqual(
            self.eve.hears(),
            [
                ":irc.test 352 eve #tea ann 127.0.0.1 irc.test ann H@ :0 ann",
                ":irc.test 352 eve #tea ben 127.0.0.1 irc.test ben G :0 ben",
                ":irc.test 315 eve #TEA :End of WHO",
            ],
        )

    def test_several_prefixes_are_shown_to_clients_with_multi_prefix(self) -> None:
        self.ann.says("MODE #tea +v ann")
        self.eve.says("WHO ann", "CAP REQ multi-prefix", "WHO ann")

        flags = [line.split()[8] for line in self.eve.hears() if " 352 " in line]
        self.assertEqual(flags, ["H@", "H@+"])

    def test_users_are_found_by_nick_host_name_and_mask(self) -> None:
        self.ben.says("SETNAME :Benjamin Tea")
        for mask, nicks in (
            ("BEN", ["ben"]),
            ("b*", ["ben"]),
            ("127.*", ["ann", "ben", "eve"]),
            ("*tea", ["ben"]),
            ("ben!*@*", ["ben"]),
            ("*", ["ann", "ben", "eve"]),
            ("0", ["ann", "ben", "eve"]),
            ("nobody", []),
            (":", []),
            ("#none", []),
        ):
            self.assertEqual(self.found(f"WHO {mask}"), nicks, mask)

    def test_the_invisible_are_found_by_their_nick_and_by_those_around_them(self) -> None:
        self.ann.says("MODE ann +i")
        self.assertEqual(self.found("WHO *"), ["ben", "eve"])
        self.assertEqual(self.found("WHO #tea"), ["ben"])
        self.assertEqual(self.found("WHO ann"), ["ann"])

        self.eve.says("JOIN #tea")
        self.eve.hears()

        self.assertEqual(self.found("WHO *"), ["ann", "ben", "eve"])
        self.assertEqual(self.found("WHO #tea"), ["ann", "ben", "eve"])

    def test_a_secret_channel_has_no_members_for_those_outside(self) -> None:
        self.ann.says("MODE #tea +s")

        self.assertEqual(self.found("WHO #tea"), [])
        self.eve.says("WHO ann")
        self.assertEqual(self.eve.hears()[0], ":irc.test 352 eve * ann 127.0.0.1 irc.test ann H :0 ann")

    def test_operators_of_the_server_alone_can_be_asked_for(self) -> None:
        self.ben.says("OPER root pw")

        self.assertEqual(self.found("WHO * o"), ["ben"])
        self.assertEqual(self.found("WHO #tea o"), ["ben"])

    def test_columns_come_in_their_own_order_with_the_token(self) -> None:
        self.stage.hub.user("ben").account = "Ben"
        self.eve.says("WHO ben %raoldfnshiuct,42", "WHO ann %an", "WHO ben %tn", "WHO #tea %%", "WHO ben %")

        heard = self.eve.hears()
        self.assertEqual(
            heard[0],
            ":irc.test 354 eve 42 #tea ben 255.255.255.255 127.0.0.1 irc.test ben G 0 0 Ben n/a ben",
        )
        self.assertEqual(heard[2], ":irc.test 354 eve ann 0")
        self.assertEqual(heard[4], ":irc.test 354 eve 0 ben")
        self.assertEqual(heard[-2].split()[1], "352")

    def test_addresses_are_for_oneself_and_operators(self) -> None:
        self.eve.says("WHO eve %i", "WHO ann %i", "OPER root pw", "WHO ann %i")

        shown = [line.split()[3] for line in self.eve.hears() if " 354 " in line]
        self.assertEqual(shown, ["127.0.0.1", "255.255.255.255", "127.0.0.1"])

    def test_a_hostile_token_breaks_no_line(self) -> None:
        self.eve.says("WHO ben %t,:x", "WHO ben :%t,a b", "WHO ben %t,")

        self.assertEqual(codes(self.eve), ["354", "315"] * 3)
