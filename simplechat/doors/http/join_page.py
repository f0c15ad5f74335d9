"""The page at `/`, which tells how to join: one file, without scripts, that loads nothing else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape

from simplechat.locale import marked, translate_into

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6675;--line:#d9dfe6;--card:#fff;--ground:#f3f5f8;
--accent:#0b6e6e}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa7b5;--line:#2c3643;--card:#171d26;--ground:#0f141b;
--accent:#5fd0c5}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1.05rem/1.55 system-ui,sans-serif;
padding:clamp(1rem,5vw,4rem)}
main{max-width:44rem;margin:auto;background:var(--card);border:1px solid var(--line);border-radius:1rem;
padding:clamp(1.25rem,4vw,2.75rem);box-shadow:0 1px 3px #0001,0 12px 32px #0000000f}
h1{margin:0;font-size:2rem;line-height:1.2;overflow-wrap:anywhere}
h1 b{color:var(--accent)}
h2{margin:2rem 0 .4rem;font-size:1.05rem}
p{margin:.4rem 0}
.soft,footer{color:var(--soft)}
code{display:block;margin:.4rem 0;padding:.6rem .85rem;border:1px solid var(--line);border-radius:.55rem;
background:var(--ground);font:.92rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere;user-select:all}
a{color:var(--accent)}
footer{margin-top:2.25rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.9rem}
""".strip()

STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""SHA-256 of the style, by which the Content-Security-Policy allows it."""

ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#0b6e6e" '
    b'd="M3 2h10a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H8l-4 3v-3H3a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z"/></svg>'
)

_WHAT = marked("A chat server that every IRC client can join. Nothing is shown before it is saved.")
_WITH_OURS = marked("With our client, in a terminal")
_WITH_ANY = marked("With any IRC client")
_ADDRESS = marked("Open this address, or give the client {host}, port {port}:")
_IN_A_BROWSER = marked("In a browser")
_TO_COME = marked("The chat on this page is to come. Web clients can connect already, by WebSocket:")
_TRUST = marked("Trust")
_FINGERPRINT = marked("This server has an authority of its own for certificates. Its SHA-256 is")
_INSTALL = marked(
    "Install it where programs ask for one; first compare this SHA-256 with what its owner sees."
)
_CERTIFICATE = marked("Download the certificate")


@dataclass(frozen=True, slots=True)
class JoinDetails:
    """The facts that the page shows.

    Attributes:
        network: The network's name.
        description: One line about the server.
        host: The server's name as the request gave it.
        port: The server's port as the request gave it.
        channel: The channel that newcomers join.
        is_secure: Whether the request came over TLS.
        fingerprint: SHA-256 of the server's own certificate authority; "" for none.
    """

    network: str
    description: str
    host: str
    port: int
    channel: str
    is_secure: bool
    fingerprint: str


def render_join_page(details: JoinDetails, language: str) -> bytes:
    """Return the page as HTML, in one of LANGUAGES."""

    def say(text: str, **values: object) -> str:
        return escape(translate_into(language, text).format(**values))

    def show(text: str) -> str:
        return f"<code>{escape(text)}</code>"

    shown = f"[{details.host}]" if ":" in details.host else details.host
    address = f"{'ircs' if details.is_secure else 'irc'}://{shown}:{details.port}/{details.channel}"
    socket = f"{'wss' if details.is_secure else 'ws'}://{shown}:{details.port}/socket"
    client = f"simplechat-client --ip {details.host} --port {details.port} --nick NAME"
    parts = [
        f"<h1><b>{escape(details.network)}</b></h1><p class=soft>{escape(details.description)}</p>",
        f"<p>{say(_WHAT)}</p>",
        f"<h2>{say(_WITH_ANY)}</h2><p>{say(_ADDRESS, host=details.host, port=details.port)}</p>",
        f'<code><a href="{escape(address)}">{escape(address)}</a></code>',
        f"<h2>{say(_WITH_OURS)}</h2>{show(client)}",
        f"<h2>{say(_IN_A_BROWSER)}</h2><p>{say(_TO_COME)}</p>{show(socket)}",
    ]
    if details.fingerprint:
        parts += [
            f"<h2>{say(_TRUST)}</h2><p>{say(_FINGERPRINT)}</p>{show(details.fingerprint)}",
            f'<p>{say(_INSTALL)} <a href="/ca.pem">{say(_CERTIFICATE)}</a></p>',
        ]
    return (
        f"<!doctype html><html lang={language}><meta charset=utf-8><title>{escape(details.network)}</title>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f'<link rel=icon href="/icon.svg"><style>{_STYLE}</style>'
        f"<main>{''.join(parts)}<footer>simplechat</footer></main>\n"
    ).encode()
