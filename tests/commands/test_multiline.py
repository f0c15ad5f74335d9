"""Messages of several lines: whole for clients that understand them, line by line for others."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.hub.errors import NotStored
from simplechat.ircv3.message import Message
from tests.support.history import CAPS, asks
from tests.support.replies import heard
from tests.support.stage import Actor, Stage

ALL = f"{CAPS} labeled-response draft/multiline"
LINES = (
    "@batch=1 PRIVMSG #tea :hello",
    "@batch=1 PRIVMSG #tea :",
    "@batch=1 PRIVMSG #tea :how is ",
    "@batch=1;draft/multiline-concat PRIVMSG #tea :everyone?",
)


class MultilineTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = self.stage.enter("ann", "ben", caps=ALL, room="#tea")
        (self.eve,) = self.stage.enter("eve", caps="message-tags server-time", room="#tea")
        self.forget()

    def forget(self) -> None:
        """Drop what was heard so far."""
        for actor in (self.ann, self.ben, self.eve):
            actor.hears()

    def says(self, *lines: str, tags: str = "", target: str = "#tea") -> None:
        """Let ann send a batch."""
        self.ann.says(f"{tags}BATCH +1 draft/multiline {target}", *lines, "BATCH -1")

    def test_clients_with_multiline_get_the_batch_as_it_was_sent(self) -> None:
        self.says(*LINES, tags="@+x=y ")

        opening, *lines, closing = heard(self.ben)
        reference = opening.params[0][1:]
        self.assertEqual(opening.params[1:], ("draft/multiline", "#tea"))
        self.assertEqual(sorted(opening.tags), ["+x", "msgid", "time"])
        self.assertEqual([line.params[1] for line in lines], ["hello", "", "how is ", "everyone?"])
        self.assertEqual({next(iter(line.tags.items())) for line in lines}, {("batch", reference)})
        self.assertEqual([len(line.tags) for line in lines], [1, 1, 1, 2])
        self.assertEqual(closing.params, (f"-{reference}",))

    def test_other_clients_get_non_empty_lines_and_the_msgid_once(self) -> None:
        self.says(*LINES, tags="@+x=y ")

        lines = heard(self.eve)
        self.assertEqual([line.params[1] for line in lines], ["hello", "how is ", "everyone?"])
        self.assertEqual(["msgid" in line.tags for line in lines], [True, False, False])
        self.assertEqual(
            {(line.tags["time"], line.tags["+x"]) for line in lines}, {(lines[0].tags["time"], "y")}
        )

    def test_the_label_is_on_the_opening_only(self) -> None:
        self.ann.says("@label=a BATCH +1 draft/multiline #tea", *LINES)
        self.assertEqual(self.ann.hears(), [])

        self.ann.says("BATCH -1")

        opening, *rest = heard(self.ann)
        self.assertEqual((opening.tags["label"], opening.params[1]), ("a", "draft/multiline"))
        self.assertFalse(any("label" in each.tags for each in rest))

    def test_history_gives_it_back_as_it_was_and_counts_it_once(self) -> None:
        self.says(*LINES, tags="@+x=y ")
        live = heard(self.ben)
        self.ann.says("PRIVMSG #tea :next")

        *played, last = asks(self.ben, "LATEST #tea * 2")

        outer = last.tags["batch"]
        self.assertEqual([_but_batch(each, outer) for each in played], live)
        self.assertEqual(
            [m.params[1] for m in asks(self.eve_with_history(), "LATEST #tea * 2")],
            ["hello", "how is ", "everyone?", "next"],
        )

    def eve_with_history(self) -> Actor:
        """Connect eve, who can read history."""
        self.eve.says("CAP REQ :draft/chathistory batch")
        return self.eve

    def test_it_is_replayed(self) -> None:
        self.says(*LINES)

        (new,) = self.stage.enter("new", caps="server-time")
        new.says("JOIN #tea")

        self.assertEqual([line.params[1] for line in heard(new)[3:]], ["hello", "how is ", "everyone?"])

    def test_one_line_is_a_message_like_any_other(self) -> None:
        self.says("@batch=1 PRIVMSG #tea :hello")

        self.assertEqual([each.command for each in heard(self.ben)], ["PRIVMSG"])

    def test_to_a_user_and_as_a_notice(self) -> None:
        self.says("@batch=1 NOTICE ben :one", "@batch=1 NOTICE BEN :two", target="ben")

        opening, one, two, _ = heard(self.ben)
        self.assertEqual((opening.params[2], one.command, two.params), ("ben", "NOTICE", ("ben", "two")))

    def test_an_invalid_batch_is_answered_once_and_not_sent(self) -> None:
        line = "@batch=1 PRIVMSG #tea :x"
        for lines, answer in {
            (line, "@batch=2 PRIVMSG #tea :x", line): "MULTILINE_INVALID",
            (line, "@batch=1 NOTICE #tea :x", line): "MULTILINE_INVALID",
            (line, "@batch=1;draft/multiline-concat PRIVMSG #tea :"): "MULTILINE_INVALID",
            ("@batch=1;draft/multiline-concat PRIVMSG #tea :x",): "MULTILINE_INVALID",
            (line, "@batch=1 PRIVMSG #milk :x", line): "MULTILINE_INVALID_TARGET #tea #milk",
            (line,) * 80: "MULTILINE_MAX_LINES 32",
            (f"@batch=1 PRIVMSG #tea {'x' * 400}",) * 15: "MULTILINE_MAX_BYTES 4096",
            ("@batch=1 PRIVMSG #tea :", "@batch=1 PRIVMSG #tea :"): "MULTILINE_INVALID",
            (): "MULTILINE_INVALID",
            (line, "BATCH +2 draft/multiline #tea", line): "MULTILINE_INVALID",
        }.items():
            self.forget()
            self.says(*lines)

            fails = [" ".join(each.params[1:-1]) for each in heard(self.ann) if each.command == "FAIL"]
            self.assertEqual((fails, self.ben.hears()), ([answer], []))

    def test_a_batch_of_another_type_or_without_the_capability_is_refused(self) -> None:
        self.ann.says("BATCH +1 draft/other #tea", "@batch=1 PRIVMSG #tea :x", "BATCH -1")
        self.assertEqual([each.params[1] for each in heard(self.ann)], ["UNKNOWN_TYPE"])

        self.eve.says("BATCH +1 draft/multiline #tea")
        self.assertEqual([each.params[1] for each in heard(self.eve)], ["UNKNOWN_TYPE"])
        self.assertEqual(self.ben.hears(), [])

    def test_a_batch_that_stays_open_too_long_is_not_taken(self) -> None:
        self.ann.says("BATCH +1 draft/multiline #tea", LINES[0])
        self.stage.clock.advance(61)

        self.ann.says(LINES[0], "BATCH -1")

        self.assertEqual([each.params[1] for each in heard(self.ann)], ["TIMEOUT"])
        self.assertEqual(self.ben.hears(), [])

    def test_when_it_cannot_be_stored_nobody_hears_any_of_it(self) -> None:
        store = self.stage.store
        store.faults = {len(store.commits) + 1: NotStored("full")}

        self.says(*LINES, tags="@label=a ")
        self.stage.clock.advance(2)

        (message,) = heard(self.ann)
        self.assertEqual((message.params[1], message.tags["label"]), ("MESSAGE_NOT_STORED", "a"))
        self.assertEqual(self.ben.hears() + self.eve.hears(), [])

    def test_a_batch_to_a_forbidden_target_is_refused(self) -> None:
        self.ann.says("PART #tea")
        self.forget()

        self.says(*LINES, tags="@label=a ")

        (message,) = heard(self.ann)
        self.assertEqual((message.command, message.tags["label"]), ("404", "a"))


def _but_batch(message: Message, outer: str) -> Message:
    """Return a message without the tag of an outer batch."""
    tags = {name: value for name, value in message.tags.items() if (name, value) != ("batch", outer)}
    return message._replace(tags=tags)
