"""What the command line takes: the verbs, their options, and what --help says of them."""

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

LIBRARY_TEXTS = (  # argparse and getopt look these up themselves
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
    """What was asked for."""

    verb: str
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
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End with a line for people."""
        self.exit(1, f"{NAME}: {message} ({_('see {command} --help').format(command=self.prog)})\n")


class SplitCommandLine(NamedTuple):
    """A command line around its verb, which is "" where there is none."""

    before: list[str]
    verb: str
    after: list[str]


def split_command_line(words: Sequence[str]) -> SplitCommandLine:
    """Find the verb; the options that all verbs share may stand before it."""
    place = 0
    while place < len(words) and words[place].partition("=")[0] in SHARED_OPTIONS:
        place += 1 if "=" in words[place] else 2
    if place >= len(words) or words[place].startswith("-"):
        return SplitCommandLine(list(words), "", [])
    return SplitCommandLine(list(words[:place]), words[place], list(words[place + 1 :]))


def requested_language(words: Sequence[str]) -> str:
    """Tell which language a command line asks for; "" where it names none that there is."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        if name == "--lang":
            asked = value if equals else following
            return asked if asked in LANGUAGES else ""
    return ""


def parse_command_line(words: Sequence[str]) -> CommandLine:
    """Read a command line with a verb; ends the process with one line where it is wrong."""
    return build_parser().parse_args(words, CommandLine())


def build_parser() -> CommandLineParser:
    """Make what reads command lines."""
    whole = CommandLineParser(
        prog=NAME,
        description=_("A chat server of your own. Without a verb it starts the server."),
        epilog=_help_of_all(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        usage=f"{NAME} [{_('options of the server')}]\n       {NAME} {_('VERB')} [{_('options')}]",
    )
    whole.add_argument(
        "--version",
        action="version",
        version=f"{NAME} {__version__}",
        help=_("show program's version number and exit"),
    )
    _add_shared(whole, None)
    verbs = whole.add_subparsers(
        dest="subcommand", metavar=_("VERB"), title=_("verbs"), prog=NAME, parser_class=CommandLineParser
    )
    _add_serve(verbs)
    _add_import(verbs)
    _add_export(verbs)
    _add_backup(verbs)
    _add_console(verbs)
    _add_account(verbs)
    return whole


def _help_of_all() -> str:
    return _(
        "The verbs ask the server that holds the data folder, or open the folder themselves if none runs.\n"
        "Each has a --help of its own; `simplechat serve --help` lists the options of the server.\n"
        "To chat: `simplechat-client`."
    )


def _add(verbs: Any, verb: str, help_: str, more: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        verb,
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


def _add_serve(verbs: Any) -> None:
    # Read by the server's own options; here only so that --help lists it.
    verbs.add_parser("serve", help=_("start the server, as without a verb"), add_help=False)


def _add_import(verbs: Any) -> None:
    parser = _add(
        verbs,
        "import",
        _("take over the messages of simpleChat's database"),
        _(
            "FILE is only read. Its table chat(hora, usuario, texto) goes into a channel's log, with its\n"
            "times and authors. Twice is harmless: with the same --timezone, what is there is known again.\n"
            "Rows that cannot be taken are counted, with the reason.\n\n"
            "  simplechat import chat.db --timezone Europe/Madrid"
        ),
    )
    parser.add_argument("file", type=Path, metavar=_("FILE"), help=_("the database, such as chat.db"))
    parser.add_argument(
        "--room", type=_room, metavar=_("ROOM"), help=_("the channel to fill [default: the lobby]")
    )
    parser.add_argument(
        "--timezone",
        type=_zone,
        metavar=_("ZONE"),
        help=_("where its times were written, such as Europe/Madrid [default: this machine's]"),
    )
    parser.add_argument("--dry-run", action="store_true", help=_("only tell what would be taken"))


def _add_export(verbs: Any) -> None:
    parser = _add(
        verbs,
        "export",
        _("write what was said as text, JSON or a web page"),
        _(
            "json is one object a line: room, id (the msgid), time (with milliseconds), kind (PRIVMSG,\n"
            "NOTICE, JOIN, PART, QUIT, NICK, KICK, TOPIC, MODE), nick, source (nick!user@host), account,\n"
            "text, status (the prefix of those it was limited to), tags (an object). Times are in UTC.\n\n"
            "  simplechat export '#lobby' --output lobby.html\n"
            "  simplechat export --format json | gzip > everything.json.gz"
        ),
    )
    parser.add_argument(
        "room", nargs="?", type=_room, metavar=_("ROOM"), help=_("one channel [default: all]")
    )
    parser.add_argument(
        "--format", choices=FORMATS, help=_("how it is written [default: by the name of --output, else txt]")
    )
    parser.add_argument(
        "--output", type=Path, metavar=_("FILE"), help=_("where to [default: the standard output]")
    )
    parser.add_argument("--force", action="store_true", help=_("replace the file if there is one"))
    for name, help_ in (("--since", _("nothing before then")), ("--until", _("only what was before then"))):
        parser.add_argument(
            name,
            type=_instant,
            metavar=_("DATE"),
            help=help_ + _(", such as 2026-11-24 or 2026-11-24T12:00 (UTC)"),
        )


def _add_backup(verbs: Any) -> None:
    parser = _add(verbs, "backup", _("write everything that is kept into one file, while the server runs"))
    parser.add_argument("file", type=Path, metavar=_("FILE"), help=_("a new file"))


def _add_console(verbs: Any) -> None:
    parser = _add(
        verbs,
        "console",
        _("say a verb to the server that runs, or talk with it"),
        _("`simplechat console help` lists the verbs. What cannot be undone wants `yes` behind it."),
    )
    parser.add_argument("--json", action="store_true", help=_("show the answers as JSON, one a line"))
    parser.add_argument(
        "words", nargs=argparse.REMAINDER, metavar=_("WORD"), help=_("the verb [default: a prompt]")
    )


def _add_account(verbs: Any) -> None:
    parser = _add(
        verbs,
        "account",
        _("make and change accounts"),
        _(
            "add and passwd ask for the password, twice; where nobody can be asked, it is the first line\n"
            "of the standard input. It is never a word of the command line, which others can read.\n"
            "Who is disabled is sent away and cannot log in until `enable`. Who is admin may say\n"
            "OPER NAME password.\n\n"
            "  simplechat account add ann\n"
            "  simplechat account admin ann\n"
            "  simplechat account admin ann no"
        ),
    )
    parser.add_argument(
        "action", choices=ACCOUNT_ACTIONS, metavar="|".join(ACCOUNT_ACTIONS), help=_("what is to be done")
    )
    parser.add_argument("name", nargs="?", metavar=_("NAME"), help=_("whose account"))
    parser.add_argument("more", nargs="?", choices=["no"], metavar="no", help=_("admin: not any more"))


def _room(text: str) -> str:
    room = text if text.startswith("#") else f"#{text}"
    if (
        len(room) < 2
        or len(room.encode("utf-8", "replace")) > 64
        or not room.isprintable()
        or set(" ,") & {*room}
    ):
        raise argparse.ArgumentTypeError(_("a channel is # and one word"))
    return room


def _zone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(
            _("there is no time zone {name}; one is Europe/Madrid").format(name=text)
        ) from None


def _instant(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            _("{text} is no date such as 2026-11-24 or 2026-11-24T12:00").format(text=text)
        ) from None
