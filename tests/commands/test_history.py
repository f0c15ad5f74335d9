"""CHATHISTORY: pages that leave nothing out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored, StoreError
from simplechat.hub.hub import direct_target_of
from simplechat.hub.ids import first_id, ms_of, msgid_of
from simplechat.hub.records import DirectConversationRow, LogRow
from simplechat.ircv3.message import Message
from tests.support.history import CAPS, asks, late, texts
from tests.support.replies import codes, heard
from tests.support.stage import Actor, Stage


def is_end(actor: Actor, line: str) -> bool:
    """Send a CHATHISTORY; return whether the reply is marked as the last page."""
    actor.hears()
    actor.says(f"CHATHISTORY {line}")
    return "draft/chathistory-end" in heard(actor)[0].tags


class PageTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann", caps=CAPS, room="#tea")
        for number in range(10):
            self.stage.clock.advance(0.01)
            self.ann.says(f"PRIVMSG #tea :n{number}")
        self.said = [message for message in heard(self.ann) if message.command == "PRIVMSG"]

    def place(self, number: int, kind: str = "msgid") -> str:
        """Return the selector of a message."""
        tags = self.said[number].tags
        return f"msgid={tags['msgid']}" if kind == "msgid" else f"timestamp={tags['time']}"

    def numbers(self, line: str) -> list[int]:
        """Send a CHATHISTORY; return which messages came."""
        return [int(text[1:]) for text in texts(asks(self.ann, line))]

    def test_a_page_holds_the_messages_as_they_were_sent(self) -> None:
        opening, *messages, _ = self.batch("LATEST #TEA * 50")

        self.assertEqual(opening.params[1:], ("chathistory", "#TEA"))
        reference = opening.params[0][1:]
        inside = [message._replace(tags={**message.tags, "batch": reference}) for message in self.said]
        self.assertEqual(messages, inside)

    def batch(self, line: str) -> list[Message]:
        """Send a CHATHISTORY; return the whole reply."""
        self.ann.says(f"CHATHISTORY {line}")
        return heard(self.ann)

    def test_every_subcommand_counts_from_its_own_side_and_leaves_its_bounds_out(self) -> None:
        for kind in ("msgid", "timestamp"):
            place = [self.place(number, kind) for number in range(10)]
            for line, numbers in {
                "LATEST #tea * 3": [7, 8, 9],
                f"LATEST #tea {place[4]} 50": [5, 6, 7, 8, 9],
                f"LATEST #tea {place[4]} 2": [8, 9],
                f"BEFORE #tea {place[6]} 50": [0, 1, 2, 3, 4, 5],
                f"BEFORE #tea {place[6]} 2": [4, 5],
                f"AFTER #tea {place[3]} 50": [4, 5, 6, 7, 8, 9],
                f"AFTER #tea {place[3]} 3": [4, 5, 6],
                f"AROUND #tea {place[7]} 1": [7],
                f"AROUND #tea {place[7]} 3": [6, 7, 8],
                f"AROUND #tea {place[9]} 4": [6, 7, 8, 9],
                f"AROUND #tea {place[0]} 4": [0, 1, 2, 3],
                f"BETWEEN #tea {place[0]} {place[9]} 50": [1, 2, 3, 4, 5, 6, 7, 8],
                f"BETWEEN #tea {place[9]} {place[0]} 50": [1, 2, 3, 4, 5, 6, 7, 8],
                f"BETWEEN #tea {place[0]} {place[9]} 3": [1, 2, 3],
                f"BETWEEN #tea {place[9]} {place[0]} 3": [6, 7, 8],
                f"BETWEEN #tea {place[5]} {place[5]} 3": [],
            }.items():
                self.assertEqual((line, self.numbers(line)), (line, numbers))

    def test_the_last_page_says_that_it_is_the_last(self) -> None:
        for line, expected in {
            "LATEST #tea * 9": False,
            "LATEST #tea * 10": True,
            f"BEFORE #tea {self.place(5)} 4": False,
            f"BEFORE #tea {self.place(5)} 5": True,
            f"BEFORE #tea {self.place(0)} 5": True,
            f"AFTER #tea {self.place(5)} 3": False,
            f"AFTER #tea {self.place(5)} 4": True,
            f"BETWEEN #tea {self.place(0)} {self.place(4)} 3": True,
            f"AROUND #tea {self.place(5)} 9": False,
            f"AROUND #tea {self.place(5)} 10": True,
        }.items():
            self.assertEqual((line, is_end(self.ann, line)), (line, expected))

    def test_unknown_msgids_and_times_out_of_range_are_valid_bounds(self) -> None:
        self.assertEqual(self.numbers("BEFORE #tea timestamp=9999-01-01T00:00:00.000Z 1"), [9])
        self.assertEqual(self.numbers("AFTER #tea timestamp=0001-01-01T00:00:00.000Z 1"), [0])
        self.assertEqual(self.numbers("BEFORE #tea msgid=vvvvvvvvvvvvv 1"), [9])
        self.assertEqual(self.numbers("AFTER #tea msgid=vvvvvvvvvvvvv 1"), [])

    def test_invalid_requests_are_answered_with_a_code(self) -> None:
        self.stage.enter("ben", room="#open")
        for line, answer in {
            "": "INVALID_PARAMS *",
            "FIRST #tea * 5": "INVALID_PARAMS FIRST",
            "LATEST": "INVALID_PARAMS LATEST",
            "LATEST #tea *": "INVALID_PARAMS LATEST",
            "LATEST #tea * 5 6": "INVALID_PARAMS LATEST",
            "LATEST #tea * 0": "INVALID_PARAMS LATEST 0",
            "LATEST #tea * -5": "INVALID_PARAMS LATEST -5",
            "LATEST #tea * x": "INVALID_PARAMS LATEST x",
            "BEFORE #tea * 5": "INVALID_PARAMS BEFORE *",
            "BEFORE #tea msgid=x 5": "INVALID_PARAMS BEFORE msgid=x",
            "BEFORE #tea number=4 5": "INVALID_MSGREFTYPE BEFORE #tea number=4",
            "LATEST #milk * 5": "INVALID_TARGET LATEST #milk",
            "LATEST nobody * 5": "INVALID_TARGET LATEST nobody",
            "LATEST #open * 5": "INVALID_TARGET LATEST #open",
            f"TARGETS {self.place(0)} {self.place(1)} 5": f"INVALID_PARAMS TARGETS {self.place(0)}",
        }.items():
            self.ann.says(f"CHATHISTORY {line}")
            (message,) = heard(self.ann)
            self.assertEqual(" ".join(message.params[1:-1]), answer)

    def test_a_page_is_full_although_many_rows_between_are_hidden(self) -> None:
        (ben,) = self.stage.enter("ben", caps=CAPS, room="#tea")
        self.ann.says(*(f"PRIVMSG @#tea :m{number}" for number in range(30)), "PRIVMSG #tea :n10")

        self.assertEqual(texts(asks(ben, "LATEST #tea * 3")), ["n8", "n9", "n10"])
        self.assertEqual(texts(asks(ben, f"AFTER #tea {self.place(8)} 2")), ["n9", "n10"])

    def test_consecutive_ids_are_different_bounds(self) -> None:
        log, last = self.stage.store.inner.log, self.stage.hub.channel("#tea").last_id
        row = log["#tea", last]
        for number in (1, 2):
            log["#tea", last + number] = row._replace(id=last + number, text=f"n{9 + number}")

        self.assertEqual(self.numbers(f"AFTER #tea {self.place(9)} 1"), [10])
        self.assertEqual(self.numbers(f"LATEST #tea {self.place(9)} 9"), [10, 11])
        self.assertEqual(self.numbers(f"BEFORE #tea msgid={msgid_of(last + 1)} 1"), [9])

    def test_a_user_kicked_during_the_read_gets_nothing(self) -> None:
        (ben,) = self.stage.enter("ben", caps=CAPS, room="#tea")
        later: Deferred[None] = Deferred()
        self.patch(self.stage.store, "newest_rows", late(self.stage.store, later))
        ben.says("CHATHISTORY LATEST #tea * 3")

        self.ann.says("KICK #tea ben")
        later.callback(None)
        self.stage.settle()

        self.assertEqual([line for line in ben.hears() if "PRIVMSG" in line], [])

    def test_a_page_is_never_larger_than_the_server_says(self) -> None:
        self.ann.says(*(f"PRIVMSG #tea :m{number}" for number in range(120)))

        self.assertEqual(len(asks(self.ann, "LATEST #tea * 500")), 100)

    def test_a_page_of_large_rows_is_shorter_than_the_send_queue(self) -> None:
        stage = Stage(sendq=20_000)
        (ann,) = stage.enter("ann", caps=CAPS, room="#tea")
        ann.says(*(f"@+x={'y' * 4000} PRIVMSG #tea :n{number}" for number in range(5)))

        self.assertEqual(texts(asks(ann, "LATEST #tea * 5")), ["n3", "n4"])
        self.assertFalse(is_end(ann, "LATEST #tea * 5"))

    def test_without_batches_the_messages_come_as_they_are(self) -> None:
        (ben,) = self.stage.enter("ben", caps="draft/chathistory server-time", room="#tea")
        ben.hears()

        ben.says("CHATHISTORY LATEST #tea * 2")

        self.assertEqual(texts(heard(ben)), ["n8", "n9"])

    def test_a_label_stands_on_the_batch_itself(self) -> None:
        self.ann.says("CAP REQ labeled-response")
        self.ann.hears()

        self.ann.says("@label=x CHATHISTORY LATEST #tea * 1")

        opening, message, _ = heard(self.ann)
        self.assertEqual((opening.tags["label"], opening.params[1]), ("x", "chathistory"))
        self.assertEqual(message.tags["batch"], opening.params[0][1:])

    def test_a_page_includes_messages_sent_just_before(self) -> None:
        self.ann.utters("PRIVMSG #tea :n10")
        self.ann.utters("CHATHISTORY LATEST #tea * 1")
        self.stage.settle()

        self.assertEqual(texts(heard(self.ann))[-2], "n10")

    def test_a_failed_read_is_answered(self) -> None:
        async def broken(*args: object) -> None:
            raise StoreError("no disk")

        self.patch(self.stage.store, "newest_rows", broken)

        self.ann.says("CHATHISTORY LATEST #tea * 1")

        (message,) = heard(self.ann)
        self.assertEqual(message.params[:-1], ("CHATHISTORY", "MESSAGE_ERROR", "LATEST", "#tea"))

    def test_clients_with_chathistory_get_no_replay(self) -> None:
        (ben,) = self.stage.enter("ben", caps="draft/chathistory")

        ben.says("JOIN #tea")

        self.assertEqual(codes(ben), ["JOIN", "353", "366"])


class EventTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann", caps=f"{CAPS} draft/event-playback", room="#tea")
        (self.ben,) = self.stage.enter("ben", caps=CAPS, room="#tea")

    def live(self) -> list[Message]:
        """Let every kind of event happen; return what was heard."""
        self.ann.hears()
        self.ann.says("TOPIC #tea :green", "MODE #tea +v-t ben", "@+draft/react=x;+reply=y TAGMSG #tea")
        self.ben.says("NICK benno", "PART #tea :bye now", "JOIN #tea")
        self.ann.says("KICK #tea benno :out you go")
        self.ben.says("JOIN #tea", "QUIT :gone")
        return [message for message in heard(self.ann) if not message.command.isdecimal()]

    def test_events_come_as_they_were_sent(self) -> None:
        live = self.live()

        played = asks(self.ann, f"LATEST #tea * {len(live)}")

        self.assertEqual([each._replace(tags={}) for each in played], [e._replace(tags={}) for e in live])
        self.assertEqual([e.tags["msgid"] for e in played], [e.tags["msgid"] for e in live])

    def test_clients_without_event_playback_get_no_events(self) -> None:
        self.ann.says("TOPIC #tea :green", "@+draft/react=x TAGMSG #tea", "PRIVMSG #tea :one")

        self.assertEqual([each.command for each in asks(self.ben, "LATEST #tea * 50")], ["PRIVMSG"])

    def test_typing_notifications_are_not_stored(self) -> None:
        self.ann.says("@+typing=active TAGMSG #tea", "@+draft/persist;+x=y TAGMSG #tea")

        (kept,) = [each for each in asks(self.ann, "LATEST #tea * 50") if each.command == "TAGMSG"]
        self.assertEqual(kept.tags["+x"], "y")

    def test_a_joining_is_told_with_the_account_where_that_is_understood(self) -> None:
        self.ann.says("CAP REQ extended-join")

        first = asks(self.ann, "LATEST #tea * 50")[0]

        self.assertEqual((first.command, first.params), ("JOIN", ("#tea", "*", "ann")))


class TalkTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", caps=CAPS)
        self.ann.says("PRIVMSG ben :one")
        self.ben.says("PRIVMSG ann :two", "PRIVMSG ann :three")
        self.eve.says("PRIVMSG ann :from eve")

    def test_a_conversation_belongs_to_both_and_to_nobody_else(self) -> None:
        for actor, other in ((self.ann, "BEN"), (self.ben, "ann")):
            messages = asks(actor, f"LATEST {other} * 50")
            self.assertEqual([m.params for m in messages], [("ben", "one"), ("ann", "two"), ("ann", "three")])
        self.assertEqual(texts(asks(self.eve, "LATEST ben * 50")), [])
        self.assertEqual(texts(asks(self.eve, "LATEST ann * 50")), ["from eve"])

    def test_a_conversation_stays_one_whatever_the_nicks(self) -> None:
        self.ben.says("NICK benno", "PRIVMSG ann :four")

        self.assertEqual(texts(asks(self.ann, "LATEST benno * 50")), ["one", "two", "three", "four"])
        self.assertEqual(asks(self.ann, "LATEST benno * 50")[0].params[0], "benno")

    def test_a_conversation_can_be_read_when_the_other_user_left(self) -> None:
        self.ben.says("QUIT")

        self.assertEqual(texts(asks(self.ann, "LATEST ben * 50")), ["one", "two", "three"])

    def test_the_next_user_of_a_nick_reads_nothing(self) -> None:
        self.ben.says("QUIT")
        (thief,) = self.stage.enter("ben", caps=CAPS)

        self.assertEqual(asks(thief, "LATEST ann * 50"), [])
        self.assertEqual(asks(self.ann, "LATEST ben * 50"), [])

    def test_messages_to_oneself_are_listed_once(self) -> None:
        self.ann.says("PRIVMSG ann :note")

        self.assertEqual(texts(asks(self.ann, "LATEST ann * 50")), ["note"])

    def test_a_message_that_is_refused_leaves_no_conversation(self) -> None:
        store = self.stage.store
        store.faults = {len(store.commits) + 1: NotStored("full")}
        self.ben.says("PRIVMSG eve :refused")
        self.stage.clock.advance(2)
        self.ben.says("PRIVMSG eve :kept")

        self.assertEqual(texts(asks(self.eve, "LATEST ben * 50")), ["kept"])
        self.ben.says("QUIT")
        self.assertEqual(texts(asks(self.eve, "LATEST ben * 50")), ["kept"])


class TargetsTests(SynchronousTestCase):
    FIRST = "timestamp=2000-01-01T00:00:00.000Z"
    LAST = "timestamp=2262-01-01T00:00:00.000Z"

    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", caps=CAPS)
        self.ann.says("JOIN #tea,#milk,#none")
        self.ben.says("JOIN #milk,#other", "PRIVMSG #other :unheard")
        self.times: dict[str, str] = {}
        for target in ("#tea", "ben", "#milk"):
            self.stage.clock.advance(1)
            self.ann.hears()
            self.ann.says(f"PRIVMSG {target} :x")
            self.times[target] = f"timestamp={heard(self.ann)[0].tags['time']}"

    def names(self, start: str, stop: str, limit: int = 50) -> list[str]:
        """Send a CHATHISTORY TARGETS; return the names."""
        return [each.params[1] for each in asks(self.ann, f"TARGETS {start} {stop} {limit}")]

    def test_targets_are_listed_by_their_latest_message(self) -> None:
        messages = asks(self.ann, f"TARGETS {self.FIRST} {self.LAST} 50")

        self.assertEqual(
            [message.params for message in messages],
            [("TARGETS", name, time.removeprefix("timestamp=")) for name, time in self.times.items()],
        )

    def test_bounds_and_limit_are_those_of_between(self) -> None:
        first, last = self.times["#tea"], self.times["#milk"]

        self.assertEqual(self.names(first, self.LAST), ["ben", "#milk"])
        self.assertEqual(self.names(first, last), ["ben"])
        self.assertEqual(self.names(self.FIRST, self.LAST, 2), ["#tea", "ben"])
        self.assertEqual(self.names(self.LAST, self.FIRST, 2), ["ben", "#milk"])

    def test_a_target_whose_latest_is_outside_is_not_listed(self) -> None:
        self.stage.clock.advance(1)
        self.ann.says("PRIVMSG #tea :later")

        self.assertEqual(self.names(self.FIRST, self.times["ben"]), [])

    def test_a_nick_that_somebody_else_has_now_does_not_stand_for_who_had_it(self) -> None:
        self.ben.says("QUIT")
        self.assertIn("ben", self.names(self.FIRST, self.LAST))

        self.stage.enter("ben")

        self.assertNotIn("ben", self.names(self.FIRST, self.LAST))


class ManyTargetsTests(SynchronousTestCase):
    """TARGETS of a user with a thousand direct conversations."""

    ALL = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"
    ALL_NEWEST_FIRST = "timestamp=2100-01-01T00:00:00.000Z timestamp=2000-01-01T00:00:00.000Z"

    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann", caps=CAPS, room="#tea")
        (self.user,) = self.stage.hub.users.values()
        self.reads: list[int] = []  # rows that each call of the store returned
        for verb in ("newest_rows", "oldest_rows", "direct_conversations", "active_targets"):
            self.patch(self.stage.store, verb, self.counted(getattr(self.stage.store, verb)))

    def counted(self, read: Callable[..., Awaitable[list[Any]]]) -> Callable[..., Awaitable[list[Any]]]:
        async def count(*args: Any, **named: Any) -> list[Any]:
            rows = await read(*args, **named)
            self.reads.append(len(rows))
            return rows

        return count

    def has_spoken_with(self, *nicks: str) -> None:
        """Store one message with each of these guests, a second after the one before."""
        inner = self.stage.store.inner
        for number, nick in enumerate(nicks, 1):
            other, at = 2**61 + number, first_id(ms_of(self.user.identity) + 1000 * number)
            key = direct_target_of(self.user.identity, other)
            inner.contacts[self.user.identity, other] = DirectConversationRow(
                self.user.identity, other, key, nick
            )
            inner.log[key, at] = LogRow(key, at, "PRIVMSG", other, "", f"{nick}!u@h", "", "hello", "")

    def names(self, line: str) -> list[str]:
        """Ask for targets; return their names."""
        return [each.params[1] for each in asks(self.ann, f"TARGETS {line}")]

    def test_a_thousand_of_them_take_one_query_of_as_many_rows_as_are_shown(self) -> None:
        self.has_spoken_with(*(f"guest{number}" for number in range(1, 1001)))

        self.assertEqual(self.names(f"{self.ALL} 3"), ["guest1", "guest2", "guest3"])
        self.assertEqual(self.names(f"{self.ALL_NEWEST_FIRST} 3"), ["guest998", "guest999", "guest1000"])

        self.assertEqual(self.reads, [4, 4])

    def test_nicks_that_others_have_now_cost_no_place_in_the_answer(self) -> None:
        self.stage.enter("ben")
        self.has_spoken_with(*["ben"] * 9, "cat", "dan")

        self.assertEqual(self.names(f"{self.ALL} 2"), ["cat", "dan"])
        self.assertTrue(is_end(self.ann, f"TARGETS {self.ALL} 2"))

    def test_of_guests_with_one_nick_the_latest_is_listed(self) -> None:
        self.has_spoken_with("ben", "cat", "ben", "dan", "ben")

        self.assertEqual(self.names(f"{self.ALL} 9"), ["cat", "dan", "ben"])


KINDS = st.sampled_from(["said", "hidden", "joins"])


class EveryRowOnceTests(SynchronousTestCase):
    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(KINDS, st.integers(1, 9)), max_size=6), st.data())
    def test_pages_of_any_size_cover_each_visible_row_once(
        self, runs: list[tuple[str, int]], data: st.DataObject
    ) -> None:
        kinds = [kind for kind, count in runs for _ in range(count)]
        stage = Stage()
        ann, ben, eve = stage.enter("ann", "ben", "eve", caps=CAPS)
        ann.says("JOIN #tea")
        ben.says("JOIN #tea")
        for number, kind in enumerate(kinds):
            if kind == "said":
                ann.says(f"PRIVMSG #tea :{number}")
            elif kind == "hidden":
                ann.says(f"PRIVMSG @#tea :{number}")
            else:
                eve.says("JOIN #tea", "PART #tea")
        wanted = [str(number) for number, kind in enumerate(kinds) if kind == "said"]

        backward: list[str] = []
        line = "LATEST #tea *"
        while page := asks(ben, f"{line} {data.draw(st.integers(1, 4))}"):
            backward = texts(page) + backward
            line = f"BEFORE #tea msgid={page[0].tags['msgid']}"
        forward: list[str] = []
        line = "AFTER #tea timestamp=2000-01-01T00:00:00.000Z"
        while page := asks(ben, f"{line} {data.draw(st.integers(1, 4))}"):
            forward += texts(page)
            line = f"AFTER #tea msgid={page[-1].tags['msgid']}"

        self.assertEqual((backward, forward), (wanted, wanted))
