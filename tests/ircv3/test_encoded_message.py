"""A message is encoded once for each dialect."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.caps import PLAIN_DIALECT, dialect_of
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.encoded_message import EncodedMessage
from simplechat.ircv3.message import Message

MESSAGE = Message(
    "PRIVMSG", ("#tea", "a b"), "ann!a@h", {"time": "T", "msgid": "1", "+typing": "active", "label": "7"}
)


class FormsTests(SynchronousTestCase):
    def test_a_dialect_is_sent_the_tags_that_it_admits(self) -> None:
        body = b":ann!a@h PRIVMSG #tea :a b\r\n"
        for caps, tags in (
            (set(), b""),
            ({"server-time"}, b"@time=T "),
            ({"message-tags"}, b"@msgid=1;+typing=active "),
            ({"labeled-response"}, b"@label=7 "),
            ({"message-tags", "server-time", "labeled-response"}, b"@time=T;msgid=1;+typing=active;label=7 "),
        ):
            self.assertEqual(EncodedMessage(MESSAGE)[dialect_of(caps)], tags + body)

    def test_a_dialect_is_one_object_for_all_who_speak_it(self) -> None:
        self.assertIs(dialect_of({"server-time", "echo-message"}), dialect_of({"server-time", "cap-notify"}))
        self.assertIs(dialect_of(set()), PLAIN_DIALECT)

    def test_a_line_is_built_once(self) -> None:
        forms = EncodedMessage(MESSAGE)

        self.assertIs(forms[PLAIN_DIALECT], forms[PLAIN_DIALECT])

    def test_what_cannot_be_written_fails_at_once(self) -> None:
        self.assertRaises(ValueError, EncodedMessage, Message("PRIVMSG", ("#tea", "a\nb")))
        self.assertRaises(ValueError, EncodedMessage, Message("PING", ("x",), "", {"+a b": "1"}))


class FoldTests(SynchronousTestCase):
    def test_spellings_of_one_name_fold_to_one_form(self) -> None:
        for one, other in (
            ("Ann", "aNN"),
            ("Straße", "STRASSE"),
            ("\uff21nn", "ann"),
            ("É", "e\u0301"),
            ("ǅ", "ǆ"),
        ):
            self.assertEqual(fold(one), fold(other))

    def test_other_names_do_not(self) -> None:
        for one, other in (("ann", "anne"), ("[a]", "{a}"), ("a", "à")):
            self.assertNotEqual(fold(one), fold(other))
