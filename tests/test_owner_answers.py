"""The answers to the owner's commands are the same on both sides of the control socket."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from simplechat.owner_answers import (
    Answer,
    ClearScreen,
    EndOfAnswer,
    ErrorNotice,
    Notice,
    Progress,
    Properties,
    Question,
    StartPython,
    Table,
    decode_answer,
    encode_answer,
)

NASTY = "\x1b[2J\x07\n\u202e {0} {nick}"
ANSWERS: list[tuple[Answer, dict[str, object]]] = [
    (Table(["a", NASTY], [["x", 1], [NASTY, 2]]), {"columns": ["a", NASTY], "rows": [["x", 1], [NASTY, 2]]}),
    (Properties({"a": 1, NASTY: NASTY}), {"facts": {"a": 1, NASTY: NASTY}}),
    (Notice("{x}", {"x": NASTY}), {"text": "{x}", "fields": {"x": NASTY}}),
    (ErrorNotice("{x}", {"x": 1}), {"text": "{x}", "fields": {"x": 1}}),
    (Question("{x}?", {"x": 1}, "exit yes"), {"text": "{x}?", "fields": {"x": 1}, "again": "exit yes"}),
    (Progress(1, 2), {"done": 1, "all": 2}),
    (ClearScreen(), {}),
    (StartPython(), {}),
    (EndOfAnswer(), {}),
]
KINDS = ["table", "facts", "text", "error", "ask", "progress", "clear", "python", "end"]


class EncodingTests(SynchronousTestCase):
    def test_an_answer_is_an_object_that_names_its_kind(self) -> None:
        for kind, (answer, values) in zip(KINDS, ANSWERS, strict=True):
            self.assertEqual(json.loads(encode_answer(answer)), {"kind": kind, **values})

    def test_each_answer_is_one_line_of_ascii(self) -> None:
        for answer, _ in ANSWERS:
            self.assertEqual(encode_answer(answer).count(b"\n"), 1)
            self.assertTrue(encode_answer(answer).isascii())

    def test_what_was_encoded_is_decoded_to_an_equal_answer(self) -> None:
        for answer, _ in ANSWERS:
            decoded = decode_answer(encode_answer(answer))

            self.assertEqual((type(decoded), decoded), (type(answer), answer))

    def test_anything_else_is_not_decoded(self) -> None:
        for line in (
            *(b"", b"\xff", b"[]", b"{}", b'{"kind": 1}', b'{"kind": []}', b'{"kind": "other"}'),
            b'{"kind": "end", "more": 1}',
            b'{"kind": "text", "text": "x"}',
            b'{"kind": "text", "text": "x", "fields": []}',
            b'{"kind": "progress", "done": "1", "all": 2}',
            b"[" * 100_000,
        ):
            self.assertRaises(ValueError, decode_answer, line)
