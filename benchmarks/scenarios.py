"""The scenarios of the load test: clients, channels, speakers, and what is measured."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from benchmarks.clients import Crowd
from benchmarks.servers import Server, cpu_seconds, memory_kib
from benchmarks.streams import Stream, percentile

WARM_UP_S = 1.0
DRAIN_S = 5.0
GATHER_S = 120.0
QUIET_S = 1.0
SPIN_S = 0.001  # a selector waits for whole milliseconds; the rest is waited for without it

Figures = dict[str, float | None]
"""What was measured, by the heading of the report's column; None: cannot be known here."""


@dataclass(frozen=True)
class Scenario:
    """One way to load a server.

    Args:
        about: What happens, for --help.
        measure: Runs it.
        clients: How many connect.
        room: Members of each channel; 0: all in one.
        speakers: How many members of each channel, or pair, speak; 0: all.
        window: Lines of each speaker on their way at a time.
        rate: Lines a second, of all speakers together; 0: as the window allows.
    """

    about: str
    measure: Callable[[Server, Scenario, float], Figures]
    clients: int
    room: int = 0
    speakers: int = 0
    window: int = 1
    rate: int = 0


@dataclass(frozen=True)
class Moment:
    """The clocks and counters at one moment."""

    at: float
    own_cpu: float
    server_cpu: float | None
    deliveries: int

    @classmethod
    def now(cls, server: Server, crowd: Crowd) -> Moment:
        """Read them."""
        cpu = None if server.pid is None else cpu_seconds(server.pid)
        return cls(time.monotonic(), time.process_time(), cpu, crowd.deliveries)

    def server_cpu_since(self, start: Moment) -> float | None:
        """Return the server's CPU seconds between two moments."""
        if self.server_cpu is None or start.server_cpu is None:
            return None
        return self.server_cpu - start.server_cpu


def _crowd(server: Server) -> closing[Crowd]:
    mark = secrets.token_hex(2)[1:]
    return closing(Crowd((server.host, server.port), server.password, mark, tls=server.tls))


def _gather(server: Server, crowd: Crowd, rooms: Iterable[int | None]) -> None:
    channels = [None if room is None else f"#b{crowd.mark}{room}" for room in rooms]
    crowd.gather(channels, server.at_once, GATHER_S)


