"""Commands about channels, and about who is in them."""

from __future__ import annotations

from simplechat.client.commands.table import Completes, channel_name, client_command, require
from simplechat.client.state.session import ClientSession
from simplechat.ircv3.casemap import fold
from simplechat.locale import marked


@client_command(
    "/join", marked("#ROOM [KEY]"), marked("join a room and talk there"), completes=Completes.CHANNELS
)
def join(session: ClientSession, rest: str) -> None:
    """Join a channel, or switch to one that we are in."""
    name, _space, key = rest.partition(" ")
    channel = channel_name(require(name))
    if session.model.joined_channel(channel) is not None:  # the server would not answer
        session.model.switch_to(channel)
        return
    session.requests.join(channel, key)
    session.pending_channels.add(fold(channel))


@client_command("/part", marked("[#ROOM]"), marked("leave your room"), completes=Completes.CHANNELS)
def part(session: ClientSession, rest: str) -> None:
    """Leave a channel."""
    channel = channel_name(rest) or session.current_channel()
    session.requests.part(channel)
    session.model.leave(channel)


@client_command("/nick", marked("NICK"), marked("take another nick"))
def nick(session: ClientSession, rest: str) -> None:
    """Change the nick."""
    session.requests.change_nick(require(rest))
    session.wanted_nick = rest


@client_command("/topic", marked("[TEXT]"), marked("show or change your room's topic"))
def topic(session: ClientSession, text: str) -> None:
    """Show or set the topic of the current channel."""
    session.requests.topic(session.current_channel(), text)


@client_command(
    "/who", marked("[#ROOM|NICK]"), marked("show who is in your room, or elsewhere"), aliases=("/names",)
)
def who(session: ClientSession, rest: str) -> None:
    """List the members of a channel, or look up a user."""
    session.requests.who(rest or session.current_channel())


@client_command("/list", marked("[#ROOM]"), marked("list the rooms"), completes=Completes.CHANNELS)
def list_channels(session: ClientSession, rest: str) -> None:
    """List the server's channels."""
    session.requests.list_channels(channel_name(rest))


@client_command("/away", marked("[REASON]"), marked("set yourself away; without a reason, back"))
def away(session: ClientSession, reason: str) -> None:
    """Set or clear the away message."""
    session.requests.away(reason)
