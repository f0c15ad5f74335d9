"""The README and the documents stay true, where that can be seen without trying them."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import COMMANDS, messaging
from simplechat.commands.owner import OWNER_COMMANDS
from simplechat.config import SETTINGS
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
            name for name, row in OWNER_COMMANDS.items() if row.is_for_people and f"`{name}" not in text
        ]

        self.assertEqual(unnamed, [])

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
