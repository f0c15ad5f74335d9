"""What contrib/ holds fits the server: options, settings and ports are there; no privilege is asked for."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import simplechat
from simplechat.config import SETTINGS, Config, load_config

ROOT = Path(simplechat.__file__).parent.parent
NAMES = {setting.name for setting in SETTINGS}


def settings_in(text: str) -> dict[str, str]:
    """Return the environment settings in a text."""
    return dict(re.findall(r"\bSIMPLECHAT_([A-Z_]+)=(\S*[A-Za-z0-9/])", text))


class ServiceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.text = (ROOT / "contrib" / "simplechat.service").read_text("utf-8")
        self.unit = ConfigParser(interpolation=None, strict=False)
        self.unit.optionxform = str  # type: ignore[assignment,method-assign]
        self.unit.read_string(self.text)

    def test_it_starts_the_server_with_options_that_there_are(self) -> None:
        program, verb, *words = shlex.split(self.unit["Service"]["ExecStart"])
        options = dict(zip(words[::2], words[1::2], strict=True))

        self.assertEqual((Path(program).name, verb), ("simplechat", "serve"))
        self.assertEqual({name.removeprefix("--") for name in options} - NAMES, set())
        self.assertEqual(options["--data"], f"%S/{self.unit['Service']['StateDirectory']}")
        load_config({name.removeprefix("--"): value for name, value in options.items()}, {})

    def test_the_settings_that_it_tells_of_are_there(self) -> None:
        told = settings_in(self.text)

        self.assertIn("MANHOLE", told)
        load_config({name.lower().replace("_", "-"): value for name, value in told.items()}, {})
        self.assertEqual({name.lower().replace("_", "-") for name in told} - NAMES, set())

    def test_it_is_nobody_and_writes_in_one_place(self) -> None:
        service = self.unit["Service"]

        self.assertEqual((service["DynamicUser"], service["ProtectSystem"]), ("yes", "strict"))
        self.assertEqual((service["CapabilityBoundingSet"], service["NoNewPrivileges"]), ("", "yes"))
        self.assertNotIn("ReadWritePaths", service)

    def test_it_waits_longer_than_the_server_takes_to_stop(self) -> None:
        self.assertEqual(self.unit["Service"]["TimeoutStopSec"], "15s")


class ContainerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.text = (ROOT / "contrib" / "Containerfile").read_text("utf-8")
        self.lines = re.sub(r"^#.*\n|\\\n", "", self.text, flags=re.MULTILINE).splitlines()

    def values(self, word: str) -> list[str]:
        """Return the values of an instruction."""
        return [line.partition(" ")[2].strip() for line in self.lines if line.startswith(f"{word} ")]

    def test_it_copies_what_there_is(self) -> None:
        for sources in self.values("COPY"):
            *names, _ = sources.split()
            if not sources.startswith("--from"):
                self.assertEqual([name for name in names if not (ROOT / name).exists()], [])

    def test_its_settings_and_ports_are_the_servers(self) -> None:
        set_here = settings_in("\n".join(self.values("ENV")))
        port = str(Config().port)

        self.assertEqual(set_here, {"CONSOLE": "no", "DATA": "/data", "IP": "0.0.0.0"})
        self.assertEqual({name.lower() for name in set_here} - NAMES, set())
        self.assertEqual(self.values("EXPOSE"), [port])
        self.assertIn(f"http://127.0.0.1:{port}/healthz", self.values("HEALTHCHECK")[0])
        self.assertEqual(self.values("VOLUME"), [set_here["DATA"]])

    def test_it_is_not_root_in_the_end(self) -> None:
        self.assertRegex(self.values("USER")[-1], r"^[1-9]\d+$")

    def test_the_python_that_it_has_is_one_that_the_server_runs_on(self) -> None:
        versions = re.findall(r"^FROM \S+/python:3\.(\d+)-slim", self.text, re.MULTILINE)

        self.assertEqual(len(versions), 2)
        self.assertEqual(len(set(versions)), 1)
        self.assertGreaterEqual(int(versions[0]), 11)
