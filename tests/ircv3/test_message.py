"""Lines are parsed to messages, and messages encoded to lines."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.message import (
    MAX_CLIENT_TAGS_BYTES,
    MAX_UNTAGGED_BYTES,
    Malformed,
    Message,
    encode,
    escape,
    fit_to_line,
    is_too_long,
    parse,
    unescape,
)

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))

text = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=30)
word = text.map(lambda each: each.replace(" ", "").lstrip(":@")).filter(bool)
tag_name = st.from_regex(r"\+?([a-z.]{1,8}/)?[a-z-]{1,10}", fullmatch=True)
tag_value = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
messages = st.builds(
    Message,
    st.from_regex(r"[A-Z]{1,10}|[0-9]{3}", fullmatch=True),
    st.tuples(st.lists(word, max_size=4), st.lists(text, max_size=1)).map(lambda each: (*each[0], *each[1])),
    st.one_of(st.just(""), word),
    st.dictionaries(tag_name, tag_value, max_size=4),
)


class VectorTests(SynchronousTestCase):
    def test_every_vector_is_parsed(self) -> None:
        for vector in VECTORS["messages"]:
            expected = Message(
                vector["command"], tuple(vector["params"]), vector.get("source", ""), vector.get("tags", {})
            )

            self.assertEqual(parse(vector["line"].encode()), expected, vector["line"])

    def test_every_vector_is_encoded(self) -> None:
        for vector in VECTORS["messages"]:
            line = vector.get("encoded", vector["line"])

            self.assertEqual(encode(parse(vector["line"].encode())).decode(), f"{line}\r\n")

    def test_a_malformed_line_is_refused_with_its_code(self) -> None:
        for vector in VECTORS["malformed"]:
            error = self.assertRaises(Malformed, parse, vector["line"].encode())

            self.assertEqual(error.code, vector["code"], vector["line"])


class ParseTests(SynchronousTestCase):
    def test_a_line_that_is_not_utf8_is_refused_with_its_command(self) -> None:
        error = self.assertRaises(Malformed, parse, b"PRIVMSG #tea :caf\xe9")

        self.assertEqual((error.code, error.command), ("INVALID_UTF8", "PRIVMSG"))

    @given(st.binary(max_size=200))
    def test_no_bytes_break_the_parser(self, line: bytes) -> None:
        try:
            message = parse(line)
        except Malformed:
            return
        self.assertTrue(message.command)

    @given(messages)
    def test_an_encoded_message_is_parsed_again(self, message: Message) -> None:
        self.assertEqual(parse(encode(message)[:-2]), message)

    @given(tag_value)
    def test_escaping_is_undone(self, value: str) -> None:
        escaped = escape(value)

        self.assertEqual(unescape(escaped), value)
        self.assertEqual(set(escaped) & set("; \r\n"), set())


class EncodeTests(SynchronousTestCase):
    def test_nothing_that_ends_a_line_can_be_encoded(self) -> None:
        for bad in "\r\n\0":
            for message in (
                Message("PRIVMSG", ("#tea", f"a{bad}QUIT")),
                Message("PRIVMSG", (f"#t{bad}a", "x")),
                Message("PRIVMSG", ("#tea", "x"), f"ann{bad}!a@h"),
                Message(f"PRIV{bad}MSG", ("#tea", "x")),
                Message("PRIVMSG", ("#tea", "x"), "", {f"a{bad}": "1"}),
            ):
                self.assertRaises(ValueError, encode, message)

    def test_a_tag_value_cannot_contain_nul(self) -> None:
        self.assertRaises(ValueError, encode, Message("PING", ("x",), "", {"a": "\0"}))

    def test_only_the_last_param_can_be_empty_or_have_spaces(self) -> None:
        for bad in ("", "a b", ":a"):
            self.assertRaises(ValueError, encode, Message("PRIVMSG", (bad, "x")))

    def test_a_tag_name_is_checked(self) -> None:
        for bad in ("", "a b", "a;b", "a=b", "+", "é"):
            self.assertRaises(ValueError, encode, Message("PING", ("x",), "", {bad: "1"}))

    def test_a_text_that_does_not_fit_is_cut_at_a_character(self) -> None:
        for letter in ("a", "é", "€", "👍"):
            message = Message("PRIVMSG", ("#tea", letter * 600), "ann!a@h")

            line = encode(message)

            self.assertLessEqual(len(line), MAX_UNTAGGED_BYTES + 2)
            self.assertGreater(len(line), MAX_UNTAGGED_BYTES + 2 - len(letter.encode()))
            self.assertEqual(set(parse(line[:-2]).params[1]), {letter})

    @given(
        st.text(
            st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1, max_size=700
        )
    )
    def test_fit_to_line_cuts_as_encode_does(self, long: str) -> None:
        message = fit_to_line(Message("PRIVMSG", ("#tea", long), "ann!a@h"))

        said = parse(encode(message)[:-2])

        self.assertEqual(said.params[1], message.params[1])
        self.assertTrue(long.startswith(said.params[1]))

    def test_a_message_too_long_without_its_last_param_is_refused(self) -> None:
        self.assertRaises(ValueError, encode, Message("PRIVMSG", ("#" + "x" * 600, "hello")))


class LimitTests(SynchronousTestCase):
    def test_a_body_may_have_510_bytes(self) -> None:
        self.assertFalse(is_too_long(b"x" * MAX_UNTAGGED_BYTES))
        self.assertTrue(is_too_long(b"x" * (MAX_UNTAGGED_BYTES + 1)))

    def test_tags_may_have_4094_bytes_besides_the_body(self) -> None:
        body = b" " + b"x" * MAX_UNTAGGED_BYTES

        self.assertFalse(is_too_long(b"@" + b"t" * MAX_CLIENT_TAGS_BYTES + body))
        self.assertTrue(is_too_long(b"@" + b"t" * (MAX_CLIENT_TAGS_BYTES + 1) + body))
        self.assertTrue(is_too_long(b"@t" + body + b"x"))
