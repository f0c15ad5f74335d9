"""One user on several connections, or on none: who sees what of it."""

from __future__ import annotations

from simplechat.hub.errors import NotStored
from simplechat.hub.linger import MAX_LINGERING
from simplechat.hub.user import DEFAULT_AWAY_MESSAGE
from tests.support.logins import Stays, plain
from tests.support.replies import codes
from tests.support.stage import Actor, FaultyStore, Stage

HOUR_S = 3600


class SeveralTests(Stays):
    def test_a_second_connection_joins_and_others_see_nothing(self) -> None:
        second = self.comes()

        heard = second.hears()
        self.assertIn(":irc.test 001 ann :Welcome to test, ann", heard)
        burst = [line.split()[1] for line in heard[heard.index(next(x for x in heard if " 376 " in x)) + 1 :]]
        self.assertEqual(burst, ["JOIN", "353", "366"])
        self.assertEqual(self.ben.hears(), [])
        self.assertEqual(self.ann.hears(), [])

    def test_messages_of_one_connection_reach_the_others(self) -> None:
        second, third = self.comes(), self.comes(caps="echo-message")
        for actor in (second, third):
            actor.hears()

        self.ann.says("PRIVMSG #tea :hello", "PRIVMSG ben :psst", "PRIVMSG ann :note")

        said = [f":ann!ann@127.0.0.1 PRIVMSG {rest}" for rest in ("#tea hello", "ben psst", "ann note")]
        self.assertEqual(second.hears(), said)
        self.assertEqual(third.hears(), said)
        self.assertEqual(self.ann.hears(), said[2:])
        self.assertEqual(self.ben.hears(), said[:2])

    def test_a_label_is_on_the_echo_only(self) -> None:
        caps = "labeled-response batch message-tags echo-message"
        one, two = self.comes(caps=caps), self.comes(caps=caps)
        one.hears()
        two.hears()

        one.says("@label=x PRIVMSG ben :psst", "@label=y JOIN #den")

        self.assertIn("label=x", one.hears()[0])
        self.assertEqual([line for line in two.hears() if "label" in line], [])

    def test_a_join_on_one_connection_joins_all(self) -> None:
        second = self.comes()
        second.hears()

        self.ann.says("JOIN #den", "TOPIC #den :a topic", "PART #den")

        self.assertEqual(codes(second), ["JOIN", "353", "366", "TOPIC", "PART"])

    def test_a_quit_of_one_connection_is_seen_on_that_one_only(self) -> None:
        second = self.comes()
        second.hears()

        second.says("QUIT :two out")

        self.assertEqual(
            second.hears(),
            [":ann!ann@127.0.0.1 QUIT :Quit: two out", "ERROR :Closing link: Quit: two out"],
        )
        self.assertEqual(self.ben.hears() + self.ann.hears(), [])
        self.ben.says("PRIVMSG #tea :still there?")
        self.assertEqual(codes(self.ann), ["PRIVMSG"])

        self.ann.says("QUIT :all out")

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 QUIT :Quit: all out"])
        self.assertNotIn("ann", self.stage.hub.users)

    def test_another_nick_is_a_user_of_its_own(self) -> None:
        phone = self.comes("phone")
        phone.says("JOIN #tea")

        self.assertEqual(len(self.ben.hears()), 1)
        self.assertEqual(self.stage.hub.users["phone"].identity, self.stage.hub.users["ann"].identity)
        phone.says("NICK ann")
        self.assertEqual(phone.hears()[-1].split()[1], "433")

    def test_a_nick_in_use_can_be_requested_before_the_login_to_its_account(self) -> None:
        self.comes("phone")
        late = self.stage.connect()

        late.says("CAP LS 302", "NICK phone", "USER p 0 * :p", *plain("ann", "sesame"), "CAP END")

        self.assertNotIn("433", [line.split()[1] for line in late.hears()])
        self.assertEqual(len(self.stage.hub.users["phone"].sessions), 2)

    def test_a_killed_user_loses_all_connections(self) -> None:
        second = self.comes()
        self.stage.hub.change_mode(self.stage.hub.users["ben"], True, "o")

        self.ben.says("KILL ann :enough")

        for actor in (self.ann, second):
            self.assertTrue(actor.writer.is_closed)
        self.assertNotIn("ann", self.stage.hub.users)

    def test_a_user_with_several_connections_cannot_change_accounts(self) -> None:
        phone, second = self.comes("phone"), self.comes("phone")
        (cat,) = self.stage.enter("cat")
        cat.says("REGISTER * * simsim")

        phone.says(*plain("cat", "simsim"))
        self.assertEqual(phone.hears()[-1].split()[1], "907")
        second.says("QUIT")
        phone.says(*plain("cat", "simsim"))

        self.assertEqual(phone.hears()[-1].split()[1], "903")


