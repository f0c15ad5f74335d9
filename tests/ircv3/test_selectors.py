"""Selectors: positions in a log by msgid or timestamp."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.selectors import BadSelector, MsgidSelector, TimestampSelector, parse_selector

GOOD = {
    "msgid=abc=d": MsgidSelector("abc=d"),
    "timestamp=1970-01-01T00:00:00.000Z": TimestampSelector(0),
    "timestamp=2001-09-09T01:46:40.123Z": TimestampSelector(1_000_000_000_123),
    "timestamp=2001-09-09T01:46:40.1Z": TimestampSelector(1_000_000_000_100),
    "timestamp=2001-09-09T01:46:40Z": TimestampSelector(1_000_000_000_000),
    "timestamp=9999-12-31T23:59:59.999Z": TimestampSelector(253_402_300_799_999),
}
BAD = {
    "": "INVALID_PARAMS",
    "*": "INVALID_PARAMS",
    "abc": "INVALID_PARAMS",
    "timestamp=": "INVALID_PARAMS",
    "timestamp=2001-09-09": "INVALID_PARAMS",
    "timestamp=2001-13-09T01:46:40.000Z": "INVALID_PARAMS",
    "timestamp=2001-09-09T24:46:40.000Z": "INVALID_PARAMS",
    "timestamp=0000-09-09T01:46:40.000Z": "INVALID_PARAMS",
    "timestamp=٢٠٠١-09-09T01:46:40.000Z": "INVALID_PARAMS",
    "timestamp=2001-09-09T01:46:40.000Z ": "INVALID_PARAMS",
    "number=5": "INVALID_MSGREFTYPE",
}


class SelectorTests(SynchronousTestCase):
    def test_a_msgid_or_a_timestamp_is_parsed(self) -> None:
        for word, selector in GOOD.items():
            self.assertEqual(parse_selector(word), selector)

    def test_anything_else_is_refused_with_a_code(self) -> None:
        for word, code in BAD.items():
            error = self.assertRaises(BadSelector, parse_selector, word)
            self.assertEqual((word, error.code), (word, code))
