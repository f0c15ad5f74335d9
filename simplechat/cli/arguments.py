"""The command line's subcommands and options, and the texts of --help."""

from __future__ import annotations

import argparse
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from simplechat import __version__
from simplechat.locale import LANGUAGES, marked
from simplechat.locale import gettext as _

NAME = "simplechat"
SUBCOMMANDS = ("serve", "import", "export", "backup", "console", "account")
FORMATS = ("txt", "json", "html")
ACCOUNT_ACTIONS = ("add", "passwd", "list", "disable", "enable", "admin")
SHARED_OPTIONS = ("--data", "--config", "--lang")

LIBRARY_TEXTS = (  # of argparse and getopt, which look them up themselves
    marked("usage: "),
    marked("options"),
    marked("positional arguments"),
    marked("show this help message and exit"),
    marked("show program's version number and exit"),
    marked("the following arguments are required: %s"),
    marked("unrecognized arguments: %s"),
    marked("argument %(argument_name)s: %(message)s"),
    marked("expected one argument"),
    marked("invalid choice: %(value)r (choose from %(choices)s)"),
    marked("ignored explicit argument %r"),
    marked("option --%s requires argument"),
    marked("option --%s must not have an argument"),
    marked("option --%s not recognized"),
    marked("option --%s not a unique prefix"),
    marked("option -%s requires argument"),
    marked("option -%s not recognized"),
)


class CommandLine(argparse.Namespace):
    """A parsed command line."""

    subcommand: str
    data: str | None
    config: str | None
    lang: str
    file: Path
    room: str | None
    timezone: Any  # a tzinfo, None for this machine's
    dry_run: bool
    format: str | None
    output: Path | None
    force: bool
    since: float | None
    until: float | None
    words: list[str]
    json: bool
    action: str
    name: str | None
    more: str | None


class CommandLineParser(argparse.ArgumentParser):
    """A parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        """Print one line, and exit."""
        self.exit(1, f"{NAME}: {message} ({_('see {command} --help').format(command=self.prog)})\n")


class SplitCommandLine(NamedTuple):
    """The words before the subcommand, the subcommand ("" for none), and the words after it."""

    before: list[str]
    subcommand: str
    after: list[str]


def split_command_line(words: Sequence[str]) -> SplitCommandLine:
    """Find the subcommand; only SHARED_OPTIONS may stand before it."""
    place = 0
    while place < len(words) and words[place].partition("=")[0] in SHARED_OPTIONS:
        place += 1 if "=" in words[place] else 2
    if place >= len(words) or words[place].startswith("-"):
        return SplitCommandLine(list(words), "", [])
    return SplitCommandLine(list(words[:place]), words[place], list(words[place + 1 :]))


def requested_language(words: Sequence[str]) -> str:
    """Return the language of --lang; "" for none or an unknown one."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        if name == "--lang":
            asked = value if equals else following
            return asked if asked in LANGUAGES else ""
    return ""


def parse_command_line(words: Sequence[str]) -> CommandLine:
    """Parse a command line with a subcommand; where it is wrong, print one line and exit."""
    return build_parser().parse_args(words, CommandLine())


def build_parser() -> CommandLineParser:
    """Build the parser."""
    whole = CommandLineParser(
        prog=NAME,
        description=_("A chat server of your own. Without a command it starts the server."),
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        usage=f"{NAME} [{_('options of the server')}]\n       {NAME} {_('COMMAND')} [{_('options')}]",
    )
    whole.add_argument(
        "--version",
        action="version",
        version=f"{NAME} {__version__}",
        help=_("show program's version number and exit"),
    )
    _add_shared(whole, None)
    subparsers = whole.add_subparsers(
        dest="subcommand",
        metavar=_("COMMAND"),
        title=_("commands"),
        prog=NAME,
        parser_class=CommandLineParser,
    )
    _add_serve(subparsers)
    _add_import(subparsers)
    _add_export(subparsers)
    _add_backup(subparsers)
    _add_console(subparsers)
    _add_account(subparsers)
    return whole


def _epilog() -> str:
    return _(
        "The commands talk to the running server, or open the data folder themselves if none runs.\n"
        "Each has a --help of its own; `simplechat serve --help` lists the options of the server.\n"
        "To chat: `simplechat-client`."
    )


