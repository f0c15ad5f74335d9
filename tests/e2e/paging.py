"""History as a client reads it: page by page, back to the start."""

from __future__ import annotations

from tests.e2e.actor import POSTER, Actor, Heard

CAPS = (*POSTER, "draft/chathistory")
PAGE = 100


async def page(actor: Actor, line: str) -> list[Heard]:
    """Request a page; return its messages, the start of the batch first."""
    actor.says(f"CHATHISTORY {line}")
    opening = await actor.hears_what(is_opening, f"the answer to {line}")
    start = actor._place - 1
    reference = opening.params[0][1:]
    await actor.hears("BATCH", f"-{reference}")
    inside = [each for each in actor.heard[start : actor._place] if each.tags.get("batch") == reference]
    return [opening, *inside]


def is_opening(heard: Heard) -> bool:
    """Tell whether a message starts a page."""
    return heard.command == "BATCH" and heard.params[1:2] == ("chathistory",)


async def whole_history(actor: Actor, target: str) -> list[Heard]:
    """Page back to the start; return every message, oldest first."""
    opening, *messages = await page(actor, f"LATEST {target} * {PAGE}")
    pages = [messages]
    while "draft/chathistory-end" not in opening.tags:
        oldest = pages[-1][0].tags["msgid"]
        opening, *messages = await page(actor, f"BEFORE {target} msgid={oldest} {PAGE}")
        pages.append(messages)
    return [message for messages in reversed(pages) for message in messages]
