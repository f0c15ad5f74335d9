"""The commands that every client uses: registration, capabilities, channels, messages, labels."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.names import MAX_NICK_CHARS
from simplechat.hub.records import ChannelRow
from simplechat.ircv3.caps import CAPABILITIES, CAPABILITY_ALIASES, RARE_CAPABILITIES
from tests.support.stage import Stage


class RegistrationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()

    def test_nick_and_user_complete_the_registration(self) -> None:
        ann = self.stage.connect()

        ann.says("NICK ann", "USER ann 0 * :Ann")

        numerics = [line.split()[1] for line in ann.hears()]
        self.assertEqual(list(dict.fromkeys(numerics))[:6], ["001", "002", "003", "004", "005", "251"])
        self.assertEqual(numerics[-1], "376")

    def test_the_order_of_nick_and_user_does_not_matter(self) -> None:
        ann = self.stage.connect()

        ann.says("USER ann 0 * :Ann", "NICK ann")

        self.assertIn(":irc.test 001 ann :Welcome to test, ann", ann.hears())

    def test_negotiating_holds_the_registration(self) -> None:
        ann = self.stage.connect()
        ann.says("CAP LS 302", "NICK ann", "USER ann 0 * :Ann")
        self.assertEqual({line.split()[1] for line in ann.hears()}, {"CAP"})

        ann.says("CAP END")

        self.assertIn(":irc.test 001 ann :Welcome to test, ann", ann.hears())

    def test_a_nick_that_is_taken_is_refused(self) -> None:
        self.stage.enter("ann")
        other = self.stage.connect()

        other.says("NICK ANN")

        self.assertEqual(other.hears(), [":irc.test 433 * ANN :That nick is in use"])

    def test_a_nick_taken_while_negotiating_is_refused_at_the_end(self) -> None:
        slow = self.stage.connect()
        slow.says("CAP LS", "NICK ann", "USER a 0 * :a")
        slow.hears()
        self.stage.enter("ann")

        slow.says("CAP END", "NICK ben")

        heard = slow.hears()
        self.assertEqual(heard[0], ":irc.test 433 * ann :That nick is in use")
        self.assertIn(":irc.test 001 ben :Welcome to test, ben", heard)

    def test_a_nick_that_looks_like_one_that_is_taken_is_refused(self) -> None:
        self.stage.enter("cope", "\u041a\u043e\u0442")
        for wanted, admitted in (
            ("\u0441\u043e\u0440\u0435", False),  # Cyrillic letters that look like cope
            ("\u03ba\u03bf\u03c4", False),  # Greek ones that look like the Cyrillic one
            ("\u0441\u043e\u0440\u0430", True),
            ("kot", True),  # what is written in ASCII is never refused for its looks
        ):
            other = self.stage.connect()
            other.says(f"NICK {wanted}", "USER x 0 * :x")
            codes = [line.split()[1] for line in other.hears()]
            self.assertEqual(("433" in codes, "001" in codes), (not admitted, admitted), wanted)

    def test_a_similar_nick_is_free_once_the_other_user_left(self) -> None:
        (cope,) = self.stage.enter("cope")
        cope.says("NICK cape")

        other = self.stage.connect()
        other.says("NICK \u0441\u043e\u0440\u0435", "USER x 0 * :x")

        self.assertIn("001", [line.split()[1] for line in other.hears()])

    def test_commands_that_need_a_user_are_refused_before_the_registration(self) -> None:
        ann = self.stage.connect()

        ann.says("JOIN #tea")

        self.assertEqual(ann.hears(), [":irc.test 451 * :Register first with NICK and USER"])

    def test_nobody_registers_twice(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("USER x 0 * :x", "PASS x")

        self.assertEqual(ann.hears(), [":irc.test 462 ann :You are registered already"] * 2)

    def test_the_wrong_password_ends_the_connection(self) -> None:
        stage = Stage(password="secret")
        for password, admitted in (("PASS wrong", False), ("PING x", False), ("PASS secret", True)):
            ann = stage.connect()
            ann.says(password, "NICK ann", "USER ann 0 * :Ann")
            heard = ann.hears()
            self.assertEqual(any(" 001 " in line for line in heard), admitted)
            self.assertEqual(any(" 464 " in line for line in heard), not admitted)
            self.assertEqual(ann.writer.is_closed, not admitted)
            ann.drops()

    def test_a_name_for_a_user_is_made_of_letters(self) -> None:
        ann = self.stage.connect()
        ann.says("NICK ann", "USER a!b@c\x02 0 * :Ann", "JOIN #tea")

        self.assertIn(":ann!abc@127.0.0.1", " ".join(ann.hears()))

    def test_ping_is_answered_before_registration(self) -> None:
        ann = self.stage.connect()

        ann.says("PING :a b", "PING")

        self.assertEqual(
            ann.hears(), [":irc.test PONG irc.test :a b", ":irc.test 409 * :PING needs a word to send back"]
        )

    def test_an_unknown_command_is_named(self) -> None:
        ann = self.stage.connect()

        ann.says("FROB x")

        self.assertEqual(ann.hears(), [":irc.test 421 * FROB :There is no such command"])

    def test_renaming_is_seen_by_oneself_and_those_around_once(self) -> None:
        ann, ben, eve = self.stage.enter("ann", "ben", "eve")
        ann.says("JOIN #tea,#milk")
        ben.says("JOIN #tea,#milk")
        for each in (ann, ben, eve):
            each.hears()

        ann.says("NICK anna", "PRIVMSG ben :hi")

        self.assertEqual(ann.hears(), [":ann!ann@127.0.0.1 NICK anna"])
        self.assertEqual(ben.hears(), [":ann!ann@127.0.0.1 NICK anna", ":anna!ann@127.0.0.1 PRIVMSG ben hi"])
        self.assertEqual(eve.hears(), [])

    def test_a_nick_is_free_after_its_user_left(self) -> None:
        (ann,) = self.stage.enter("ann")
        ann.drops()

        (again,) = self.stage.enter("ann")
        again.says("PING x")

        self.assertEqual(again.hears(), [":irc.test PONG irc.test x"])


class NegotiationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann")

    def test_capabilities_are_listed(self) -> None:
        self.ann.says("CAP LS 302")

        listed = " ".join(
            line.partition(" LS ")[2].removeprefix("*").strip(" :") for line in self.ann.hears()
        )
        offered = dict(item.partition("=")[::2] for item in listed.split())
        self.assertEqual(offered, self.stage.hub.capabilities)
        self.assertEqual(list(offered), list(CAPABILITIES))

    def test_older_names_are_offered_to_those_only_whose_list_may_have_several_lines(self) -> None:
        ben = self.stage.connect()

        ben.says("CAP LS")

        (line,) = ben.hears()
        self.assertLessEqual(len(line), 510)
        offered = set(line.partition(" :")[2].split())
        self.assertLessEqual(CAPABILITIES.keys() - CAPABILITY_ALIASES - RARE_CAPABILITIES, offered)
        self.assertTrue(offered.isdisjoint(CAPABILITY_ALIASES))

    def test_the_rare_are_left_out_of_a_list_that_would_take_more_than_one_line(self) -> None:
        stage = Stage(server_name="a.very.long.name.of.a.server.that.nobody.would.want.to.type.org")
        ben = stage.connect()

        ben.says("NICK " + "b" * MAX_NICK_CHARS, "CAP LS")

        (line,) = ben.hears()
        offered = set(line.partition(" :")[2].split())
        self.assertEqual(len(ben.hears()), 0)
        self.assertLessEqual(len(line), 510)
        self.assertGreaterEqual(offered, CAPABILITIES.keys() - CAPABILITY_ALIASES - RARE_CAPABILITIES)
        self.assertLess(offered, CAPABILITIES.keys() - CAPABILITY_ALIASES)

    def test_a_request_is_granted_or_refused_whole_and_repeated_as_it_was(self) -> None:
        self.ann.says("CAP REQ :server-time frobs", "CAP REQ :server-time -batch ", "CAP LIST")

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test CAP ann NAK :server-time frobs",
                ":irc.test CAP ann ACK :server-time -batch ",
                ":irc.test CAP ann LIST server-time",
            ],
        )

    def test_a_dialect_begins_right_after_its_ack(self) -> None:
        ben, *_ = self.stage.enter("ben", room="#tea")
        self.ann.says("JOIN #tea")
        self.ann.hears()

        ben.utters("PRIVMSG #tea :before it")
        self.ann.utters("CAP REQ server-time")
        ben.utters("PRIVMSG #tea :after it")
        self.stage.settle()

        self.assertEqual(
            self.ann.hears(),
            [
                ":ben!ben@127.0.0.1 PRIVMSG #tea :before it",
                ":irc.test CAP ann ACK server-time",
                "@time=2001-09-09T01:46:40.004Z :ben!ben@127.0.0.1 PRIVMSG #tea :after it",
            ],
        )

    def test_cap_notify_stays_with_those_who_said_302(self) -> None:
        self.ann.says("CAP LS 302")
        self.ann.hears()

        self.ann.says("CAP REQ -cap-notify", "CAP LIST")

        self.assertEqual(
            self.ann.hears(), [":irc.test CAP ann NAK -cap-notify", ":irc.test CAP ann LIST cap-notify"]
        )

    def test_an_unknown_subcommand_is_named(self) -> None:
        self.ann.says("CAP FROB", "CAP")

        self.assertEqual([line.split()[1] for line in self.ann.hears()], ["410", "461"])


class ChannelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_joining_shows_who_is_there(self) -> None:
        self.ann.says("JOIN #Tea")
        self.ann.hears()

        self.ben.says("JOIN #tea")

        self.assertEqual(
            self.ben.hears(),
            [
                ":ben!ben@127.0.0.1 JOIN #Tea",
                ":irc.test 353 ben = #Tea :@ann ben",
                ":irc.test 366 ben #Tea :End of /NAMES list",
            ],
        )
        self.assertEqual(self.ann.hears(), [":ben!ben@127.0.0.1 JOIN #Tea"])

    def test_joining_twice_changes_nothing(self) -> None:
        self.ann.says("JOIN #tea")
        self.ann.hears()

        self.ann.says("JOIN #TEA")

        self.assertEqual(self.ann.hears(), [])

    def test_a_bad_name_among_good_ones_spoils_only_itself(self) -> None:
        self.ann.says("JOIN #a,tea,#b")

        commands = [line.split()[1] for line in self.ann.hears()]
        self.assertEqual(commands, ["JOIN", "353", "366", "476", "JOIN", "353", "366"])

    def test_many_members_are_listed_in_lines_that_fit(self) -> None:
        self.stage.enter(*(f"somebody{n:03d}" for n in range(60)), room="#tea")

        self.ann.says("JOIN #tea")

        lines = [line for line in self.ann.hears() if " 353 " in line]
        self.assertGreater(len(lines), 1)
        self.assertTrue(all(len(line) <= 510 for line in lines))
        self.assertEqual(sum(len(line.partition(" :")[2].split()) for line in lines), 61)

    def test_one_can_be_in_a_hundred_channels(self) -> None:
        for n in range(100):
            self.ann.says(f"JOIN #c{n}")
        self.ann.hears()

        self.ann.says("JOIN #more")

        self.assertEqual(
            self.ann.hears(), [":irc.test 405 ann #more :You are in 100 channels, which is the limit"]
        )

    def test_parting_is_seen_by_all(self) -> None:
        self.ann.says("JOIN #tea")
        self.ben.says("JOIN #tea")
        self.ann.hears()
        self.ben.hears()

        self.ann.says("PART #tea :so long", "PART #tea", "PART #frob")

        self.assertEqual(
            self.ann.hears(),
            [
                ":ann!ann@127.0.0.1 PART #tea :so long",
                ":irc.test 442 ann #tea :You are not in that channel",
                ":irc.test 403 ann #frob :There is no such channel",
            ],
        )
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 PART #tea :so long"])

    def test_join_0_leaves_everything(self) -> None:
        self.ann.says("JOIN #a,#b", "JOIN 0", "PRIVMSG #a x")

        self.assertEqual([line.split()[1] for line in self.ann.hears()[-3:]], ["PART", "PART", "403"])

    def test_quitting_is_seen_once_by_those_around(self) -> None:
        self.ann.says("JOIN #a,#b")
        self.ben.says("JOIN #a,#b")
        self.ben.hears()

        self.ann.says("QUIT :so long", "PRIVMSG #a :too late")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 QUIT :Quit: so long"])
        self.assertEqual(self.ann.hears()[-1], "ERROR :Closing link: Quit: so long")
        self.assertTrue(self.ann.writer.is_closed)

    def test_a_long_reason_is_kept_as_it_was_said(self) -> None:
        reason = "é" * 248  # fits the line that was sent, not the one that is said
        self.ann.says("JOIN #a", "JOIN #b")
        self.ben.says("JOIN #a", "JOIN #b")
        self.ben.hears()

        self.ann.says(f"PART #a :{reason}", f"QUIT :{reason}")

        said = [line.rpartition(" ")[2] for line in self.ben.hears()]
        store = self.stage.store
        self.assertEqual(store.texts("PART"), said[:1])
        self.assertEqual([text.rpartition(" ")[2] for text in store.texts("QUIT")], said[1:])

    def test_joins_parts_quits_and_nicks_are_in_the_log(self) -> None:
        self.ann.says("JOIN #a,#b", "NICK anna", "PART #b :enough")
        self.ann.drops()

        store = self.stage.store
        rows = [(row.target, row.kind, row.text) for row in sorted(store.inner.log.values())]
        self.assertEqual(
            rows,
            [
                ("#a", "JOIN", ""),
                ("#a", "NICK", "anna"),
                ("#a", "QUIT", "Connection lost"),
                ("#b", "JOIN", ""),
                ("#b", "NICK", "anna"),
                ("#b", "PART", "enough"),
            ],
        )


class SpeakingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.store = self.stage.store

    def test_a_message_reaches_the_others_and_the_log(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        ann.says("PRIVMSG #TEA :hello there", "NOTICE #tea :psst")

        self.assertEqual(
            ben.hears(),
            [":ann!ann@127.0.0.1 PRIVMSG #tea :hello there", ":ann!ann@127.0.0.1 NOTICE #tea psst"],
        )
        self.assertEqual(ann.hears(), [])
        self.assertEqual((self.store.texts(), self.store.texts("NOTICE")), (["hello there"], ["psst"]))

    def test_an_echo_comes_to_those_who_asked(self) -> None:
        (ann,) = self.stage.enter("ann", caps="echo-message", room="#tea")

        ann.says("PRIVMSG #tea :hello there", "PRIVMSG ann :to myself")

        self.assertEqual(
            ann.hears(),
            [
                ":ann!ann@127.0.0.1 PRIVMSG #tea :hello there",
                ":ann!ann@127.0.0.1 PRIVMSG ann :to myself",
                ":ann!ann@127.0.0.1 PRIVMSG ann :to myself",
            ],
        )

    def test_time_and_msgid_are_the_same_for_everybody_and_in_the_log(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", caps="echo-message server-time message-tags", room="#tea")
        ann.hears()

        ann.says("PRIVMSG #tea :one", "PRIVMSG #tea :two")

        heard = ben.hears()
        self.assertEqual(ann.hears(), heard)
        self.assertEqual(len({line.split()[0] for line in heard}), 2)
        self.assertLess(heard[0], heard[1])

    def test_client_tags_go_along_and_others_do_not(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", caps="message-tags", room="#tea")
        ann.hears()

        ann.says("@+reply=12;+x\\y=1;time=1970;msgid=z;account=root PRIVMSG #tea :a b")

        (line,) = ben.hears()
        tags = dict(tag.partition("=")[::2] for tag in line.split()[0][1:].split(";"))
        self.assertEqual(tags.keys(), {"msgid", "+reply"})
        self.assertNotEqual(tags["msgid"], "z")

    def test_only_members_speak_in_a_channel(self) -> None:
        ann, ben = self.stage.enter("ann", "ben")
        ann.says("JOIN #tea")
        ann.hears()

        ben.says("PRIVMSG #tea :hi", "PRIVMSG #none :hi", "PRIVMSG nobody :hi", "NOTICE #tea :hi")

        self.assertEqual([line.split()[1] for line in ben.hears()], ["404", "403", "401"])
        self.assertEqual(ann.hears(), [])
        self.assertEqual(self.store.texts(), [])

    def test_several_targets_are_stored_together_or_not_at_all(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()
        before = len(self.store.commits)

        ann.says("PRIVMSG #tea,ben,nobody,ben :hi")

        self.assertEqual(len(ben.hears()), 2)
        self.assertEqual([line.split()[1] for line in ann.hears()], ["401"])
        self.assertEqual(len(self.store.commits), before + 1)

    def test_a_missing_target_or_text_is_answered(self) -> None:
        (ann,) = self.stage.enter("ann")

        ann.says("PRIVMSG", "PRIVMSG ann", "PRIVMSG ann :", "PRIVMSG a,b,c,d,e :x", "NOTICE", "NOTICE x")

        self.assertEqual([line.split()[1] for line in ann.hears()], ["411", "412", "412", "407"])

    def test_a_direct_conversation_is_stored_under_its_two_identities(self) -> None:
        ann, ben = self.stage.enter("ann", "ben")

        ann.says("PRIVMSG ben :hi", "NICK anna")
        ben.says("NICK benny", "PRIVMSG anna :ho")

        targets = {row.target for row in self.store.inner.log.values()}
        self.assertEqual(len(targets), 1)
        self.assertNotIn("ann", "".join(targets))

    def test_a_long_message_is_kept_as_it_was_said(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        ann.says("PRIVMSG #tea :" + "é" * 240)

        (line,) = ben.hears()
        self.assertIn(len(line.encode()) + 2, range(508, 513))
        self.assertEqual(self.store.texts(), [line.partition("#tea ")[2]])

    def test_a_channel_is_on_disk_from_its_first_message_on(self) -> None:
        (ann,) = self.stage.enter("ann", room="#Tea")
        self.assertEqual(self.store.inner.channels, {})

        ann.says("PRIVMSG #tea :one", "PRIVMSG #tea :two")

        self.assertEqual([row.name for row in self.store.inner.channels.values()], ["#Tea"])
        written = [type(record) for records in self.store.commits for record in records]
        self.assertEqual(written.count(ChannelRow), 1)

    def test_a_channel_on_disk_keeps_its_spelling_when_everybody_left(self) -> None:
        (ann,) = self.stage.enter("ann", room="#Tea")
        ann.says("PRIVMSG #tea :one", "PART #tea")
        ann.hears()

        ann.says("PRIVMSG #tea :two", "JOIN #TEA")

        self.assertEqual(
            [line.split()[1:4] for line in ann.hears()[:2]], [["403", "ann", "#tea"], ["JOIN", "#Tea"]]
        )


class LabelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter(
            "ann", "ben", caps="labeled-response batch echo-message", room="#tea"
        )
        self.ann.hears()

    def test_one_line_in_response_carries_the_label(self) -> None:
        self.ann.says("@label=7 PING x")

        self.assertEqual(self.ann.hears(), ["@label=7 :irc.test PONG irc.test x"])

    def test_no_line_in_response_is_an_ack(self) -> None:
        self.ann.says("@label=7 PONG x")

        self.assertEqual(self.ann.hears(), ["@label=7 :irc.test ACK"])

    def test_several_lines_in_response_are_a_batch(self) -> None:
        self.ann.says("@label=7 JOIN #milk")

        heard = self.ann.hears()
        self.assertEqual(heard[0], "@label=7 :irc.test BATCH +1 labeled-response")
        self.assertTrue(all(line.startswith("@batch=1 ") for line in heard[1:-1]))
        self.assertEqual(heard[-1], ":irc.test BATCH -1")

    def test_only_the_speakers_own_copy_is_labelled(self) -> None:
        self.ann.says("@label=7 PRIVMSG #tea :a b")

        self.assertEqual(self.ann.hears(), ["@label=7 :ann!ann@127.0.0.1 PRIVMSG #tea :a b"])
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 PRIVMSG #tea :a b"])

    def test_of_a_message_to_oneself_the_echo_is_labelled_and_the_delivery_is_not(self) -> None:
        self.ann.says("@label=7 PRIVMSG ann :a b")

        self.assertEqual(
            sorted(self.ann.hears()),
            [":ann!ann@127.0.0.1 PRIVMSG ann :a b", "@label=7 :ann!ann@127.0.0.1 PRIVMSG ann :a b"],
        )

    def test_a_label_without_the_capability_means_nothing(self) -> None:
        self.ben.says("CAP REQ -batch")
        self.ben.hears()

        self.ben.says("@label=7 PING x")

        self.assertEqual(self.ben.hears(), [":irc.test PONG irc.test x"])