class AbsentTests(Stays):
    def test_a_disconnected_owner_stays_and_is_shown_away(self) -> None:
        self.ann.drops()

        self.assertEqual(self.ben.hears(), [f":ann!ann@127.0.0.1 AWAY :{DEFAULT_AWAY_MESSAGE}"])
        self.ben.says("NAMES #tea", "PRIVMSG ann :hello?")
        self.assertEqual(
            self.ben.hears(),
            [
                ":irc.test 353 ben = #tea :@ben ann",
                ":irc.test 366 ben #tea :End of /NAMES list",
                f":irc.test 301 ben ann :{DEFAULT_AWAY_MESSAGE}",
            ],
        )

    def test_a_disconnected_guest_is_removed(self) -> None:
        (cat,) = self.stage.enter("cat", room="#tea")
        self.ben.hears()

        cat.drops()

        self.assertEqual(self.ben.hears(), [":cat!cat@127.0.0.1 QUIT :Connection lost"])

    def test_of_a_return_others_see_only_the_end_of_away(self) -> None:
        self.ann.drops()
        self.ben.hears()

        again = self.comes()

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 AWAY"])
        self.assertIn("JOIN", codes(again))

    def test_what_was_missed_is_shown_once(self) -> None:
        self.ben.says("PRIVMSG #tea :seen")
        self.ann.drops()
        self.ben.says("PRIVMSG #tea :missed")

        again = self.comes()
        again.says("PING x")
        first = [line for line in again.hears() if " PRIVMSG #" in line]
        self.ben.says("PRIVMSG #tea :live")
        again.drops()
        third = self.comes()
        third.says("PART #tea", "JOIN #tea", "QUIT")
        fourth = self.comes()
        fourth.says("JOIN #tea")

        self.assertEqual([line.rpartition(" ")[2] for line in first], ["missed"])
        self.assertEqual([line for line in third.hears() + fourth.hears() if " PRIVMSG #" in line], [])

    def test_a_second_connection_is_shown_nothing_again(self) -> None:
        self.ben.says("PRIVMSG #tea :seen")

        self.assertNotIn("PRIVMSG", codes(self.comes()))

    def test_messages_seen_before_a_quit_are_not_replayed_after_a_restart(self) -> None:
        self.ben.says("PRIVMSG #tea :seen")
        self.ann.says("QUIT")
        self.ben.says("PRIVMSG #tea :missed")
        stage = self.again()

        ann = self.comes(stage=stage)
        ann.says("JOIN #tea", "PING x")

        said = [line.rpartition(" ")[2] for line in ann.hears() if " PRIVMSG #" in line]
        self.assertEqual(said, ["missed"])

    def test_a_user_who_returned_in_time_stays(self) -> None:
        self.ann.drops()
        self.comes()

        self.stage.clock.advance(25 * HOUR_S)
        self.stage.tick()

        self.assertIn("ann", self.stage.hub.users)

    def test_lingering_ends_after_the_configured_hours(self) -> None:
        self.ann.drops()
        self.ben.hears()

        self.stage.clock.advance(24 * HOUR_S - 1)
        self.stage.tick()
        self.assertEqual(self.ben.hears(), [])
        self.stage.clock.advance(2)
        self.stage.tick()

        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 QUIT :Connection lost"])
        self.assertEqual(self.stage.store.inner.users, {})

    def test_without_lingering_a_disconnected_owner_is_removed(self) -> None:
        self.stage = Stage(FaultyStore(self.stage.store.inner), linger=0)
        self.stage.tick()
        ann = self.comes()
        ann.says("JOIN #den")

        ann.drops()

        self.assertEqual(self.stage.hub.users, {})

    def test_the_lingering_users_of_an_account_are_limited(self) -> None:
        for place in range(MAX_LINGERING + 2):
            actor = self.comes(f"n{place}x")
            actor.says("JOIN #tea")
            actor.drops()

        self.assertEqual(len(self.stage.hub.lingering), MAX_LINGERING)
        self.assertEqual(len(self.stage.hub.users), MAX_LINGERING + 2)

    def test_a_lingering_user_kicked_from_the_last_channel_is_removed(self) -> None:
        self.ann.drops()

        self.ben.says("KICK #tea ann")
        self.stage.tick()

        self.assertNotIn("ann", self.stage.hub.users)

    def test_a_lingering_user_can_be_killed_and_ejected(self) -> None:
        self.ann.drops()

        self.stage.owner().says("eject ann")

        self.assertNotIn("ann", self.stage.hub.users)
        self.assertIn(":ann!ann@127.0.0.1 QUIT Ejected", self.ben.hears())


