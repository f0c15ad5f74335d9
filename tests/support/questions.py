"""Every line by which a client could ask about a channel it may not see."""

from __future__ import annotations

from collections.abc import Iterator


def questions(verb: str) -> Iterator[str]:
    """Yield lines of a command with every parameter that could reveal a channel or its members."""
    names = [
        "#hideout",
        "#HIDEOUT",
        "#hide*",
        "*",
        "**",
        "#*",
        "@#hideout",
        "+#hideout",
        "0",
        ">0",
        "!#x",
        "T<99",
    ]
    people = ["ann", "ben", "*a*", "ann,ben", "*!*@*", "dan", "eve"]
    more = [
        "",
        " :x",
        " o",
        " %tcuihsnfdlaor,1",
        " +b",
        " b",
        " +e",
        " +I",
        " +k x",
        " ann",
        " ben :x",
        " sesam",
    ]
    yield verb
    for first in names + people:
        for second in more:
            yield f"{verb} {first}{second}"
    for who in ("ann", "ben", "eve", "dan"):
        yield f"{verb} {who} #hideout"
        yield f"{verb} + {who}"
        yield f"{verb} irc.test {who}"
    yield f"{verb} S"
