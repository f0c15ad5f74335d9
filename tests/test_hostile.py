"""One bad client cannot hurt another, whatever it says.

SIMPLECHAT_HOSTILE_LINES sets how many lines the attackers say.
"""

from __future__ import annotations

import os
from itertools import islice

from twisted.trial.unittest import SynchronousTestCase

from tests.hostile import hostile_lines
from tests.siege import Siege

LINES = int(os.environ.get("SIMPLECHAT_HOSTILE_LINES", "6000"))
SEEDS = (8067, 2, 3)  # a siege each, with its share of the lines


class HostileTests(SynchronousTestCase):
    def test_hostile_lines_hurt_nobody(self) -> None:
        for seed in SEEDS:
            siege = Siege(seed)
            for count, line in enumerate(islice(hostile_lines(seed), LINES // len(SEEDS))):
                troubles = list(siege.suffer(line))
                troubles += [f"logged: {error.getErrorMessage()}" for error in self.flushLoggedErrors()]

                self.assertEqual(troubles, [], f"seed {seed}, after line {count}: {line!r}")

    def test_the_same_seed_gives_the_same_lines(self) -> None:
        self.assertEqual(list(islice(hostile_lines(1), 500)), list(islice(hostile_lines(1), 500)))
