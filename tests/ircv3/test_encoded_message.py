"""A message is encoded once for each dialect."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.caps import PLAIN_DIALECT, dialect_of
from simplechat.ircv3.encoded_message import EncodedMessage
from simplechat.ircv3.message import Message

MESSAGE = Message(
    "PRIVMSG", ("#tea", "a b"), "ann!a@h", {"time": "T", "msgid": "1", "+typing": "active", "label": "7"}
)


class EncodedMessageTests(SynchronousTestCase):
    def test_a_dialect_gets_the_tags_that_it_admits(self) -> None:
        body = b":ann!a@h PRIVMSG #tea :a b\r\n"
        for caps, tags in (
            (set(), b""),
            ({"server-time"}, b"@time=T "),
            ({"message-tags"}, b"@msgid=1;+typing=active "),
            ({"labeled-response"}, b"@label=7 "),
            ({"message-tags", "server-time", "labeled-response"}, b"@time=T;msgid=1;+typing=active;label=7 "),
        ):
            self.assertEqual(EncodedMessage(MESSAGE)[dialect_of(caps)], tags + body)

    def test_equal_dialects_are_one_object(self) -> None:
        self.assertIs(dialect_of({"server-time", "echo-message"}), dialect_of({"server-time", "cap-notify"}))
        self.assertIs(dialect_of(set()), PLAIN_DIALECT)

    def test_a_line_is_encoded_once(self) -> None:
        encoded = EncodedMessage(MESSAGE)

        self.assertIs(encoded[PLAIN_DIALECT], encoded[PLAIN_DIALECT])

    def test_a_message_that_cannot_be_encoded_fails_at_once(self) -> None:
        self.assertRaises(ValueError, EncodedMessage, Message("PRIVMSG", ("#tea", "a\nb")))
        self.assertRaises(ValueError, EncodedMessage, Message("PING", ("x",), "", {"+a b": "1"}))
