"""What waits to be printed is bounded, and what fell out is counted."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.terminal.print_queue import PrintQueue


class GatheredTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.gathered: PrintQueue[int] = PrintQueue(3)

    def test_things_come_out_in_order(self) -> None:
        self.gathered.add([1, 2])
        self.gathered.add([3])

        self.assertEqual([self.gathered.take(2), self.gathered.take(2)], [(0, [1, 2]), (0, [3])])

    def test_only_the_first_has_to_be_told_of(self) -> None:
        told = [self.gathered.add(things) for things in ([], [1], [2])]
        self.gathered.take(2)

        self.assertEqual([*told, self.gathered.add([3])], [False, True, False, True])

    def test_the_oldest_fall_out_and_are_counted_once(self) -> None:
        self.gathered.add([1, 2])
        self.gathered.add([3, 4, 5])

        self.assertEqual([self.gathered.take(2), self.gathered.take(2)], [(2, [3, 4]), (0, [5])])

    def test_what_is_cleared_is_forgotten(self) -> None:
        self.gathered.add([1, 2, 3, 4])
        self.gathered.clear()

        self.assertEqual((bool(self.gathered), self.gathered.take(9)), (False, (0, [])))
