"""MOTD, LUSERS, VERSION, INFO, TIME and ADMIN: facts about the server.

Spec: https://modern.ircdocs.horse/#server-queries-and-commands
"""

from __future__ import annotations

from datetime import UTC, datetime

from simplechat import __version__
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.ircv3.numerics import (
    RPL_ADMINEMAIL,
    RPL_ADMINLOC1,
    RPL_ADMINLOC2,
    RPL_ADMINME,
    RPL_ENDOFINFO,
    RPL_ENDOFMOTD,
    RPL_GLOBALUSERS,
    RPL_INFO,
    RPL_LOCALUSERS,
    RPL_LUSERCHANNELS,
    RPL_LUSERCLIENT,
    RPL_LUSERME,
    RPL_LUSEROP,
    RPL_LUSERUNKNOWN,
    RPL_MOTD,
    RPL_MOTDSTART,
    RPL_TIME,
    RPL_VERSION,
)
from simplechat.locale import gettext, marked

HISTORY_NOTICE = marked("Messages in the rooms here are stored, and shown to people who join later.")


@command("MOTD", needs=REGISTERED, cost=2)
def motd(ctx: Context) -> None:
    """Show the message of the day.

    Spec: https://modern.ircdocs.horse/#motd-message
    """
    ctx.reply(RPL_MOTDSTART, server=ctx.hub.config.server_name)
    for line in (*ctx.hub.motd, gettext(HISTORY_NOTICE)):
        ctx.reply(RPL_MOTD, f"- {line}")
    ctx.reply(RPL_ENDOFMOTD)


@command("LUSERS", needs=REGISTERED, cost=3)
def lusers(ctx: Context) -> None:
    """Show how many users and channels there are.

    Spec: https://modern.ircdocs.horse/#lusers-message
    """
    hub = ctx.hub
    users, invisible = len(hub.users), len(hub.users_by_mode["i"])
    ctx.reply(RPL_LUSERCLIENT, users=users - invisible, invisible=invisible)
    ctx.reply(RPL_LUSEROP, str(len(hub.users_by_mode["o"])))
    ctx.reply(RPL_LUSERUNKNOWN, str(len(hub.unregistered)))
    ctx.reply(RPL_LUSERCHANNELS, str(hub.occupied_channels))
    ctx.reply(RPL_LUSERME, clients=users)
    most = hub.max_users
    ctx.reply(RPL_LOCALUSERS, str(users), str(most), users=users, most=most)
    ctx.reply(RPL_GLOBALUSERS, str(users), str(most), users=users, most=most)


@command("VERSION", needs=REGISTERED)
def version(ctx: Context) -> None:
    """Show the software and version of this server.

    Spec: https://modern.ircdocs.horse/#version-message
    """
    ctx.reply(
        RPL_VERSION, f"simplechat-{__version__}", ctx.hub.config.server_name, ctx.hub.config.description
    )


@command("INFO", needs=REGISTERED)
def info(ctx: Context) -> None:
    """Show facts about this server.

    Spec: https://modern.ircdocs.horse/#info-message
    """
    started = datetime.fromtimestamp(ctx.hub.started, UTC)
    for line in (
        f"simplechat {__version__}: a chat server of one's own",
        "Every message is on disk before anybody sees it.",
        f"Running since {started:%Y-%m-%d %H:%M:%S} UTC",
    ):
        ctx.reply(RPL_INFO, line)
    ctx.reply(RPL_ENDOFINFO)


@command("TIME", needs=REGISTERED)
def time(ctx: Context) -> None:
    """Show the server's time.

    Spec: https://modern.ircdocs.horse/#time-message
    """
    now = datetime.fromtimestamp(ctx.now, UTC)
    ctx.reply(RPL_TIME, ctx.hub.config.server_name, f"{now:%A %Y-%m-%d %H:%M:%S} UTC")


@command("ADMIN", needs=REGISTERED)
def admin(ctx: Context) -> None:
    """Show who runs this server.

    Spec: https://modern.ircdocs.horse/#admin-message
    """
    ctx.reply(RPL_ADMINME, ctx.hub.config.server_name)
    ctx.reply(RPL_ADMINLOC1, ctx.hub.config.description)
    ctx.reply(RPL_ADMINLOC2, f"Network: {ctx.hub.config.network}")
    ctx.reply(RPL_ADMINEMAIL, "Ask whoever gave you this address.")
