"""ISUPPORT: the features and limits that clients should know.

Spec: https://modern.ircdocs.horse/#feature-advertisement
"""

from __future__ import annotations

from functools import cache

from simplechat.commands.channel_lists import MAX_NAMES_TARGETS
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import ANYONE, command
from simplechat.commands.history import MAX_HISTORY_ROWS
from simplechat.commands.kicking import MAX_KICK_TARGETS
from simplechat.commands.modes import MAX_KEY_LENGTH
from simplechat.commands.user_status import AWAY_LENGTH, REALNAME_LENGTH
from simplechat.hub.channel import MAX_LIST_ENTRIES
from simplechat.hub.errors import Refused
from simplechat.hub.monitor import MAX_MONITORED
from simplechat.hub.names import MAX_CHANNEL_BYTES, MAX_NICK_CHARS
from simplechat.hub.policy import MAX_CHANNELS, MAX_MESSAGE_TARGETS
from simplechat.ircv3.modes import (
    FLAG_MODES,
    LIST_MODES,
    MAX_MODE_CHANGES,
    PARAM_MODES,
    SET_PARAM_MODES,
    STATUS_PREFIXES,
)
from simplechat.ircv3.numerics import ERR_NOTREGISTERED, RPL_ISUPPORT
from simplechat.ircv3.selectors import REFERENCE_TYPES

EXTENDED_ISUPPORT = "draft/extended-isupport"
TOKENS_IN_LINE = 12
USERNAME_LENGTH = 16  # characters
MAX_TARGETS = {
    "JOIN": None,
    "KICK": MAX_KICK_TARGETS,
    "LIST": MAX_NAMES_TARGETS,
    "NAMES": MAX_NAMES_TARGETS,
    "NOTICE": MAX_MESSAGE_TARGETS,
    "PART": None,
    "PRIVMSG": MAX_MESSAGE_TARGETS,
    "TAGMSG": MAX_MESSAGE_TARGETS,
    "WHOIS": 1,
}
"""How many targets one command may have; None for any number."""


@command("ISUPPORT", needs=ANYONE, cost=2)
def isupport(ctx: Context) -> None:
    """Show the features and limits of this server, for clients.

    Spec: https://ircv3.net/specs/extensions/extended-isupport
    """
    if ctx.session.user is None and EXTENDED_ISUPPORT not in ctx.session.caps:
        raise Refused(ERR_NOTREGISTERED)
    _show_tokens(ctx)


def _show_tokens(ctx: Context) -> None:
    """Send the tokens, in a batch if the session understands that."""
    is_batched = {"batch", EXTENDED_ISUPPORT} <= ctx.session.caps
    tags = {"batch": "isupport"} if is_batched else {}
    if is_batched:
        ctx.answer("BATCH", "+isupport", "draft/isupport")
    for tokens in _token_lines(ctx.hub.config.network, ctx.hub.config.icon):
        ctx.send(ctx.numeric(RPL_ISUPPORT, *tokens)._replace(tags=tags), (ctx.session,))
    if is_batched:
        ctx.answer("BATCH", "-isupport")


def _escaped(value: str) -> str:
    """Escape backslashes and equals signs in a token's value."""
    return value.replace("\\", r"\x5C").replace("=", r"\x3D")


@cache
def _token_lines(network: str, icon: str) -> list[list[str]]:
    """Return the tokens, grouped by line.

    Spec: https://ircv3.net/specs/extensions/network-icon
    Spec: https://modern.ircdocs.horse/#rplisupport-parameters
    """
    targets = ",".join(f"{name}:{most or ''}" for name, most in MAX_TARGETS.items())
    tokens = [
        f"AWAYLEN={AWAY_LENGTH}",
        "BOT=B",
        "CASEMAPPING=ascii",
        f"CHATHISTORY={MAX_HISTORY_ROWS}",
        f"CHANLIMIT=#:{MAX_CHANNELS}",
        f"CHANMODES={LIST_MODES},{PARAM_MODES},{SET_PARAM_MODES},{FLAG_MODES}",
        f"CHANNELLEN={MAX_CHANNEL_BYTES}",
        "CHANTYPES=#",
        "CLIENTTAGDENY=",
        "ELIST=CMNTU",
        "EXCEPTS=e",
        "EXTBAN=,am",
        "ACCOUNTEXTBAN=a",
        "INVEX=I",
        f"KEYLEN={MAX_KEY_LENGTH}",
        f"MAXLIST={LIST_MODES}:{MAX_LIST_ENTRIES}",
        f"MAXTARGETS={MAX_MESSAGE_TARGETS}",
        f"MODES={MAX_MODE_CHANGES}",
        f"MONITOR={MAX_MONITORED}",
        f"MSGREFTYPES={','.join(REFERENCE_TYPES)}",
        f"NAMELEN={REALNAME_LENGTH}",
        f"NETWORK={network}",
        f"NICKLEN={MAX_NICK_CHARS}",
        f"PREFIX=({''.join(STATUS_PREFIXES)}){''.join(STATUS_PREFIXES.values())}",
        f"STATUSMSG={''.join(STATUS_PREFIXES.values())}",
        f"TARGMAX={targets}",
        f"USERLEN={USERNAME_LENGTH}",
        "UTF8ONLY",
        "WHOX",
    ]
    if icon:
        tokens.append(f"draft/ICON={_escaped(icon)}")
    return [tokens[place : place + TOKENS_IN_LINE] for place in range(0, len(tokens), TOKENS_IN_LINE)]
