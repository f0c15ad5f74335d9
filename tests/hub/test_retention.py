"""Messages are deleted after a number of days, per channel."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.retention import delete_expired
from tests.support.stage import Stage

DAY_S = 86_400


class RetentionTests(SynchronousTestCase):
    def left(self, days: int, **settings: int) -> list[str]:
        """Send messages to three channels and a user on five days; return those that retention leaves."""
        stage = Stage(retention=days)
        ann, _ = stage.enter("ann", "ben")
        ann.says("JOIN #a,#b,#c")
        for name, retention in settings.items():
            ann.says(f"ROOM #{name} retention {retention}")
        for day in range(5):
            ann.says(*(f"PRIVMSG {target} :{target}{day}" for target in ("#a", "#b", "#c", "ben")))
            stage.clock.advance(DAY_S)
        work = delete_expired(stage.hub, stage.store, lambda: succeed(None))
        self.successResultOf(Deferred.fromCoroutine(work))
        return sorted(row.text for row in stage.store.inner.log.values() if row.kind == "PRIVMSG")

    def test_messages_older_than_the_servers_retention_are_deleted(self) -> None:
        self.assertEqual(self.left(2), ["#a3", "#a4", "#b3", "#b4", "#c3", "#c4", "ben3", "ben4"])

    def test_a_channels_retention_may_be_longer_shorter_or_for_ever(self) -> None:
        left = self.left(2, a=0, b=1)

        self.assertEqual(left, [*(f"#a{n}" for n in range(5)), "#b4", "#c3", "#c4", "ben3", "ben4"])

    def test_a_channels_retention_counts_even_if_the_server_has_none(self) -> None:
        self.assertEqual(len(self.left(0, b=1)), 16)
        self.assertEqual(len(self.left(0)), 20)

    def test_the_audit_log_is_kept(self) -> None:
        stage = Stage(retention=1)
        stage.owner().answers("broadcast hello")
        stage.clock.advance(3 * DAY_S)

        self.successResultOf(
            Deferred.fromCoroutine(delete_expired(stage.hub, stage.store, lambda: succeed(None)))
        )

        self.assertEqual([row.kind for row in stage.store.inner.log.values()], ["BROADCAST"])