class FounderTests(Stays):
    def test_an_accounts_channel_keeps_settings_and_founder(self) -> None:
        self.ann.says("JOIN #den", "MODE #den +m", "TOPIC #den :den", "PART #den")
        self.ben.says("JOIN #den")
        self.ben.hears()

        self.ann.says("JOIN #den")
        self.ben.says("NAMES #den", "MODE #den")

        heard = self.ben.hears()
        self.assertIn(":irc.test 353 ben = #den :ben @ann", heard)
        self.assertIn(":irc.test 324 ben #den +mnt", heard)

    def test_an_empty_guests_channel_belongs_to_the_next_user(self) -> None:
        self.ben.says("JOIN #den", "PRIVMSG #den :mine", "PART #den")
        self.ann.says("JOIN #den", "PRIVMSG #den :mine now", "PART #den")

        channel = self.stage.hub.channels["#den"]
        self.assertEqual((channel.founder, self.stage.store.inner.channels["#den"].founder), ("ann", "ann"))
        self.assertEqual(self.again().hub.channels["#den"].founder, "ann")

    def test_the_founder_stays_although_a_change_could_not_be_stored(self) -> None:
        self.ben.says("JOIN #den", "PRIVMSG #den :mine", "PART #den")
        self.ann.says("JOIN #den")
        self.stage.store.faults[len(self.stage.store.commits) + 1] = NotStored("full")

        self.ann.says("MODE #den +m")

        channel = self.stage.hub.channels["#den"]
        self.assertEqual((channel.founder, channel.modes), ("ann", set("nt")))

    def test_a_guests_channel_does_not_become_that_of_the_second_users_account(self) -> None:
        self.ben.says("JOIN #den")
        self.ann.says("JOIN #den", "PRIVMSG #den :hello")

        self.assertEqual(self.stage.hub.channels["#den"].founder, "")


