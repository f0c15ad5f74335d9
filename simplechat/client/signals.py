"""Signals: what ends the client from outside, and how the shell is told."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from simplechat.client.interfaces import ExitStatus
from simplechat.locale import gettext as _

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNAL_CODE = 128  # plus the signal's number: what shells expect of who was ended by one


class Interrupted(Exception):
    """A signal ended it before there was a chat."""

    def __init__(self, exit_status: ExitStatus) -> None:
        super().__init__(exit_status)
        self.exit_status = exit_status


def exit_status_for_signal(number: int) -> ExitStatus:
    """Tell how a chat ends that a signal ends."""
    name = signal.Signals(number).name
    how = _("interrupted") if number == signal.SIGINT else _("ended by {signal}").format(signal=name)
    return ExitStatus(SIGNAL_CODE + number, how)


def install_signal_handlers(reactor: Any, interrupted: Callable[[int, str], None]) -> None:
    """Have the reactor call a function, with an exit code and a word for people, when a signal comes."""

    def heed(number: int, frame: object) -> None:
        reactor.callFromThread(interrupted, *exit_status_for_signal(number))

    for each in SIGNALS:
        signal.signal(each, heed)


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Have signals end what blocks the reactor, which could not heed them meanwhile.

    Raises:
        Interrupted: One came.
    """

    def end(number: int, frame: object) -> NoReturn:
        raise Interrupted(exit_status_for_signal(number))

    before = {each: signal.signal(each, end) for each in SIGNALS}
    try:
        yield
    finally:
        for each, heed in before.items():
            signal.signal(each, heed)
