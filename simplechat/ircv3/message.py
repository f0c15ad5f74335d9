"""IRC lines: bytes to `Message` and back.

Spec: https://modern.ircdocs.horse/#message-format
Spec: https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

MAX_LINE_BYTES = 16384  # without CR LF: more than any legal line; a connection that sends more is closed
MAX_UNTAGGED_BYTES = 510  # everything after the tags, without CR LF
MAX_CLIENT_TAGS_BYTES = 4094  # between the "@" and the space

MAX_COMMAND_CHARS = 32  # characters; longer commands are not repeated in an error reply

_NO_TAGS: Mapping[str, str] = {}
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\:", " ": "\\s", "\r": "\\r", "\n": "\\n"})
_UNESCAPES = {":": ";", "s": " ", "r": "\r", "n": "\n"}
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_TAG_NAME = re.compile(r"\+?(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")


class Malformed(ValueError):
    """A line that cannot be parsed.

    Attributes:
        command: The line's command if it could be parsed, else "*".
        code: The code for a FAIL reply, such as INVALID_UTF8.
    """

    def __init__(self, code: str, text: str, command: str = "*") -> None:
        super().__init__(text)
        self.code = code
        self.command = command


class Message(NamedTuple):
    """One IRC message.

    Attributes:
        command: A command in capitals, or a numeric of three digits.
        params: The parameters; the trailing one is last, without its colon.
        source: The sender, without its colon; "" for none.
        tags: Unescaped values by name; "" for a tag without a value.
    """

    command: str
    params: tuple[str, ...] = ()
    source: str = ""
    tags: Mapping[str, str] = _NO_TAGS


def is_too_long(line: bytes) -> bool:
    """Tell whether the tags of a client's line, or the rest of it, exceed their limit.

    Spec: https://ircv3.net/specs/extensions/message-tags#size-limit
    """
    if not line.startswith(b"@"):
        return len(line) > MAX_UNTAGGED_BYTES
    tags, _, body = line.partition(b" ")
    return len(tags) - 1 > MAX_CLIENT_TAGS_BYTES or len(body) > MAX_UNTAGGED_BYTES


def parse(line: bytes) -> Message:
    """Parse one line without its line end.

    Raises:
        Malformed: It has no command, contains CR, LF or NUL, or is not UTF-8.

    Spec: https://modern.ircdocs.horse/#message-format
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        command = _split(line.decode("utf-8", "replace"))[2]
        if not (command.isascii() and command.isalnum() and len(command) <= MAX_COMMAND_CHARS):
            command = "*"
        raise Malformed("INVALID_UTF8", "The line is not UTF-8 and was ignored", command) from None
    tags, source, command, params = _split(text)
    if "\0" in text or "\r" in text or "\n" in text:
        raise Malformed("INVALID_LINE", "A line must not contain NUL, CR or LF")
    if not command:
        raise Malformed("INVALID_LINE", "The line has no command")
    return Message(command, params, source, parse_tags(tags) if tags else _NO_TAGS)


