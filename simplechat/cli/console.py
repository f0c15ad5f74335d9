"""`simplechat console`: the owner's verbs, from a shell; what is answered is drawn, or given as JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from typing import Protocol

from simplechat.cli.cli_error import Trouble
from simplechat.cli.server_link import Link, at_once, rows
from simplechat.locale import gettext as _
from simplechat.locale import is_yes
from simplechat.terminal.answer_text import Answer, lines_of, sentence
from simplechat.terminal.sanitize import printable

WIDE = 1 << 16  # columns


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
    decision = desk.confirms(sentence(question))
    if decision is None:
        raise Trouble(
            _("{question} To do it, say: simplechat console {again}").format(
                question=sentence(question), again=printable(again)
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
    """Give an answer as lines for people; where they go to a file or a pipe they are as long as it takes."""
    return lines_of(answer, shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE)


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
            answer = input(f"{question} {_('[y/N]')} ")
        except EOFError:
            return False
        return is_yes(answer)


def prompt(link: Link) -> int:
    """Talk with a server, line by line, until the input ends."""
    desk = Terminal()
    _edit_lines(link)
    while True:
        try:
            line = input("simplechat> ").strip()
        except EOFError:
            return 0
        if line:
            at_once(say(link, line, desk, as_text))


def _edit_lines(link: Link) -> None:
    """Have the lines that are typed edited, kept at hand, and completed by the server."""
    try:
        import readline
    except ImportError:  # a Python without it takes lines all the same
        return
    words: list[str] = []

    def complete(word: str, place: int) -> str | None:
        if place == 0:
            words[:] = completions(link, readline.get_line_buffer()[: readline.get_endidx()])
        return words[place] if place < len(words) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")


def completions(link: Link, text: str) -> list[str]:
    """Give what may take the place of the last word of a line that is typed; nothing in case of trouble."""
    try:
        return [printable(str(row["word"])) for row in at_once(rows(link, f"complete {json.dumps(text)}"))]
    except Trouble:
        return []
