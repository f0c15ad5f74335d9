"""Chat addresses are parsed in all their forms, and formatted so that they can be parsed again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.chat_address import (
    BadAddress,
    ChatAddress,
    format_irc_url,
    normalize_fingerprint,
    parse_irc_url,
)

DIGEST = "ab" * 32
PRINT = ":".join(["AB"] * 32)

channels = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda name: name != "#" and "," not in name and name.isprintable()
)
addresses = st.builds(
    ChatAddress,
    st.sampled_from(("chat.example.org", "127.0.0.1", "::1", "2001:db8::7", "ñandú.example")),
    st.integers(1, 65535),
    st.one_of(st.just(""), channels.map(lambda name: f"#{name}")),
    st.one_of(st.just(""), st.binary(min_size=32, max_size=32).map(lambda digest: digest.hex(":").upper())),
    st.booleans(),
)


class ChatAddressTests(SynchronousTestCase):
    def test_equivalent_forms_are_parsed_alike(self) -> None:
        expected = ChatAddress("chat.example.org", 8067, "#tea", PRINT)
        for text in (
            f"ircs://chat.example.org:8067/tea?fingerprint={DIGEST}",
            f"IRCS://chat.example.org:8067/#tea?fingerprint={DIGEST.upper()}",
            f"ircs://chat.example.org:8067/%23tea?fingerprint={PRINT}",
            f"ircs://chat.example.org:8067/tea?a=b&fingerprint={DIGEST}&fingerprint={PRINT}",
        ):
            self.assertEqual(parse_irc_url(text), expected, text)

    def test_missing_parts_have_defaults(self) -> None:
        for text, address in (
            ("ircs://a.b", ChatAddress("a.b", 6697)),
            ("irc://a.b/", ChatAddress("a.b", 6667, is_secure=False)),
            (f"ircs://a.b?fingerprint={DIGEST}", ChatAddress("a.b", 6697, "", PRINT)),
            ("ircs://[::1]:99/x", ChatAddress("::1", 99, "#x")),
            ("ircs://[2001:DB8:0::7]", ChatAddress("2001:db8::7", 6697)),
            ("ircs://a.b/##x", ChatAddress("a.b", 6697, "##x")),
            ("ircs://a.b/caf%C3%A9", ChatAddress("a.b", 6697, "#café")),
        ):
            self.assertEqual(parse_irc_url(text), address, text)

    def test_anything_else_is_refused(self) -> None:
        for text in (
            *("", "a.b", "http://a.b", "ircs://", "ircs:///tea", "ircs://:99/tea", "ircs//a.b", "xircs://a"),
            *("ircs://ann@a.b", "ircs://ann:secret@a.b/tea", "ircs://ann%40x:y@a.b"),
            *("ircs://a.b:0", "ircs://a.b:65536", "ircs://a.b:x", "ircs://a.b:999999", "ircs://a.b:٣"),
            *("ircs://[::1", "ircs://[nope]", "ircs://[]", "ircs://::1/tea", "ircs://[127.0.0.1]"),
            *(
                "ircs://a.b/a,b",
                "ircs://a.b/a%2Cb",
                "ircs://a.b/a%20b",
                "ircs://a.b/%0d%0aQUIT",
                "ircs://a.b/#",
            ),
            *("ircs://a.b/%ff", "ircs://a.b/%1b", "ircs://a.b/a b", "ircs://a.b\n", "ircs://a\x1b.b"),
            *("ircs://a.b?fingerprint=", "ircs://a.b?fingerprint=12", f"ircs://a.b?fingerprint={DIGEST}0"),
            f"ircs://a.b?fingerprint={DIGEST}&fingerprint={'cd' * 32}",
            "ircs://a.b/" + "x" * 3000,
        ):
            self.assertRaises(BadAddress, parse_irc_url, text)

    def test_an_address_is_formatted_for_people(self) -> None:
        self.assertEqual(
            format_irc_url(ChatAddress("::1", 8067, "#lobby", PRINT)),
            f"ircs://[::1]:8067/lobby?fingerprint={DIGEST}",
        )
        self.assertEqual(format_irc_url(ChatAddress("a.b", 1, is_secure=False)), "irc://a.b:1/")

    @given(addresses)
    def test_a_formatted_address_is_parsed_as_it_was(self, address: ChatAddress) -> None:
        self.assertEqual(parse_irc_url(format_irc_url(address)), address)

    @given(st.text())
    def test_any_text_is_parsed_or_refused(self, text: str) -> None:
        for each in (text, f"ircs://{text}", f"ircs://a.b/{text}", f"ircs://a.b/x?{text}"):
            try:
                address = parse_irc_url(each)
            except BadAddress:
                continue
            self.assertTrue(address.host and address.channel.isprintable() and "," not in address.channel)

    def test_a_fingerprint_is_64_digits(self) -> None:
        self.assertEqual(normalize_fingerprint(DIGEST), PRINT)
        for text in ("", DIGEST[1:], f"{DIGEST}0", "g" * 64, f" {DIGEST}"):
            self.assertRaises(BadAddress, normalize_fingerprint, text)
