"""Completion of what is being typed: commands, nicks, channels, search terms."""

from __future__ import annotations

from collections.abc import Iterable

from simplechat.client.commands.table import CLIENT_COMMANDS, Completes, find_client_command
from simplechat.client.state.model import Model
from simplechat.ircv3.casemap import fold


def complete_line(text: str, model: Model) -> list[str]:
    """Return what may replace the last word of a text, each with what should follow it."""
    *before, word = text.split(" ")
    if not before:
        return _matching(word, _commands()) if word.startswith("/") else _targets(word, model, ": ")
    command = find_client_command(before[0]) if before[0].startswith("/") else None
    match command.completes if command else Completes.NICKS:
        case Completes.CHANNELS:
            return _matching(word if word.startswith("#") else f"#{word}", _channels(model))
        case Completes.COMMANDS:
            return _matching(word if word.startswith("/") else f"/{word}", _commands())
        case Completes.SEARCH_TERMS:
            return _search_terms(word, model)
        case Completes.NICKS:
            return _targets(word, model, " ")


def _search_terms(word: str, model: Model) -> list[str]:
    name, colon, _value = word.partition(":")
    if not colon:
        return _matching(word, ("in:", "from:", "after:", "before:")) if word else []
    if name not in ("in", "from"):
        return []
    values = [*(_channels(model) if name == "in" else ()), *(f"{nick} " for nick in _nicks(model))]
    return _matching(word, (f"{name}:{each}" for each in values))


def _targets(word: str, model: Model, end: str) -> list[str]:
    if word.startswith("#"):
        return _matching(word, _channels(model))
    return _matching(word, (f"{nick}{end}" for nick in _nicks(model)))


def _commands() -> Iterable[str]:
    return (f"{each.name} " if each.arguments else each.name for each in CLIENT_COMMANDS.values())


def _channels(model: Model) -> Iterable[str]:
    return (f"{channel.name} " for channel in reversed(model.channels.values()) if channel.is_joined)


def _nicks(model: Model) -> Iterable[str]:
    """Return the nicks in the current channel except our own, the latest to have spoken first."""
    members = model.current.members if model.current else {}
    return (nick for folded, nick in reversed(members.items()) if folded != fold(model.nick))


def _matching(word: str, words: Iterable[str]) -> list[str]:
    folded = fold(word)
    return [each for each in words if fold(each).startswith(folded)]
