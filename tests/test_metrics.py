"""The metrics are those of the server, in Prometheus's format."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

from simplechat.conversation import Conversation
from simplechat.hub.errors import StoreError
from simplechat.hub.user import Session
from simplechat.metrics import Exposition, Metrics
from simplechat.peer import Peer
from tests.support.stage import Stage
from tests.support.web import HttpPeer, WebSocketPeer, WebStage


class MetricsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.web = WebStage(self.start_conversation, self.stage.clock)
        self.exposition = Exposition(
            Metrics(
                self.stage.hub, self.stage.ledger, self.stage.faults, self.web.server, self.web.connections
            )
        )

    def start_conversation(self, writer: Any, peer: Peer) -> Conversation:
        """Start a conversation on the stage."""
        session = Session(writer, peer.host, peer.port)
        return Conversation(self.stage.hub, self.stage.services, self.stage.clock, session)

    def read_metrics(self) -> dict[str, float]:
        """Return the metrics by name; those with labels by name and labels."""
        text, kind = self.exposition()
        assert kind.startswith("text/plain"), kind
        return {
            " ".join((sample.name.removeprefix("simplechat_"), *sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        }

    def test_lines_and_commits_are_counted(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        before = self.read_metrics()

        ann.says("PRIVMSG #tea :a", "TOPIC #nowhere", "PING a")

        after = self.read_metrics()
        grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
        for name, count in (("lines_heard_total", 3), ("lines_said_total", 2), ("refused_total", 1)):
            self.assertEqual(grown[name], count)
        self.assertEqual((grown["commit_records_count"], grown["commit_records_sum"]), (1, 2))
        self.assertEqual(grown["commit_seconds_count"], 1)
        buckets = [grown.get(f"commit_records_bucket {bound}") for bound in ("1.0", "2.0", "500.0", "+Inf")]
        self.assertEqual(buckets, [None, 1, 1, 1])
        self.assertEqual((after["users"], after["rooms"], after["not_stored_total"]), (1, 1, 0))

    def test_connections_are_counted_by_kind(self) -> None:
        HttpPeer(self.web)
        WebSocketPeer(self.web)
        WebSocketPeer(self.web)

        read_metrics = self.read_metrics()

        counted = [read_metrics[f"connections {kind}"] for kind in ("irc", "websocket", "http")]
        self.assertEqual((counted, read_metrics["strangers"]), ([0, 2, 1], 2))

    def test_responses_are_counted_by_status(self) -> None:
        HttpPeer(self.web).asks("/nothing")

        self.assertEqual(self.read_metrics()["web_answers_total 404"], 1)

    def test_a_failing_store_is_visible(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.store.faults[len(self.stage.store.commits) + 1] = StoreError("full")

        ann.says("PRIVMSG #tea :a", "PART #tea")

        read_metrics = self.read_metrics()
        self.assertEqual(
            [read_metrics[name] for name in ("store_failing", "not_stored_total", "owed_records")], [1, 1, 1]
        )

    def test_memory_is_included(self) -> None:
        self.assertGreater(self.read_metrics()["process_resident_memory_bytes"], 1 << 20)
