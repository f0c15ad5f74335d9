"""The command line options of the client."""

from __future__ import annotations

import argparse
import getpass
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from simplechat import __version__
from simplechat.client.commands.table import channel_name, help_lines
from simplechat.ip_addresses import is_local_address
from simplechat.ircv3.chat_address import BadAddress, ChatAddress, normalize_fingerprint, parse_irc_url
from simplechat.locale import LANGUAGES, preferred_language, use_language_everywhere
from simplechat.locale import gettext as _

PROGRAM = "simplechat-client"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8067
DEFAULT_CHANNEL = "#lobby"
LINK = "ircs://chat.example.org:8067/lobby"
PASSWORD_VARIABLE = "SIMPLECHAT_CLIENT_PASSWORD"

T = TypeVar("T")


class ClientOptions(argparse.Namespace):
    """The options that were given; `ip` and `port` are None where they were not, other texts ""."""

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
    password: str = ""

    def apply_address(self, address: ChatAddress) -> None:
        """Take host, port, room and security from an address, except what other options say."""
        self.ip, self.port = address.host, address.port
        self.room = self.room or address.channel
        self.fingerprint = self.fingerprint or address.fingerprint
        self.tls = self.tls or (address.is_secure and not self.plaintext)

    @property
    def wants_tls(self) -> bool:
        """True if the connection is to be encrypted: to other machines always, unless an option says no."""
        is_asked_for = self.tls or bool(self.fingerprint)
        return not self.plaintext and (
            is_asked_for or not is_local_address((self.ip or DEFAULT_HOST).lower())
        )


class _OneLineParser(argparse.ArgumentParser):
    """An argument parser whose error messages are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{PROGRAM}: {message} {_('(see --help)')}\n")


def parse_options(arguments: Sequence[str]) -> ClientOptions:
    """Parse the command line; exit with a line that says what is wrong with it."""
    use_language_everywhere(_language_in(arguments) or preferred_language(os.environ))
    parser = _OneLineParser(
        prog=PROGRAM,
        description=_("Chat from a terminal, or send what comes through a pipe."),
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_options(parser)
    options = parser.parse_args(arguments, ClientOptions())
    options.room, options.fingerprint = options.room or "", options.fingerprint or ""
    if options.address is not None:
        if options.ip is not None or options.port is not None:
            parser.error(_("--ip and --port cannot be used together with an address"))
        options.apply_address(options.address)
    if options.plaintext and (options.tls or options.fingerprint):
        parser.error(_("--plaintext cannot be used together with --tls or --fingerprint"))
    options.account = options.account or ""
    if options.nick is None:
        options.nick = options.account or default_nick()
    return options


def _add_options(parser: _OneLineParser) -> None:
    def add(name: str, word: str, help: str, parse: Callable[[str], object], default: object = None) -> None:
        nargs = None if name.startswith("-") else "?"
        parser.add_argument(name, metavar=word, help=help, type=_checked(parse), default=default, nargs=nargs)

    add("--ip", "IP", _("the server's address or name [default: {ip}]").format(ip=DEFAULT_HOST), parse_host)
    add("--port", _("PORT"), _("the server's port [default: {port}]").format(port=DEFAULT_PORT), parse_port)
    add("--nick", _("NICK"), _("your name here [default: {nick}]").format(nick=default_nick()), parse_nick)
    account = _("log in to this account; you are asked for the password, or it is read from {variable}")
    add("--account", _("NAME"), account.format(variable=PASSWORD_VARIABLE), parse_nick)
    add(
        "--room",
        _("ROOM"),
        _("the room to join [default: {room}]").format(room=DEFAULT_CHANNEL),
        parse_channel,
    )
    add(
        "address",
        _("ADDRESS"),
        _("address, port and room in one: {link}").format(link=LINK),
        parse_chat_address,
    )
    add(
        "--fingerprint",
        "SHA256",
        _("fingerprint of the server's certificate or of its authority's"),
        parse_fingerprint,
    )
    for name, help in (
        ("--tls", _("encrypt even on this machine; other connections always are encrypted")),
        ("--plaintext", _("do not encrypt: others can read what is sent")),
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
        _("The exit code is 0 if all that came through the pipe is stored; 1, and a line"),
        _("that says why, if not; 128 plus the number of a signal that ended the client."),
    ]
    return "\n".join(lines)


def _language_in(arguments: Sequence[str]) -> str:
    """Return the language that the command line asks for, before any text is printed; "" for none."""
    text = "\0".join(arguments)
    found = re.search(r"(?:^|\0)--lang[=\0]([a-z]+)(?:\0|$)", text)
    return found[1] if found and found[1] in LANGUAGES else ""


def _checked(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Return a parser whose ValueError argparse shows as it is."""

    def check(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return check


# Parsers of values; each raises ValueError with a sentence for people.


def parse_host(text: str) -> str:
    """Parse the address or the name of a host."""
    if not text or len(text) > 255 or not text.isprintable() or " " in text:
        raise ValueError(_("an address is something like 127.0.0.1 or chat.example.org"))
    return text


def parse_chat_address(text: str) -> ChatAddress:
    """Parse a chat address: host, port and room in one."""
    try:
        return parse_irc_url(text)
    except BadAddress:
        reason = _("an address is something like {link}, without a user or a password")
        raise ValueError(reason.format(link=LINK)) from None


def parse_host_or_address(text: str) -> str | ChatAddress:
    """Parse a host, or a chat address."""
    return parse_chat_address(text) if "://" in text else parse_host(text)


def parse_fingerprint(text: str) -> str:
    """Parse a certificate's fingerprint."""
    try:
        return normalize_fingerprint(text)
    except BadAddress:
        raise ValueError(_("a fingerprint is 64 digits from 0 to F, with or without colons")) from None


def parse_port(text: str) -> int:
    """Parse a port."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536):
        raise ValueError(_("a port is a number from 1 to 65535"))
    return int(text)


def parse_nick(text: str) -> str:
    """Parse a nick."""
    is_plain = text.isprintable() and " " not in text and "," not in text
    if not text or text[0] in ":#" or not is_plain:
        raise ValueError(_("a nick is one word of letters, digits and -_[]{}\\|^`"))
    return text


def parse_channel(text: str) -> str:
    """Parse the name of a channel, with or without its #."""
    name = channel_name(text)
    if len(name) < 2 or not name.isprintable() or " " in name or "," in name:
        raise ValueError(_("a room is # and one word"))
    return name


def default_nick() -> str:
    """Return a nick for the user who is logged in to this computer."""
    try:
        return nick_from_login(getpass.getuser())
    except (KeyError, OSError):  # no user has this id; the error differs between Python versions
        return nick_from_login("")


def nick_from_login(login: str) -> str:
    """Return a login name as a nick that every server takes."""
    letters = unicodedata.normalize("NFKD", login).encode("ascii", "ignore").decode()
    return re.sub("[^A-Za-z0-9_-]", "", letters).lstrip("0123456789-")[:30] or "guest"