def _split(text: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Split a line into tags, source, command and params; the command is "" if there is none."""
    tags = source = ""
    if text.startswith("@"):
        tags, _, text = text[1:].partition(" ")
        text = text.lstrip(" ")
    if text.startswith(":"):
        source, _, text = text[1:].partition(" ")
    middle, colon, trailing = text.partition(" :")
    words = middle.split(" ")
    if "" in words:
        words = [word for word in words if word]
    if not words or words[0].startswith(":"):
        return tags, source, "", ()
    if colon:
        words.append(trailing)
    return tags, source, words[0].upper(), tuple(words[1:])


def parse_tags(text: str) -> dict[str, str]:
    """Parse the tags between "@" and the space; of repeated names the last one counts.

    Spec: https://ircv3.net/specs/extensions/message-tags#rules-for-naming-message-tags
    """
    tags: dict[str, str] = {}
    for item in text.split(";"):
        name, _, value = item.partition("=")
        if name:
            tags[name] = unescape(value) if "\\" in value else value
    return tags


def parse_line_tags(line: bytes) -> Mapping[str, str]:
    """Parse the tags of a line that is otherwise malformed, as far as possible."""
    if not line.startswith(b"@"):
        return _NO_TAGS
    return parse_tags(line[1 : MAX_CLIENT_TAGS_BYTES + 1].partition(b" ")[0].decode("utf-8", "replace"))


def escape(value: str) -> str:
    """Escape a tag's value.

    Spec: https://ircv3.net/specs/extensions/message-tags#escaping-values
    """
    return value.translate(_ESCAPES)


def unescape(value: str) -> str:
    """Undo `escape`; drop a backslash before any other letter or at the end."""
    return _ESCAPE.sub(_unescape_one, value)


def _unescape_one(found: re.Match[str]) -> str:
    return _UNESCAPES.get(found[1], found[1])


def encode(message: Message) -> bytes:
    """Encode one line, CR LF included. All lines are built here or by `EncodedMessage`.

    Raises:
        ValueError: See `encode_tags` and `encode_body`.
    """
    return encode_tags(message.tags) + encode_body(message)


def encode_tags(tags: Mapping[str, str]) -> bytes:
    """Encode tags with their "@" and space; b"" for no tags.

    Raises:
        ValueError: A name is invalid, or a value contains NUL.
    """
    if not tags:
        return b""
    text = ";".join([f"{name}={escape(value)}" if value else name for name, value in tags.items()])
    if "\0" in text or not all(map(is_tag_name, tags)):
        raise ValueError(f"invalid tags: {tags!r}")
    return f"@{text} ".encode()


@lru_cache(1024)
def is_tag_name(name: str) -> bool:
    """Tell whether a name has the form `[+][vendor/]name`.

    Spec: https://ircv3.net/specs/extensions/message-tags#rules-for-naming-message-tags
    """
    return _TAG_NAME.fullmatch(name) is not None


def encode_body(message: Message) -> bytes:
    """Encode everything but the tags, CR LF included, in at most 512 bytes.

    A last parameter that does not fit is cut between two characters.

    Raises:
        ValueError: A part contains CR, LF or NUL; a parameter other than the last is empty, contains a space
            or begins with a colon; or the line is too long even without its last parameter.
    """
    *middle, last = message.params or ("",)
    head = [f":{message.source}"] if message.source else []
    head.append(message.command)
    head += middle
    line = " ".join(head)
    if message.params:
        line += f" {last}" if is_middle(last) else f" :{last}"
    if "\r" in line or "\n" in line or "\0" in line or not all(map(is_middle, middle)):
        raise ValueError(f"cannot be encoded: {message!r}")
    body = line.encode()
    return body + b"\r\n" if len(body) <= MAX_UNTAGGED_BYTES else _cut(body, last, message)


def is_middle(param: str) -> bool:
    """Tell whether a parameter can stand anywhere, not only at the end of a line."""
    return bool(param) and param[0] != ":" and " " not in param


def _cut(body: bytes, last: str, message: Message) -> bytes:
    if len(body) - len(last.encode()) > MAX_UNTAGGED_BYTES:
        raise ValueError(f"too long even without its last parameter: {message!r}")
    return body[:MAX_UNTAGGED_BYTES].decode("utf-8", "ignore").encode() + b"\r\n"


def fit_to_line(message: Message) -> Message:
    """Cut the last parameter as `encode` will cut it, so that the stored text is the delivered one."""
    *others, last = message.params
    letters = len(message.source) + len(message.command) + sum(map(len, message.params)) + len(message.params)
    if 4 * letters + len(": :") <= MAX_UNTAGGED_BYTES:  # a character has at most 4 bytes
        return message
    is_ascii = message.source.isascii() and all(map(str.isascii, message.params))
    if is_ascii and letters + len(": :") <= MAX_UNTAGGED_BYTES:
        return message
    spare = spare_bytes(message._replace(params=tuple(others)))
    return message._replace(params=(*others, last.encode()[:spare].decode("utf-8", "ignore")))


def spare_bytes(message: Message) -> int:
    """Return how many bytes one more parameter, the last one, may have."""
    head = encode_body(message._replace(params=(*message.params, "")))
    return MAX_UNTAGGED_BYTES + len(b"\r\n") - len(head)


def join_words(words: Iterable[str], max_bytes: int, between: str = " ") -> Iterator[str]:
    """Join words into lines of at most `max_bytes` bytes each."""
    line = ""
    for word in words:
        if line and len(line.encode()) + len(between) + len(word.encode()) > max_bytes:
            yield line
            line = ""
        line = f"{line}{between}{word}" if line else word
    if line:
        yield line
