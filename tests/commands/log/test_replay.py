"""Replay: who joins is shown the latest messages once, in order, before new ones."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from simplechat.hub.records import LogRow
from tests.support.replies import codes
from tests.support.stage import Actor, FaultyStore, Stage

STAMP = "[2001-09-09 01:46 UTC] "


class SlowPages(FaultyStore):
    """A store whose reads can be held, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.holds = False
        self.fault: Exception | None = None
        self._pages: list[Deferred[None]] = []

    async def newest_rows(
        self, target: str, since: int, below: int, kinds: Sequence[str], limit: int
    ) -> list[LogRow]:
        if self.holds:
            self._pages.append(Deferred())
            await self._pages[-1]
        if self.fault:
            raise self.fault
        return await super().newest_rows(target, since, below, kinds, limit)

    def give(self) -> None:
        """Let the oldest read return."""
        self._pages.pop(0).callback(None)


def texts(actor: Actor) -> list[str]:
    """Give the texts of the messages heard."""
    said = (line.partition(" PRIVMSG ")[2] for line in actor.hears())
    return [each.partition(" ")[2].removeprefix(":") for each in said if each]


class ReplayTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = SlowPages()
        self.stage = Stage(self.store)
        (self.ann,) = self.stage.enter("ann", room="#tea")
        self.ann.says("PRIVMSG #tea :first thing", "NOTICE #tea :second thing")

    def test_earlier_messages_follow_the_join_once_and_in_order(self) -> None:
        (ben,) = self.stage.enter("ben")

        ben.says("JOIN #tea")

        self.assertEqual(
            ben.hears()[3:],
            [
                f":ann!ann@127.0.0.1 PRIVMSG #tea :{STAMP}first thing",
                f":ann!ann@127.0.0.1 NOTICE #tea :{STAMP}second thing",
            ],
        )

    def test_where_times_are_understood_they_stand_in_the_tag(self) -> None:
        (ben,) = self.stage.enter("ben", caps="server-time")

        ben.says("JOIN #tea")

        line = ben.hears()[3]
        self.assertTrue(line.startswith("@time=2001-09-09T01:46:40."))
        self.assertTrue(line.endswith(" PRIVMSG #tea :first thing"))

    def test_an_action_stays_one_with_its_time_in_it(self) -> None:
        self.ann.says("PRIVMSG #tea :\1ACTION pours tea\1")
        (ben,) = self.stage.enter("ben")

        ben.says("JOIN #tea")

        self.assertEqual(texts(ben)[-1], f"\1ACTION {STAMP}pours tea\1")

    def test_ctcp_requests_are_not_replayed(self) -> None:
        self.ann.says("PRIVMSG #tea :\1VERSION\1")
        (ben,) = self.stage.enter("ben", caps="server-time")

        ben.says("JOIN #tea")

        self.assertEqual([text for text in texts(ben) if text.startswith("\1")], [])

    def test_where_batches_are_understood_it_is_one(self) -> None:
        (ben,) = self.stage.enter("ben", caps="batch server-time message-tags")

        ben.says("JOIN #tea")

        opening, first, second, closing = ben.hears()[3:]
        reference = opening.split()[2][1:]
        self.assertEqual(opening, f":irc.test BATCH +{reference} chathistory #tea")
        self.assertIn(f"batch={reference}", first)
        self.assertIn(f"batch={reference}", second)
        self.assertEqual(closing, f":irc.test BATCH -{reference}")

    def test_msgids_times_and_client_tags_are_the_original_ones(self) -> None:
        eve, ben = self.stage.enter("eve", "ben", caps="message-tags server-time")
        eve.says("JOIN #tea")
        eve.hears()
        self.ann.says("@+reply=1 PRIVMSG #tea :y z")
        (live,) = eve.hears()

        ben.says("JOIN #tea")

        self.assertEqual(ben.hears()[-1], live)

    def test_nothing_is_replayed_in_a_channel_without_messages(self) -> None:
        (ben,) = self.stage.enter("ben", caps="batch")

        ben.says("JOIN #milk")

        self.assertEqual(codes(ben), ["JOIN", "353", "366"])

    def test_bots_get_no_replay(self) -> None:
        (ben,) = self.stage.enter("ben")

        ben.says("MODE ben +B", "JOIN #tea")

        self.assertEqual(texts(ben), [])

    def test_the_setting_limits_replay_and_0_means_none(self) -> None:
        for most, expected in ((0, []), (2, ["b b", "c c"])):
            stage = Stage(replay=most)
            ann, ben = stage.enter("ann", "ben", caps="server-time")
            ann.says("JOIN #tea", "PRIVMSG #tea :a a", "PRIVMSG #tea :b b", "PRIVMSG #tea :c c")

            ben.says("JOIN #tea")

            self.assertEqual(texts(ben), expected)

    def test_each_replay_follows_the_join_of_its_channel(self) -> None:
        self.ann.says("JOIN #milk", "PRIVMSG #milk :of milk")
        self.store.holds = True
        (ben,) = self.stage.enter("ben", caps="server-time no-implicit-names batch")
        ben.says("JOIN #tea,#milk")

        for _ in range(2):
            self.store.give()

        self.assertEqual(
            codes(ben), ["JOIN", "JOIN", "BATCH", "PRIVMSG", "NOTICE", "BATCH", "BATCH", "PRIVMSG", "BATCH"]
        )

    def test_status_messages_are_for_those_who_may_see_them(self) -> None:
        ben, eve = self.stage.enter("ben", "eve", caps="server-time")
        self.stage.hub.channel("#tea").founder = self.stage.hub.user("eve").account = "Eve"
        self.ann.says("PRIVMSG @#tea :for ops")

        ben.says("JOIN #tea")
        eve.says("JOIN #tea")

        self.assertEqual((texts(ben), texts(eve)), (["first thing"], ["first thing", "for ops"]))

    def test_a_returning_user_gets_missed_messages_and_nothing_twice(self) -> None:
        (ben,) = self.stage.enter("ben", caps="server-time", room="#tea")
        ben.says("PART #tea")
        self.ann.says("PRIVMSG #tea :was missed")
        ben.hears()

        ben.says("JOIN #tea", "PART #tea", "JOIN #tea")

        self.assertEqual(texts(ben), ["was missed"])

    def test_a_user_who_left_before_the_replay_came_gets_it_on_return(self) -> None:
        (ben,) = self.stage.enter("ben", caps="server-time")
        self.store.holds = True
        ben.says("JOIN #tea", "PART #tea")
        self.store.give()
        self.store.holds = False
        ben.hears()

        ben.says("JOIN #tea")

        self.assertEqual(texts(ben), ["first thing"])


class HeldPageTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = SlowPages()
        self.stage = Stage(self.store)
        (self.ann,) = self.stage.enter("ann", room="#tea")
        self.ann.says("PRIVMSG #tea :first thing")
        (self.ben,) = self.stage.enter("ben", caps="server-time no-implicit-names")
        self.store.holds = True
        self.ben.says("JOIN #tea")
        self.ann.hears()

    def test_newer_messages_follow_the_replay_and_nobody_else_waits(self) -> None:
        (eve,) = self.stage.enter("eve", caps="no-implicit-names")
        self.ann.says("PRIVMSG #tea :second thing")
        eve.says("PRIVMSG ann :not held")
        self.assertEqual(texts(self.ann), ["not held"])
        self.assertEqual(codes(self.ben), ["JOIN"])

        self.store.give()

        self.assertEqual(texts(self.ben), ["first thing", "second thing"])

    def test_live_messages_survive_a_page_that_cannot_be_read(self) -> None:
        self.store.fault = NotStored("gone")
        self.ann.says("PRIVMSG #tea :second thing")

        self.store.give()

        self.assertEqual(texts(self.ben), ["second thing"])
        self.assertEqual(len(self.flushLoggedErrors(NotStored)), 1)

    def test_a_user_kicked_during_the_read_gets_no_replay(self) -> None:
        self.ann.says("KICK #tea ben")

        self.store.give()

        self.assertEqual(codes(self.ben), ["JOIN", "KICK"])

    def test_a_user_can_quit_during_the_read(self) -> None:
        self.ben.says("QUIT")

        self.store.give()

        self.assertEqual(codes(self.ben)[:1], ["JOIN"])
        self.assertTrue(self.ben.writer.is_closed)

    def test_too_many_lines_behind_a_read_that_hangs_close_the_connection(self) -> None:
        stage = Stage(store := SlowPages(), sendq=10_000)
        ann, ben = stage.enter("ann", "ben")
        ann.says("JOIN #tea")
        store.holds = True
        ben.says("JOIN #tea")

        for _ in range(30):
            ann.says("PRIVMSG #tea :" + "x" * 400)

        self.assertTrue(ben.writer.is_closed)
        self.assertFalse(ann.writer.is_closed)
