"""A program with a prompt that repeats each line, and obeys a few words."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from simplechat.terminal.prompt import Prompt
from tests.e2e.reactor import the_reactor

NASTY = "\x1b]52;c;aGk=\x07 \x9b31m \u202e \x1b[2J"


class Parrot:
    """A prompt that repeats what is typed."""

    def __init__(self, history: Path) -> None:
        self._notes = history.with_name("note")
        self.prompt = Prompt(self, the_reactor().callFromThread, label="parrot> ", history=history)

    def typed(self, text: str) -> None:
        word, _, rest = text.partition(" ")
        if word == "flood":
            for number in range(int(rest)):
                self.prompt.show(f"line {number}")
        elif word == "nasty":
            self.prompt.show(NASTY, [("bold", NASTY)])
        elif word == "ask":
            self.prompt.set_label(rest)
        elif word == "clear":
            self.prompt.show("wiped")
            self.prompt.clear()
            self.prompt.show("clean")
        elif word == "note":
            self._notes.write_text("noted")
        elif word == "fail":
            the_reactor().crash()
        self.prompt.show(f"heard {text!r} at {self.prompt.width}")

    def ended(self) -> None:
        self.prompt.show("ended, but it can still print")
        the_reactor().callLater(0, self.leave)

    def interrupted(self) -> None:
        self.prompt.show("interrupted")

    def completions(self, text: str) -> list[str]:
        words = ("apple ", "apricot ", "banana ")
        return [word for word in words if word.startswith(text.rpartition(" ")[2])]

    def begin(self) -> None:
        """Take the terminal, and print before the line is there."""
        self.prompt.start()
        os.write(1, b"begun\n")

    def leave(self) -> None:
        """End the program."""
        self.prompt.close()
        the_reactor().stop()


def main() -> None:
    """Run until Ctrl-D, or until a failure that leaves the terminal as it is."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # so that it is the prompt which notices
    parrot = Parrot(Path(sys.argv[1]))
    the_reactor().callWhenRunning(parrot.begin)
    the_reactor().addSystemEventTrigger("before", "shutdown", parrot.prompt.close)
    the_reactor().run()
    sys.exit("it failed" if parrot.prompt.is_open else 0)


if __name__ == "__main__":
    main()
