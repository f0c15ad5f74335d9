"""REDACT: who may delete a message, and that it is gone everywhere then."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from tests.support.history import CAPS, asks, late, texts
from tests.support.replies import heard
from tests.support.stage import Actor, Stage

ALL = f"{CAPS} draft/message-redaction"
DAY_S = 86_400


class RedactionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", caps=ALL, room="#tea")
        (self.plain,) = self.stage.enter("plain", caps="message-tags", room="#tea")
        self.msgid = self.says(self.ben, "PRIVMSG #tea :a canary")
        for actor in (self.ann, self.ben, self.eve, self.plain):
            actor.hears()

    def says(self, actor: Actor, line: str) -> str:
        """Let an actor send a message; return its msgid."""
        actor.hears()
        actor.says(line)
        return heard(actor)[0].tags["msgid"]

    def answer(self, actor: Actor, line: str) -> str:
        """Send a REDACT; return the words of the reply before its sentence."""
        actor.hears()
        actor.says(f"REDACT {line}")
        (message,) = heard(actor)
        return " ".join(
            [message.command, *message.params[1:-1]] if message.command == "FAIL" else message.params
        )

    def test_the_sender_redacts_and_clients_with_the_capability_are_notified(self) -> None:
        self.ben.says(f"REDACT #tea {self.msgid} :wrong room")

        for actor in (self.ann, self.ben, self.eve):
            (message,) = heard(actor)
            self.assertEqual(message.params, ("#tea", self.msgid, "wrong room"))
            self.assertTrue(message.source.startswith("ben!"))
        self.assertEqual(self.plain.hears(), [])

    def test_the_text_is_gone_from_the_log_and_from_history(self) -> None:
        self.ben.says(f"REDACT #tea {self.msgid}")

        self.assertEqual(texts(asks(self.eve, "LATEST #tea * 50")), [])
        self.assertNotIn("a canary", [row.text for row in self.stage.store.inner.log.values()])

    def test_the_msgid_of_a_redacted_message_stays_a_bound(self) -> None:
        self.ben.says(f"REDACT #tea {self.msgid}", "PRIVMSG #tea :later")

        self.assertEqual(texts(asks(self.eve, f"AFTER #tea msgid={self.msgid} 50")), ["later"])

    def test_it_is_not_replayed(self) -> None:
        self.ben.says(f"REDACT #tea {self.msgid}")

        (new,) = self.stage.enter("new")
        new.says("JOIN #tea")

        self.assertNotIn("canary", "".join(new.hears()))

    def test_event_playback_shows_the_redaction(self) -> None:
        self.ben.says(f"REDACT #tea {self.msgid} :oops now")
        self.eve.says("CAP REQ draft/event-playback")

        last = asks(self.eve, "LATEST #tea * 50")[-1]

        self.assertEqual((last.command, last.params), ("REDACT", ("#tea", self.msgid, "oops now")))

    def test_operators_may_and_others_may_not(self) -> None:
        self.assertEqual(
            self.answer(self.eve, f"#tea {self.msgid}"), f"FAIL REDACT_FORBIDDEN #tea {self.msgid}"
        )
        self.assertEqual(self.answer(self.ann, f"#tea {self.msgid}"), f"#tea {self.msgid}")

    def test_the_servers_operators_may(self) -> None:
        self.stage.hub.change_mode(self.stage.hub.user("eve"), True, "o")

        self.assertEqual(self.answer(self.eve, f"#tea {self.msgid}"), f"#tea {self.msgid}")

    def test_the_servers_operators_may_from_outside_too(self) -> None:
        self.stage.hub.change_mode(self.stage.hub.user("eve"), True, "o")
        self.eve.says("PART #tea")
        self.ben.hears()

        self.eve.says(f"REDACT #tea {self.msgid}")

        self.assertEqual([message.command for message in heard(self.ben)], ["REDACT"])

    def test_after_a_day_only_operators_may(self) -> None:
        self.stage.clock.advance(DAY_S + 1)

        expired = f"FAIL REDACT_WINDOW_EXPIRED #tea {self.msgid} 86400"
        self.assertEqual(self.answer(self.ben, f"#tea {self.msgid}"), expired)
        self.assertEqual(self.answer(self.ann, f"#tea {self.msgid}"), f"#tea {self.msgid}")

    def test_a_message_that_cannot_be_read_cannot_be_redacted_nor_detected(self) -> None:
        hidden = self.says(self.ann, "PRIVMSG @#tea :for ops")
        direct = self.says(self.ann, "PRIVMSG ben :for ben")
        for line, answer in {
            "#none x": "INVALID_TARGET #none",
            "nobody x": "INVALID_TARGET nobody",
            "#tea nonexistent": "UNKNOWN_MSGID #tea nonexistent",
            "#tea vvvvvvvvvvvvv": "UNKNOWN_MSGID #tea vvvvvvvvvvvvv",
            f"#tea {hidden}": f"UNKNOWN_MSGID #tea {hidden}",
            f"ben {direct}": f"UNKNOWN_MSGID ben {direct}",
            f"ann {direct}": f"UNKNOWN_MSGID ann {direct}",
        }.items():
            self.assertEqual(self.answer(self.eve, line), f"FAIL {answer}")

    def test_a_message_is_redacted_only_once(self) -> None:
        self.ben.says(f"REDACT #tea {self.msgid}")

        answer = f"FAIL UNKNOWN_MSGID #tea {self.msgid}"
        self.assertEqual(self.answer(self.ben, f"#tea {self.msgid}"), answer)

    def test_reactions_can_be_redacted_and_joins_cannot(self) -> None:
        reaction = self.says(self.ben, "@+draft/react=x TAGMSG #tea")
        self.ben.says("PART #tea", "JOIN #tea")
        joined = heard(self.ben)[1].tags["msgid"]

        self.assertEqual(self.answer(self.ben, f"#tea {reaction}"), f"#tea {reaction}")
        self.assertEqual(self.answer(self.ben, f"#tea {joined}"), f"FAIL UNKNOWN_MSGID #tea {joined}")

    def test_a_direct_message_is_redacted_by_its_sender_only(self) -> None:
        direct = self.says(self.ann, "PRIVMSG ben :a canary")
        self.ben.hears()

        self.assertEqual(self.answer(self.ben, f"ann {direct}"), f"FAIL REDACT_FORBIDDEN ann {direct}")
        self.assertEqual(self.answer(self.ann, f"ben {direct}"), f"ben {direct}")
        self.assertEqual(heard(self.ben)[-1].params, ("ben", direct))
        self.assertEqual(texts(asks(self.ben, "LATEST ann * 50")), [])

    def test_redacting_a_status_message_notifies_its_recipients_only(self) -> None:
        hidden = self.says(self.ann, "PRIVMSG @#tea :for ops")
        self.eve.hears()

        self.ann.says(f"REDACT #tea {hidden}")

        self.assertEqual(self.eve.hears(), [])

    def test_a_redaction_that_cannot_be_stored_is_refused(self) -> None:
        store = self.stage.store
        store.faults = {len(store.commits) + 1: NotStored("full")}

        answer = self.answer(self.ben, f"#tea {self.msgid}")
        self.stage.clock.advance(2)

        self.assertEqual(answer, "FAIL MESSAGE_NOT_STORED #tea")
        self.assertEqual(self.eve.hears(), [])
        self.assertEqual(texts(asks(self.eve, "LATEST #tea * 50")), ["a canary"])


class MeanwhileTests(SynchronousTestCase):
    def test_a_page_being_read_does_not_show_a_redacted_message(self) -> None:
        stage = Stage()
        store = stage.store
        ann, ben = stage.enter("ann", "ben", caps=ALL, room="#tea")
        ann.says("PRIVMSG #tea :a canary")
        msgid = heard(ann)[-1].tags["msgid"]
        ben.hears()
        page: Deferred[None] = Deferred()
        self.patch(store, "newest_rows", late(store, page))

        ben.says("CHATHISTORY LATEST #tea * 50")
        ann.says(f"REDACT #tea {msgid}")
        page.callback(None)
        stage.settle()

        self.assertNotIn("canary", "".join(ben.hears()))
