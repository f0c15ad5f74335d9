"""`simplechat console`: the owner's commands in a shell; answers are drawn, or shown as JSON."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from typing import Protocol

from simplechat.cli.cli_error import CliError
from simplechat.cli.server_link import ServerLink, request_rows, run_blocking
from simplechat.locale import gettext as _
from simplechat.locale import is_yes
from simplechat.owner_answers import Answer, ErrorNotice, Question, encode_answer
from simplechat.terminal.answer_text import answer_lines, answer_sentence
from simplechat.terminal.sanitize import printable

PIPE_COLUMNS = 1 << 16  # of tables that go to a file or a pipe: no cell is cut there

FormatAnswer = Callable[[Answer], list[str]]


class Dialog(Protocol):
    """The person who runs a command: reads lines, and may be asked."""

    def write(self, text: str) -> None:
        """Show one line."""
        ...

    def confirms(self, question: str) -> bool | None:
        """Ask, and tell whether the answer was yes; None where nobody can be asked."""
        ...


async def run_line(link: ServerLink, line: str, dialog: Dialog, format_answer: FormatAnswer) -> int:
    """Run one of the owner's commands, show the answers as they come, and return the exit code.

    Raises:
        CliError: There is a question, and nobody can be asked.
    """
    code = 0
    questions: list[Question] = []

    def show(answer: Answer) -> None:
        nonlocal code
        if isinstance(answer, Question):
            questions.append(answer)
            return
        if isinstance(answer, ErrorNotice):
            code = 1
        for text in format_answer(answer):
            dialog.write(text)

    await link.request(line, show)
    for question in questions:
        code = max(code, await _confirm(link, question, dialog, format_answer))
    return code


async def _confirm(link: ServerLink, question: Question, dialog: Dialog, format_answer: FormatAnswer) -> int:
    is_confirmed = dialog.confirms(answer_sentence(question))
    if is_confirmed is None:
        raise CliError(
            _("{question} To confirm, run: simplechat console {again}").format(
                question=answer_sentence(question), again=printable(shlex.join(question.again.split()))
            )
        )
    if not is_confirmed:
        dialog.write(_("Nothing was done."))
        return 1
    return await run_line(link, question.again, dialog, format_answer)


def answer_as_json(answer: Answer) -> list[str]:
    """Format an answer as one line of JSON, for programs."""
    return [encode_answer(answer).decode().removesuffix("\n")]


def answer_as_text(answer: Answer) -> list[str]:
    """Format an answer as lines for people: as wide as the terminal, or unlimited in a file or a pipe."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_COLUMNS
    return answer_lines(answer, columns)


class TerminalDialog:
    """The dialog with the person who started the process."""

    def write(self, text: str) -> None:
        """See `Dialog.write`."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def confirms(self, question: str) -> bool | None:
        """See `Dialog.confirms`."""
        if not sys.stdin or not sys.stdin.isatty():
            return None
        try:
            answer = input(f"{question} {_('[y/N]')} ")
        except EOFError:
            return False
        return is_yes(answer)


def run_prompt(link: ServerLink) -> int:
    """Read commands and run them, until the input ends; return the exit code."""
    dialog = TerminalDialog()
    _enable_readline(link)
    while True:
        try:
            line = input("simplechat> ").strip()
        except EOFError:
            return 0
        if line:
            run_blocking(run_line(link, line, dialog, answer_as_text))


def _enable_readline(link: ServerLink) -> None:
    """Add line editing, history, and completion by the server, where Python has readline."""
    try:
        import readline
    except ImportError:
        return
    words: list[str] = []

    def complete(word: str, place: int) -> str | None:
        if place == 0:
            words[:] = server_completions(link, readline.get_line_buffer()[: readline.get_endidx()])
        return words[place] if place < len(words) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")


def server_completions(link: ServerLink, text: str) -> list[str]:
    """Ask the server for completions of the last word of a text; return none if that fails."""
    try:
        rows = run_blocking(request_rows(link, f"complete {json.dumps(text)}"))
    except CliError:
        return []
    return [printable(str(row["word"])) for row in rows]
