"""A Python prompt inside the server, for its owner: what is typed runs in the reactor's thread."""

from __future__ import annotations

import inspect
import re
import rlcompleter
from collections.abc import Callable, Mapping

from twisted.conch.manhole import ManholeInterpreter
from twisted.internet.defer import Deferred

from simplechat.locale import gettext as _
from simplechat.terminal.sanitize import printable

FIRST, FURTHER = ">>> ", "... "
INDENT = "    "
MAX_COMPLETIONS = 200

_NAME = re.compile(r"[A-Za-z_][\w.]*$", re.ASCII)


class PythonPrompt:
    """Python, line by line; coroutines and Deferreds that a line results in are awaited.

    Args:
        names: The variables.
        show: Shows lines without control characters.
        run: Runs one of the owner's commands, and shows the answer.

    Attributes:
        label: What stands before the next line.
    """

    def __init__(
        self, names: Mapping[str, object], show: Callable[..., None], run: Callable[[str], None]
    ) -> None:
        self.label = FIRST
        self._show = show
        self._run = run
        self._partial = ""
        self._names: dict[str, object] = {
            "__name__": "__console__",
            **names,
            "run": self._run_one,
            "exit": self._exit,  # Python's own would close the server's standard input
            "quit": self._exit,
        }
        self._interpreter = _Interpreter(self, self._names)
        words = ", ".join((*names, 'run("clients")'))
        show(
            _(
                "Python inside the server: {names}. Ctrl-D leaves it; a call that blocks blocks the server"
            ).format(names=words)
        )

    def _run_one(self, line: str) -> None:
        """Run one of the owner's commands."""
        if "\n" in line or not line.strip():
            raise ValueError("run takes one line")
        self._run(line)

    def _exit(self) -> None:
        raise SystemExit

    def typed(self, text: str) -> bool:
        """Run a line, or keep it until the statement is complete; return False where it leaves the prompt."""
        try:
            is_open = self._interpreter.push(text.encode("utf-8", "replace"))
        except SystemExit:
            self.discard()
            return False
        finally:
            self._flush()
        self.label = FURTHER if is_open else FIRST
        return True

    def discard(self) -> None:
        """Drop an incomplete statement."""
        self._interpreter.resetBuffer()
        self.label = FIRST

    def completions(self, text: str) -> list[str]:
        """Return what may replace the last word of a line that is being typed."""
        if not text.strip():
            return [INDENT]
        word = text.rpartition(" ")[2]
        name = _NAME.search(word)
        if name is None:
            return []
        completer = rlcompleter.Completer(self._names)
        found: list[str] = []
        while len(found) < MAX_COMPLETIONS and (each := completer.complete(name[0], len(found))) is not None:
            found.append(each)
        return [word[: name.start()] + each for each in found]

    # -- called by the interpreter -----------------------------------------------------------------------

    def addOutput(self, text: str, isAsync: bool | None = None) -> None:
        """Show whole lines; keep the rest until its end comes."""
        *lines, self._partial = (self._partial + text).split("\n")
        self._show(*map(printable, lines))
        if isAsync:
            self._flush()

    def _flush(self) -> None:
        if self._partial:
            line, self._partial = self._partial, ""
            self._show(printable(line))


class _Interpreter(ManholeInterpreter):
    """Awaits coroutines."""

    def displayhook(self, obj: object) -> None:
        super().displayhook(Deferred.fromCoroutine(obj) if inspect.iscoroutine(obj) else obj)
