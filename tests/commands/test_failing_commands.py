"""A command that raises where nobody expects it leaves nothing half done."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands import joining, modes, topics, user_status
from tests.support.replies import codes
from tests.support.stage import Stage


class OurBug(Exception):
    """An error in the program."""


class FailingCommandTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")
        for each in (self.ann, self.ben):
            each.hears()

    def assert_failed(self, command: str) -> None:
        self.assertEqual(len(self.flushLoggedErrors(OurBug)), 1)
        self.assertIn(f":irc.test FAIL {command} INTERNAL_ERROR", "\n".join(self.ann.hears()))
        self.assertEqual(self.ben.hears(), [])

    def test_a_failed_join_leaves_no_member_and_can_be_repeated(self) -> None:
        self.ben.says("JOIN #milk")
        self.ben.hears()
        for name in ("_announce", "show_read_marker", "replay_channel", "notify_members_of_profile"):
            patcher = self.patch(joining, name, self._raise)

            self.ann.says("JOIN #own,#milk")
            patcher.restore()

            self.assert_failed("JOIN")
            self.assertEqual(list(self.stage.hub.users["ann"].channels), ["#tea"])
            self.assertNotIn("#own", self.stage.hub.channels)
        self.ann.says("JOIN #milk")

        self.assertEqual(codes(self.ann), ["JOIN", "353", "366"])

    def test_modes_are_what_they_were(self) -> None:
        for name in ("encode_modes", "split_changes", "event_tags", "keep_event"):
            patcher = self.patch(modes, name, self._raise)

            self.ann.says("MODE #tea +iklb-n sesame 7 eve")
            patcher.restore()

            self.assert_failed("MODE")
            self.ann.says("MODE #tea", "MODE #tea +b")
            self.assertEqual(
                [line.split()[1:5] for line in self.ann.hears()],
                [
                    ["324", "ann", "#tea", "+nt"],
                    ["329", "ann", "#tea", "1000000000"],
                    ["368", "ann", "#tea", ":End"],
                ],
            )

    def test_a_member_has_the_status_from_before(self) -> None:
        self.patch(modes, "encode_modes", self._raise)

        self.ann.says("MODE #tea +o ben")

        self.assert_failed("MODE")
        self.assertEqual(self.stage.hub.channels["#tea"].members[self.stage.hub.users["ben"]].prefixes, "")

    def test_a_topic_is_what_it_was(self) -> None:
        self.patch(topics, "keep_event", self._raise)

        self.ann.says("TOPIC #tea :Green")

        self.assert_failed("TOPIC")
        self.assertIsNone(self.stage.hub.channels["#tea"].topic)

    def test_a_real_name_is_what_it_was(self) -> None:
        self.patch(user_status, "sessions_to_notify", self._raise)

        self.ann.says("SETNAME :Ann of Tea")

        self.assert_failed("SETNAME")
        self.assertEqual(self.stage.hub.users["ann"].realname, "ann")

    @staticmethod
    def _raise(*args: Any, **fields: Any) -> Any:
        raise OurBug
