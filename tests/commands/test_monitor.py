"""MONITOR: notifications when monitored users come and go."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.replies import codes
from tests.support.stage import Stage


class MonitorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben")

    def test_adding_nicks_shows_at_once_who_is_online(self) -> None:
        self.ann.says("MONITOR + Ben,Eve")

        self.assertEqual(self.ann.hears(), [":irc.test 730 ann ben!ben@127.0.0.1", ":irc.test 731 ann Eve"])

    def test_monitors_are_notified_of_arrivals_and_departures(self) -> None:
        self.ann.says("MONITOR + eve,anna")
        self.ann.hears()

        (eve,) = self.stage.enter("eve")
        eve.says("NICK Eve", "NICK anna")
        eve.drops()

        self.assertEqual(
            self.ann.hears(),
            [
                ":irc.test 730 ann eve!eve@127.0.0.1",
                ":irc.test 731 ann Eve",
                ":irc.test 730 ann anna!eve@127.0.0.1",
                ":irc.test 731 ann anna",
            ],
        )
        self.assertEqual(self.ben.hears(), [])

    def test_the_list_is_shown_told_of_shortened_and_cleared(self) -> None:
        self.ann.says(
            "MONITOR + ben,eve",
            "MONITOR L",
            "MONITOR S",
            "MONITOR - BEN",
            "MONITOR l",
            "MONITOR C",
            "MONITOR L",
        )

        heard = self.ann.hears()[2:]
        self.assertEqual(
            heard,
            [
                ":irc.test 732 ann ben,eve",
                ":irc.test 733 ann :End of MONITOR list",
                ":irc.test 730 ann ben!ben@127.0.0.1",
                ":irc.test 731 ann eve",
                ":irc.test 732 ann eve",
                ":irc.test 733 ann :End of MONITOR list",
                ":irc.test 733 ann :End of MONITOR list",
            ],
        )

    def test_removed_nicks_cause_no_notification(self) -> None:
        self.ann.says("MONITOR + ben,eve", "MONITOR - ben", "MONITOR C")
        self.ann.hears()

        self.ben.drops()

        self.assertEqual(self.ann.hears(), [])

    def test_a_list_holds_a_hundred_and_says_what_it_did_not_take(self) -> None:
        for n in range(0, 100, 20):
            self.ann.says("MONITOR + " + ",".join(f"n{each}" for each in range(n, n + 20)))
        self.ann.hears()

        self.ann.says("MONITOR + N5,ben,eve", "MONITOR S")

        heard = self.ann.hears()
        self.assertEqual(
            heard[:2], [":irc.test 734 ann 100 ben,eve :The list is full", ":irc.test 731 ann N5"]
        )

    def test_all_that_was_not_taken_is_named(self) -> None:
        for n in range(0, 100, 20):
            self.ann.says("MONITOR + " + ",".join(f"n{each}" for each in range(n, n + 20)))
        self.ann.hears()
        more = ",".join(f"another{n}" for n in range(20))

        self.ann.says(f"MONITOR + {more}")

        self.assertEqual(self.ann.hears(), [f":irc.test 734 ann 100 {more} :The list is full"])

    def test_what_makes_no_sense_is_answered_with_nothing_broken(self) -> None:
        self.ann.says(
            "MONITOR", "MONITOR X", "MONITOR +", "MONITOR + ,,", "MONITOR + :a b,:c", "MONITOR - nobody"
        )

        self.assertEqual(codes(self.ann), ["461"])

    def test_a_long_list_is_told_in_lines_that_fit(self) -> None:
        for n in range(0, 100, 10):
            self.ann.says("MONITOR + " + ",".join(f"{'x' * 27}{each:03d}" for each in range(n, n + 10)))
        self.ann.hears()

        self.ann.says("MONITOR L")

        lines = self.ann.hears()[:-1]
        self.assertTrue(all(len(line) <= 510 for line in lines))
        self.assertEqual(sum(len(line.split()[3].split(",")) for line in lines), 100)

    def test_a_session_that_ended_monitors_nobody(self) -> None:
        self.ann.says("MONITOR + ben")

        self.ann.drops()
        self.ben.drops()

        self.assertEqual(self.stage.hub.monitor.watchers_of("ben"), ())


class ExtendedMonitorTests(SynchronousTestCase):
    def test_extended_monitor_notifies_of_changes_in_monitored_users(self) -> None:
        stage = Stage()
        (ben,) = stage.enter("ben")
        both, one, other = (
            stage.enter(f"x{n}", caps=caps)[0]
            for n, caps in enumerate(
                ("extended-monitor away-notify setname", "extended-monitor", "away-notify setname")
            )
        )
        for each in (both, one, other):
            each.says("MONITOR + ben")
            each.hears()

        ben.says("AWAY :at lunch", "SETNAME :Ben B")

        self.assertEqual(codes(both), ["AWAY", "SETNAME"])
        self.assertEqual((one.hears(), other.hears()), ([], []))

    def test_a_member_who_also_monitors_is_notified_once(self) -> None:
        stage = Stage()
        ann, ben = stage.enter("ann", "ben", caps="extended-monitor away-notify", room="#tea")
        ann.says("MONITOR + ben")
        ann.hears()

        ben.says("AWAY :at lunch")

        self.assertEqual(codes(ann), ["AWAY"])
