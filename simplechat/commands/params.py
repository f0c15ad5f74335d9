"""How words become arguments: one reader for each type that a verb's signature can name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from simplechat.commands.context import Context
from simplechat.hub.channel import Channel
from simplechat.hub.user import User


def _as_it_is(ctx: Context, word: str) -> str:
    return word


def _channel(ctx: Context, word: str) -> Channel:
    return ctx.hub.channel(word)


def _user(ctx: Context, word: str) -> User:
    return ctx.hub.user(word)


_READERS: dict[object, Callable[[Context, str], object]] = {str: _as_it_is, Channel: _channel, User: _user}


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a verb takes.

    Attributes:
        readers: One for each parameter, in order.
        fewest: How many parameters there must be.
    """

    readers: tuple[Callable[[Context, str], object], ...]
    fewest: int

    def arguments(self, ctx: Context) -> list[object]:
        """Read a message's parameters; those beyond the grammar are ignored.

        Raises:
            Refused: A word names nothing that there is.
        """
        return [read(ctx, word) for read, word in zip(self.readers, ctx.message.params, strict=False)]


def grammar_of(verb: Callable[..., Any]) -> Grammar:
    """Read a verb's signature, its first parameter (the context) left out."""
    hints = get_type_hints(verb)
    params = list(inspect.signature(verb).parameters.values())[1:]
    return Grammar(
        readers=tuple(_READERS[hints[param.name]] for param in params),
        fewest=sum(param.default is param.empty for param in params),
    )
