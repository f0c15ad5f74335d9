"""A set of connections tells when it is empty."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.connections import ConnectionSet


class ConnectionSetTests(SynchronousTestCase):
    def test_an_empty_set_says_so_at_once(self) -> None:
        self.successResultOf(ConnectionSet().when_empty())

    def test_the_last_connection_fires_all_that_wait_once(self) -> None:
        connections: ConnectionSet[str] = ConnectionSet()
        connections.add("a")
        connections.add("b")
        first, second = connections.when_empty(), connections.when_empty()

        connections.discard("a")
        self.assertNoResult(first)
        connections.discard("b")
        connections.discard("b")

        self.successResultOf(first)
        self.successResultOf(second)

    def test_connections_may_leave_while_all_are_visited(self) -> None:
        connections: ConnectionSet[str] = ConnectionSet()
        for name in ("a", "b", "c"):
            connections.add(name)

        for name in connections:
            connections.discard(name)

        self.assertEqual(len(connections), 0)