class WaitingTests(Stays):
    def missed(self, actor: Actor) -> list[str]:
        """Return the texts of the direct messages that an actor has heard."""
        actor.says("PING x")
        said = [line.partition(" PRIVMSG ann ")[2] for line in actor.hears()]
        return [each.removeprefix(":").rpartition("] ")[2] for each in said if each]

    def test_messages_to_a_disconnected_owner_wait(self) -> None:
        self.ann.drops()

        self.ben.says("PRIVMSG ann :one", "PRIVMSG ann :two", "NOTICE ann :three")

        self.assertEqual(self.missed(self.comes()), ["one", "two"])
        self.assertEqual(self.missed(self.comes()), [])

    def test_messages_to_an_absent_account_wait_through_a_restart(self) -> None:
        self.ann.says("QUIT")
        self.ben.hears()

        self.ben.says("PRIVMSG ANN :hello", "PRIVMSG nobody :hello")
        self.assertEqual([line.split()[1] for line in self.ben.hears()], ["301", "401"])
        self.stage = self.again()

        self.assertEqual(self.missed(self.comes()), ["hello"])
        self.stage = self.again()
        self.assertEqual(self.missed(self.comes()), [])

    def test_own_messages_are_not_replayed(self) -> None:
        phone = self.comes("phone")
        self.ann.says("QUIT")

        phone.says("PRIVMSG ann :from me", "QUIT")
        self.ben.says("PRIVMSG ann :from ben")

        self.assertEqual(self.missed(self.comes()), ["from ben"])

    def test_missed_messages_come_in_a_batch_if_the_client_knows_batches(self) -> None:
        self.ann.says("QUIT")
        self.ben.says("PRIVMSG ann :hello")

        heard = self.comes(caps="batch server-time message-tags").hears()

        place = next(place for place, line in enumerate(heard) if "BATCH +" in line)
        self.assertEqual(heard[place].split()[3:], ["chathistory", "ben"])
        self.assertIn(" PRIVMSG ann hello", heard[place + 1])

    def test_tags_and_ctcp_requests_do_not_wait(self) -> None:
        self.ann.says("QUIT")

        self.ben.says("TAGMSG ann", "PRIVMSG ann :\1PING 1\1")

        self.assertEqual(self.missed(self.comes()), [])


class RestartTests(Stays):
    def test_lingering_users_survive_a_crash(self) -> None:
        self.ben.says("MODE #tea +v ann")
        before = self.stage.hub.users["ann"]

        again = self.again()

        user = again.hub.users["ann"]
        self.assertEqual((user.source, user.identity), (before.source, before.identity))
        self.assertEqual(again.hub.channels["#tea"].members[user].status, "v")
        ann = self.comes(stage=again)
        self.assertIn("JOIN", codes(ann))

    def test_a_change_of_status_is_remembered_and_a_part_and_a_nick_too(self) -> None:
        self.ben.says("MODE #tea +o ann", "MODE #tea -o ann")
        self.ann.says("JOIN #den", "NICK anna", "PART #den")

        hub = self.again().hub

        (user,) = hub.users.values()
        self.assertEqual((user.nick, list(user.channels)), ("anna", ["#tea"]))
        self.assertEqual(hub.channels["#tea"].members[user].status, "")

    def test_the_founder_of_a_silent_channel_is_known_after_a_restart(self) -> None:
        self.ann.says("JOIN #den")

        hub = self.again().hub

        self.assertEqual(hub.channels["#den"].founder, "ann")

    def test_a_user_who_left_is_not_there_after_a_restart(self) -> None:
        self.ann.says("QUIT")

        self.assertEqual(self.again().hub.users, {})

    def test_what_was_missed_is_shown_after_a_restart_once(self) -> None:
        self.ben.says("PRIVMSG #tea :seen")
        self.ann.drops()
        self.ben.says("PRIVMSG #tea :missed")
        stage = self.again()

        ann = self.comes(stage=stage)
        ann.says("PING x")

        said = [line.rpartition(" ")[2] for line in ann.hears() if " PRIVMSG #" in line]
        self.assertEqual(said, ["missed"])

    def test_lingering_time_continues_after_a_restart(self) -> None:
        self.ann.drops()
        stage = self.again()

        stage.clock.advance(24 * HOUR_S + 1)
        stage.tick()

        self.assertEqual(stage.hub.users, {})
        self.assertEqual(stage.store.inner.users, {})


