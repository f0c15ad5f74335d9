"""Load IRC servers and compare them: one after the other in turn, several times, medians in a table.

Needs nothing but Python. `benchmarks/README.md` tells what the figures mean.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

if not __package__:  # run as a file: the rest lies beside it
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.clients import LoadError
from benchmarks.scenarios import SCENARIOS, Figures, Scenario
from benchmarks.servers import BadServer, Contestant, Server, cpu_seconds, parse_server

PROC = Path("/proc/self")  # where there is none, nothing can be known of other processes
BUSY = 95  # per cent of a CPU: from here on the load generator is what is measured


@dataclass(frozen=True)
class Result:
    """The result of one measurement of one server."""

    scenario: str
    server: str
    repetition: int
    figures: Figures


@dataclass(frozen=True)
class Plan:
    """Everything to measure."""

    scenarios: dict[str, Scenario]
    servers: list[Contestant]
    repeat: int
    seconds: float
    server_cpu: int | None

    def turns(self) -> Iterator[tuple[int, str, Contestant]]:
        """Yield the measurements in order: servers in turn, reversed in every other repetition."""
        for repetition in range(self.repeat):
            for name in self.scenarios:
                yield from ((repetition, name, each) for each in self.servers[:: -1 if repetition % 2 else 1])

    def measure(self, repetition: int, name: str, contestant: Contestant) -> Result:
        """Run one measurement.

        Raises:
            LoadError: It cannot be done.
        """
        scenario = self.scenarios[name]
        with contestant.running(self.server_cpu) as server:
            figures = scenario.measure(server, scenario, self.seconds)
        return Result(name, contestant.name, repetition, figures)


def table(name: str, results: Sequence[Result]) -> str:
    """Draw the results of one scenario: a row per server, medians with minimum and maximum."""
    columns = list(dict.fromkeys(column for result in results for column in result.figures))
    rows = [f"| {name} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for server in dict.fromkeys(result.server for result in results):
        mine = [result.figures for result in results if result.server == server]
        cells = [_cell([figures.get(column) for figures in mine]) for column in columns]
        busy = "*" if median(figures.get("load CPU %") or 0 for figures in mine) >= BUSY else ""
        rows.append(f"| {server}{busy} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "n/a"
    least, middle, greatest = (_number(value) for value in (min(known), median(known), max(known)))
    return middle if least == greatest else f"{middle} ({least}-{greatest})"


def _number(value: float) -> str:
    digits = 0 if not value or isinstance(value, int) or value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def report(results: Sequence[Result]) -> str:
    """Draw all tables, with notes on how to read them."""
    names = dict.fromkeys(result.scenario for result in results)
    tables = [table(name, [result for result in results if result.scenario == name]) for name in names]
    if any((result.figures.get("load CPU %") or 0) >= BUSY for result in results):
        tables.append(f"`*` The load generator was at {BUSY} % or more: the server can do more a second.")
    return "\n\n".join(tables)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    scenarios = "\n".join(f"  {name:9}{each.about} ({each.clients})" for name, each in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="load.py",
        description=__doc__,
        epilog=f"scenarios, and how many clients they have:\n{scenarios}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--server",
        action="append",
        metavar="NAME=HOST:PORT[,pid=N][,password=X][,at-once=N][,tls=yes]",
        help="a server to measure, repeatable; `own` (default) starts ours afresh for each measurement, "
        "`own-tls` has the clients come to it with TLS, NAME=own:FOLDER starts the one of another checkout. "
        "pid: the process whose CPU and memory count; at-once: how many clients may be registering (8)",
    )
    add("--scenario", action="append", choices=SCENARIOS, help="repeatable; default: all")
    add("--clients", type=_at_least_2, metavar="N", help="instead of the scenario's own number")
    add(
        "--seconds",
        type=_duration,
        default=3.0,
        metavar="S",
        help="how long to measure (3), after 1 s of warm-up",
    )
    add("--repeat", type=_at_least_1, default=3, metavar="N", help="how often to measure everything (3)")
    add("--json", type=Path, metavar="FILE", help="append each measurement to it, one object a line")
    add("--no-pin", action="store_true", help="do not bind our server and the load to a CPU each")
    return parser.parse_args(arguments)


def _at_least_1(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("not a whole number above 0")
    return int(text)


def _at_least_2(text: str) -> int:
    if _at_least_1(text) < 2:
        raise argparse.ArgumentTypeError("one client has nobody to send to")
    return int(text)


def _duration(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 600:
        raise argparse.ArgumentTypeError("not from 0.1 to 600")
    return seconds


def _plan(options: argparse.Namespace) -> Plan:
    servers = [parse_server(text) for text in options.server or ["own"]]
    if len({server.name for server in servers}) < len(servers):
        raise BadServer("two servers have the same name")
    for server in servers:
        if isinstance(server, Server) and server.pid and PROC.is_dir() and not cpu_seconds(server.pid):
            raise BadServer(f"the CPU time of process {server.pid} cannot be read; is it running?")
    chosen = {name: SCENARIOS[name] for name in options.scenario or SCENARIOS}
    if options.clients:
        chosen = {name: replace(each, clients=options.clients) for name, each in chosen.items()}
    return Plan(chosen, servers, options.repeat, options.seconds, None if options.no_pin else _settle())


def _settle() -> int | None:
    """Pin this process to one CPU if there are two; return the other."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None
    first, second, *_ = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {second})
    return first


def _allow_many_connections() -> None:
    """Raise the limit of open files as far as allowed; the server inherits it."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _keep(result: Result, file: Path) -> None:
    row = {"server": result.server, "scenario": result.scenario, "repetition": result.repetition}
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(row | {"at": round(time.time())} | result.figures, ensure_ascii=False) + "\n")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the load test; the exit code is 0 when everything was measured."""
    options = _options(arguments)
    results: list[Result] = []
    code = 0
    try:
        plan = _plan(options)
        _allow_many_connections()
        for repetition, name, contestant in plan.turns():
            _tell(f"{name}, {repetition + 1} of {plan.repeat}: {contestant.name} ...")
            results.append(plan.measure(repetition, name, contestant))
            if options.json:
                _keep(results[-1], options.json)
    except (LoadError, BadServer, OSError) as error:
        _tell(f"load.py: {error}")
        code = 1
    except KeyboardInterrupt:
        _tell("load.py: stopped")
        code = 130
    if results:
        print(report(results))
    return code


if __name__ == "__main__":
    sys.exit(main())
