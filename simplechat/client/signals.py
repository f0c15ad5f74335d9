"""Signals that end the client, and the exit codes for them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from simplechat.client.interfaces import ExitStatus
from simplechat.locale import gettext as _

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNAL_CODE = 128  # plus the signal's number: what shells expect of a process that a signal ended


class Interrupted(Exception):
    """A signal came before the application ran."""

    def __init__(self, exit_status: ExitStatus) -> None:
        super().__init__(exit_status)
        self.exit_status = exit_status


def exit_status_for_signal(number: int) -> ExitStatus:
    """Return the exit status of a client that a signal ends."""
    name = signal.Signals(number).name
    how = _("interrupted") if number == signal.SIGINT else _("ended by {signal}").format(signal=name)
    return ExitStatus(SIGNAL_CODE + number, how)


def install_signal_handlers(reactor: Any, interrupted: Callable[[int, str], None]) -> None:
    """Call a function in the reactor, with an exit code and a reason for people, when a signal comes."""

    def handle(number: int, frame: object) -> None:
        reactor.callFromThread(interrupted, *exit_status_for_signal(number))

    for each in SIGNALS:
        signal.signal(each, handle)


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Turn signals into exceptions while a call blocks the reactor, which cannot handle them meanwhile.

    Raises:
        Interrupted: A signal came.
    """

    def interrupt(number: int, frame: object) -> NoReturn:
        raise Interrupted(exit_status_for_signal(number))

    before = {each: signal.signal(each, interrupt) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
