"""Helpers for tests of the owner's commands."""

from __future__ import annotations

from tests.support.stage import Actor, OwnerActor, Stage


def errors(owner: OwnerActor, line: str) -> list[str]:
    """Run a line, and return the sentences of its errors."""
    return [
        answer["text"].format(**answer["fields"])
        for answer in owner.answers(line)
        if answer["kind"] == "error"
    ]


def operator(stage: Stage, nick: str = "root", caps: str = "") -> Actor:
    """Connect an operator of the server."""
    (actor,) = stage.enter(nick, caps=caps)
    actor.says("OPER root secret")
    actor.hears()
    return actor


def shown_texts(owner: OwnerActor, line: str = "messages") -> list[str]:
    """Return the texts of the messages that a line shows."""
    (table,) = owner.answers(line)
    return [row[3] for row in table["rows"]]
