"""The client's core and the real server, in memory: what the one sends the other understands."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.core import Core
from simplechat.client.events import Event, Found, Joined, Present, Said, Told, Unsaved, Welcomed
from simplechat.client.model import Model
from simplechat.hub.errors import StoreError
from tests.stage import FaultyStore, Stage


class Guest:
    """A core on the stage."""

    def __init__(self, stage: Stage, nick: str) -> None:
        self.model = Model(nick)
        self.shown: list[Event] = []
        self._stage = stage
        self.begins()

    def begins(self) -> None:
        """Connect, for the first time or again."""
        self.core = Core(self.model.nick, "#lobby")
        self.actor = self._stage.connect()
        self.core.connected()

    def talks(self) -> list[Event]:
        """Carry lines to and fro until neither has more to say; give what the core learnt."""
        events: list[Event] = []
        while True:
            self.actor.says(*self.core.outgoing().split(b"\r\n")[:-1])
            heard = self.actor.hears()
            if not heard:
                return events
            events += self._learns(self.core.receive("".join(f"{line}\r\n" for line in heard).encode()))

    def _learns(self, events: list[Event]) -> list[Event]:
        order = self.core.has_ordered_ids
        self.shown += [event for event in events if self.model.take(event, has_ordered_ids=order)]
        return events


class WithServerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = FaultyStore()
        self.stage = Stage(self.store)
        self.bob = Guest(self.stage, "bob")
        self.came_in = self.bob.talks()

    def test_the_client_comes_in(self) -> None:
        self.assertIn(Welcomed("bob"), self.came_in)
        self.assertEqual([event.is_own for event in self.came_in if isinstance(event, Joined)], [True])

    def test_a_taken_nick_does_not_keep_the_client_out(self) -> None:
        self.assertIn(Welcomed("bob_"), Guest(self.stage, "bob").talks())

    def test_what_is_said_is_on_the_shelf_and_told_to_be(self) -> None:
        text = "long ñ " * 200

        self.bob.core.say("#lobby", text)
        events = self.bob.talks()

        said = [event for event in events if isinstance(event, Said)]
        self.assertEqual("".join(event.text for event in said), text)
        self.assertEqual("".join(self.store.texts()), text)
        self.assertTrue(all(event.msgid and event.at for event in said))
        self.assertEqual(self.bob.core.waiting, 0)

    def test_what_cannot_be_stored_is_told_to_be_not(self) -> None:
        self.store.faults[len(self.store.commits) + 1] = StoreError("The disk is full")

        self.bob.core.say("#lobby", "hi")
        events = self.bob.talks()

        self.assertEqual(
            [(event.target, event.text) for event in events if isinstance(event, Unsaved)], [("#lobby", "hi")]
        )
        self.assertEqual(self.bob.core.waiting, 0)

    def test_what_is_said_to_nobody_is_told_to_be_not_stored(self) -> None:
        self.bob.core.say("zed", "hi")

        events = self.bob.talks()

        self.assertEqual([type(event) for event in events], [Unsaved])

    def test_after_a_reconnect_each_missed_message_is_shown_once(self) -> None:
        (ann,) = self.stage.enter("ann", room="#lobby")
        ann.says("PRIVMSG #lobby one", "PRIVMSG #lobby two")
        self.bob.talks()
        self.bob.actor.drops()
        self.bob.model.leave_all()
        ann.says("PRIVMSG #lobby three", "PRIVMSG #lobby four")

        self.bob.begins()
        self.bob.talks()
        ann.says("PRIVMSG #lobby five")
        self.bob.talks()

        texts = [event.text for event in self.bob.shown if isinstance(event, Said)]
        self.assertEqual(texts, ["one", "two", "three", "four", "five"])

    def test_what_is_told_again_confirms_nothing(self) -> None:
        self.bob.core.say("#lobby", "hi")
        self.bob.talks()
        self.bob.actor.drops()

        self.bob.begins()
        self.bob.talks()

        said = [(event.is_own, event.is_old) for event in self.bob.shown if isinstance(event, Said)]
        self.assertEqual(said, [(True, False)])

    def test_questions_are_answered(self) -> None:
        self.stage.enter("ann", room="#lobby")
        self.bob.talks()
        self.bob.core.topic("#lobby", "tea for two")
        self.bob.core.away("lunch")
        self.bob.core.act("#lobby", "waves")
        self.bob.core.topic("#lobby")
        self.bob.core.who("#lobby")
        self.bob.core.list_rooms()

        events = self.bob.talks()

        told = [(event.nick, event.text) for event in events if isinstance(event, Told)]
        people, rooms = [event.rows for event in events if isinstance(event, Found)]
        self.assertEqual(told, [("bob", "tea for two"), ("", "tea for two")])
        self.assertEqual(sorted(people), [("@bob", "yes", "#lobby", "bob"), ("ann", "", "#lobby", "ann")])
        self.assertEqual(rooms, (("#lobby", "2", "tea for two"),))
        self.assertEqual(
            [(event.kind, event.text) for event in events if isinstance(event, Said)], [("ACTION", "waves")]
        )

    def test_who_is_here_is_known_on_coming_in(self) -> None:
        self.assertIn(Present("#lobby", ("@bob",)), self.came_in)