def _rooms(scenario: Scenario) -> list[int]:
    size = scenario.room or scenario.clients
    return [number // size for number in range(scenario.clients)]


def _add_channel_streams(crowd: Crowd, scenario: Scenario) -> None:
    members: dict[str, list[int]] = {}
    for client in crowd.clients:
        members.setdefault(client.channel or "", []).append(client.number)
    for channel, inside in members.items():
        for speaker in inside[: scenario.speakers or None]:
            listeners = [number for number in inside if number != speaker]
            crowd.streams.append(Stream(len(crowd.streams), speaker, channel, listeners))


def _add_pair_streams(crowd: Crowd, scenario: Scenario) -> None:
    for client in crowd.clients:
        other = client.number ^ 1
        if other < len(crowd.clients) and client.number % 2 < (scenario.speakers or 2):
            crowd.streams.append(Stream(client.number, client.number, crowd.clients[other].nick, [other]))


def measure_rooms(server: Server, scenario: Scenario, seconds: float) -> Figures:
    """Measure messages in channels."""
    with _crowd(server) as crowd:
        _gather(server, crowd, _rooms(scenario))
        _add_channel_streams(crowd, scenario)
        return _measure_streams(server, crowd, scenario, seconds)


def measure_pairs(server: Server, scenario: Scenario, seconds: float) -> Figures:
    """Measure private messages in pairs."""
    with _crowd(server) as crowd:
        _gather(server, crowd, [None] * scenario.clients)
        _add_pair_streams(crowd, scenario)
        return _measure_streams(server, crowd, scenario, seconds)


def _measure_streams(server: Server, crowd: Crowd, scenario: Scenario, seconds: float) -> Figures:
    go_on = partial(_pace, crowd, 1 / scenario.rate) if scenario.rate else partial(_chat, crowd)
    crowd.window = 0 if scenario.rate else scenario.window
    for stream in crowd.streams if crowd.window else ():
        crowd.answer(stream)
    go_on(WARM_UP_S)
    crowd.latencies = Counter()
    start = Moment.now(server, crowd)
    go_on(seconds)
    end = Moment.now(server, crowd)
    latencies = crowd.latencies
    _drain(crowd)
    return _traffic(start, end, latencies) | _faults(crowd) | _shares(start, end)


def _chat(crowd: Crowd, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        crowd.turn(left)


def _pace(crowd: Crowd, step_s: float, seconds: float) -> None:
    """Send at fixed times, whatever the server does; each line carries its intended time."""
    due = time.monotonic()
    end = due + seconds
    while due < end:
        crowd.turn(max(0.0, due - time.monotonic() - SPIN_S))
        if time.monotonic() >= due:
            crowd.say(min(crowd.streams, key=lambda stream: stream.said), 1, int(due * 1e9))
            due += step_s


def _drain(crowd: Crowd) -> None:
    """Wait until everything sent has arrived, within limits."""
    crowd.window = 0
    crowd.latencies = Counter()
    end = time.monotonic() + DRAIN_S
    while any(stream.lost for stream in crowd.streams) and time.monotonic() < end:
        crowd.turn(0.1)
    crowd.turn(0.1)


def _traffic(start: Moment, end: Moment, latencies: Counter[int]) -> Figures:
    deliveries = end.deliveries - start.deliveries
    cpu = end.server_cpu_since(start)
    return {
        "deliveries/s": deliveries / (end.at - start.at),
        "CPU µs/delivery": cpu * 1e6 / deliveries if cpu is not None and deliveries else None,
        "p50 ms": percentile(latencies, 0.5) / 1000 if latencies else None,
        "p99 ms": percentile(latencies, 0.99) / 1000 if latencies else None,
    }


def _faults(crowd: Crowd) -> Figures:
    return {
        "lost": sum(stream.lost for stream in crowd.streams),
        "duplicated": sum(stream.duplicated for stream in crowd.streams),
        "reordered": sum(stream.reordered for stream in crowd.streams),
    }


def _shares(start: Moment, end: Moment) -> Figures:
    """Return the shares of a CPU that the server and the load took."""
    duration = end.at - start.at
    cpu = end.server_cpu_since(start)
    return {
        "server CPU %": None if cpu is None else 100 * cpu / duration,
        "load CPU %": 100 * (end.own_cpu - start.own_cpu) / duration,
    }


def measure_connect(server: Server, scenario: Scenario, seconds: float) -> Figures:
    """Measure registrations within a time limit."""
    with _crowd(server) as crowd:
        start = Moment.now(server, crowd)
        _gather(server, crowd, [None] * scenario.clients)
        end = Moment.now(server, crowd)
    cpu = end.server_cpu_since(start)
    figures: Figures = {
        "registrations/s": scenario.clients / (end.at - start.at),
        "CPU µs/registration": None if cpu is None else cpu * 1e6 / scenario.clients,
    }
    return figures | _shares(start, end)


def measure_idle(server: Server, scenario: Scenario, seconds: float) -> Figures:
    """Measure clients that sit in channels and do nothing."""
    before = None if server.pid is None else memory_kib(server.pid)
    with _crowd(server) as crowd:
        _gather(server, crowd, _rooms(scenario))
        _chat(crowd, QUIET_S)
        after = None if server.pid is None else memory_kib(server.pid)
    if before is None or after is None:
        return {"KiB/connection": None, "KiB before": before, "KiB after": after}
    return {"KiB/connection": (after - before) / scenario.clients, "KiB before": before, "KiB after": after}


SCENARIOS = {
    "idle": Scenario("nobody speaks; channels of 100", measure_idle, 1000, 100),
    "connect": Scenario("registrations, no channels", measure_connect, 1000),
    "fan10": Scenario("one channel, 4 speak, 16 lines each on their way", measure_rooms, 10, 0, 4, 16),
    "fan100": Scenario("the same with more members", measure_rooms, 100, 0, 4, 16),
    "fan1000": Scenario("the same with many members", measure_rooms, 1000, 0, 4, 16),
    "rooms": Scenario("channels of 10, all speak, 1 line each on its way", measure_rooms, 1000, 10),
    "dm": Scenario("pairs in private, 1 line each on its way", measure_pairs, 200),
    "alone": Scenario("one pair, one of them speaks, 1 line on its way", measure_pairs, 2, 2, 1),
    "paced": Scenario("one channel, 200 lines/s whatever happens", measure_rooms, 100, 0, 4, rate=200),
}
