"""How a message's parameters become a function's arguments: one parser for each type of a signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args, get_type_hints

from simplechat.commands.framework.context import Context
from simplechat.hub.channel import Channel
from simplechat.hub.user import User

ParameterParser = Callable[[Context, str], object]


def _plain_text(ctx: Context, word: str) -> str:
    return word


def _channel(ctx: Context, word: str) -> Channel:
    return ctx.channel(word)


def _user(ctx: Context, word: str) -> User:
    return ctx.hub.user(word)


PARAMETER_PARSERS: Mapping[object, ParameterParser] = {str: _plain_text, Channel: _channel, User: _user}


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """The parameters of a command.

    Attributes:
        parsers: One for each parameter, in order.
        min_count: How many parameters are required.
        rest: Parses all further words; None if they are ignored.
        syntax: The parameters as HELP shows them.
        is_plain_text: True if every parameter is taken as it is, and further words are ignored.
    """

    parsers: tuple[ParameterParser, ...]
    min_count: int
    rest: ParameterParser | None
    syntax: str
    is_plain_text: bool

    def parse_arguments(self, ctx: Context) -> Sequence[object]:
        """Return the arguments for the command's function.

        Raises:
            Refused: A word names no channel or user.
        """
        words = ctx.message.params
        if self.is_plain_text:
            return words[: len(self.parsers)]
        arguments = [parser(ctx, word) for parser, word in zip(self.parsers, words, strict=False)]
        if self.rest is not None:
            arguments += [self.rest(ctx, word) for word in words[len(self.parsers) :]]
        return arguments


def parameter_spec(
    function: Callable[..., Any], parsers: Mapping[object, ParameterParser] = PARAMETER_PARSERS
) -> ParameterSpec:
    """Build the spec from a function's signature, without its first parameter (the context)."""
    hints = get_type_hints(function)
    params = list(inspect.signature(function).parameters.values())[1:]
    fixed = [param for param in params if param.kind is not param.VAR_POSITIONAL]
    rest = [param for param in params if param.kind is param.VAR_POSITIONAL]
    fixed_parsers = tuple(_parser_for(hints[param.name], parsers) for param in fixed)
    return ParameterSpec(
        parsers=fixed_parsers,
        min_count=sum(param.default is param.empty for param in fixed),
        rest=_parser_for(hints[rest[0].name], parsers) if rest else None,
        syntax=" ".join(map(_syntax_of, params)),
        is_plain_text=not rest and all(parser is _plain_text for parser in fixed_parsers),
    )


def _parser_for(hint: Any, parsers: Mapping[object, ParameterParser]) -> ParameterParser:
    """Return the parser of a type, of X for `X | None`."""
    return parsers[next((each for each in get_args(hint) if each is not NoneType), hint)]


def _syntax_of(param: inspect.Parameter) -> str:
    name = param.name.replace("_", "-")
    if param.kind is param.VAR_POSITIONAL:
        return f"[{name} ...]"
    return f"<{name}>" if param.default is param.empty else f"[{name}]"
