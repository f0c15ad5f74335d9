"""The cache of messages knows their reactions, and bounds what they cost."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.message_events import ReactionReceived
from simplechat.client.state.message_cache import MAX_MESSAGES_WITH_REACTIONS, MAX_REACTIONS, MessageCache


class ReactionTests(SynchronousTestCase):
    def reacted(
        self, msgid: str, at: float | None, *, back: bool = False, nick: str = "ben"
    ) -> ReactionReceived:
        return ReactionReceived(at, nick, "#tea", msgid, "+1", False, back)

    def test_an_earlier_reaction_that_comes_later_does_not_undo_what_followed(self) -> None:
        cache = MessageCache()

        news = [
            cache.add_reaction(self.reacted("1", 5.0, back=True)),
            cache.add_reaction(self.reacted("1", 4.0)),
        ]

        self.assertEqual((news, cache.reactions("1")), ([True, False], {}))

    def test_the_number_of_reactions_is_bounded(self) -> None:
        cache = MessageCache()
        for number in range(MAX_REACTIONS + 10):
            cache.add_reaction(self.reacted("1", None, nick=f"n{number}"))
        self.assertEqual(cache.reactions("1"), {"+1": MAX_REACTIONS})

        for number in range(MAX_MESSAGES_WITH_REACTIONS):
            cache.add_reaction(self.reacted(f"m{number}", None))
        self.assertEqual(cache.reactions("1"), {})
