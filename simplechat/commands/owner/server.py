"""The owner's commands about the server as a whole."""

from __future__ import annotations

from simplechat import __version__
from simplechat.commands.framework.context import Context
from simplechat.commands.log.log_rows import AuditAction, record_action
from simplechat.commands.owner.table import OwnerError, confirm, format_time, is_whole_number, owner_command
from simplechat.hub.hub import Hub
from simplechat.hub.ids import event_tags
from simplechat.hub.records import ANNOUNCEMENT_TARGET, Spoken
from simplechat.hub.user import Session
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.locale import marked
from simplechat.owner_answers import Properties, StartPython

MAX_WAIT_S = 86_400
MAX_REASON_BYTES = 300


@owner_command("broadcast", "global-message")
def global_message(ctx: Context, text: str) -> None:
    """Send a message to everybody who is connected."""
    number = ctx.hub.mint_server_event_id()
    message = Message("NOTICE", (ANNOUNCEMENT_TARGET, text), ctx.hub.server.source, event_tags(number))
    if fit_to_line(message) != message:
        raise OwnerError(marked("That is too long for one message"))
    ctx.keep(
        Spoken(
            target=ANNOUNCEMENT_TARGET,
            id=number,
            kind=message.command,
            sender=ctx.hub.server.identity,
            account=ctx.hub.server.account,
            source=ctx.hub.server.source,
            tags="",
            text=text,
            status="",
        )
    )
    listeners = all_user_sessions(ctx.hub)
    # the words can be cleared, what was done cannot
    record_action(ctx, AuditAction.BROADCAST, str(len(listeners)))
    ctx.relay(message, listeners)
    ctx.tell(marked("Connections reached: {count}"), count=len(listeners))


def all_user_sessions(hub: Hub) -> tuple[Session, ...]:
    """Return all sessions of all users."""
    return tuple(session for user in hub.users.values() for session in user.sessions)


@owner_command("shutdown", "shutdown-server")
def shutdown_server(ctx: Context, seconds: str = "", reason: str = "") -> None:
    """Stop the server, now or after some seconds; everybody is told the reason."""
    wait, why = _parse_seconds_and_reason(seconds, reason)
    if len(why.encode()) > MAX_REASON_BYTES:
        raise OwnerError(marked("That is too long for one message"))
    record_action(ctx, AuditAction.SHUTDOWN, f"{wait} {why}".strip())
    if wait:
        text = f"The server stops in {wait} seconds" + (f": {why}" if why else "")
        ctx.relay(
            fit_to_line(Message("NOTICE", (ANNOUNCEMENT_TARGET, text), ctx.hub.server.source)),
            all_user_sessions(ctx.hub),
        )
        ctx.tell(marked("The server stops in {seconds} seconds"), seconds=wait)
    else:
        ctx.tell(marked("The server stops"))
    ctx.entry.on_delivered(lambda: ctx.services.stop(wait, why))


def _parse_seconds_and_reason(seconds: str, reason: str) -> tuple[int, str]:
    """Parse seconds and reason, of which the seconds may be missing.

    Raises:
        OwnerError: The first word starts like a number, but is not a whole number of seconds.
    """
    if not seconds.lstrip("+-.")[:1].isnumeric():
        return 0, f"{seconds} {reason}".strip()
    if not (is_whole_number(seconds) and int(seconds) <= MAX_WAIT_S):
        text = marked("{word} is not a whole number of seconds up to {most} (a day)")
        raise OwnerError(text, word=seconds, most=MAX_WAIT_S)
    return int(seconds), reason


@owner_command("exit")
def exit_(ctx: Context, yes: str = "") -> None:
    """Stop the server; asks first."""
    count = len(ctx.hub.users)
    confirm(yes, "exit yes", marked("This stops the server, for {count} who are here. Really?"), count=count)
    shutdown_server(ctx)


@owner_command("py", is_local=True)
def py(ctx: Context) -> None:
    """Open a Python prompt inside the server; only over SSH, for keys that may."""
    if not ctx.session.may_python:
        raise OwnerError(marked("Python is only for SSH, for keys whose line in manhole_keys begins with py"))
    record_action(ctx, AuditAction.PYTHON, "opened")
    ctx.show(StartPython())


@owner_command("stats")
def stats(ctx: Context) -> None:
    """Show how many users, rooms and waiting commands there are."""
    hub, file = ctx.hub, ctx.services.store.file
    size = {} if file is None else {marked("bytes on the disk"): file.size_bytes()}
    ctx.show(
        Properties(
            {
                marked("version"): __version__,
                marked("running since"): format_time(hub.started),
                marked("people"): len(hub.users),
                marked("most people at once"): hub.max_users,
                marked("connections not yet registered"): len(hub.unregistered),
                marked("rooms with somebody in them"): hub.occupied_channels,
                marked("rooms"): len(hub.channels),
                marked("commands waiting for the disk"): len(hub.outbox),
                **size,
            }
        )
    )
