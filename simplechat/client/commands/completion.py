"""Completing what is being typed: verbs, nicks, rooms."""

from __future__ import annotations

from collections.abc import Iterable

from simplechat.client.commands.table import ROOM, SOUGHT, VERB, VERBS, verb_of
from simplechat.client.state.model import Model
from simplechat.ircv3.casemap import fold


def completions(text: str, model: Model) -> list[str]:
    """Give what may take the place of the last word of a text, each with what should follow it."""
    *before, word = text.split(" ")
    if not before:
        return _fitting(word, _verbs()) if word.startswith("/") else _to_say(word, model, ": ")
    verb = verb_of(before[0]) if before[0].startswith("/") else None
    takes = verb.takes if verb else ""
    if takes == ROOM:
        return _fitting(word if word.startswith("#") else f"#{word}", _rooms(model))
    if takes == VERB:
        return _fitting(word if word.startswith("/") else f"/{word}", _verbs())
    if takes == SOUGHT:
        return _sought(word, model)
    return _to_say(word, model, " ")


def _sought(word: str, model: Model) -> list[str]:
    """Complete what a search looks at."""
    name, colon, _value = word.partition(":")
    if not colon:
        return _fitting(word, ("in:", "from:", "after:", "before:")) if word else []
    if name in ("in", "from"):
        places = [*_rooms(model), *(f"{nick} " for nick in _nicks(model))] if name == "in" else []
        nicks = [f"{nick} " for nick in _nicks(model)] if name == "from" else []
        return _fitting(word, (f"{name}:{each}" for each in (*places, *nicks)))
    return []


def _to_say(word: str, model: Model, end: str) -> list[str]:
    if word.startswith("#"):
        return _fitting(word, _rooms(model))
    return _fitting(word, (f"{nick}{end}" for nick in _nicks(model)))


def _verbs() -> Iterable[str]:
    return (f"{verb.word} " if verb.grammar else verb.word for verb in VERBS)


def _rooms(model: Model) -> Iterable[str]:
    return (f"{room.name} " for room in reversed(model.rooms.values()) if room.is_in)


def _nicks(model: Model) -> Iterable[str]:
    """Give who is here, the latest to have spoken first, ourselves not."""
    members = model.current.members if model.current else {}
    return (nick for folded, nick in reversed(members.items()) if folded != fold(model.nick))


def _fitting(word: str, words: Iterable[str]) -> list[str]:
    folded = fold(word)
    return [each for each in words if fold(each).startswith(folded)]
