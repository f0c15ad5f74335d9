"""A Python prompt inside the server, for who keeps it: what is typed runs in the server's own thread."""

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
    """Python, line by line; a coroutine or Deferred that a line gives is awaited, and its result is shown.

    Args:
        names: What can be used there.
        show: Shows lines, which are harmless.
        run: Runs a line of the server's own verbs, and shows the answer.

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
            _("Python, inside the server: {names}. Ctrl-D leads back; what blocks, blocks the server").format(
                names=words
            )
        )

    def _run_one(self, line: str) -> None:
        """Run one of the server's own verbs."""
        if "\n" in line or not line.strip():
            raise ValueError("run takes one line")
        self._run(line)

    def _exit(self) -> None:
        raise SystemExit

    def typed(self, text: str) -> bool:
        """Run a line, or keep it until what it begins is whole; False where it leads out."""
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
        """Forget what is not whole yet."""
        self._interpreter.resetBuffer()
        self.label = FIRST

    def completions(self, text: str) -> list[str]:
        """Give what may take the place of the last word of a line that is being typed."""
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

    # -- from the interpreter --------------------------------------------------------------------------

    def addOutput(self, text: str, isAsync: bool | None = None) -> None:
        """Show whole lines."""
        *lines, self._partial = (self._partial + text).split("\n")
        self._show(*map(printable, lines))
        if isAsync:
            self._flush()

    def _flush(self) -> None:
        if self._partial:
            line, self._partial = self._partial, ""
            self._show(printable(line))


class _Interpreter(ManholeInterpreter):
    """Awaits what is to be awaited."""

    def displayhook(self, obj: object) -> None:
        super().displayhook(Deferred.fromCoroutine(obj) if inspect.iscoroutine(obj) else obj)
