"""AWAY and SETNAME: what they answer, and who is notified."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class StatusTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_away_is_answered_and_sent_to_clients_with_away_notify(self) -> None:
        self.ben.says("CAP REQ away-notify", "JOIN #tea")
        self.ann.says("JOIN #tea")
        (eve,) = self.stage.enter("eve", caps="away-notify")
        self.ann.hears()
        self.ben.hears()

        self.ann.says("AWAY :at lunch", "AWAY :at lunch", "AWAY", "AWAY :")

        self.assertEqual(codes(self.ann), ["306", "306", "305", "305"])
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 AWAY :at lunch", ":ann!ann@127.0.0.1 AWAY"])
        self.assertEqual(eve.hears(), [])

    def test_a_reason_is_cut_at_its_length(self) -> None:
        self.ann.says("AWAY :" + "x" * 300)

        self.ben.says("PRIVMSG ann :hi")

        self.assertEqual(self.ben.hears(), [":irc.test 301 ben ann " + "x" * 200])

    def test_setname_is_sent_to_clients_with_the_capability(self) -> None:
        (eve,) = self.stage.enter("eve", caps="setname", room="#tea")
        self.ann.says("CAP REQ setname", "JOIN #tea")
        self.ben.says("JOIN #tea")
        for each in (self.ann, self.ben, eve):
            each.hears()

        self.ann.says("SETNAME :Ann B")
        self.ben.says("SETNAME :Ben C")

        self.assertEqual(
            self.ann.hears(), [":ann!ann@127.0.0.1 SETNAME :Ann B", ":ben!ben@127.0.0.1 SETNAME :Ben C"]
        )
        self.assertEqual(
            eve.hears(), [":ann!ann@127.0.0.1 SETNAME :Ann B", ":ben!ben@127.0.0.1 SETNAME :Ben C"]
        )
        self.assertEqual(codes(self.ben), [])

    def test_a_name_that_cannot_be_is_refused(self) -> None:
        self.ann.says("SETNAME :", "SETNAME :" + "x" * 151, "SETNAME")

        heard = self.ann.hears()
        self.assertEqual(
            [line.split()[1:4] for line in heard[:2]], [["FAIL", "SETNAME", "INVALID_REALNAME"]] * 2
        )
        self.assertEqual(heard[2].split()[1], "461")
