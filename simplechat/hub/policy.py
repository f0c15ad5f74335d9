"""Who may do what: each function returns when they may and raises `Refused` when not."""

from __future__ import annotations

from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.user import User
from simplechat.ircv3.numerics import ERR_CANNOTSENDTOCHAN, ERR_TOOMANYCHANNELS

MOST_CHANNELS = 100  # that one user may be in
MOST_TARGETS = 4  # of one message


def may_join_another(user: User, name: str) -> None:
    """May this user be in one channel more?"""
    if len(user.channels) >= MOST_CHANNELS:
        raise Refused(ERR_TOOMANYCHANNELS, name, limit=MOST_CHANNELS)


def may_speak(user: User, channel: Channel) -> None:
    """May this user speak in this channel? Members may."""
    if user not in channel.members:
        raise Refused(ERR_CANNOTSENDTOCHAN, channel.name)
