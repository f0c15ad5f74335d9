"""One bad client cannot hurt another, whatever it says.

SIMPLECHAT_HOSTILE_LINES sets how many lines the attackers say.
"""

from __future__ import annotations

import json
import os
from itertools import islice

from twisted.trial.unittest import SynchronousTestCase

from tests.support.hostile import hostile_lines, hostile_orders
from tests.support.siege import Siege, malformations
from tests.support.soundness import unsound
from tests.support.stage import Stage

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

    def test_hostile_orders_at_a_prompt_are_answered_and_hurt_only_whom_they_name(self) -> None:
        for seed in SEEDS:
            stage = Stage(oper=("root:secret",), server_name="a" * 63)
            owner = stage.owner()
            for count, line in enumerate(islice(hostile_orders(seed), LINES // len(SEEDS))):
                self._people(stage)
                owner.says(line)
                kinds = [json.loads(answer)["kind"] for answer in owner.hears()]
                stage.settle()
                troubles = [f"logged: {error.getErrorMessage()}" for error in self.flushLoggedErrors()]
                troubles += unsound(stage.hub)

                self.assertEqual(troubles, [], f"seed {seed}, after line {count}: {line[:300]!r}")
                self.assertEqual(kinds[-1:], ["end"] if line else [], f"{line[:300]!r}")
                self.assertEqual(kinds.count("end"), len(kinds[-1:]), f"{line[:300]!r}")
                stage.store.commits.clear()

    def test_hostile_orders_over_irc_are_answered(self) -> None:
        for seed in SEEDS:
            stage = Stage(oper=("root:secret",), server_name="a" * 63)
            for count, line in enumerate(islice(hostile_orders(seed), LINES // len(SEEDS))):
                self._people(stage)
                root = stage.connect()
                root.says("CAP REQ :labeled-response batch", "NICK root", "USER root 0 * :{0}", "CAP END")
                root.says("OPER root secret")
                root.hears()
                root.says(b"@label=x CONSOLE :" + line[:400].decode("utf-8", "ignore").encode())
                heard = root.hears()
                root.drops()
                troubles = [f"logged: {error.getErrorMessage()}" for error in self.flushLoggedErrors()]
                troubles += unsound(stage.hub)
                troubles += (f"heard {told!r}: {why}" for told in heard for why in malformations(told))

                self.assertEqual(troubles, [], f"seed {seed}, after line {count}: {line[:300]!r}")
                self.assertIn("label=x", "".join(heard), f"{line[:300]!r}")
                stage.store.commits.clear()

    def _people(self, stage: Stage) -> None:
        """Bring users into a channel with a history, again if they were ejected."""
        for nick in {"ann", "ben"} - stage.hub.users.keys():
            (actor,) = stage.enter(nick)
            actor.says("JOIN #tea,#5", "PRIVMSG #tea :hello {0}", "TOPIC #tea :{0} %s")

    def test_the_same_seed_gives_the_same_lines(self) -> None:
        self.assertEqual(list(islice(hostile_lines(1), 500)), list(islice(hostile_lines(1), 500)))
