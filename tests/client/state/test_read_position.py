"""A read position knows which messages were seen."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.state.read_position import MAX_MSGIDS, ReadPosition


class ReadPositionTests(SynchronousTestCase):
    def test_a_message_without_a_msgid_is_always_new(self) -> None:
        seen = ReadPosition()

        self.assertEqual([seen.add("", has_order=True) for _ in range(2)], [True, True])

    def test_with_ordered_msgids_everything_before_the_latest_is_old(self) -> None:
        seen = ReadPosition()

        found = [seen.add(msgid, has_order=True) for msgid in ("05", "04", "05", "06")]

        self.assertEqual(found, [True, False, False, True])

    def test_without_ordered_msgids_only_the_same_msgid_is_old(self) -> None:
        seen = ReadPosition()

        found = [seen.add(msgid, has_order=False) for msgid in ("5", "4", "5")]

        self.assertEqual(found, [True, True, False])

    def test_the_number_of_kept_msgids_is_bounded(self) -> None:
        seen = ReadPosition()
        for number in range(MAX_MSGIDS + 1):
            seen.add(str(number), has_order=False)

        self.assertEqual([seen.add(msgid, has_order=False) for msgid in ("1", "0")], [False, True])
