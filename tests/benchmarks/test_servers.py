"""Parsing of the servers to measure."""

from twisted.trial.unittest import SynchronousTestCase

from benchmarks.servers import CHECKOUT, BadServer, OurServer, Server, parse_server


class ParseServerTests(SynchronousTestCase):
    def test_a_name_and_an_address_are_enough(self) -> None:
        self.assertEqual(parse_server("a=irc.test:6667"), Server("a", "irc.test", 6667))

    def test_options_follow_in_any_order(self) -> None:
        server = parse_server("a=127.0.0.1:6667,password=x=y,at-once=9,pid=12")

        self.assertEqual(server, Server("a", "127.0.0.1", 6667, pid=12, password="x=y", at_once=9))

    def test_an_ipv6_address_stands_in_brackets(self) -> None:
        self.assertEqual(parse_server("a=[::1]:6667"), Server("a", "::1", 6667))

    def test_our_own_server_needs_no_address(self) -> None:
        self.assertEqual(parse_server("own"), OurServer())

    def test_clients_may_come_with_tls(self) -> None:
        self.assertEqual(parse_server("own-tls"), OurServer("simplechat, TLS", tls=True))
        self.assertEqual(parse_server("a=h:1,tls=yes"), Server("a", "h", 1, tls=True))

    def test_a_checkout_of_ours_has_a_name(self) -> None:
        self.assertEqual(parse_server(f"before=own:{CHECKOUT}"), OurServer("before", CHECKOUT))
        self.assertRaises(BadServer, parse_server, "before=own:/nowhere")

    def test_anything_else_is_refused_with_a_reason(self) -> None:
        for text in ("", "a", "a=b", "a=b:c", "a=b:1,pid=x", "a=b:1,pid=0", "a=b:1,colour=red", "a=::1:6667"):
            self.assertRaises(BadServer, parse_server, text)
