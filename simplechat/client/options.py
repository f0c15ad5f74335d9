"""The command line: what can be asked for, and how people are told what is wrong with it."""

from __future__ import annotations

import argparse
import getpass
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from simplechat import __version__
from simplechat.client.commands.arguments import channel_name
from simplechat.client.commands.table import help_lines
from simplechat.ip_addresses import is_of_this_machine
from simplechat.ircv3.chat_address import BadAddress, ChatAddress, normalize_fingerprint, parse_address
from simplechat.locale import LANGUAGES, language_of, use_everywhere
from simplechat.locale import gettext as _

PROGRAM = "simplechat-client"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8067
DEFAULT_CHANNEL = "#lobby"
LINK = "ircs://chat.example.org:8067/lobby"
PASSWORD_VARIABLE = "SIMPLECHAT_CLIENT_PASSWORD"

T = TypeVar("T")


class ClientOptions(argparse.Namespace):
    """What was asked for; the address and the port None where they were not given, other texts ""."""

    address: ChatAddress | None
    ip: str | None
    port: int | None
    tls: bool
    plaintext: bool
    fingerprint: str
    nick: str
    room: str
    plain: bool
    follow: bool
    json: bool
    bell: bool
    account: str
    secret: str = ""

    def go_to(self, address: ChatAddress) -> None:
        """Take what an address says; what was asked for besides it stands."""
        self.ip, self.port = address.host, address.port
        self.room = self.room or address.room
        self.fingerprint = self.fingerprint or address.fingerprint
        self.tls = self.tls or (address.is_secure and not self.plaintext)

    @property
    def wants_tls(self) -> bool:
        """True where what is said is encrypted: everywhere but on this machine, unless asked otherwise."""
        is_asked_for = self.tls or bool(self.fingerprint)
        return not self.plaintext and (
            is_asked_for or not is_of_this_machine((self.ip or DEFAULT_HOST).lower())
        )


class Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End with a line for people."""
        self.exit(1, f"{PROGRAM}: {message} {_('(see --help)')}\n")


def parse_options(arguments: Sequence[str]) -> ClientOptions:
    """Read the command line; ends the process with one line where it is wrong."""
    use_everywhere(_language_in(arguments) or language_of(os.environ))
    parser = Parser(
        prog=PROGRAM,
        description=_("Chat from a terminal, or say what comes through a pipe."),
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_options(parser)
    options = parser.parse_args(arguments, ClientOptions())
    options.room, options.fingerprint = options.room or "", options.fingerprint or ""
    if options.address is not None:
        if options.ip is not None or options.port is not None:
            parser.error(_("an address has its own --ip and --port"))
        options.go_to(options.address)
    if options.plaintext and (options.tls or options.fingerprint):
        parser.error(_("--plaintext is without TLS and its fingerprints; leave one of them out"))
    options.account = options.account or ""
    if options.nick is None:
        options.nick = options.account or default_nick()
    return options


def _add_options(parser: Parser) -> None:
    def add(
        name: str, word: str, help: str, understand: Callable[[str], object], default: object = None
    ) -> None:
        nargs = None if name.startswith("-") else "?"
        parser.add_argument(
            name, metavar=word, help=help, type=_checked(understand), default=default, nargs=nargs
        )

    add("--ip", "IP", _("the server's address or name [default: {ip}]").format(ip=DEFAULT_HOST), parse_host)
    add("--port", _("PORT"), _("the server's port [default: {port}]").format(port=DEFAULT_PORT), parse_port)
    add("--nick", _("NICK"), _("your name here [default: {nick}]").format(nick=default_nick()), parse_nick)
    account = _("log in to this account; the password is asked for, or read from {variable}")
    add("--account", _("NAME"), account.format(variable=PASSWORD_VARIABLE), parse_nick)
    add(
        "--room",
        _("ROOM"),
        _("the room to join [default: {room}]").format(room=DEFAULT_CHANNEL),
        parse_channel,
    )
    add("address", _("ADDRESS"), _("or all of that in one: {link}").format(link=LINK), parse_chat_address)
    add("--fingerprint", "SHA256", _("of the server's certificate or its authority's"), parse_fingerprint)
    for name, help in (
        ("--tls", _("encrypt even on this machine; elsewhere it is always done")),
        ("--plaintext", _("do not encrypt: others can read it on its way")),
        ("--plain", _("lines only, without editing and colours: for screen readers and simple terminals")),
        ("--follow", _("print what happens in the room until a signal ends it; read no input")),
        ("--json", _("print one JSON object a line")),
        ("--bell", _("ring the terminal's bell when somebody calls you")),
    ):
        parser.add_argument(name, help=help, action="store_true")
    parser.add_argument("--lang", choices=LANGUAGES, help=_("the language [default: the environment's]"))
    parser.add_argument(
        "--version",
        action="version",
        version=f"simplechat {__version__}",
        help=_("show program's version number and exit"),
    )


def _epilog() -> str:
    lines = [
        _("Where --ip and --port are not given, a terminal asks for them."),
        "",
        _("Then:"),
        *(f"  {line}" for line in help_lines()),
        "",
        _("In a pipe:"),
        f"  echo {_('hello')} | {PROGRAM} --room '#lobby'",
        f"  {PROGRAM} --follow --json | ...",
        "",
        _("It ends with 0 once all that came through the pipe is stored; with 1 and a line that says why"),
        _("when something is not, or there is no server; with 128 and its number when a signal ends it."),
    ]
    return "\n".join(lines)


def _language_in(arguments: Sequence[str]) -> str:
    """Find the language before anything is told in it."""
    text = "\0".join(arguments)
    found = re.search(r"(?:^|\0)--lang[=\0]([a-z]+)(?:\0|$)", text)
    return found[1] if found and found[1] in LANGUAGES else ""


def _checked(understand: Callable[[str], T]) -> Callable[[str], T]:
    """Have argparse tell why something is not understood."""

    def check(text: str) -> T:
        try:
            return understand(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return check


# What is understood; each raises ValueError with a sentence for people.


def parse_host(text: str) -> str:
    """Read an address or the name of a host."""
    if not text or len(text) > 255 or not text.isprintable() or " " in text:
        raise ValueError(_("an address is something like 127.0.0.1 or chat.example.org"))
    return text


def parse_chat_address(text: str) -> ChatAddress:
    """Read an address that says all: host, port, room."""
    try:
        return parse_address(text)
    except BadAddress:
        told = _("an address is something like {link}, without a user or a password")
        raise ValueError(told.format(link=LINK)) from None


def parse_place(text: str) -> str | ChatAddress:
    """Read a host, or an address that says more."""
    return parse_chat_address(text) if "://" in text else parse_host(text)


def parse_fingerprint(text: str) -> str:
    """Read a fingerprint."""
    try:
        return normalize_fingerprint(text)
    except BadAddress:
        raise ValueError(_("a fingerprint is 64 digits from 0 to F, with or without colons")) from None


def parse_port(text: str) -> int:
    """Read a port."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536):
        raise ValueError(_("a port is a number from 1 to 65535"))
    return int(text)


def parse_nick(text: str) -> str:
    """Read a nick."""
    is_plain = text.isprintable() and " " not in text and "," not in text
    if not text or text[0] in ":#" or not is_plain:
        raise ValueError(_("a nick is one word of letters, digits and -_[]{}\\|^`"))
    return text


def parse_channel(text: str) -> str:
    """Read the name of a room, with or without its #."""
    room = channel_name(text)
    if len(room) < 2 or not room.isprintable() or " " in room or "," in room:
        raise ValueError(_("a room is # and one word"))
    return room


def default_nick() -> str:
    """Give a nick for whoever is logged in."""
    try:
        return nick_from_login(getpass.getuser())
    except (KeyError, OSError):  # nobody has this user id; the error differs between versions
        return nick_from_login("")


def nick_from_login(login: str) -> str:
    """Make a login name into a nick that every server takes."""
    letters = unicodedata.normalize("NFKD", login).encode("ascii", "ignore").decode()
    return re.sub("[^A-Za-z0-9_-]", "", letters).lstrip("0123456789-")[:30] or "guest"
