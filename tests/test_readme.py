"""The README stays true, where that can be seen without trying it."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import COMMANDS, messaging
from simplechat.commands.owner import OWNER_COMMANDS
from simplechat.config import SETTINGS
from tests.support.stage import Stage
from tests.tour import ARCHITECTURE, ORDER, ROOT, with_tour

README = ROOT.parent / "README.md"


class ReadmeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.text = README.read_text("utf-8")

    def test_the_tour_is_what_the_modules_say(self) -> None:
        text = ARCHITECTURE.read_text("utf-8")

        self.assertEqual(with_tour(text), text, "run python -m tests.tour")

    def test_the_tour_goes_through_every_room(self) -> None:
        rooms = {path.parent for path in ROOT.rglob("*.py")} | {*ROOT.glob("[!_]*.py")}

        self.assertEqual({ROOT / name for name in ORDER} | {ROOT}, rooms)

    def test_every_verb_of_the_owner_is_named(self) -> None:
        unnamed = [
            name for name, row in OWNER_COMMANDS.items() if row.is_for_people and f"`{name}" not in self.text
        ]

        self.assertEqual(unnamed, [])

    def test_every_setting_that_it_explains_is_there(self) -> None:
        named = re.findall(r"^\| `--([a-z-]+)`", self.text, re.MULTILINE)

        self.assertIn("port", named)
        self.assertEqual(set(named) - {setting.name for setting in SETTINGS}, set())

    def test_the_verb_that_it_shows_works(self) -> None:
        (code,) = re.findall(r"```python\n(.*?)```", self.text, re.DOTALL)
        self.addCleanup(COMMANDS.pop, "COIN")
        exec(code, dict(vars(messaging)))
        ann, ben = Stage().enter("ann", "ben", room="#tea")
        ann.hears()

        ben.says("COIN #tea")

        self.assertEqual(ann.hears(), [":ben!ben@127.0.0.1 NOTICE #tea tails"])
