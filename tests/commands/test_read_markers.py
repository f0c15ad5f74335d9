"""MARKREAD: markers go to a user's own clients only, and only move forward."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from simplechat.hub.records import ReadMarkerRow
from tests.support.history import EARLY, LATER
from tests.support.replies import codes, heard
from tests.support.stage import Stage


class MarkTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", caps="draft/read-marker")

    def answer(self, line: str) -> str:
        """Send a line; return the words of the reply."""
        self.ann.hears()
        self.ann.says(f"MARKREAD {line}".strip())
        (message,) = heard(self.ann)
        words = message.params[:-1] if message.command == "FAIL" else message.params
        return " ".join((message.command, *words))

    def test_a_marker_that_was_set_is_shown(self) -> None:
        self.assertEqual(self.answer("#tea"), "MARKREAD #tea *")
        self.assertEqual(self.answer(f"#tea {LATER}"), f"MARKREAD #tea {LATER}")
        self.assertEqual(self.answer("#TEA"), f"MARKREAD #TEA {LATER}")
        self.assertEqual(self.answer("ben"), "MARKREAD ben *")

    def test_a_marker_only_moves_forward_and_never_beyond_the_present(self) -> None:
        self.answer(f"#tea {LATER}")

        self.assertEqual(self.answer(f"#tea {EARLY}"), f"MARKREAD #tea {LATER}")
        now = "timestamp=2001-09-09T01:46:40.000Z"
        self.assertEqual(self.answer("#tea timestamp=2099-01-01T00:00:00.000Z"), f"MARKREAD #tea {now}")

    def test_invalid_requests_are_answered_with_a_code(self) -> None:
        for line, code in {
            "": "NEED_MORE_PARAMS",
            "#tea *": "INVALID_PARAMS #tea *",
            "#tea timestamp=x": "INVALID_PARAMS #tea timestamp=x",
            "#tea msgid=0000000000000": "INVALID_PARAMS #tea msgid=0000000000000",
            "::": "INVALID_PARAMS *",
        }.items():
            self.assertEqual(self.answer(line), f"FAIL MARKREAD {code}")

    def test_it_comes_behind_the_join_and_before_the_names(self) -> None:
        self.answer(f"#tea {LATER}")

        self.ann.says("JOIN #tea")

        lines = self.ann.hears()
        self.assertEqual(lines[1], f":irc.test MARKREAD #tea {LATER}")
        self.ben.says("JOIN #tea")
        self.assertEqual(codes(self.ben), ["JOIN", "MARKREAD", "353", "366"])

    def test_nobody_else_is_told(self) -> None:
        self.ben.says("JOIN #tea")
        self.ben.hears()

        self.ann.says("JOIN #tea", f"MARKREAD #tea {LATER}")

        self.assertEqual(codes(self.ben), ["JOIN"])
        self.ben.says("MARKREAD #tea")
        self.assertEqual(self.ben.hears(), [":irc.test MARKREAD #tea *"])

    def test_a_guests_marker_is_not_stored_and_an_accounts_is(self) -> None:
        self.answer(f"#tea {EARLY}")
        self.assertEqual(self.stage.store.inner.startup_state().read_markers, ())
        user = self.stage.hub.user("ann")
        user.account = "ann"

        self.answer(f"#tea {LATER}")

        self.assertEqual(
            self.stage.store.inner.startup_state().read_markers,
            (ReadMarkerRow(user.identity, "#tea", 980985600123),),
        )

    def test_when_it_cannot_be_stored_it_is_what_it_was(self) -> None:
        self.stage.hub.user("ann").account = "ann"
        self.answer(f"#tea {EARLY}")
        store = self.stage.store
        store.faults = {len(store.commits) + 1: NotStored("full")}

        self.assertEqual(self.answer(f"#tea {LATER}"), "FAIL MARKREAD MESSAGE_NOT_STORED #tea")
        self.assertEqual(self.answer("#tea"), f"MARKREAD #tea {EARLY}")
        self.stage.clock.advance(2)

    def test_a_guests_marks_go_with_them(self) -> None:
        self.answer(f"#tea {LATER}")
        identity = self.stage.hub.user("ann").identity

        self.ann.says("QUIT")

        self.assertIsNone(self.stage.hub.read_markers.get(identity, "#tea"))
