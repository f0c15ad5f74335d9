"""Draft extensions: ISUPPORT before the registration, WHOAMI, marks of operators, accounts only."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.stage import Stage


class DraftTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(oper=("root:root",))

    def test_isupport_can_be_requested_before_the_registration(self) -> None:
        early, late = self.stage.connect(), self.stage.connect()

        early.says("CAP REQ :draft/extended-isupport batch", "ISUPPORT")
        late.says("ISUPPORT")

        _, begin, *lines, end = early.hears()
        self.assertEqual(begin, ":irc.test BATCH +isupport draft/isupport")
        self.assertEqual({line.split()[2] for line in lines}, {"005"})
        self.assertTrue(all(line.startswith("@batch=isupport ") for line in lines))
        self.assertEqual(end, ":irc.test BATCH -isupport")
        self.assertEqual([line.split()[1] for line in late.hears()], ["451"])

    def test_the_batch_has_the_label(self) -> None:
        (ann,) = self.stage.enter("ann", caps="draft/extended-isupport batch labeled-response")

        ann.says("@label=x ISUPPORT")

        begin, *lines, end = ann.hears()
        self.assertEqual(begin, "@label=x :irc.test BATCH +isupport draft/isupport")
        self.assertEqual({line.split()[0] for line in lines}, {"@batch=isupport"})
        self.assertEqual(end, ":irc.test BATCH -isupport")

    def test_whoami_is_sent_on_registration(self) -> None:
        for caps, told in (
            ("draft/whoami chghost", [":ann!a@127.0.0.1 SETNAME :Ann B"]),
            ("draft/whoami", []),
        ):
            ann = self.stage.connect()
            ann.says(f"CAP REQ :{caps}", "NICK ann", "USER a 0 * :Ann B", "CAP END")

            heard = ann.hears()
            self.assertEqual([line for line in heard if "SETNAME" in line], told)
            if told:
                place = heard.index(told[0])
                self.assertEqual((heard[place - 1].split()[1], heard[place + 1].split()[1]), ("005", "251"))
            ann.says("QUIT")

    def test_operators_messages_are_tagged_for_clients_that_want_it(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        ben, cat = (
            *self.stage.enter("ben", caps="draft/oper-tag", room="#tea"),
            *self.stage.enter("cat", caps="message-tags", room="#tea"),
        )
        ann.says("OPER root root", "PRIVMSG #tea :one", "MODE ann -o", "PRIVMSG #tea :two")

        self.assertEqual(
            [line.split()[0] for line in ben.hears() if "PRIVMSG" in line],
            ["@draft/oper", ":ann!ann@127.0.0.1"],
        )
        self.assertNotIn("draft/oper", "".join(cat.hears()))

    def test_a_channel_for_accounts_only(self) -> None:
        ann, ben = self.stage.enter("ann", "ben")
        ann.says("REGISTER * * sesame", "JOIN #tea", "MODE #tea +R")

        ben.says("JOIN #tea", "REGISTER * * sesame", "JOIN #tea")

        heard = [line.split()[1] for line in ben.hears()]
        self.assertEqual(heard[0], "477")
        self.assertIn("JOIN", heard)
