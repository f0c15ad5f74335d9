"""Output goes straight to the kernel while it takes it, and never out of order."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.net.writer import PATIENCE_S, PIECE_BYTES, STUCK_S, SocketWriter
from simplechat.peer import Peer
from tests.support.port_peers import Kernel

SENDQ = 4 * PIECE_BYTES


class Transport(StringTransport):
    """A transport whose aborting can be seen, and that asks a pull producer at once as a socket's does."""

    aborted = False
    peer = Peer()

    def abortConnection(self) -> None:
        self.aborted = True

    def registerProducer(self, producer: SocketWriter, streaming: bool) -> None:
        super().registerProducer(producer, streaming)
        producer.resumeProducing()

    def drains(self) -> bytes:
        """Write what it has, then ask for more, as a socket's does."""
        written: bytes = self.value()
        self.clear()
        if self.producer is not None:
            self.producer.resumeProducing()
        return written


class SocketWriterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.kernel = Kernel()
        self.transport = Transport()
        self.clock = Clock()
        self.writer = SocketWriter(self.transport, self.kernel, StringTransport(), self.clock, SENDQ)

    def drain(self) -> bytes:
        """Return all that the transport writes until the writer has no more."""
        written = b""
        while piece := self.transport.drains():
            written += piece
        return written

    def test_lines_go_to_the_kernel_as_one_piece(self) -> None:
        self.writer.send([b"a\r\n", b"b\r\n"])

        self.assertEqual((self.kernel.taken, self.transport.value()), (b"a\r\nb\r\n", b""))

    def test_without_a_kernel_they_go_to_the_transport(self) -> None:
        writer = SocketWriter(self.transport, None, StringTransport(), self.clock, SENDQ)

        writer.send([b"a\r\n", b"b\r\n"])

        self.assertEqual(self.transport.value(), b"a\r\nb\r\n")

    def test_a_beginning_waits_for_what_the_transport_had_before(self) -> None:
        self.transport.write(b"an answer of before\r\n")

        self.writer.send_first(b"switching\r\n")
        self.writer.send([b"a\r\n"])
        self.assertEqual(self.kernel.taken, b"")
        self.assertEqual(self.drain(), b"an answer of before\r\nswitching\r\na\r\n")
        self.writer.send([b"b\r\n"])

        self.assertEqual(self.kernel.taken, b"b\r\n")

    def test_where_the_transport_keeps_the_order_itself_nothing_waits(self) -> None:
        self.transport.peer = Peer(is_secure=True)

        self.writer.send_first(b"switching\r\n")
        self.writer.send([b"a\r\n"])

        self.assertEqual((self.transport.value(), self.kernel.taken), (b"switching\r\n", b"a\r\n"))

    def test_what_the_kernel_does_not_take_follows_in_order(self) -> None:
        lines = [b"%06d\r\n" % n for n in range(20_000)]
        self.kernel.room = 1000

        self.writer.send(lines[:10_000])
        self.kernel.room = None
        self.writer.send(lines[10_000:])

        self.assertEqual(self.kernel.taken + self.drain(), b"".join(lines))

    def test_once_nothing_waits_lines_go_to_the_kernel_again(self) -> None:
        self.kernel.room = 0
        self.writer.send([b"a\r\n"])
        self.kernel.room = None
        self.assertEqual(self.drain(), b"a\r\n")

        self.writer.send([b"b\r\n"])

        self.assertEqual(self.kernel.taken, b"b\r\n")
        self.assertIsNone(self.transport.producer)

    def test_the_transport_is_given_a_piece_at_a_time(self) -> None:
        self.kernel.room = 0

        self.writer.send([b"x" * (3 * PIECE_BYTES)])

        self.assertEqual(len(self.transport.value()), PIECE_BYTES)

    def test_a_reader_that_is_too_slow_is_dropped(self) -> None:
        self.kernel.room = 0
        self.writer.send([b"x" * SENDQ])
        self.assertFalse(self.transport.aborted)

        self.writer.send([b"x" * (PIECE_BYTES + 1)])
        self.writer.send([b"more"])

        self.assertTrue(self.transport.aborted)
        self.assertIsNone(self.transport.producer)

    def test_a_first_piece_larger_than_the_queue_drops_too(self) -> None:
        self.kernel.room = 0

        self.writer.send([b"x" * (SENDQ + 1)])

        self.assertTrue(self.transport.aborted)

    def test_a_reader_that_takes_nothing_is_dropped_in_time(self) -> None:
        self.kernel.room = 0
        self.writer.send([b"x" * 10])

        self.clock.advance(STUCK_S)

        self.assertTrue(self.transport.aborted)

    def test_a_reader_that_takes_a_little_is_not(self) -> None:
        self.kernel.room = 0
        self.writer.send([b"x" * (3 * PIECE_BYTES)])

        for _ in range(2):
            self.transport.drains()
            self.clock.advance(STUCK_S)

        self.assertFalse(self.transport.aborted)

    def test_a_broken_socket_is_dropped(self) -> None:
        self.kernel.is_broken = True

        self.writer.send([b"a\r\n"])

        self.assertTrue(self.transport.aborted)

    def test_closing_waits_for_what_was_sent(self) -> None:
        self.kernel.room = 0
        self.writer.send([b"x" * (2 * PIECE_BYTES)])

        self.writer.close()
        self.assertFalse(self.transport.disconnecting)
        self.assertEqual(len(self.drain()), 2 * PIECE_BYTES)

        self.assertTrue(self.transport.disconnecting)

    def test_closing_does_not_wait_for_ever(self) -> None:
        self.kernel.room = 0
        self.writer.send([b"x"])

        self.writer.close()
        self.clock.advance(PATIENCE_S)

        self.assertTrue(self.transport.aborted)

    def test_a_lost_connection_leaves_no_timer_and_takes_no_lines(self) -> None:
        self.writer.close()
        self.writer.connection_lost()
        self.writer.send([b"late\r\n"])
        self.writer.resume()

        self.assertEqual((self.clock.getDelayedCalls(), self.kernel.taken), ([], b""))
