"""`simplechat console`: the owner's verbs, from a shell; what is answered is drawn, or given as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from simplechat.cli.errors import Trouble
from simplechat.cli.link import Answer, Link, at_once, shown
from simplechat.locale import gettext as _
from simplechat.terminal.safe import printable


class Desk(Protocol):
    """Where somebody sits: what is written comes before them, and they may be asked."""

    def write(self, text: str) -> None:
        """Show one line."""
        ...

    def confirms(self, question: str) -> bool | None:
        """Ask, and tell whether the answer was yes; None where there is nobody to ask."""
        ...


async def say(link: Link, line: str, desk: Desk, draw: Callable[[Answer], list[str]]) -> int:
    """Say a line to a server and show what it answers, as it comes; give the exit code."""
    code = 0
    questions: list[Answer] = []

    def hear(answer: Answer) -> None:
        nonlocal code
        if answer["kind"] == "ask":
            questions.append(answer)
            return
        if answer["kind"] == "error":
            code = 1
        for each in draw(answer):
            desk.write(each)

    await link.ask(line, hear)
    for question in questions:
        code = max(code, await _asked(link, question, desk, draw))
    return code


async def _asked(link: Link, question: Answer, desk: Desk, draw: Callable[[Answer], list[str]]) -> int:
    again = str(question["again"])
    decision = desk.confirms(shown(question))
    if decision is None:
        raise Trouble(
            _("{question} To do it, say: simplechat console {again}").format(
                question=shown(question), again=printable(again)
            )
        )
    if not decision:
        desk.write(_("Nothing was done."))
        return 1
    return await say(link, again, desk, draw)


def as_json(answer: Answer) -> list[str]:
    """Give an answer as a line for programs."""
    return [json.dumps(answer)]


def as_text(answer: Answer) -> list[str]:
    """Give an answer as lines for people."""
    if answer["kind"] == "table":
        return table_lines([_(each) for each in answer["columns"]], answer["rows"])
    if answer["kind"] == "progress":
        return []
    return [shown(answer)]


def table_lines(columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> list[str]:
    """Draw a table with its columns below each other."""
    cells = [[printable(str(cell)) for cell in row] for row in [columns, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=False)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in cells
    ]


class Terminal:
    """The desk of whoever started the process."""

    def write(self, text: str) -> None:
        """See `Desk.write`."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def confirms(self, question: str) -> bool | None:
        """See `Desk.confirms`."""
        if not sys.stdin or not sys.stdin.isatty():
            return None
        try:
            answer = input(f"{question} [{_('y/N')}] ")
        except EOFError:
            return False
        return answer.strip().lower() in ("y", "yes", _("y"), _("yes"))


def prompt(link: Link) -> int:
    """Talk with a server, line by line, until the input ends."""
    desk = Terminal()
    while True:
        try:
            line = input("simplechat> ").strip()
        except EOFError:
            return 0
        if line:
            at_once(say(link, line, desk, as_text))
