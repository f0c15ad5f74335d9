"""What a user can ask the server for, as messages.

Spec: https://modern.ircdocs.horse/
"""

from __future__ import annotations

import base64
import re

from simplechat.client.protocol.batches import MULTILINE_BATCH, MULTILINE_CONCAT
from simplechat.client.protocol.connection import RequestError, ServerConnection, check_name, encode_request
from simplechat.client.protocol.history_requests import HistoryRequest
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.protocol.unconfirmed import UnconfirmedMessage, format_action
from simplechat.ircv3.message import Message, is_middle
from simplechat.ircv3.splitting import TextLine, split_into_messages, split_text
from simplechat.locale import gettext as _

MAX_MESSAGE_BYTES = 512
SOURCE_BYTES = 100  # that others see before our text, unless our nick is long
USER_AND_HOST_BYTES = 80  # of a source, beside the nick
MIN_TEXT_BYTES = 16  # of a message

_LINE_END = re.compile("\r\n|\r|\n")


class Requests:
    """Sends requests on a connection; each raises RequestError, and sends nothing, if it is not valid."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    # -- messages --------------------------------------------------------------------------------------

    def count_messages(self, target: str, text: str) -> int:
        """Return how many messages a text becomes."""
        return len(self._split(target, _check_text(text)))

    def send_text(self, target: str, text: str, reply_to: str = "") -> None:
        """Send a text to a channel or a nick, in as many messages as it needs; the first may be a reply."""
        is_reply = reply_to and self._connection.server.has_tags
        tags = {"+reply": reply_to, "+draft/reply": reply_to} if is_reply else {}
        self._send_messages(target, self._split(target, _check_text(text)), tags)

    def send_action(self, target: str, text: str) -> None:
        """Tell a channel or a nick what we do."""
        max_bytes = self._max_text_bytes(target) - len(format_action(""))
        lines = [line for line in _LINE_END.split(_check_text(text)) if line]
        pieces = [piece for line in lines for piece in split_text(line, max_bytes)]
        self._send_messages(target, [[TextLine(format_action(piece))] for piece in pieces], {})

    def _split(self, target: str, text: str) -> list[list[TextLine]]:
        server, lines = self._connection.server, _LINE_END.split(text)
        max_bytes = self._max_text_bytes(target)
        return split_into_messages(lines, max_bytes, server.max_lines, server.max_multiline_bytes)

    def _max_text_bytes(self, target: str) -> int:
        """Return how long a text to a target may be so that others get all of it."""
        frame = encode_request(Message("PRIVMSG", (check_name(target), " ")))
        source_bytes = max(SOURCE_BYTES, len(self._connection.nick.encode()) + USER_AND_HOST_BYTES)
        max_bytes = MAX_MESSAGE_BYTES - len(": ") - source_bytes - len(frame)
        if max_bytes < MIN_TEXT_BYTES:
            raise RequestError(_("That name is too long"))
        return max_bytes

    def _send_messages(self, target: str, messages: list[list[TextLine]], tags: dict[str, str]) -> None:
        if not self._connection.is_registered:
            raise RequestError(_("The server has not let us in yet"))
        for message in messages:
            for piece in message:
                encode_request(Message("PRIVMSG", (target, piece.text)))
        for message in messages:
            self._send_message(target, message, tags)
            tags = {}

    def _send_message(self, target: str, pieces: list[TextLine], tags: dict[str, str]) -> None:
        connection = self._connection
        text = "".join(piece.text if piece.is_concat else f"\n{piece.text}" for piece in pieces)
        label = connection.unconfirmed.add(UnconfirmedMessage(target, text.removeprefix("\n")))
        if connection.server.has_labels:
            tags = {**tags, "label": label}
        if len(pieces) == 1:
            connection.send(Message("PRIVMSG", (target, pieces[0].text), "", tags))
        else:
            self._send_multiline(target, pieces, label, tags)
        if not connection.server.has_echo:  # what is not refused before the PONG was taken
            self._send("PING", label)

    def _send_multiline(
        self, target: str, pieces: list[TextLine], reference: str, tags: dict[str, str]
    ) -> None:
        """Send one message of several lines.

        Spec: https://ircv3.net/specs/extensions/multiline
        """
        self._connection.send(Message("BATCH", (f"+{reference}", MULTILINE_BATCH, target), "", tags))
        for piece in pieces:
            inside = {"batch": reference, MULTILINE_CONCAT: ""} if piece.is_concat else {"batch": reference}
            self._connection.send(Message("PRIVMSG", (target, piece.text), "", inside))
        self._send("BATCH", f"-{reference}")

    def react(self, target: str, msgid: str, emoji: str) -> None:
        """React to a message.

        Spec: https://ircv3.net/specs/client-tags/react
        """
        self._send_reaction("+draft/react", target, msgid, emoji)

    def unreact(self, target: str, msgid: str, emoji: str) -> None:
        """Take a reaction back."""
        self._send_reaction("+draft/unreact", target, msgid, emoji)

    def _send_reaction(self, tag: str, target: str, msgid: str, emoji: str) -> None:
        tags = {tag: _check_text(emoji), "+reply": msgid, "+draft/reply": msgid}
        self._connection.send(Message("TAGMSG", (check_name(target),), "", tags))

    def delete_message(self, target: str, msgid: str) -> None:
        """Delete a message.

        Spec: https://ircv3.net/specs/extensions/message-redaction
        """
        self._send("REDACT", check_name(target), check_name(msgid))

    # -- history ---------------------------------------------------------------------------------------

    def history(self, request: HistoryRequest) -> None:
        """Ask for history, once all earlier requests for it are answered."""
        encode_request(request.message)
        self._connection.history.add(request)

    def mark_read(self, target: str, time: str) -> None:
        """Tell the server up to when we have read a conversation, as a tag's time.

        Spec: https://ircv3.net/specs/extensions/read-marker
        """
        self._send("MARKREAD", check_name(target), f"timestamp={time}")

    def read_marker(self, target: str) -> None:
        """Ask up to when we have read a conversation."""
        self._send("MARKREAD", check_name(target))

    # -- channels and people ---------------------------------------------------------------------------

    def join(self, channel: str, key: str = "") -> None:
        """Join a channel, with its key if it has one."""
        self._send("JOIN", check_name(channel), *([check_name(key)] if key else []))

    def part(self, channel: str) -> None:
        """Leave a channel."""
        self._send("PART", check_name(channel))

    def topic(self, channel: str, text: str = "") -> None:
        """Ask for a channel's topic, or change it."""
        self._send("TOPIC", check_name(channel), *([text] if text else []))

    def who(self, mask: str) -> None:
        """Ask who is in a channel, or who somebody is."""
        self._send("WHO", check_name(mask))

    def list_channels(self, mask: str = "") -> None:
        """Ask for all channels, or for those that match a mask."""
        self._send("LIST", *([check_name(mask)] if mask else []))

    # -- ourselves -------------------------------------------------------------------------------------

    def change_nick(self, nick: str) -> None:
        """Ask for another nick."""
        self._send("NICK", check_name(nick))

    def away(self, reason: str = "") -> None:
        """Tell that we are away and why; without a reason, that we are back."""
        self._send("AWAY", *([reason] if reason else []))

    def register_account(self, credentials: Credentials) -> None:
        """Ask for an account.

        Spec: https://ircv3.net/specs/extensions/account-registration
        """
        self._send("REGISTER", check_name(credentials.name), "*", credentials.password)

    def change_password(self, old: str, new: str) -> None:
        """Ask for another password."""
        if is_middle(old):
            self._send("PASSWD", old, new)
        else:
            self._send("PASSWD", "BASE64", base64.b64encode(old.encode()).decode(), new)

    # -- the connection --------------------------------------------------------------------------------

    def ping(self) -> None:
        """Ask whether the server still answers."""
        self._send("PING", "there")

    def quit(self, reason: str = "") -> None:
        """Leave for good; the server then ends the connection."""
        self._send("QUIT", *([reason] if reason else []))

    def _send(self, command: str, *params: str) -> None:
        self._connection.send(Message(command, params))


def _check_text(text: str) -> str:
    """Return a text that UTF-8 can hold.

    Raises:
        RequestError: It holds lone surrogates.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RequestError(_("That is not text and cannot be sent")) from None
    return text