def _add_subcommand(subparsers: Any, name: str, help_: str, more: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=help_,
        description=help_[:1].upper() + help_[1:] + ".",
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_shared(parser, argparse.SUPPRESS)
    return parser


def _add_shared(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--data", default=default, metavar=_("DIR"), help=_("the server's data folder (or SIMPLECHAT_DATA)")
    )
    parser.add_argument(
        "--config", default=default, metavar=_("FILE"), help=_("the server's file of settings")
    )
    parser.add_argument(
        "--lang",
        default=default,
        choices=LANGUAGES,
        help=_("the language of what is shown [default: the environment's]"),
    )


def _add_serve(subparsers: Any) -> None:
    # Read by the server's own options; here only so that --help lists it.
    subparsers.add_parser("serve", help=_("start the server, as without a command"), add_help=False)


def _add_import(subparsers: Any) -> None:
    parser = _add_subcommand(
        subparsers,
        "import",
        _("import the messages of a simpleChat database"),
        _(
            "FILE is only read. The rows of its table chat(hora, usuario, texto) are added to a channel,\n"
            "with their times and authors. A second import with the same --timezone adds nothing twice.\n"
            "Rows that cannot be imported are counted, with the reason.\n\n"
            "  simplechat import chat.db --timezone Europe/Madrid"
        ),
    )
    parser.add_argument("file", type=Path, metavar=_("FILE"), help=_("the database, such as chat.db"))
    parser.add_argument(
        "--room", type=_parse_channel, metavar=_("ROOM"), help=_("the channel to fill [default: the lobby]")
    )
    parser.add_argument(
        "--timezone",
        type=_parse_zone,
        metavar=_("ZONE"),
        help=_("where its times were written, such as Europe/Madrid [default: this machine's]"),
    )
    parser.add_argument("--dry-run", action="store_true", help=_("only tell what would be imported"))


def _add_export(subparsers: Any) -> None:
    parser = _add_subcommand(
        subparsers,
        "export",
        _("write messages as text, JSON or a web page"),
        _(
            "json is one object a line: room, id (the msgid), time (with milliseconds), kind (PRIVMSG,\n"
            "NOTICE, JOIN, PART, QUIT, NICK, KICK, TOPIC, MODE), nick, source (nick!user@host), account,\n"
            "text, status (the prefix of those it was limited to), tags (an object). Times are in UTC.\n\n"
            "  simplechat export '#lobby' --output lobby.html\n"
            "  simplechat export --format json | gzip > everything.json.gz"
        ),
    )
    parser.add_argument(
        "room", nargs="?", type=_parse_channel, metavar=_("ROOM"), help=_("one channel [default: all]")
    )
    parser.add_argument(
        "--format", choices=FORMATS, help=_("the format [default: by the name of --output, else txt]")
    )
    parser.add_argument(
        "--output", type=Path, metavar=_("FILE"), help=_("the file to write [default: the standard output]")
    )
    parser.add_argument("--force", action="store_true", help=_("replace the file if there is one"))
    for name, help_ in (("--since", _("nothing before then")), ("--until", _("only what was before then"))):
        parser.add_argument(
            name,
            type=_parse_time,
            metavar=_("DATE"),
            help=help_ + _(", such as 2026-11-24 or 2026-11-24T12:00 (UTC)"),
        )


def _add_backup(subparsers: Any) -> None:
    parser = _add_subcommand(
        subparsers, "backup", _("copy everything that is stored to a file, while the server runs")
    )
    parser.add_argument("file", type=Path, metavar=_("FILE"), help=_("a new file"))


def _add_console(subparsers: Any) -> None:
    parser = _add_subcommand(
        subparsers,
        "console",
        _("run a command on the running server, or open a prompt"),
        _("`simplechat console help` lists the commands. What cannot be undone needs a final `yes`."),
    )
    parser.add_argument("--json", action="store_true", help=_("show the answers as JSON, one a line"))
    parser.add_argument(
        "words", nargs=argparse.REMAINDER, metavar=_("WORD"), help=_("the command [default: a prompt]")
    )


def _add_account(subparsers: Any) -> None:
    parser = _add_subcommand(
        subparsers,
        "account",
        _("create and change accounts"),
        _(
            "add and passwd ask for the password, twice; without a terminal they read the first line of the\n"
            "standard input. It is never a word of the command line, which others can read.\n"
            "`disable` ends the account's connections and logins until `enable`. An `admin` may use\n"
            "OPER NAME password.\n\n"
            "  simplechat account add ann\n"
            "  simplechat account admin ann\n"
            "  simplechat account admin ann no"
        ),
    )
    parser.add_argument(
        "action", choices=ACCOUNT_ACTIONS, metavar="|".join(ACCOUNT_ACTIONS), help=_("the action")
    )
    parser.add_argument("name", nargs="?", metavar=_("NAME"), help=_("whose account"))
    parser.add_argument("more", nargs="?", choices=["no"], metavar="no", help=_("admin: no longer"))


def _parse_channel(text: str) -> str:
    room = text if text.startswith("#") else f"#{text}"
    if (
        len(room) < 2
        or len(room.encode("utf-8", "replace")) > 64
        or not room.isprintable()
        or set(" ,") & {*room}
    ):
        raise argparse.ArgumentTypeError(_("a channel is # and one word"))
    return room


def _parse_zone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(
            _("there is no time zone {name}; an example is Europe/Madrid").format(name=text)
        ) from None


def _parse_time(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            _("{text} is not a date such as 2026-11-24 or 2026-11-24T12:00").format(text=text)
        ) from None
