"""SEARCH: messages are found by those who may read them."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.history import CAPS
from tests.support.replies import heard
from tests.support.stage import Actor, Stage

ALL = f"{CAPS} draft/search soju.im/search"


class SearchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben, self.eve = self.stage.enter("ann", "ben", "eve", caps=ALL)
        self.ann.says("JOIN #tea,#milk")
        self.ben.says("JOIN #tea")
        for actor, line in (
            (self.ann, "PRIVMSG #tea :green tea for Mañana"),
            (self.ben, "PRIVMSG #tea :black tea"),
            (self.ann, "PRIVMSG #milk :milk tea"),
            (self.ann, "PRIVMSG ben :tea for two"),
            (self.ben, "NOTICE ann :no tea"),
            (self.ann, "PRIVMSG @#tea :secret tea"),
            (self.eve, "PRIVMSG ann :tea from eve"),
        ):
            self.stage.clock.advance(1)
            actor.says(line)

    def test_the_first_ones_from_a_time_on_are_found_and_else_the_last_ones(self) -> None:
        self.assertEqual(
            self.finds(self.ann, "text=tea;limit=2;after=2001-09-09T01:46:42.000Z"), ["black tea", "milk tea"]
        )
        self.assertEqual(self.finds(self.ann, "text=tea;limit=2"), ["secret tea", "tea from eve"])

    def finds(self, actor: Actor, attributes: str) -> list[str]:
        """Send a SEARCH; return the texts that were found."""
        actor.hears()
        actor.says(f"SEARCH {attributes}")
        opening, *messages, _ = heard(actor)
        self.assertEqual(opening.params[1:], ("soju.im/search",))
        return [message.params[1] for message in messages]

    def test_what_may_be_read_is_found_oldest_first(self) -> None:
        everything = ["green tea for Mañana", "black tea", "milk tea", "tea for two", "no tea"]
        self.assertEqual(self.finds(self.ann, "text=tea"), [*everything, "secret tea", "tea from eve"])
        self.assertEqual(
            self.finds(self.ben, "text=tea"), ["green tea for Mañana", "black tea", "tea for two", "no tea"]
        )
        self.assertEqual(self.finds(self.eve, "text=tea"), ["tea from eve"])

    def test_case_and_accents_do_not_matter(self) -> None:
        for text in ("manana", "MAÑANA", "mañana\\sGREEN"):
            self.assertEqual(self.finds(self.ben, f"text={text}"), ["green tea for Mañana"])
        self.assertEqual(self.finds(self.ben, "text=mana"), [])
        self.assertEqual(self.finds(self.ben, "text=!?"), [])

    def test_all_attributes_count(self) -> None:
        for attributes, found in {
            "in=#tea": ["green tea for Mañana", "black tea"],
            "in=#TEA;from=BEN": ["black tea"],
            "from=ann;text=tea": ["green tea for Mañana", "tea for two"],
            "in=ann": ["tea for two", "no tea"],
            "text=tea;limit=1": ["no tea"],
            "text=tea;after=2001-09-09T01:46:42.000Z;before=2001-09-09T01:46:44.000Z": [
                "black tea",
                "tea for two",
            ],
            ":text=black tea": ["black tea"],
        }.items():
            self.assertEqual((attributes, self.finds(self.ben, attributes)), (attributes, found))

    def test_later_members_find_what_the_channel_lets_them(self) -> None:
        self.ann.says("ROOM #tea history joined")
        self.eve.says("JOIN #tea")
        self.assertEqual(self.finds(self.eve, "in=#tea"), [])

        self.ben.says("PART #tea")

        self.assertEqual(self.finds(self.ben, "text=black"), [])

    def test_redacted_messages_are_not_found(self) -> None:
        self.ben.hears()
        self.ben.says("PRIVMSG #tea :a canary")
        msgid = heard(self.ben)[0].tags["msgid"]
        self.assertEqual(self.finds(self.ann, "text=canary"), ["a canary"])

        self.ben.says(f"REDACT #tea {msgid}")

        self.assertEqual(self.finds(self.ann, "text=canary"), [])

    def test_enough_is_found_although_much_is_not_shown(self) -> None:
        self.ann.says(*(f"PRIVMSG @#tea :hidden tea {number}" for number in range(30)))

        self.assertEqual(
            self.finds(self.ben, "in=#tea;text=tea;limit=2"), ["green tea for Mañana", "black tea"]
        )

    def test_invalid_requests_are_answered_with_a_code(self) -> None:
        for attributes, answer in {
            "": "461",
            "colour=red": "INVALID_PARAMS colour",
            "text=x;limit=0": "INVALID_PARAMS limit",
            "text=x;after=yesterday": "INVALID_PARAMS after",
            "text=x;in=#none": "INVALID_PARAMS in",
            "text=x;in=#milk": "INVALID_PARAMS in",
        }.items():
            self.ben.hears()
            self.ben.says(f"SEARCH {attributes}".strip())
            (message,) = heard(self.ben)
            told = message.command if message.command != "FAIL" else " ".join(message.params[1:-1])
            self.assertEqual(told, answer)

    def test_the_batch_has_the_name_that_the_capability_has(self) -> None:
        self.ben.says("CAP REQ -soju.im/search")
        self.ben.hears()

        self.ben.says("SEARCH text=black")

        self.assertEqual(heard(self.ben)[0].params[1], "search")
