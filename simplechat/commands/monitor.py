"""MONITOR: notifications when users come and go.

Spec: https://ircv3.net/specs/extensions/monitor
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.metadata_notifications import show_monitored_profiles
from simplechat.hub.monitor import MAX_MONITORED
from simplechat.hub.names import sanitize_param
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import join_words
from simplechat.ircv3.numerics import (
    ERR_MONLISTFULL,
    RPL_ENDOFMONLIST,
    RPL_MONLIST,
    RPL_MONOFFLINE,
    RPL_MONONLINE,
)

MAX_REFUSED_BYTES = 240  # of nicks in one line, beside the longest nick


@command("MONITOR", needs=REGISTERED, cost=2)
def monitor(ctx: Context, action: str, nicks: str = "") -> None:
    """Monitor nicks: + ann,ben adds, - removes, C clears, L lists, S shows who is here.

    Spec: https://ircv3.net/specs/extensions/monitor
    """
    run = _ACTIONS.get(action.upper())
    if run is not None:
        run(ctx, [nick for nick in nicks.split(",") if nick and " " not in nick and nick[0] != ":"])


def _add(ctx: Context, nicks: list[str]) -> None:
    added = []
    for place, nick in enumerate(nicks):
        if not ctx.hub.monitor.add(ctx.session, nick):
            _refuse(ctx, nicks[place:])
            break
        added.append(nick)
    _tell_states(ctx, added)


def _refuse(ctx: Context, nicks: list[str]) -> None:
    """Tell which nicks were too many."""
    for line in join_words(map(sanitize_param, nicks), MAX_REFUSED_BYTES, ","):
        ctx.reply(ERR_MONLISTFULL, str(MAX_MONITORED), line)


def _remove(ctx: Context, nicks: list[str]) -> None:
    for nick in nicks:
        ctx.hub.monitor.remove(ctx.session, nick)


def _clear(ctx: Context, unused: list[str]) -> None:
    ctx.hub.monitor.clear(ctx.session)


def _list(ctx: Context, unused: list[str]) -> None:
    ctx.reply_list(RPL_MONLIST, words=ctx.session.monitored.values(), between=",")
    ctx.reply(RPL_ENDOFMONLIST)


def _states(ctx: Context, unused: list[str]) -> None:
    _tell_states(ctx, list(ctx.session.monitored.values()))


def _tell_states(ctx: Context, nicks: list[str]) -> None:
    here = [user for nick in nicks if (user := ctx.hub.users.get(fold(nick)))]
    gone = [nick for nick in nicks if fold(nick) not in ctx.hub.users]
    ctx.reply_list(RPL_MONONLINE, words=[user.source for user in here], between=",")
    ctx.reply_list(RPL_MONOFFLINE, words=gone, between=",")
    show_monitored_profiles(ctx, here)


_ACTIONS: dict[str, Callable[[Context, list[str]], None]] = {
    "+": _add,
    "-": _remove,
    "C": _clear,
    "L": _list,
    "S": _states,
}
