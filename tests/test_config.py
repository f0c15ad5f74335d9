"""Settings from the command line, the environment and a file."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.config import SETTINGS, BadSetting, Config, load_config, settings_without_effect
from simplechat.service import Options


class ConfigTests(SynchronousTestCase):
    def write(self, text: str) -> str:
        """Write a file of settings."""
        path = Path(self.mktemp())
        path.write_text(text)
        return str(path)

    def test_without_settings_the_defaults_are_used(self) -> None:
        config = load_config({}, {})

        self.assertEqual((config.ip, config.port, config.listen), ("127.0.0.1", 8067, ()))
        self.assertTrue(config.data.is_absolute())

    def test_the_command_line_wins_over_the_environment_and_that_over_the_file(self) -> None:
        file = self.write(
            'port = 1\nip = "::1"\nnetwork = "inn"\nlisten = ["tcp:1", "tcp:2"]\nno_throttling = true\n'
        )
        environment = {"SIMPLECHAT_PORT": "2", "SIMPLECHAT_NETWORK": "env", "SIMPLECHAT_CONFIG": file}

        config = load_config({"port": "3", "ip": None, "listen": []}, environment)

        self.assertEqual((config.port, config.network, config.ip), (3, "env", "::1"))
        self.assertEqual((config.listen, config.no_throttling), (("tcp:1", "tcp:2"), True))

    def test_a_port_of_0_in_a_file_means_a_free_port(self) -> None:
        self.assertEqual(load_config({"config": self.write("port = 0")}, {}).port, 0)

    def test_an_invalid_value_is_reported_with_its_name(self) -> None:
        for name, value in (
            ("port", "x"),
            ("port", "65536"),
            ("port", "-1"),
            ("port", ""),
            ("port", "\u0663"),
            ("plaintext", "maybe"),
            ("server-name", "a b"),
            ("sendq", "lots"),
            ("oper", "nopassword"),
            ("web-origin", "chat.example.org"),
            ("web-origin", "https://chat.example.org/path"),
            ("icon", "ftp://example.org/x.png"),
            ("icon", "https://example.org/x y.png"),
            ("icon", "javascript:alert(1)"),
            ("lobby", "tea"),
            ("motd", "/does/not/exist"),
        ):
            error = self.assertRaises(
                BadSetting, load_config, {name: [value] if name in ("oper", "web-origin") else value}, {}
            )

            self.assertIn(f"--{name}", str(error))

    def test_proxies_are_addresses_or_networks(self) -> None:
        given = {"proxy": ["127.0.0.1", "10.1.2.3/8", "2001:db8::1"]}

        self.assertEqual(load_config(given, {}).proxy, ("127.0.0.1/32", "10.0.0.0/8", "2001:db8::1/128"))
        for wrong in ("nowhere", "10.0.0.0/33", "10.0.0.1:80"):
            with self.assertRaisesRegex(BadSetting, "--proxy"):
                load_config({"proxy": [wrong]}, {})

    def test_the_console_over_ssh_has_an_address_and_a_port(self) -> None:
        for text, place in (
            ("8068", ("127.0.0.1", 8068)),
            ("0.0.0.0:0", ("0.0.0.0", 0)),
            ("192.0.2.1:65535", ("192.0.2.1", 65535)),
            ("[::1]:22", ("::1", 22)),
            ("[2001:db8::1]:8068", ("2001:db8::1", 8068)),
        ):
            self.assertEqual(load_config({"manhole": text}, {}).manhole_at, place)

    def test_an_invalid_address_for_it_is_reported(self) -> None:
        for text in (
            "x",
            "65536",
            "-1",
            "::1:22",
            "[::1]",
            "[::1]22",
            "[127.0.0.1]:22",
            "::22",
            ":22",
            "127.0.0.1:",
            "256.0.0.1:22",
            "host:22",
            "1.2.3.4:22:33",
            "22 ",
            "\u0663",
        ):
            error = self.assertRaises(BadSetting, load_config, {"manhole": text}, {})

            self.assertIn("--manhole", str(error))
            self.assertIn("[::1]:8068", str(error))

    def test_a_web_origin_is_a_scheme_a_host_and_an_optional_port(self) -> None:
        origins = ("https://chat.example.org", "http://10.0.0.1:8080", "https://[::1]:1/")

        self.assertEqual(load_config({"web-origin": list(origins)}, {}).web_origin, origins)

    def test_an_invalid_file_is_reported(self) -> None:
        for file in (self.write("port ="), self.write("prot = 1"), "/does/not/exist"):
            error = self.assertRaises(BadSetting, load_config, {"config": file}, {})

            self.assertIn("--config", str(error))

    def test_sizes_may_have_units(self) -> None:
        for text, size in (("65536", 65536), ("512k", 524288), ("1M", 1048576), ("2 GiB", 2 << 30)):
            self.assertEqual(load_config({"sendq": text}, {}).sendq, size)

    def test_settings_without_effect_are_named(self) -> None:
        self.assertEqual(settings_without_effect(Config(announce=True, port=1)), ["announce"])

    def test_every_setting_says_what_it_does(self) -> None:
        self.assertEqual([each.name for each in SETTINGS if not each.help.endswith(".")], [])


class OptionsTests(SynchronousTestCase):
    def parse(self, *words: str) -> Config:
        """Parse a command line."""
        options = Options()
        options.parseOptions(list(words))
        return options.config

    def test_both_ways_to_write_a_value_work(self) -> None:
        self.assertEqual(self.parse("--ip=::1", "--port", "7").ip, "::1")

    def test_repeated_options_are_collected(self) -> None:
        config = self.parse("--listen", "tcp:1", "--listen=tcp:2:interface=127.0.0.1", "--no-throttling")

        self.assertEqual(
            (config.listen, config.no_throttling), (("tcp:1", "tcp:2:interface=127.0.0.1"), True)
        )

    def test_two_command_lines_do_not_mix(self) -> None:
        self.parse("--listen", "tcp:1")

        self.assertEqual(self.parse().listen, ())

    def test_an_error_is_one_line(self) -> None:
        for words in (["--prot", "1"], ["--port", "x"], ["--port"], ["stray"]):
            error = self.assertRaises(SystemExit, self.parse, *words)

            self.assertTrue(str(error).startswith("simplechat: "), error)
            self.assertNotIn("\n", str(error))

    def test_help_names_every_setting(self) -> None:
        text = str(Options())

        for setting in SETTINGS:
            self.assertIn(f"--{setting.name}", text)
