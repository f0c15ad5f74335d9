"""A log as one web page that needs nothing else: no script, no picture, no address to load from.

Spec: https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import base64
import hashlib
from html import escape

from simplechat.cli.log_formats import Row, happened, is_said, is_told, said
from simplechat.hub.ids import time_of
from simplechat.locale import gettext as _
from simplechat.terminal.sanitize import printable

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
nav a { margin-right: 1rem; }
p { margin: 0; display: flex; gap: .75rem; overflow-wrap: anywhere; }
time { flex: none; font-variant-numeric: tabular-nums; opacity: .65; }
b { flex: none; max-width: 12rem; }
.event { opacity: .65; font-style: italic; }
.text { white-space: pre-wrap; min-width: 0; }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


class Html:
    """A page with a section for each channel.

    Args:
        language: The page's language, as HTML names it.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._rooms = 0

    def begin(self, rooms: list[str]) -> str:
        """See `Form.begin`."""
        title = _safe(", ".join(rooms) if len(rooms) < 4 else "simplechat")
        links = "".join(f'<a href="#room{n}">{_safe(room)}</a>\n' for n, room in enumerate(rooms, 1))
        return (
            f'<!DOCTYPE html>\n<html lang="{_safe(self._language)}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
            + (f"<nav>\n{links}</nav>\n" if len(rooms) > 1 else "")
            + f"<main>\n<small>{_safe(_('Times are in UTC.'))}</small>\n"
        )

    def room(self, room: str) -> str:
        """See `Form.room`."""
        self._rooms += 1
        return f'<section id="room{self._rooms}">\n<h2>{_safe(room)}</h2>\n'

    def row(self, room: str, row: Row) -> str:
        """See `Form.row`."""
        if not is_told(row):
            return ""
        time = time_of(row.id)
        told = _said(row) if is_said(row) else f'<i class="event"><bdi>{_safe(happened(row))}</bdi></i>'
        return f'<p><time datetime="{time}">{time[:10]} {time[11:19]}</time> {told}</p>\n'

    def end_of_room(self) -> str:
        """See `Form.end_of_room`."""
        return "</section>\n"

    def end(self) -> str:
        """See `Form.end`."""
        return "</main>\n</body>\n</html>\n"


def _said(row: Row) -> str:
    text = "<br>".join(map(_safe, said(row).split("\n")))
    return f'<b><bdi>{_safe(row.nick)}</bdi></b> <span class="text" dir="auto">{text}</span>'


def _safe(text: str) -> str:
    return escape(printable(text))
