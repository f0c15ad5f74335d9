"""The load test's count of losses, and its parsing of received lines."""

from collections import Counter

from twisted.trial.unittest import SynchronousTestCase

from benchmarks.streams import Run, Stream, payload, percentile, runs


def line(stream: int, number: int, sent_ns: int = 7) -> bytes:
    return b":b00000001!b@host PRIVMSG #b :%s\r\n" % payload(stream, number, sent_ns)


class RunsTests(SynchronousTestCase):
    def test_a_payload_comes_back_as_it_was_sent(self) -> None:
        chunk = line(stream=0xFEDCB, number=0x12345678, sent_ns=10**17)

        found = runs(chunk)

        self.assertEqual(found, (Run(0xFEDCB, 0x12345678, 0x12345679, 10**17),))

    def test_a_payload_has_64_bytes(self) -> None:
        self.assertEqual(len(payload(1, 2, 3)), 64)

    def test_mixed_talks_are_told_apart_and_keep_their_oldest_time(self) -> None:
        chunk = line(1, 4, sent_ns=100) + line(2, 0, sent_ns=101) + line(1, 5, sent_ns=102)

        found = runs(chunk)

        self.assertEqual(found, (Run(1, 4, 6, 100), Run(2, 0, 1, 101)))

    def test_a_gap_begins_a_new_run(self) -> None:
        found = runs(line(1, 0) + line(1, 2))

        self.assertEqual(found, (Run(1, 0, 1, 7), Run(1, 2, 3, 7)))

    def test_other_lines_are_passed_over(self) -> None:
        self.assertEqual(runs(b":irc.test PONG irc.test :b\r\n:a!b@c JOIN #b\r\n"), ())


class TalkTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stream = Stream(0, speaker=0, target="#b", listeners=[1, 2])
        self.stream.lines(3, sent_ns=0)

    def faults(self) -> tuple[int, int, int]:
        return self.stream.lost, self.stream.duplicated, self.stream.reordered

    def test_what_is_said_goes_to_the_target_in_numbers_that_go_on(self) -> None:
        said = self.stream.lines(2, sent_ns=9)

        self.assertEqual(said.count(b"PRIVMSG #b :~"), 2)
        self.assertEqual(runs(said), (Run(0, 3, 5, 9),))

    def test_all_is_well_when_each_listener_hears_each_line_once(self) -> None:
        for listener in (1, 2):
            self.stream.heard(listener, 0, 1)
            self.stream.heard(listener, 1, 3)

        self.assertEqual(self.faults(), (0, 0, 0))

    def test_a_line_counts_as_heard_by_all_only_with_the_last_listener(self) -> None:
        self.assertFalse(self.stream.heard(1, 0, 3))
        self.assertTrue(self.stream.heard(2, 0, 2))
        self.assertEqual(self.stream.heard_by_all, 2)

    def test_what_has_not_come_is_lost(self) -> None:
        self.stream.heard(1, 0, 3)
        self.stream.heard(2, 0, 1)

        self.assertEqual(self.faults(), (2, 0, 0))

    def test_a_gap_is_lost_for_the_listener_who_has_it(self) -> None:
        self.stream.heard(1, 0, 3)
        self.stream.heard(2, 0, 1)
        self.stream.heard(2, 2, 3)

        self.assertEqual(self.faults(), (1, 0, 0))

    def test_a_line_that_comes_late_is_reordered_and_not_lost(self) -> None:
        self.stream.heard(1, 0, 3)
        self.stream.heard(2, 1, 3)
        self.stream.heard(2, 0, 1)

        self.assertEqual(self.faults(), (0, 0, 1))

    def test_a_line_that_comes_twice_is_duplicated(self) -> None:
        self.stream.heard(1, 0, 3)
        self.stream.heard(2, 0, 2)
        self.stream.heard(2, 1, 3)

        self.assertEqual(self.faults(), (0, 1, 0))

    def test_a_line_for_somebody_else_counts_as_duplicated(self) -> None:
        self.stream.heard(1, 0, 3)
        self.stream.heard(2, 0, 3)
        self.stream.heard(5, 0, 1)

        self.assertEqual(self.faults(), (0, 1, 0))


class PercentileTests(SynchronousTestCase):
    def test_it_is_a_value_that_was_counted(self) -> None:
        counts = Counter({10: 50, 20: 49, 900: 1})

        self.assertEqual([percentile(counts, share) for share in (0.5, 0.51, 0.99, 1.0)], [10, 20, 20, 900])

    def test_of_nothing_there_is_none(self) -> None:
        self.assertRaises(ValueError, percentile, Counter(), 0.5)
