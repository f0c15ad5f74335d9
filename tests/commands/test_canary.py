"""Nobody receives a byte of what is not for them, whatever they send."""

from __future__ import annotations

from tests.support.canary import ALL, CANARY, Canary


class CanaryTests(Canary):
    def test_secret_keyed_and_closed_channels_leak_nothing(self) -> None:
        for number, lock in enumerate(("+s", "+i", "+k x")):
            room = f"#den{number}"
            self.ann.says(f"JOIN {room}", f"MODE {room} {lock}")
            msgids = self.tells(room)

            outsiders = [self.eve, self.plain]

            self.assertEqual(self.heard_of_it(outsiders, [room, f"@{room}", "ben", "ann"], msgids), [])

    def test_a_former_member_reads_nothing_more(self) -> None:
        for leaving in ("PART #den", "KICK"):
            self.ann.says("JOIN #den")
            self.eve.says("JOIN #den", leaving if leaving != "KICK" else "PING x")
            if leaving == "KICK":
                self.ann.says("KICK #den eve")
            msgids = self.tells("#den")
            self.ann.says("TOPIC #den :for all to see")

            self.assertEqual(self.heard_of_it([self.eve], ["#den"], msgids), [])

    def test_with_history_joined_later_members_read_nothing_from_before(self) -> None:
        self.ann.says("JOIN #den", "ROOM #den history joined")
        msgids = self.tells("#den")
        self.ann.says("TOPIC #den :other", "MODE #den +t")

        for actor in (self.eve, self.plain):
            actor.says("JOIN #den")
            heard_at_once = [line for line in actor.hears() if CANARY in line]
            self.assertEqual(heard_at_once + self.heard_of_it([actor], ["#den"], msgids), [])

    def test_a_channel_that_was_reset_keeps_closed_messages_unreadable(self) -> None:
        self.ann.says("JOIN #den", "MODE #den +s")
        msgids = self.tells("#den")
        self.ann.says("PART #den")

        self.eve.says("JOIN #den")

        self.assertEqual(self.heard_of_it([self.eve], ["#den"], msgids), [])

    def test_a_nick_does_not_give_access_to_its_former_owners_conversations(self) -> None:
        msgids = self.tells("#none")
        self.ben.says("QUIT")
        (thief,) = self.stage.enter("ben", caps=ALL)

        self.assertEqual(self.heard_of_it([thief, self.eve], ["ann", "ben"], msgids), [])

    def test_the_canary_is_found_by_those_who_may_see_it(self) -> None:
        self.ann.says("JOIN #den")
        self.ben.says("JOIN #den")
        msgids = self.tells("#den")

        self.assertGreater(len(self.heard_of_it([self.ben], ["#den"], msgids)), 20)
