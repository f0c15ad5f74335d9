"""Rendering of texts of several lines: as one batch, or as one message for each line.

Spec: https://ircv3.net/specs/extensions/multiline
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simplechat.hub.ids import msgid_of
from simplechat.hub.user import Session
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.splitting import TextLine

MULTILINE = "draft/multiline"
CONCAT = "draft/multiline-concat"


def supports_multiline(session: Session) -> bool:
    """Tell whether a session understands messages of several lines."""
    return {MULTILINE, "batch"} <= session.caps


def render_as_batch(
    head: Message, lines: Sequence[TextLine], number: int, tags: Mapping[str, str]
) -> list[Message]:
    """Return a text of several lines as one batch."""
    reference = f"m{msgid_of(number)}"
    about_speaker = {name: tags[name] for name in ("account", "bot") if name in tags}
    return [
        Message("BATCH", (f"+{reference}", MULTILINE, *head.params), head.source, tags),
        *(
            head._replace(
                params=(*head.params, line.text),
                tags={"batch": reference, **({CONCAT: ""} if line.is_concat else {}), **about_speaker},
            )
            for line in lines
        ),
        Message("BATCH", (f"-{reference}",), head.source),
    ]


def render_as_lines(head: Message, lines: Sequence[TextLine], tags: Mapping[str, str]) -> list[Message]:
    """Return a text of several lines as one message for each non-empty line; the first has the msgid."""
    texts = [line.text for line in lines if line.text]
    if len(texts) == 1:
        return [fit_to_line(Message(head.command, (*head.params, *texts), head.source, tags))]
    later = {name: value for name, value in tags.items() if name != "msgid"}
    return [
        fit_to_line(head._replace(params=(*head.params, text), tags=later if place else tags))
        for place, text in enumerate(texts)
    ]
