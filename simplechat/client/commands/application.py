"""Commands about the client itself."""

from __future__ import annotations

from simplechat.client.commands.table import Completes, client_command, help_lines
from simplechat.client.protocol.events import HelpShown
from simplechat.client.state.session import ClientSession
from simplechat.locale import marked


@client_command("/cls", "", marked("clear the screen"), aliases=("/clear",), bare_word="cls", is_local=True)
def clear_screen(session: ClientSession, rest: str) -> None:
    """Clear the screen."""
    session.clear()


@client_command(
    "/help",
    marked("[COMMAND]"),
    marked("show this"),
    completes=Completes.COMMANDS,
    bare_word="help",
    is_local=True,
)
def show_help(session: ClientSession, name: str) -> None:
    """Show the help about all commands, or about one."""
    session.show(HelpShown(tuple(help_lines(name))))


@client_command(
    "/exit",
    marked("[REASON]"),
    marked("leave; Ctrl-D does the same"),
    aliases=("/quit",),
    bare_word="chat.exit",
    is_local=True,
)
def leave(session: ClientSession, reason: str) -> None:
    """Leave the server, and end the client."""
    session.leave(reason)
