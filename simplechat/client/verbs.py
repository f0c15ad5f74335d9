"""What is typed: something to say, or a verb. The table of verbs: what each takes, and what it is for."""

from __future__ import annotations

from typing import NamedTuple

from simplechat.locale import gettext as _
from simplechat.locale import marked

SAY = "say"

ROOM, VERB = "room", "verb"  # what the words after a verb are, for completion, where they are not nicks


class Verb(NamedTuple):
    """One verb.

    Attributes:
        word: With its slash.
        grammar: What follows it, for people.
        help: What it is for, in English until it is shown.
        takes: ROOM or VERB; "" where nicks may stand there.
        bare: The word that means the same where it is typed alone on a terminal; "" for none.
    """

    word: str
    grammar: str
    help: str
    takes: str = ""
    bare: str = ""


VERBS = (
    Verb("/msg", marked("NICK TEXT"), marked("say something to one person")),
    Verb("/me", marked("TEXT"), marked("say what you do")),
    Verb("/join", marked("#ROOM [KEY]"), marked("come into a room and talk there"), ROOM),
    Verb("/part", marked("[#ROOM]"), marked("leave your room"), ROOM),
    Verb("/nick", marked("NICK"), marked("take another nick")),
    Verb("/topic", marked("[TEXT]"), marked("show or change what your room is about")),
    Verb("/who", marked("[#ROOM|NICK]"), marked("show who is in your room, or elsewhere")),
    Verb("/list", marked("[#ROOM]"), marked("show which rooms there are"), ROOM),
    Verb("/away", marked("[REASON]"), marked("be away; without a reason, be back")),
    Verb("/cls", "", marked("clear the screen"), bare="cls"),
    Verb("/help", marked("[VERB]"), marked("show this"), VERB, bare="help"),
    Verb("/exit", marked("[REASON]"), marked("leave; Ctrl-D does the same"), bare="chat.exit"),
)
LOCAL = frozenset({"/cls", "/help", "/exit"})
"""What can be done without a connection."""

_ALIASES = {"/quit": "/exit", "/clear": "/cls", "/names": "/who"}
_BY_WORD = {verb.word: verb for verb in VERBS}
_BY_BARE = {verb.bare: verb for verb in VERBS if verb.bare}

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


def read(line: str) -> Typed:
    """Tell what a line means."""
    if line.startswith("//"):
        return Typed(SAY, line[1:])
    if not line.startswith("/"):
        return Typed(SAY, line)
    word, _, rest = line.partition(" ")
    word = word.lower()
    return Typed(_ALIASES.get(word, word), rest.strip())


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
        return [f"{usage(verb)}  {_(verb.help)}"]
    width = max(len(usage(each)) for each in VERBS)
    lines = [f"{usage(each):{width}}  {_(each.help)}" for each in VERBS]
    return [*map(_, _INTRODUCTION), *lines]


def room_name(word: str) -> str:
    """Give a room's name with its #, which shells take for a comment and people leave out."""
    return word if word.startswith("#") or not word else f"#{word}"
