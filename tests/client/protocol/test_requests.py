"""Requests to the real server, in memory: each side understands what the other sends."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.connection import ServerConnection
from simplechat.client.protocol.events import (
    Event,
    MembersListed,
    MessageNotStored,
    TableShown,
    TopicShown,
    UserJoined,
    Welcomed,
)
from simplechat.client.protocol.message_events import MessageReceived
from simplechat.client.protocol.requests import Requests
from simplechat.hub.errors import StoreError
from simplechat.hub.multiline import remove_concat_marks
from tests.support.stage import FaultyStore, Stage


class StageConnection:
    """A connection to the server of a stage."""

    def __init__(self, stage: Stage, nick: str) -> None:
        self.connection = ServerConnection(nick, "#lobby")
        self.requests = Requests(self.connection)
        self.actor = stage.connect()
        self.connection.start()

    def exchange(self) -> list[Event]:
        """Carry lines both ways until neither side has more to send; return the events."""
        events: list[Event] = []
        while True:
            self.actor.says(*self.connection.data_to_send().split(b"\r\n")[:-1])
            heard = self.actor.hears()
            if not heard:
                return events
            events += self.connection.receive_data("".join(f"{line}\r\n" for line in heard).encode())


class RequestsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = FaultyStore()
        self.stage = Stage(self.store)
        self.bob = StageConnection(self.stage, "bob")
        self.came_in = self.bob.exchange()

    def test_the_client_registers_and_joins(self) -> None:
        self.assertIn(Welcomed("bob"), self.came_in)
        self.assertEqual([event.is_own for event in self.came_in if isinstance(event, UserJoined)], [True])

    def test_with_a_taken_nick_another_one_is_tried(self) -> None:
        self.assertIn(Welcomed("bob_"), StageConnection(self.stage, "bob").exchange())

    def test_a_sent_message_is_stored_and_confirmed(self) -> None:
        text = "long ñ " * 200

        self.bob.requests.send_text("#lobby", text)
        events = self.bob.exchange()

        said = [event for event in events if isinstance(event, MessageReceived)]
        self.assertEqual([event.text for event in said], [text])
        self.assertEqual([remove_concat_marks(each) for each in self.store.texts()], [text])
        self.assertTrue(all(event.msgid and event.at for event in said))
        self.assertEqual(len(self.bob.connection.unconfirmed), 0)

    def test_a_failed_store_is_reported(self) -> None:
        self.store.faults[len(self.store.commits) + 1] = StoreError("The disk is full")

        self.bob.requests.send_text("#lobby", "hi")
        events = self.bob.exchange()

        self.assertEqual(
            [(event.target, event.text) for event in events if isinstance(event, MessageNotStored)],
            [("#lobby", "hi")],
        )
        self.assertEqual(len(self.bob.connection.unconfirmed), 0)

    def test_a_message_to_nobody_is_reported(self) -> None:
        self.bob.requests.send_text("zed", "hi")

        events = self.bob.exchange()

        self.assertEqual([type(event) for event in events], [MessageNotStored])

    def test_topic_away_who_and_list_are_answered(self) -> None:
        self.stage.enter("ann", room="#lobby")
        self.bob.exchange()
        self.bob.requests.topic("#lobby", "tea for two")
        self.bob.requests.away("lunch")
        self.bob.requests.send_action("#lobby", "waves")
        self.bob.requests.topic("#lobby")
        self.bob.requests.who("#lobby")
        self.bob.requests.list_channels()

        events = self.bob.exchange()

        topics = [(event.nick, event.text) for event in events if isinstance(event, TopicShown)]
        people, rooms = [event.rows for event in events if isinstance(event, TableShown)]
        self.assertEqual(topics, [("bob", "tea for two"), ("", "tea for two")])
        self.assertEqual(sorted(people), [("@bob", "yes", "#lobby", "bob"), ("ann", "", "#lobby", "ann")])
        self.assertEqual(rooms, (("#lobby", "2", "tea for two"),))
        self.assertEqual(
            [(event.kind, event.text) for event in events if isinstance(event, MessageReceived)],
            [("ACTION", "waves")],
        )

    def test_the_members_are_known_after_the_join(self) -> None:
        self.assertIn(MembersListed("#lobby", ("@bob",)), self.came_in)
