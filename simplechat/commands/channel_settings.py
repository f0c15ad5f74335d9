"""ROOM: the settings of a channel that are not modes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.log_rows import keep_settings
from simplechat.commands.modes import change_modes
from simplechat.hub.channel import HISTORIES, SERVER_RETENTION, Channel
from simplechat.hub.errors import Failed
from simplechat.hub.names import sanitize_param
from simplechat.hub.policy import may_change_settings, must_be_member
from simplechat.hub.user import Author, User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.modes import ModeChange

MAX_RETENTION_DAYS = 100_000
MAX_SLOW_S = 86_400
MAX_FILTER_WORDS = 100  # words
MAX_FILTER_LENGTH = 2000  # characters

DEFAULT = "default"
NOTHING = "none"
ON, OFF = "on", "off"


class ChannelSetting(NamedTuple):
    """One setting of a channel.

    Attributes:
        values: The possible values, in words for people.
        show: Returns the value as it is typed.
        change: Parses a value and sets it; raises ValueError for one that is not possible.
    """

    values: str
    show: Callable[[Channel], str]
    change: Callable[[Channel, str], None]


@command("ROOM", needs=REGISTERED, cost=2)
def room(ctx: Context, channel: Channel, setting: str = "", *value: str) -> None:
    """Show a channel's settings, or change one: history, retention, slow, filter, registered.

    `history all|joined|none` decides who may read earlier messages; `retention` for how many days messages
    are kept (0: for ever; default: as the server); `slow` how many seconds a member waits between two
    messages; `filter` which words are refused (none: no word); `registered on|off` whether only accounts may
    speak.
    """
    must_be_member(ctx.user, channel)
    wanted = " ".join(value)
    if setting and wanted:
        may_change_settings(ctx.user, channel)
        try:
            change_setting(ctx, channel, setting, wanted, ctx.user)
        except ValueError as error:
            about = (sanitize_param(channel.name), sanitize_param(setting))
            raise Failed("INVALID_SETTING", *about, str(error)) from None
        return
    for name, shown in settings_as_text(channel).items():
        if setting.lower() in ("", name):
            ctx.answer("NOTICE", ctx.session.display_nick, f"{channel.name} {name}: {shown}")


def settings_as_text(channel: Channel) -> dict[str, str]:
    """Return each setting's value as it is typed."""
    registered = ON if "M" in channel.modes else OFF
    return {**{name: each.show(channel) for name, each in _SETTINGS.items()}, "registered": registered}


def change_setting(ctx: Context, channel: Channel, name: str, value: str, by: User | Author) -> None:
    """Change a setting, and tell all members.

    Raises:
        ValueError: There is no such setting, or no such value; the text says what is possible.
    """
    if name.lower() == "registered":
        if value not in (ON, OFF):
            raise ValueError(f"registered is {ON} or {OFF}")
        change_modes(ctx, channel, by, [ModeChange(value == ON, "M")])
        return
    setting = _SETTINGS.get(name.lower())
    if setting is None:
        raise ValueError(f"The settings are {', '.join(_SETTINGS)} and registered")
    try:
        setting.change(channel, value)
    except ValueError:
        raise ValueError(f"{name.lower()} is {setting.values}") from None
    keep_settings(ctx, channel)
    ctx.entry.targets.append(channel.name)
    text = f"{by.nick} has set {name.lower()}: {setting.show(channel)}"
    message = fit_to_line(Message("NOTICE", (channel.name, text), ctx.hub.config.server_name))
    ctx.send(message, channel.listeners())


def _number(value: str, most: int) -> int:
    if not (value.isascii() and value.isdecimal() and int(value[:9]) <= most):
        raise ValueError(value)
    return int(value[:9])


def _change_history(channel: Channel, value: str) -> None:
    if value.lower() not in HISTORIES:
        raise ValueError(value)
    channel.history = value.lower()


def _change_retention(channel: Channel, value: str) -> None:
    channel.retention = SERVER_RETENTION if value.lower() == DEFAULT else _number(value, MAX_RETENTION_DAYS)


def _show_retention(channel: Channel) -> str:
    return DEFAULT if channel.retention == SERVER_RETENTION else str(channel.retention)


def _change_slow(channel: Channel, value: str) -> None:
    channel.slow = _number(value, MAX_SLOW_S)


def _change_filter(channel: Channel, value: str) -> None:
    words = [] if value.lower() == NOTHING else sorted({fold(word) for word in value.split()})
    if len(words) > MAX_FILTER_WORDS or sum(map(len, words)) > MAX_FILTER_LENGTH:
        raise ValueError(value)
    channel.filter = tuple(words)


_SETTINGS: Mapping[str, ChannelSetting] = {
    "history": ChannelSetting(", ".join(HISTORIES), lambda channel: channel.history, _change_history),
    "retention": ChannelSetting(f"a number of days, or {DEFAULT}", _show_retention, _change_retention),
    "slow": ChannelSetting(
        f"a number of seconds up to {MAX_SLOW_S}", lambda channel: str(channel.slow), _change_slow
    ),
    "filter": ChannelSetting(
        f"up to {MAX_FILTER_WORDS} words, or {NOTHING}",
        lambda channel: " ".join(channel.filter) or NOTHING,
        _change_filter,
    ),
}