class PersistenceTests(Stays):
    def test_with_persistence_on_a_user_stays_after_quit(self) -> None:
        self.ann.says("PERSISTENCE GET", "PERSISTENCE SET ON", "QUIT")
        heard = self.ann.hears()
        self.stage.clock.advance(1000 * HOUR_S)
        self.stage.tick()

        status = ":irc.test PERSISTENCE STATUS {}"
        self.assertEqual(heard[:2], [status.format("DEFAULT OFF"), status.format("ON ON")])
        self.assertEqual(self.ben.hears(), [f":ann!ann@127.0.0.1 AWAY :{DEFAULT_AWAY_MESSAGE}"])
        self.assertIn("ann", self.stage.hub.users)

    def test_with_persistence_off_a_disconnected_user_is_removed(self) -> None:
        self.ann.says("PERSISTENCE SET OFF")

        self.ann.drops()

        self.assertNotIn("ann", self.stage.hub.users)

    def test_the_setting_is_sent_on_registration_and_on_changes(self) -> None:
        second = self.comes(caps="draft/persistence")
        burst = second.hears()
        numbers = [line.split()[1] for line in burst]
        self.assertGreater(numbers.index("PERSISTENCE"), numbers.index("005"))
        self.assertLess(numbers.index("PERSISTENCE"), numbers.index("376"))

        self.ann.says("PERSISTENCE SET default")

        self.assertEqual(second.hears(), [":irc.test PERSISTENCE STATUS DEFAULT OFF"])

    def test_invalid_values_are_refused(self) -> None:
        self.ann.says("PERSISTENCE SET x", "PERSISTENCE SET", "PERSISTENCE FOO")
        self.ben.says("PERSISTENCE GET")

        codes_of = [line.split()[3] for line in self.ann.hears() + self.ben.hears()]
        self.assertEqual(codes_of, ["INVALID_PARAMETERS"] * 2 + ["ACCOUNT_REQUIRED"])


class BackgroundTests(Stays):
    def test_a_background_connection_does_not_end_away(self) -> None:
        self.ann.drops()
        self.ben.hears()
        second = self.stage.connect()
        second.says("CAP LS 302", "CAP REQ :draft/pre-away", "AWAY *", *plain("ann", "sesame"))

        second.says("NICK ann", "USER a 0 * :a", "CAP END")
        self.assertEqual(self.ben.hears(), [])
        second.says("AWAY")
        self.assertEqual(self.ben.hears(), [":ann!ann@127.0.0.1 AWAY"])
        second.says("AWAY *")

        self.assertEqual(self.ben.hears(), [f":ann!ann@127.0.0.1 AWAY :{DEFAULT_AWAY_MESSAGE}"])

    def test_a_background_connection_does_not_mark_a_present_user_away(self) -> None:
        second = self.comes(caps="draft/pre-away")

        second.says("AWAY *")

        self.assertEqual(self.stage.hub.users["ann"].away, "")
        self.ann.drops()
        self.assertEqual(self.stage.hub.users["ann"].away, DEFAULT_AWAY_MESSAGE)

    def test_away_before_the_registration_needs_the_capability(self) -> None:
        cat, dan = self.stage.connect(), self.stage.connect()

        cat.says("AWAY :lunch")
        dan.says("CAP REQ draft/pre-away", "AWAY :lunch", "NICK dan", "USER d 0 * :d", "CAP END")

        self.assertEqual(codes(cat), ["451"])
        self.assertEqual(self.stage.hub.users["dan"].away, "lunch")

    def test_a_disconnected_user_keeps_the_away_message(self) -> None:
        self.ann.says("AWAY :lunch")
        self.ben.hears()

        self.ann.drops()

        self.assertEqual(self.ben.hears(), [])

    def test_another_connection_keeps_the_away_message(self) -> None:
        self.ann.says("AWAY :lunch")

        self.comes()

        self.assertEqual(self.stage.hub.users["ann"].away, "lunch")
