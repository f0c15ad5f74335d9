"""Which capabilities are requested, and what follows from those in effect."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.capabilities import CapabilityNegotiation
from simplechat.client.protocol.server_info import ServerInfo


class NegotiationTests(SynchronousTestCase):
    def negotiate(self, offered: str) -> ServerInfo:
        """Offer capabilities, and grant those that are requested."""
        server = ServerInfo()
        self.negotiation = CapabilityNegotiation(server)
        for message in self.negotiation.receive(("*", "LS", offered)):
            self.negotiation.receive(("*", "ACK", message.params[1]))
        return server

    def test_of_two_ways_to_search_one_is_enough(self) -> None:
        for offered, capabilities in (
            ("draft/search soju.im/search batch", {"draft/search", "batch"}),
            ("soju.im/search batch", {"soju.im/search", "batch"}),
        ):
            server = self.negotiate(offered)

            self.assertEqual((server.capabilities, server.has_search), (capabilities, True))

    def test_how_many_lines_a_message_may_have(self) -> None:
        for offered, limits in (
            ("batch draft/multiline=max-bytes=4096,max-lines=32", (32, 4096)),
            ("batch draft/multiline=max-bytes=4096", (1000, 4096)),
            ("batch draft/multiline=max-lines=32", (1, 0)),
            ("batch draft/multiline=max-bytes=0,max-lines=32", (1, 0)),
            ("batch draft/multiline=max-bytes=x,max-lines=\u00b2", (1, 0)),
            ("batch draft/multiline=max-bytes=4096,max-lines=1", (1, 0)),
            ("draft/multiline=max-bytes=4096,max-lines=32", (1, 0)),
            ("batch", (1, 0)),
        ):
            server = self.negotiate(offered)

            self.assertEqual((server.max_lines, server.max_multiline_bytes), limits, offered)

    def test_the_mechanisms_follow_the_server(self) -> None:
        server = self.negotiate("sasl=plain,SCRAM-SHA-256 cap-notify")
        before = server.sasl_mechanisms
        self.negotiation.receive(("bob", "NEW", "sasl=PLAIN"))

        self.assertEqual((before, server.sasl_mechanisms), (("PLAIN", "SCRAM-SHA-256"), ("PLAIN",)))

    def test_a_withdrawn_capability_is_no_longer_in_effect(self) -> None:
        server = self.negotiate("sasl draft/read-marker")

        self.negotiation.receive(("bob", "DEL", "sasl draft/read-marker"))

        self.assertEqual((server.capabilities, server.has_read_markers), (set(), False))
