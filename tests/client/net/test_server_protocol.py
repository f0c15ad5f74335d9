"""The protocol recognises a server that wants TLS."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.interfaces import ExitStatus
from tests.support.client_harness import ClientHarness

ALERT = b"\x15\x03\x01\x00\x02\x02\x46"  # protocol version


class ServerProtocolTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.connects()

    def test_a_server_that_wants_tls_is_not_tried_again(self) -> None:
        self.client.protocol.dataReceived(ALERT[:2])
        self.client.protocol.dataReceived(ALERT[2:])
        self.client.drops()

        self.assertEqual(self.client.outcome(), ExitStatus(1, "The server wants TLS: use --tls"))

    def test_the_servers_text_is_the_reason_of_a_failed_login(self) -> None:
        self.client.receives("ERROR :Please use TLS: ircs://chat.example.org:8067")
        self.client.drops()

        self.assertEqual(self.client.outcome(), ExitStatus(1, "Please use TLS: ircs://chat.example.org:8067"))

    def test_a_server_with_another_certificate_is_not_tried_again(self) -> None:
        client = ClientHarness()
        client.enters()
        client.drops()

        client.chat.server_rejected("This is not the server that was trusted")

        self.assertEqual(client.outcome(), ExitStatus(1, "This is not the server that was trusted"))
        self.assertEqual(client.clock.getDelayedCalls(), [])
