"""How words become arguments: one reader for each type that a verb's signature can name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args, get_type_hints

from simplechat.commands.framework.context import Context
from simplechat.hub.channel import Channel
from simplechat.hub.user import User

Reader = Callable[[Context, str], object]


def _as_it_is(ctx: Context, word: str) -> str:
    return word


def _channel(ctx: Context, word: str) -> Channel:
    return ctx.channel(word)


def _user(ctx: Context, word: str) -> User:
    return ctx.hub.user(word)


READERS: Mapping[object, Reader] = {str: _as_it_is, Channel: _channel, User: _user}


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a verb takes.

    Attributes:
        readers: One for each parameter, in order.
        fewest: How many parameters there must be.
        rest: For all further words; None where they are ignored.
        syntax: The parameters as HELP shows them.
        takes_words: True where every parameter is a word as it is, and further ones are ignored.
    """

    readers: tuple[Reader, ...]
    fewest: int
    rest: Reader | None
    syntax: str
    takes_words: bool

    def arguments(self, ctx: Context) -> Sequence[object]:
        """Read a message's parameters.

        Raises:
            Refused: A word names nothing that there is.
        """
        words = ctx.message.params
        if self.takes_words:
            return words[: len(self.readers)]
        read = [reader(ctx, word) for reader, word in zip(self.readers, words, strict=False)]
        if self.rest is not None:
            read += [self.rest(ctx, word) for word in words[len(self.readers) :]]
        return read


def grammar_of(verb: Callable[..., Any], readers: Mapping[object, Reader] = READERS) -> Grammar:
    """Read a verb's signature, its first parameter (the context) left out."""
    hints = get_type_hints(verb)
    params = list(inspect.signature(verb).parameters.values())[1:]
    fixed = [param for param in params if param.kind is not param.VAR_POSITIONAL]
    rest = [param for param in params if param.kind is param.VAR_POSITIONAL]
    fixed_readers = tuple(_reader(hints[param.name], readers) for param in fixed)
    return Grammar(
        readers=fixed_readers,
        fewest=sum(param.default is param.empty for param in fixed),
        rest=_reader(hints[rest[0].name], readers) if rest else None,
        syntax=" ".join(map(_shown, params)),
        takes_words=not rest and all(reader is _as_it_is for reader in fixed_readers),
    )


def _reader(hint: Any, readers: Mapping[object, Reader]) -> Reader:
    """Find the reader of a type, of X for `X | None`."""
    return readers[next((each for each in get_args(hint) if each is not NoneType), hint)]


def _shown(param: inspect.Parameter) -> str:
    name = param.name.replace("_", "-")
    if param.kind is param.VAR_POSITIONAL:
        return f"[{name} ...]"
    return f"<{name}>" if param.default is param.empty else f"[{name}]"
