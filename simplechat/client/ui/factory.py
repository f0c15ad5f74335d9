"""Making the user interface that the command line asks for."""

from __future__ import annotations

import contextlib
import os
import sys
import termios
from pathlib import Path
from typing import Any

from twisted.internet.stdio import StandardIO

from simplechat.client.interfaces import UserInterface
from simplechat.client.options import ClientOptions
from simplechat.client.protocol.events import Event
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import EventFormatter
from simplechat.client.ui.json_lines import encode_event
from simplechat.client.ui.stdio import FollowInterface, StdioInterface
from simplechat.client.ui.terminal import TerminalInterface
from simplechat.terminal.prompt import can_prompt

TICKS = ("\N{CHECK MARK}", "+")  # the first that the terminal can show

_standard_io: Any = StandardIO  # of which the types know another system's only


def make_user_interface(reactor: Any, options: ClientOptions) -> UserInterface:
    """Make a user interface, and connect it to the standard files."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    formatter = EventFormatter(_tick_in(encoding), has_bell=options.bell)
    is_for_programs = options.follow or options.json
    if not (options.plain or is_for_programs) and can_prompt(os.environ):
        call = reactor.callFromThread
        return TerminalInterface(call, formatter, reactor, history=_history_file())
    format_event = _format_as_json if options.json else formatter.format_text
    if options.follow:
        interface = FollowInterface(encoding, format_event, is_piped=False)
        no_input = os.open(os.devnull, os.O_RDONLY)  # a process in the background must not read a terminal
        _standard_io(interface, stdin=no_input, reactor=reactor)
        return interface
    console = StdioInterface(encoding, format_event, is_piped=not os.isatty(0), hide=_hide_typing)
    _standard_io(console, reactor=reactor)
    return console


def _tick_in(encoding: str) -> str:
    """Return the tick that an encoding has."""
    try:
        TICKS[0].encode(encoding)
    except UnicodeEncodeError:
        return TICKS[1]
    return TICKS[0]


def _format_as_json(event: Event, model: Model) -> list[str]:
    return encode_event(event)


def _hide_typing(is_hidden: bool) -> None:
    """Stop or resume the terminal's echo of what is typed."""
    with contextlib.suppress(termios.error):
        settings = termios.tcgetattr(0)
        settings[3] = settings[3] & ~termios.ECHO if is_hidden else settings[3] | termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, settings)


def _history_file() -> Path:
    from platformdirs import user_state_path

    return user_state_path("simplechat") / "typed"
