"""The metrics of a running server, for Prometheus; they are read where they are kept at each request.

Spec: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from simplechat.doors.http.http_server import HttpServer
from simplechat.doors.net.connections import Connections
from simplechat.faults import FaultCounter
from simplechat.histogram import Histogram
from simplechat.hub.hub import Hub
from simplechat.ledger import Ledger

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class Metrics:
    """The metrics of a server, as a collector of prometheus_client.

    Args:
        hub: The state.
        ledger: The ledger, which knows what is written.
        faults: Failures of the server's own code.
        web: What HTTP connections share.
        connections: The registry of open connections.
    """

    def __init__(
        self, hub: Hub, ledger: Ledger, faults: FaultCounter, web: HttpServer, connections: Connections
    ) -> None:
        self._hub = hub
        self._ledger = ledger
        self._faults = faults
        self._web = web
        self._open_connections = connections

    def collect(self) -> Iterator[Metric]:
        """Return every metric; prometheus_client calls this."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for name, text, value in self._counts():
            yield CounterMetricFamily(f"simplechat_{name}", text, value)
        for name, text, value in self._sizes():
            yield GaugeMetricFamily(f"simplechat_{name}", text, value)
        connections = GaugeMetricFamily("simplechat_connections", "Open connections", labels=["kind"])
        for kind, value in self._connections().items():
            connections.add_metric([kind], value)
        yield connections
        responses = CounterMetricFamily("simplechat_web_answers", "HTTP responses", labels=["code"])
        for code, value in sorted(self._web.responses.items()):
            responses.add_metric([str(code)], value)
        yield responses
        yield _histogram("commit_seconds", "How long commits took", self._ledger.commit_s)
        yield _histogram("commit_records", "How many records commits had", self._ledger.commit_records)

    def _counts(self) -> Iterator[tuple[str, str, float]]:
        hub, ledger = self._hub, self._ledger
        yield "lines_heard", "Lines received", hub.lines_received
        yield "lines_said", "Lines sent", ledger.lines_written
        yield "refused", "Commands that were refused", hub.commands_refused
        yield "not_stored", "Commands that could not be stored", ledger.refused
        yield "faults", "Failures of the server's own code", self._faults.count

    def _sizes(self) -> Iterator[tuple[str, str, float]]:
        hub, ledger = self._hub, self._ledger
        yield "users", "Users online", len(hub.users)
        yield "strangers", "Connections that have not registered", len(hub.unregistered)
        yield (
            "secure_connections",
            "Sessions over TLS",
            sum(each.is_secure for each in hub.sessions),
        )
        yield "rooms", "Channels with members", hub.occupied_channels
        yield "waiting_entries", "Commands that wait for the disk", len(hub.outbox)
        yield "owed_records", "Records that wait for a store that fails", ledger.backlog_records
        yield (
            "unsaid_lines",
            "Lines that wait to be sent",
            sum(len(each.out) for each in hub.sessions),
        )
        yield "store_failing", "Whether the store fails", ledger.is_failing
        yield "store_stalled", "Whether the store does not answer", ledger.is_stalled
        yield "start_time_seconds", "When the server started, since 1970", hub.started

    def _connections(self) -> dict[str, int]:
        sockets = len(self._web.sockets)
        return {
            "irc": len(self._open_connections) - sockets,
            "websocket": sockets,
            "http": len(self._web.connections),
        }


def _histogram(name: str, text: str, tally: Histogram) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    count, buckets = 0, []
    for bound, more in zip(
        (*(str(float(bound)) for bound in tally.bounds), "+Inf"), tally.counts, strict=True
    ):
        count += more
        buckets.append((bound, float(count)))
    return HistogramMetricFamily(f"simplechat_{name}", text, buckets, sum_value=tally.total)


class Exposition:
    """The metrics as text; the library that writes it is imported at the first request.

    Args:
        metrics: The metrics.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._registry: Any = None

    def __call__(self) -> tuple[bytes, str]:
        """Return the text, and its Content-Type."""
        from prometheus_client import (
            CONTENT_TYPE_LATEST,
            CollectorRegistry,
            ProcessCollector,
            generate_latest,
        )

        if self._registry is None:
            self._registry = CollectorRegistry()
            self._registry.register(self._metrics)
            ProcessCollector(registry=self._registry)
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
