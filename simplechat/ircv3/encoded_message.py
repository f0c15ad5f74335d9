"""Messages as bytes: encoded once per dialect, however many listeners there are.

Spec: https://ircv3.net/specs/extensions/message-tags
"""

from __future__ import annotations

from simplechat.ircv3.caps import Dialect
from simplechat.ircv3.message import Message, encode_body, encode_tags


class EncodedMessage(dict[Dialect, bytes]):
    """The encoded lines of one message by dialect; each is built on first access.

    Raises:
        ValueError: On construction, if the message or its client-only tags cannot be encoded.
    """

    __slots__ = ("body", "message")

    def __init__(self, message: Message) -> None:
        super().__init__()
        self.message = message
        self.body = encode_body(message)
        client_only_tags = {name: value for name, value in message.tags.items() if name[0] == "+"}
        if client_only_tags:
            encode_tags(client_only_tags)

    def __missing__(self, dialect: Dialect) -> bytes:
        tags = {name: value for name, value in self.message.tags.items() if dialect.admits(name)}
        line = encode_tags(tags) + self.body
        self[dialect] = line
        return line
