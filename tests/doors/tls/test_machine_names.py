"""The names and addresses for which our authority may issue certificates."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.tls.machine_names import addresses_behind, may_be_permitted, names_of


class NamesTests(SynchronousTestCase):
    def test_a_machine_is_known_by_its_names_and_addresses(self) -> None:
        names = names_of("chat.example.org", "PC-7.lab.example.org.", ["192.168.1.7", "2001:db8::7"])

        self.assertEqual(
            names.hosts, ("localhost", "chat.example.org", "pc-7.lab.example.org", "pc-7", "pc-7.local")
        )
        self.assertEqual(
            [str(each) for each in names.addresses], ["127.0.0.1", "::1", "192.168.1.7", "2001:db8::7"]
        )

    def test_what_nobody_can_come_to_is_left_out(self) -> None:
        names = names_of("a.b", "pc7", ["0.0.0.0", "::", "224.0.0.1", "fe80::1", "fe80::1%eth0", "tcp", ""])

        self.assertEqual([str(each) for each in names.addresses], ["127.0.0.1", "::1"])

    def test_a_name_that_may_be_a_whole_domain_of_the_worlds_is_not_vouched_for(self) -> None:
        for host in (
            "dev",
            "com",
            "xn--p1ai",
            "aula",
            "7",
            "",
            "-a",
            "a_b",
            "a..b",
            "*.a.b",
            "a" * 64,
            "ñ.es",
        ):
            self.assertFalse(may_be_permitted(host), host)

    def test_other_names_are(self) -> None:
        for host in ("localhost", "pc7", "my-laptop", "chat.example.org", "0ac9b1c2d3e4"):
            self.assertTrue(may_be_permitted(host), host)

    def test_a_machine_of_that_name_is_known_by_its_local_one(self) -> None:
        self.assertEqual(names_of("dev", "dev", []).hosts, ("localhost", "dev.local"))

    def test_only_what_is_listened_on_counts(self) -> None:
        self.assertEqual(addresses_behind(["127.0.0.1", "::1", "localhost", "10.1.2.3"]), ["10.1.2.3"])

    def test_a_wildcard_stands_for_everything_the_machine_has(self) -> None:
        self.assertIn("127.0.0.1", addresses_behind(["0.0.0.0"]))
