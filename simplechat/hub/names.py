"""The rules for nicks and channel names.

Spec: https://modern.ircdocs.horse/#clients
Spec: https://modern.ircdocs.horse/#channels
"""

from __future__ import annotations

import unicodedata

from simplechat.hub.errors import Refused
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import is_middle
from simplechat.ircv3.numerics import ERR_BADCHANMASK, ERR_ERRONEUSNICKNAME

MAX_NICK_CHARS = 30  # characters
MAX_NICK_BYTES = 64  # so that replies about several users fit one line
MAX_CHANNEL_BYTES = 64  # the "#" included

_NICK_PUNCTUATION = frozenset("-_[]{}\\|^`")
_NOT_FIRST_IN_NICK = frozenset("-0123456789")
_INVISIBLE_CATEGORIES = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}
)  # control, format, unassigned, spaces
_IGNORABLE = (  # letters and marks among Unicode's Default_Ignorable_Code_Point
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


def check_nick(nick: str, server_name: str) -> str:
    """Check a nick and return it in Unicode's normal form NFC.

    Raises:
        Refused: It is not a valid nick; the text says why.
    """
    nick = unicodedata.normalize("NFC", nick)
    why = _nick_problem(nick, server_name)
    if why:
        raise Refused(ERR_ERRONEUSNICKNAME, sanitize_param(nick), why=why)
    return nick


def _nick_problem(nick: str, server_name: str) -> str:
    if not 0 < len(nick) <= MAX_NICK_CHARS or len(nick.encode()) > MAX_NICK_BYTES:
        return f"1 to {MAX_NICK_CHARS} characters, {MAX_NICK_BYTES} bytes at most"
    if nick[0] in _NOT_FIRST_IN_NICK:
        return "it begins with a digit or a dash"
    if any(map(_is_ignorable, nick)) or unicodedata.category(nick[0])[0] == "M":
        return "it contains an invisible character, or begins with a combining mark"
    letters = [char for char in nick if char not in _NICK_PUNCTUATION and char not in "0123456789"]
    if not all(unicodedata.category(char)[0] in "LM" for char in letters):
        return "letters, digits and -_[]{}\\|^` only"
    if len({_script(char) for char in letters if unicodedata.category(char)[0] == "L"}) > 1:
        return "letters of one script only"
    if fold(nick) == fold(server_name) or fold(nick).endswith("serv"):
        return "it is reserved"
    return ""


def _is_ignorable(char: str) -> bool:
    """Tell whether a letter or mark is invisible (Default_Ignorable_Code_Point)."""
    return any(low <= ord(char) <= high for low, high in _IGNORABLE)


def _script(letter: str) -> str:
    """Return a letter's script: the first word of its Unicode name, such as LATIN."""
    return unicodedata.name(letter, "?").split(" ", 1)[0]


def strip_invisible(text: str) -> str:
    """Remove spaces and other invisible characters from a text."""
    return "".join(char for char in text if not _is_invisible(char))


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE_CATEGORIES or _is_ignorable(char)


def check_channel_name(name: str) -> None:
    """Check a channel's name.

    Raises:
        Refused: It is not valid; the text says why.
    """
    why = _channel_problem(name)
    if why:
        raise Refused(ERR_BADCHANMASK, sanitize_param(name), why=why)


def _channel_problem(name: str) -> str:
    if not name.startswith("#") or len(name) < 2:
        return "it is # and a name"
    if len(name.encode()) > MAX_CHANNEL_BYTES:
        return f"{MAX_CHANNEL_BYTES} bytes at most"
    if "," in name:
        return "it contains a comma, which separates names"
    if any(map(_is_invisible, name)):
        return "it contains an invisible character"
    return ""


def is_channel_name(target: str) -> bool:
    """Tell whether a target is a channel's name rather than a nick."""
    return target.startswith("#")


def sanitize_param(word: str) -> str:
    """Return a refused word in a form that can be a parameter of a reply."""
    return word.encode()[:MAX_CHANNEL_BYTES].decode("utf-8", "ignore") if is_middle(word) else "*"
