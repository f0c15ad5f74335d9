"""What is asked of a server, and what its values mean."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.capabilities import CapabilityNegotiation


def agreed(offered: str) -> CapabilityNegotiation:
    """Have a server offer capabilities, and grant what is asked for."""
    negotiation = CapabilityNegotiation()
    asked = negotiation.hear(("*", "LS", offered))
    for message in asked:
        negotiation.hear(("*", "ACK", message.params[1]))
    return negotiation


class NegotiationTests(SynchronousTestCase):
    def test_of_two_ways_to_search_one_is_enough(self) -> None:
        for offered, caps in (
            ("draft/search soju.im/search batch", {"draft/search", "batch"}),
            ("soju.im/search batch", {"soju.im/search", "batch"}),
        ):
            negotiation = agreed(offered)

            self.assertEqual((negotiation.caps, negotiation.has_search), (caps, True))

    def test_how_many_lines_a_message_may_have(self) -> None:
        for offered, most in (
            ("batch draft/multiline=max-bytes=4096,max-lines=32", (32, 4096)),
            ("batch draft/multiline=max-bytes=4096", (1000, 4096)),
            ("batch draft/multiline=max-lines=32", (1, 0)),
            ("batch draft/multiline=max-bytes=0,max-lines=32", (1, 0)),
            ("batch draft/multiline=max-bytes=x,max-lines=\u00b2", (1, 0)),
            ("batch draft/multiline=max-bytes=4096,max-lines=1", (1, 0)),
            ("draft/multiline=max-bytes=4096,max-lines=32", (1, 0)),
            ("batch", (1, 0)),
        ):
            self.assertEqual(agreed(offered).most_of_lines, most, offered)

    def test_the_ways_to_log_in_follow_the_server(self) -> None:
        negotiation = agreed("sasl=plain,SCRAM-SHA-256 cap-notify")
        before = negotiation.mechanisms
        negotiation.hear(("bob", "NEW", "sasl=PLAIN"))

        self.assertEqual((before, negotiation.mechanisms), (("PLAIN", "SCRAM-SHA-256"), ("PLAIN",)))

    def test_what_is_withdrawn_is_gone(self) -> None:
        negotiation = agreed("sasl draft/read-marker")

        negotiation.hear(("bob", "DEL", "sasl draft/read-marker"))

        self.assertEqual((negotiation.caps, negotiation.has_marks), (set(), False))
