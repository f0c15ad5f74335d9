"""Ids give everything one order and a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.ids import SEQUENCE_MASK, TIME_SHIFT, msgid_of, next_id, parse_msgid, seconds_of, time_of

NOON = 1_000_000_000.0
ids = st.integers(0, 2**62 - 1)


class IdTests(SynchronousTestCase):
    def test_an_id_has_the_time_at_which_it_was_minted(self) -> None:
        number = next_id(NOON + 0.25, 0)

        self.assertEqual(time_of(number), "2001-09-09T01:46:40.250Z")
        self.assertEqual(seconds_of(number), NOON + 0.25)

    def test_ids_of_the_same_time_have_different_milliseconds(self) -> None:
        first = next_id(NOON, 0)
        second = next_id(NOON, first)

        self.assertEqual((second >> TIME_SHIFT) - (first >> TIME_SHIFT), 1)

    def test_ids_run_a_second_ahead_of_the_clock_at_most(self) -> None:
        last = 0
        for _ in range(5000):
            following = next_id(NOON, last)
            self.assertGreater(following, last)
            last = following

        self.assertLessEqual(seconds_of(last), NOON + 1.001)

    def test_a_full_millisecond_is_followed_by_the_next(self) -> None:
        full = (next_id(NOON + 5, 0) >> TIME_SHIFT) << TIME_SHIFT | SEQUENCE_MASK

        self.assertEqual(next_id(NOON, full), ((full >> TIME_SHIFT) + 1) << TIME_SHIFT)

    def test_ids_grow_even_if_the_clock_goes_back(self) -> None:
        last = next_id(NOON, 0)

        self.assertGreater(next_id(NOON - 3600, last), last)

    @given(ids)
    def test_a_msgid_is_parsed_to_its_id(self, number: int) -> None:
        self.assertEqual(parse_msgid(msgid_of(number)), number)
        self.assertEqual(len(msgid_of(number)), 13)

    @given(ids, ids)
    def test_ids_msgids_and_times_have_the_same_order(self, one: int, other: int) -> None:
        self.assertEqual(one < other, msgid_of(one) < msgid_of(other))
        if one >> TIME_SHIFT < other >> TIME_SHIFT:
            self.assertLess(seconds_of(one), seconds_of(other))

    def test_anything_else_is_no_msgid(self) -> None:
        for bad in ("", "0", "0" * 14, "w" * 13, "A" * 13, "é" * 13):
            self.assertRaises(ValueError, parse_msgid, bad)
