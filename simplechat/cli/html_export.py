"""The HTML format of an exported log: one page that loads nothing else and runs no script.

Spec: https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import base64
import hashlib
from html import escape

from simplechat.cli.log_formats import ExportedRow, event_text, is_message, is_shown, message_text
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


class HtmlFormat:
    """A page with a section for each channel.

    Args:
        language: The page's language, as HTML names it.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._channels = 0

    def begin(self, channels: list[str]) -> str:
        """See `LogFormat.begin`."""
        title = _escape(", ".join(channels) if len(channels) < 4 else "simplechat")
        links = "".join(f'<a href="#room{n}">{_escape(name)}</a>\n' for n, name in enumerate(channels, 1))
        return (
            f'<!DOCTYPE html>\n<html lang="{_escape(self._language)}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
            + (f"<nav>\n{links}</nav>\n" if len(channels) > 1 else "")
            + f"<main>\n<small>{_escape(_('Times are in UTC.'))}</small>\n"
        )

    def begin_channel(self, channel: str) -> str:
        """See `LogFormat.begin_channel`."""
        self._channels += 1
        return f'<section id="room{self._channels}">\n<h2>{_escape(channel)}</h2>\n'

    def row(self, channel: str, row: ExportedRow) -> str:
        """See `LogFormat.row`."""
        if not is_shown(row):
            return ""
        time = time_of(row.id)
        content = (
            _message_html(row)
            if is_message(row)
            else f'<i class="event"><bdi>{_escape(event_text(row))}</bdi></i>'
        )
        return f'<p><time datetime="{time}">{time[:10]} {time[11:19]}</time> {content}</p>\n'

    def end_channel(self) -> str:
        """See `LogFormat.end_channel`."""
        return "</section>\n"

    def end(self) -> str:
        """See `LogFormat.end`."""
        return "</main>\n</body>\n</html>\n"


def _message_html(row: ExportedRow) -> str:
    text = "<br>".join(map(_escape, message_text(row).split("\n")))
    return f'<b><bdi>{_escape(row.nick)}</bdi></b> <span class="text" dir="auto">{text}</span>'


def _event_html(row: ExportedRow) -> str:
    return f'<i class="event"><bdi>{_escape(event_text(row))}</bdi></i>'


def _escape(text: str) -> str:
    return escape(printable(text))
