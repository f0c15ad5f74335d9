"""What is typed: something to say, or a verb. The table of verbs: what each takes, and what it is for."""

from __future__ import annotations

import re
from typing import NamedTuple

from simplechat.locale import gettext as _
from simplechat.locale import marked

SAY = "say"

ROOM, VERB, SOUGHT = "room", "verb", "sought"  # what words after a verb are, where they are not nicks


class Verb(NamedTuple):
    """One verb.

    Attributes:
        word: With its slash.
        grammar: What follows it, for people.
        help: What it is for, in English until it is shown.
        takes: ROOM, VERB or SOUGHT; "" where nicks may stand there.
        bare: The word that means the same where it is typed alone on a terminal; "" for none.
        more: What else there is to know, in English until it is shown.
    """

    word: str
    grammar: str
    help: str
    takes: str = ""
    bare: str = ""
    more: tuple[str, ...] = ()


VERBS = (
    Verb("/msg", marked("NICK TEXT"), marked("say something to one person")),
    Verb("/me", marked("TEXT"), marked("say what you do")),
    Verb(
        "/reply",
        marked("[NICK|N] TEXT"),
        marked("answer the last message, or somebody's, or number N"),
        more=(
            marked("The numbers are those that /history and /search show; they stay what they are."),
            marked("A word is taken for a nick only where somebody of that nick has said something."),
        ),
    ),
    Verb(
        "/react",
        marked("[NICK|N] EMOJI"),
        marked("react to the last message, or somebody's, or number N"),
        more=(marked("Any short word will do: /react +1"),),
    ),
    Verb("/unreact", marked("[NICK|N] EMOJI"), marked("take a reaction back")),
    Verb(
        "/delete",
        marked("[N]"),
        marked("delete your last message, or number N"),
        more=(marked("Your own for as long as the server allows; as a room's operator, anybody's."),),
    ),
    Verb(
        "/history",
        marked("[NICK|#ROOM] [N|before]"),
        marked("show what was said before; again: further back"),
        more=(
            marked("With a number, the last so many; each message has a number for /reply, /react, /delete."),
        ),
    ),
    Verb(
        "/search",
        marked("WORDS ..."),
        marked("find what was said; /help search tells more"),
        SOUGHT,
        more=(
            marked("Besides words: in:#ROOM in:NICK from:NICK after:2026-11-24 before:2026-11-24T18:30"),
            marked("It finds only what you may read, whatever its case and accents."),
        ),
    ),
    Verb("/join", marked("#ROOM [KEY]"), marked("come into a room and talk there"), ROOM),
    Verb("/part", marked("[#ROOM]"), marked("leave your room"), ROOM),
    Verb("/nick", marked("NICK"), marked("take another nick")),
    Verb("/topic", marked("[TEXT]"), marked("show or change what your room is about")),
    Verb("/who", marked("[#ROOM|NICK]"), marked("show who is in your room, or elsewhere")),
    Verb("/list", marked("[#ROOM]"), marked("show which rooms there are"), ROOM),
    Verb("/away", marked("[REASON]"), marked("be away; without a reason, be back")),
    Verb(
        "/login",
        marked("[NAME]"),
        marked("log in to an account; the password is asked for"),
        more=(marked("When the connection breaks, you are logged in again by itself."),),
    ),
    Verb("/register", marked("[NAME]"), marked("make an account of your nick, or of another name")),
    Verb("/passwd", "", marked("change your account's password")),
    Verb("/logout", "", marked("be a guest again")),
    Verb("/forget", marked("[NAME]"), marked("take the password out of the system's keyring")),
    Verb("/cls", "", marked("clear the screen"), bare="cls"),
    Verb("/help", marked("[VERB]"), marked("show this"), VERB, bare="help"),
    Verb("/exit", marked("[REASON]"), marked("leave; Ctrl-D does the same"), bare="chat.exit"),
)
ASKING = frozenset({"/login", "/passwd", "/register"})
"""What asks for a password, always and at once."""
LOCAL = frozenset({"/cls", "/help", "/exit"})
"""What can be done without a connection."""

_ALIASES = {"/quit": "/exit", "/clear": "/cls", "/names": "/who"}
_BY_WORD = {verb.word: verb for verb in VERBS}
_BY_BARE = {verb.bare: verb for verb in VERBS if verb.bare}

_LIKE_A_VERB = re.compile("/[A-Za-z]+[ \n]")  # not a path, nor a comment in a program

_INTRODUCTION = (
    marked("What you type is said in your room. A line that begins with // is said with one slash."),
    marked("help, cls and chat.exit typed alone are verbs too; after a space they are said."),
)


class Typed(NamedTuple):
    """One line as it is meant.

    Attributes:
        verb: SAY, or a word with its slash, in small letters.
        rest: What follows the verb, or what is to be said.
    """

    verb: str
    rest: str


def asks_password(line: str) -> bool:
    """Tell whether what is typed next is a password."""
    return read(line).verb in ASKING


def has_password(line: str) -> bool:
    """Tell whether a password may stand in a line, where it should not."""
    typed = read(line)
    return typed.verb in ASKING and (" " in typed.rest or "\n" in typed.rest or typed.verb == "/passwd")


def read(line: str) -> Typed:
    """Tell what a line means, or several that were pasted; these are a verb only if they begin as one."""
    if "\n" in line and not _LIKE_A_VERB.match(line):
        return Typed(SAY, line)
    if line.startswith("//"):
        return Typed(SAY, line[1:])
    if not line.startswith("/"):
        return Typed(SAY, line)
    word = line.partition("\n")[0].partition(" ")[0]
    verb = word.lower()
    return Typed(_ALIASES.get(verb, verb), line[len(word) :].strip())


def read_at_terminal(line: str) -> Typed:
    """Tell what a line means that a person typed: a few words are verbs when they stand alone."""
    bare = _BY_BARE.get(line.rstrip())
    return Typed(bare.word, "") if bare else read(line)


def verb_of(word: str) -> Verb | None:
    """Find a verb by its word, with or without its slash."""
    word = "/" + word.lower().lstrip("/")
    return _BY_WORD.get(_ALIASES.get(word, word))


def usage(verb: Verb) -> str:
    """Write how a verb is typed."""
    return f"{verb.word} {_(verb.grammar)}".rstrip()


def help_lines(about: str = "") -> list[str]:
    """Tell what can be typed, or how one verb is."""
    verb = verb_of(about) if about else None
    if verb is not None:
        return [f"{usage(verb)}  {_(verb.help)}", *map(_, verb.more)]
    width = max(len(usage(each)) for each in VERBS)
    lines = [f"{usage(each):{width}}  {_(each.help)}" for each in VERBS]
    return [*map(_, _INTRODUCTION), *lines]


def room_name(word: str) -> str:
    """Give a room's name with its #, which shells take for a comment and people leave out."""
    return word if word.startswith("#") or not word else f"#{word}"
