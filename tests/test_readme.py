"""The README and the documents stay true, where that can be seen without trying them."""

from __future__ import annotations

import re
from dataclasses import fields

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.commands.table import CLIENT_COMMANDS
from simplechat.client.ui import json_lines
from simplechat.commands import COMMANDS, messaging
from simplechat.commands.owner import OWNER_COMMANDS
from simplechat.config import SETTINGS
from simplechat.doors.http.routes import ROUTES
from tests.support.stage import Stage
from tests.tour import ARCHITECTURE, ORDER, ROOT, with_tour

README = ROOT.parent / "README.md"
DOCS = ROOT.parent / "docs"


class ReadmeTests(SynchronousTestCase):
    def test_the_readme_is_read_in_five_minutes(self) -> None:
        self.assertLessEqual(len(README.read_text("utf-8").splitlines()), 180)

    def test_every_link_leads_to_a_file(self) -> None:
        missing = [
            f"{path.name}: {target}"
            for path in (README, *DOCS.glob("*.md"))
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
            if not (path.parent / target).exists()
        ]

        self.assertEqual(missing, [])

    def test_every_heading_that_is_linked_is_there(self) -> None:
        missing = []
        for path in (README, *DOCS.glob("*.md")):
            text = path.read_text("utf-8")
            for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", text):
                there = (path.parent / target).read_text("utf-8") if target else text
                headings = [_anchor(each) for each in re.findall(r"^#+ (.*)$", there, re.MULTILINE)]
                if heading not in headings:
                    missing.append(f"{path.name}: {target}#{heading}")

        self.assertEqual(missing, [])

    def test_the_tour_is_what_the_modules_say(self) -> None:
        text = ARCHITECTURE.read_text("utf-8")

        self.assertEqual(with_tour(text), text, "run python -m tests.tour")

    def test_the_tour_goes_through_every_room(self) -> None:
        rooms = {path.parent for path in ROOT.rglob("*.py")} | {*ROOT.glob("[!_]*.py")}

        self.assertEqual({ROOT / name for name in ORDER} | {ROOT}, rooms)

    def test_every_owner_command_is_named(self) -> None:
        text = (DOCS / "owner.md").read_text("utf-8")
        unnamed = [
            name
            for name, row in OWNER_COMMANDS.items()
            if row.is_for_people and not re.search(rf"`{name}[ `]", text)
        ]

        self.assertEqual(unnamed, [])

    def test_every_module_that_is_named_is_there(self) -> None:
        named = {
            path
            for page in DOCS.glob("*.md")
            for path in re.findall(r"`([\w/]+\.py)`", page.read_text("utf-8"))
        }

        self.assertIn("ledger.py", named)
        self.assertEqual(
            [path for path in named if not ((ROOT / path).exists() or (ROOT.parent / path).exists())], []
        )

    def test_every_command_of_the_client_is_named(self) -> None:
        text = (DOCS / "client.md").read_text("utf-8")
        (names,) = re.findall(r"`/help` lists the commands: `([^`]*)`", text)

        self.assertEqual(set(names.split()), set(CLIENT_COMMANDS))

    def test_every_json_event_is_in_the_table_with_its_keys(self) -> None:
        text = (DOCS / "client.md").read_text("utf-8")
        rows = [
            row for row in re.findall(r"^\| (`.*`) \| (.*) \|$", text, re.MULTILINE) if row[0] != "`event`"
        ]
        missing = [
            f"{name}: {field.name}"
            for kind, name in json_lines.NAMES.items()
            for names, keys in rows
            if f"`{name}`" in names
            for field in fields(kind)
            if field.name not in ("at", "since", *json_lines.OMITTED)
            and f"`{json_lines.KEYS.get(field.name, field.name)}`" not in keys
        ]

        self.assertEqual(
            {name for names, _ in rows for name in re.findall(r"`(\w+)`", names)},
            {*json_lines.NAMES.values()},
        )
        self.assertEqual(missing, [])

    def test_every_http_path_is_in_the_table(self) -> None:
        text = (DOCS / "service.md").read_text("utf-8")

        self.assertEqual(
            set(re.findall(r"^\| `(/[^`]*)`", text, re.MULTILINE)), {route.path for route in ROUTES}
        )

    def test_every_setting_that_it_explains_is_there(self) -> None:
        text = (DOCS / "owner.md").read_text("utf-8")

        named = re.findall(r"^\| `--([a-z-]+)`", text, re.MULTILINE)

        self.assertIn("port", named)
        self.assertEqual(set(named) - {setting.name for setting in SETTINGS}, set())

    def test_the_command_in_the_architecture_works(self) -> None:
        (code,) = re.findall(r"```python\n(.*?)```", ARCHITECTURE.read_text("utf-8"), re.DOTALL)
        self.addCleanup(COMMANDS.pop, "COIN")
        exec(code, dict(vars(messaging)))
        ann, ben = Stage().enter("ann", "ben", room="#tea")
        ann.hears()

        ben.says("COIN #tea")

        self.assertEqual(ann.hears(), [":ben!ben@127.0.0.1 NOTICE #tea tails"])


def _anchor(heading: str) -> str:
    """Return the fragment by which a heading is linked."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
