"""The owner's commands about connected users."""

from __future__ import annotations

from simplechat.commands.departures import end_session, end_user
from simplechat.commands.framework.context import Context
from simplechat.commands.log.log_rows import AuditAction, record_action
from simplechat.commands.owner.table import OwnerError, format_time, owner_command
from simplechat.hub.channel import channels_of
from simplechat.hub.hub import Hub
from simplechat.hub.user import Session, User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.locale import marked
from simplechat.owner_answers import Properties, Table

NOT_CONNECTED = "-"  # the address of a user who is away without a connection
NO_NICK = "*"  # of a connection that has not registered


@owner_command("clients", "list", "print-clients")
def print_clients(ctx: Context) -> None:
    """List who is connected, and from where."""
    rows = [(NO_NICK, session.address, "", "") for session in ctx.hub.unregistered]
    for user in ctx.hub.users.values():
        names = " ".join(channel.name for channel in channels_of(user))
        addresses = [session.address for session in user.sessions] or [NOT_CONNECTED]
        rows += [(user.nick, address, format_time(user.signed_on), names) for address in addresses]
    ctx.show(Table((marked("nick"), marked("address"), marked("since"), marked("rooms")), sorted(rows)))


@owner_command("who")
def who(ctx: Context, nick: User) -> None:
    """Show what is known about a user."""
    rooms = (each.members[nick].prefixes + each.name for each in channels_of(nick))
    facts = {
        marked("nick"): nick.nick,
        marked("address"): " ".join(session.address for session in nick.sessions),
        marked("user name"): nick.username,
        marked("real name"): nick.realname,
        marked("account"): nick.account,
        marked("modes"): "".join(sorted(nick.modes)),
        marked("away"): nick.away,
        marked("since"): format_time(nick.signed_on),
        marked("spoke last"): format_time(nick.last_spoke),
        marked("rooms"): " ".join(rooms),
    }
    ctx.show(Properties({name: value for name, value in facts.items() if value}))


@owner_command("eject", "eject-client")
def eject_client(ctx: Context, nick_or_address: str, reason: str = "") -> None:
    """Close a user's connections, by nick or by the ADDRESS,PORT that clients shows."""
    user, sessions = ctx.hub.users.get(fold(nick_or_address)), _sessions_at(ctx.hub, nick_or_address)
    if user is None and not sessions:
        raise OwnerError(
            marked("Nobody here is {who}; give a nick or ADDRESS,PORT, as clients lists them"),
            who=nick_or_address,
        )
    record_action(ctx, AuditAction.EJECT, f"{nick_or_address} {reason}".strip())
    text = f"Ejected: {reason}" if reason else "Ejected"
    if user is not None:  # clients that are text so know better than to come back by themselves
        ctx.relay(Message("KILL", (user.nick, text), ctx.hub.server.source), user.sessions)
        end_user(ctx.hub, ctx.entry, user, text)
    for session in () if user else sessions:
        end_session(ctx.hub, ctx.entry, session, text)
    ctx.tell(marked("{who} is gone"), who=nick_or_address)


def _sessions_at(hub: Hub, address: str) -> tuple[Session, ...]:
    return tuple(session for session in hub.sessions if session.address == address)
