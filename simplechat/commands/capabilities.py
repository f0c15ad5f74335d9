"""CAP: the capabilities that a client and the server agree on.

Spec: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import ANYONE, command
from simplechat.commands.registration import register_if_ready
from simplechat.commands.sasl import offered_mechanisms
from simplechat.hub.errors import Refused
from simplechat.hub.names import sanitize_param
from simplechat.ip_addresses import network_of
from simplechat.ircv3.caps import CAPABILITY_ALIASES, METADATA, RARE_CAPABILITIES
from simplechat.ircv3.message import MAX_UNTAGGED_BYTES, join_words
from simplechat.ircv3.numerics import ERR_INVALIDCAPCMD

VERSION_WITH_VALUES = 302  # of CAP LS: capabilities have values, and cap-notify is implied
STS_DURATION_S = 30 * 86400  # seconds, for which clients use TLS only
LIST_BYTES = 360  # of names in one line, beside the longest server name and nick


@command("CAP", needs=ANYONE)
def cap(ctx: Context, subcommand: str, argument: str = "") -> None:
    """Negotiate capabilities: LS, LIST, REQ, END; your client does this for you.

    Spec: https://ircv3.net/specs/extensions/capability-negotiation#the-cap-command
    """
    try:
        run = _SUBCOMMANDS[subcommand.upper()]
    except KeyError:
        raise Refused(ERR_INVALIDCAPCMD, sanitize_param(subcommand)) from None
    run(ctx, argument)


def _ls(ctx: Context, version: str) -> None:
    session = ctx.session
    _begin(ctx)
    if version.isdecimal():
        session.cap_version = max(session.cap_version, int(version[:4]))
    if session.cap_version >= VERSION_WITH_VALUES:
        _take_caps(ctx, session.caps | {"cap-notify"})
        offered = dict(ctx.hub.capabilities)
        if "sasl" in offered:
            offered["sasl"] = ",".join(offered_mechanisms(session))
        _list(ctx, "LS", [_with_value(*each) for each in (*offered.items(), *_sts(ctx))])
    else:
        _answer(ctx, "LS", _in_one_line(ctx))


def _sts(ctx: Context) -> Iterator[tuple[str, str]]:
    """Yield the policy by which clients come back over TLS; none for addresses of this machine.

    It is listed like a capability, but no client can request it.

    Spec: https://ircv3.net/specs/extensions/sts
    """
    if ctx.hub.sts_port and ctx.session.is_secure:
        yield "sts", f"duration={STS_DURATION_S}"
    elif ctx.hub.sts_port and network_of(ctx.session.host):
        yield "sts", f"port={ctx.hub.sts_port}"


def _in_one_line(ctx: Context) -> str:
    """Return the names for a list that must fit one line; rare ones are left out if there are too many."""
    names = sorted(
        (name for name in ctx.hub.capabilities if name not in CAPABILITY_ALIASES),
        key=RARE_CAPABILITIES.__contains__,
    )
    before = f":{ctx.hub.config.server_name} CAP {ctx.session.display_nick} LS :"
    return next(join_words(names, MAX_UNTAGGED_BYTES - len(before.encode())))


def _begin(ctx: Context) -> None:
    """Hold the registration until CAP END."""
    ctx.session.is_negotiating = ctx.session.user is None


def _list(ctx: Context, subcommand: str, names: list[str]) -> None:
    """List names in as many lines as they need; all lines but the last are marked with a star."""
    line: list[str] = []
    for name in names:
        if sum(map(len, line)) + len(line) + len(name) > LIST_BYTES:
            _answer(ctx, subcommand, "*", " ".join(line))
            line = []
        line.append(name)
    _answer(ctx, subcommand, " ".join(line))


def _list_own(ctx: Context, unused: str) -> None:
    _list(ctx, "LIST", sorted(ctx.session.caps))


def _req(ctx: Context, wanted: str) -> None:
    session = ctx.session
    _begin(ctx)
    names = wanted.split()
    removed = {name[1:] for name in names if name.startswith("-")}
    added = {name for name in names if not name.startswith("-")}
    required = {"cap-notify"} if session.cap_version >= VERSION_WITH_VALUES else set()
    if not (removed | added) <= ctx.hub.capabilities.keys() or removed & required:
        _answer(ctx, "NAK", wanted)
        return
    _answer(ctx, "ACK", wanted)
    _take_caps(ctx, session.caps - removed | added)


def _take_caps(ctx: Context, caps: frozenset[str]) -> None:
    """Set the session's capabilities; its dialect follows once everything decided before has been sent."""
    ctx.session.caps = caps
    if not {METADATA, "batch"} <= caps:
        ctx.session.subscribed.clear()
    ctx.entry.on_delivered(lambda: ctx.session.set_dialect(caps))


def _end(ctx: Context, unused: str) -> None:
    ctx.session.is_negotiating = False
    register_if_ready(ctx)


def _answer(ctx: Context, subcommand: str, *params: str) -> None:
    ctx.answer("CAP", ctx.session.display_nick, subcommand, *params)


def _with_value(name: str, value: str) -> str:
    return f"{name}={value}" if value else name


_SUBCOMMANDS: dict[str, Callable[[Context, str], None]] = {
    "LS": _ls,
    "LIST": _list_own,
    "REQ": _req,
    "END": _end,
}
