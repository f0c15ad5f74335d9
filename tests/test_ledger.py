"""Write first, then speak: in one order, whatever the disk does."""

from __future__ import annotations

import random
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from simplechat import ledger
from simplechat.hub import outbox
from simplechat.hub.errors import MaybeStored, NotStored
from simplechat.hub.outbox import Entry
from simplechat.hub.records import Presence, Spoken
from simplechat.hub.store import Store
from simplechat.ircv3.message import Message
from simplechat.ledger import MAX_BATCH_RECORDS, PROBE_EVERY_S, STALLED_AFTER_S
from tests.support.stage import Actor, FaultyStore, Stage

CAPS = "echo-message labeled-response batch"


class LedgerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = FaultyStore()
        self.stage = Stage(self.store)

    def fail_next(self, error: Exception) -> None:
        """Make the next commit fail."""
        self.store.faults[len(self.store.commits) + 1] = error

    def texts(self, actor: Actor) -> list[str]:
        """Return the texts that an actor received."""
        return [
            line.partition(" PRIVMSG ")[2].split(" ", 1)[1] for line in actor.hears() if " PRIVMSG " in line
        ]


class OrderTests(LedgerTests):
    def test_nothing_is_said_before_it_is_written(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", caps=CAPS, room="#tea")
        ann.hears()
        self.store.is_held = True

        ann.says("PRIVMSG #tea hello")
        self.assertEqual((ann.hears(), ben.hears()), ([], []))

        self.store.release()
        self.assertEqual((self.texts(ann), self.texts(ben)), (["hello"], ["hello"]))

    def test_a_pong_waits_for_what_was_said_before_the_ping(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.store.is_held = True

        ann.says("PRIVMSG #tea hello", "PING x")
        self.assertEqual(ann.hears(), [])

        self.store.release()
        self.assertEqual(ann.hears(), [":irc.test PONG irc.test x"])
        self.assertEqual(self.store.texts(), ["hello"])

    def test_what_needs_no_disk_leaves_at_once_while_nothing_is_written(self) -> None:
        (ann,) = self.stage.enter("ann")
        before = len(self.store.commits)

        ann.says("PING x")

        self.assertEqual(ann.hears(), [":irc.test PONG irc.test x"])
        self.assertEqual(len(self.store.commits), before)

    def test_nothing_overtakes_what_is_being_written(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        self.store.is_held = True

        ann.says("PRIVMSG #tea hello")
        ben.says("PING x")
        self.assertEqual(ben.hears(), [])

        self.store.release()
        self.assertEqual([line.split()[1] for line in ben.hears()], ["PRIVMSG", "PONG"])

    def test_what_gathers_during_a_commit_is_written_in_one(self) -> None:
        actors = self.stage.enter(*(f"n{n}" for n in range(20)), room="#tea")
        actors[0].says("PRIVMSG #tea first")
        self.store.is_held = True
        before = len(self.store.commits)

        for actor in actors:
            actor.says("PRIVMSG #tea hello")
        self.store.release()

        self.assertEqual([len(records) for records in self.store.commits[before:]], [1, 19])

    def test_a_batch_has_so_many_records_at_most(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        before = len(self.store.commits)

        for n in range(MAX_BATCH_RECORDS * 2):
            ann.utters(f"PRIVMSG #tea {n}")
        self.stage.settle()

        sizes = [len(records) for records in self.store.commits[before:]]
        self.assertEqual((max(sizes), sum(sizes)), (MAX_BATCH_RECORDS, MAX_BATCH_RECORDS * 2 + 1))

    def test_an_entry_larger_than_a_batch_is_written_alone_and_at_once(self) -> None:
        (ann,) = self.stage.enter("ann")
        large = Entry()
        for n in range(MAX_BATCH_RECORDS + 100):
            large.keep(Presence(f"#c{n}", 1, "QUIT", 1, "", "a!a@h", "", "", ""))
        large.on_delivered(lambda: ann.utters("PING last"))

        ann.utters("PING first")
        self.stage.hub.outbox.put(large)
        self.stage.settle()

        self.assertEqual([line.rpartition(" ")[2] for line in ann.hears()], ["first", "last"])

    def test_each_listener_is_written_to_once_in_a_turn(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ben.writer.writes = 0

        for n in range(10):
            ann.utters(f"PRIVMSG #tea {n}")
        self.stage.settle()

        self.assertEqual((ben.writer.writes, len(ben.hears())), (1, 10))

    def test_those_who_left_are_still_heard(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        self.store.is_held = True
        ann.says("PRIVMSG #tea farewell")

        ann.drops()
        self.store.release()

        self.assertEqual([line.split()[1] for line in ben.hears()], ["PRIVMSG", "QUIT"])
        self.assertEqual(self.store.texts(), ["farewell"])

    def test_settled_means_that_everything_queued_was_spoken(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        self.store.is_held = True
        ann.says("PRIVMSG #tea hello")
        settled = self.stage.ledger.settled()
        self.stage.settle()
        self.assertNoResult(settled)

        self.store.release()

        self.successResultOf(settled)
        self.assertEqual(self.texts(ben), ["hello"])

    def test_an_entry_that_cannot_be_spoken_does_not_silence_the_next(self) -> None:
        (ann,) = self.stage.enter("ann")

        def stumble() -> None:
            raise RuntimeError("stumbled")

        entry = Entry()
        entry.on_delivered(stumble)
        self.stage.hub.outbox.put(entry)
        ann.says("PING x")

        self.assertEqual(ann.hears(), [":irc.test PONG irc.test x"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_what_cannot_be_said_again_does_not_keep_the_rest_waiting(self) -> None:
        (ann,) = self.stage.enter("ann")

        async def read(store: Store) -> list[Message]:
            return [Message("PRIVMSG", ("#tea", "two\nlines"))]

        entry = Entry()
        entry.read(ann.conversation._session, read)
        self.stage.hub.outbox.put(entry)
        ann.says("PING x")

        self.assertEqual(ann.hears(), [":irc.test PONG irc.test x"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_a_full_outbox_stops_everybody_until_it_is_not(self) -> None:
        most = 100
        self.patch(outbox, "MAX_QUEUED", most)
        (ann,) = self.stage.enter("ann", room="#tea")
        self.store.is_held = True
        ann.says("PRIVMSG #tea first")
        for _ in range(most):
            ann.utters("PING x")
        self.stage.settle()
        self.assertTrue(ann.writer.is_paused)

        self.store.release()

        self.assertFalse(ann.writer.is_paused)
        self.assertEqual(len(ann.hears()), most)

    def test_a_commit_that_does_not_end_is_noticed(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.store.is_held = True
        ann.says("PRIVMSG #tea hello")

        self.stage.clock.advance(STALLED_AFTER_S)
        self.assertTrue(self.stage.ledger.is_stalled)

        self.store.release()
        self.assertFalse(self.stage.ledger.is_stalled)


class FailureTests(LedgerTests):
    def test_the_speaker_is_told_and_nobody_else_hears_it(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", caps=CAPS, room="#tea")
        ann.hears()
        self.fail_next(NotStored("disk full"))

        ann.says("@label=7 PRIVMSG #tea hello")

        (told,) = ann.hears()
        self.assertTrue(told.startswith("@label=7 :irc.test FAIL PRIVMSG MESSAGE_NOT_STORED #tea :"), told)
        self.assertEqual(ben.hears(), [])

    def test_a_message_to_several_is_refused_whole(self) -> None:
        ann, ben, eve = self.stage.enter("ann", "ben", "eve", room="#tea")
        for each in (ann, ben, eve):
            each.hears()
        self.fail_next(NotStored("disk full"))

        ann.says("PRIVMSG #tea,nobody,ben,#none hello")

        self.assertEqual(
            [line.split()[1:5] for line in ann.hears()],
            [["FAIL", "PRIVMSG", "MESSAGE_NOT_STORED", "#tea,ben"]],
        )
        self.assertEqual((ben.hears(), eve.hears(), self.store.texts()), ([], [], []))

    def test_comings_and_goings_are_true_whatever_the_disk_does(self) -> None:
        ann, ben = self.stage.enter("ann", "ben")
        ann.says("JOIN #tea")
        ann.hears()
        self.fail_next(NotStored("disk full"))

        ben.says("JOIN #tea")
        ben.drops()
        self.assertEqual([line.split()[1] for line in ann.hears()], ["JOIN", "QUIT"])

        self.stage.clock.advance(PROBE_EVERY_S)
        kinds = [row.kind for row in sorted(self.store.inner.log.values())]
        self.assertEqual(kinds, ["JOIN", "JOIN", "QUIT"])

    def test_while_it_fails_the_disk_is_asked_once_a_second_only(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.fail_next(NotStored("disk full"))
        ann.says("PRIVMSG #tea one")
        before = len(self.store.commits)
        self.fail_next(NotStored("disk full"))

        ann.says("PRIVMSG #tea two", "PRIVMSG #tea three", "PING x")
        self.assertEqual([line.split()[1] for line in ann.hears()], ["FAIL", "FAIL", "FAIL", "PONG"])
        self.assertEqual(len(self.store.commits), before)

        self.stage.clock.advance(PROBE_EVERY_S)
        self.assertEqual(len(self.store.commits), before + 1)
        self.assertTrue(self.stage.ledger.is_failing)

    def test_nobody_waits_for_a_probe(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.fail_next(NotStored("disk full"))
        ann.says("PRIVMSG #tea one")
        self.store.is_held = True
        self.stage.clock.advance(PROBE_EVERY_S)

        ann.says("PRIVMSG #tea two", "PING x")

        self.assertEqual([line.split()[1] for line in ann.hears()], ["FAIL", "FAIL", "PONG"])

    def test_it_goes_on_by_itself_when_the_disk_does(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        self.fail_next(NotStored("disk full"))
        ann.says("PRIVMSG #tea one")
        ben.hears()

        self.stage.clock.advance(PROBE_EVERY_S)
        ann.says("PRIVMSG #tea two")

        self.assertEqual(self.texts(ben), ["two"])
        self.assertEqual(self.store.texts(), ["two"])

    def test_what_gathered_during_the_failing_commit_is_refused_in_its_place(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()
        self.fail_next(NotStored("disk full"))
        self.store.is_held = True
        ann.says("PRIVMSG #tea one", "PING 1", "PRIVMSG #tea two", "PING 2")

        self.store.release()

        self.assertEqual([line.split()[1] for line in ann.hears()], ["FAIL", "PONG", "FAIL", "PONG"])
        self.assertEqual(ben.hears(), [])

    def test_what_may_have_been_stored_is_called_so(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        ann.hears()
        self.fail_next(MaybeStored("disk failed"))

        ann.says("PRIVMSG #tea one")

        (told,) = ann.hears()
        self.assertIn("may have been stored", told)

    def test_a_room_that_could_not_be_stored_is_stored_with_the_next_message(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.fail_next(NotStored("disk full"))
        ann.says("PRIVMSG #tea one")
        self.assertEqual(self.store.inner.channels, {})

        self.stage.clock.advance(PROBE_EVERY_S)
        ann.says("PRIVMSG #tea two")

        self.assertEqual(list(self.store.inner.channels), ["#tea"])

    def test_what_is_owed_to_the_disk_is_bounded(self) -> None:
        most = 100
        self.patch(ledger, "MAX_BACKLOG_RECORDS", most)
        (ann,) = self.stage.enter("ann")
        self.fail_next(NotStored("disk full"))
        ann.says("JOIN #tea")
        for n in range(most + 10):
            ann.utters(f"NICK a{n}")
        self.stage.settle()

        self.stage.clock.advance(PROBE_EVERY_S)

        newest = max(row.text for row in self.store.inner.log.values() if row.text == f"a{most + 9}")
        self.assertEqual((len(self.store.inner.log), newest), (most, f"a{most + 9}"))


class EndTests(LedgerTests):
    def test_when_it_gives_up_everything_is_answered_and_nothing_is_said_twice(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()
        self.store.is_held = True
        ann.says("PRIVMSG #tea one", "PRIVMSG #tea two", "PING x")
        ben.says("PART #tea")

        self.stage.ledger.give_up()
        self.store.release()
        self.stage.settle()

        heard = ann.hears()
        self.assertEqual([line.split()[1] for line in heard], ["FAIL", "FAIL", "PONG", "PART"])
        self.assertIn("may have been stored", heard[0])
        self.assertEqual([line.split()[1] for line in ben.hears()], ["PART"])

    def test_when_it_gave_up_nothing_more_is_written(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        self.stage.ledger.give_up()
        before = len(self.store.commits)

        ann.says("PRIVMSG #tea one")

        self.assertEqual(len(self.store.commits), before)


class PoisonTests(LedgerTests):
    def test_one_that_cannot_be_stored_does_not_take_others_along(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", caps=CAPS, room="#tea")
        ann.hears()
        poisonous = _poison(self.store, "poison")

        ann.utters("PRIVMSG #tea one")
        ann.utters("@label=7 PRIVMSG #tea poison")
        ben.utters("PRIVMSG #tea two")
        ben.utters("PING x")
        self.stage.settle()

        self.assertEqual(self.store.texts(), ["one", "two"])
        told = [line for line in ann.hears() if "FAIL" in line]
        self.assertEqual(len(told), 1)
        self.assertTrue(told[0].startswith("@label=7 :irc.test FAIL PRIVMSG INTERNAL_ERROR #tea :"), told)
        self.assertEqual([line.split()[1] for line in ben.hears()], ["PRIVMSG", "PRIVMSG", "PONG"])
        self.assertFalse(self.stage.ledger.is_failing)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), poisonous())

    def test_a_poisoned_debt_does_not_stop_the_recovery(self) -> None:
        (ann,) = self.stage.enter("ann")
        self.fail_next(NotStored("disk full"))
        ann.says("JOIN #tea", "PART #tea poison", "JOIN #tea")
        poisonous = _poison(self.store, "poison")

        self.stage.clock.advance(PROBE_EVERY_S)

        self.assertFalse(self.stage.ledger.is_failing)
        self.assertEqual([row.kind for row in self.store.inner.log.values()], ["JOIN", "JOIN"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), poisonous())


def _poison(store: FaultyStore, text: str) -> Callable[[], int]:
    """Make the store raise on rows of this text; return a function that counts those it got alone."""
    commit = store.inner.commit
    alone: list[int] = []

    async def choke(records: object) -> None:
        rows = list(records)  # type: ignore[call-overload]
        if any(getattr(record, "text", "") == text for record in rows):
            alone.extend([1] if len(rows) == 1 else [])
            raise ValueError("choked")
        await commit(rows)

    store.inner.commit = choke  # type: ignore[method-assign]
    return lambda: len(alone)


class EveryFailureTests(SynchronousTestCase):
    """Twelve lines from three users, with the n-th commit failing, for every n and every way to fail."""

    def test_whatever_fails_the_promises_hold(self) -> None:
        for error in (NotStored("full"), MaybeStored("lost"), ValueError("bug")):
            for nth in range(1, 16):
                for seed in range(3):
                    self.check(error, nth, random.Random(seed))
                    self.flushLoggedErrors(ValueError)

    def check(self, error: Exception, nth: int, chance: random.Random) -> None:
        """Play the script once; check that what was received and what was stored agree."""
        store = FaultyStore()
        stage = Stage(store)
        store.faults[nth] = error
        actors = stage.enter("ann", "ben", "eve", caps=CAPS, room="#tea")
        for actor in actors:
            actor.hears()
        for n in range(12):
            chance.choice(actors).utters(f"@label={n} PRIVMSG #tea m{n}")
            if chance.random() < 0.6:
                stage.settle()
        stage.settle()

        heard = [actor.hears() for actor in actors]
        said = [_messages(lines) for lines in heard]
        told = [line for lines in heard for line in lines if " FAIL PRIVMSG " in line]
        self.assertEqual(said[0], said[1])
        self.assertEqual(said[1], said[2])
        self.assertEqual(said[0], store.texts(), "what everybody heard is what is kept, in its order")
        self.assertEqual(len(said[0]) + len(told), 12, "each message was heard or its refusal was")


def _messages(lines: list[str]) -> list[str]:
    return [line.rpartition(" ")[2] for line in lines if " PRIVMSG #tea " in line and " FAIL " not in line]


class EntryTests(SynchronousTestCase):
    def test_an_entry_is_refusable_by_any_record_that_is(self) -> None:
        row = ("#tea", 1, "PRIVMSG", 1, "", "a!a@h", "", "x", "")
        presence, spoken, mixed = Entry(), Entry(), Entry()
        presence.keep(Presence(*row))
        spoken.keep(Spoken(*row))
        mixed.keep(Presence(*row))
        mixed.keep(Spoken(*row))

        self.assertEqual(
            [each.is_refusable for each in (Entry(), presence, spoken, mixed)], [False, False, True, True]
        )
