"""Messages are named by a number, by a nick, or not at all; they are answered, reacted to, deleted."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.in_memory_client import InMemoryClient
from tests.support.stage import Stage


class MessageCommandTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = InMemoryClient(self.stage, "ann"), InMemoryClient(self.stage, "ben")
        self.ann.types("tea?", "or coffee?")
        self.ben.types("hm")
        for each in (self.ann, self.ben):
            each.shows()

    def test_a_reply_answers_the_last_message_of_others(self) -> None:
        shown = self.ben.types("/reply coffee, please")

        self.assertEqual(shown, ["      > ann: or coffee?", "12:00 ben: coffee, please +"])
        self.assertEqual(self.ann.shows(), ["      > ann: or coffee?", "12:00 ben: coffee, please"])

    def test_a_reply_answers_a_nick_s_last_message_and_its_number(self) -> None:
        cem = InMemoryClient(self.stage, "cem")
        cem.types("/history 3")

        shown = [*cem.types("/reply Ben: think faster"), *cem.types("/reply 1 yes!")]

        self.assertEqual(
            shown,
            ["      > ben: hm", "12:00 cem: think faster +", "      > ann: tea?", "12:00 cem: yes! +"],
        )

    def test_a_word_that_is_no_nick_here_is_part_of_the_reply(self) -> None:
        self.assertEqual(self.ben.types("/reply zed knows")[-1], "12:00 ben: zed knows +")

    def test_an_unknown_number_is_refused_and_nothing_is_sent(self) -> None:
        for line in ("/reply 5 apples", "/react 5 +1", "/delete 5"):
            shown = self.ben.types(line)

            expected = "! There is no message 5; /history shows messages with their numbers"
            self.assertEqual(shown, [expected])
        self.assertEqual(self.stage.store.texts(), ["tea?", "or coffee?", "hm"])

    def test_a_number_stays_with_its_message(self) -> None:
        self.ben.types("/history 2")
        self.ann.types("more", "and more")
        again = self.ben.types("/history 4")

        self.assertEqual([line[:4].strip() for line in again if "[" in line], ["[1]", "[2]", "[3]", "[4]"])
        self.assertIn("[1] 12:00 ann: or coffee?", again)
        self.assertIn("[3] 12:00 ann: more", again)

    def test_a_reply_to_a_direct_message_is_one_too(self) -> None:
        self.ann.types("/msg ben psst")
        cem = InMemoryClient(self.stage, "cem")
        self.ben.types("/history ann")
        cem.shows()

        shown = self.ben.types("/reply 1 what?")

        self.assertEqual(shown, ["      > ann: psst", "12:00 ben to ann: what? +"])
        self.assertEqual(cem.shows(), [])

    def test_a_reaction_is_shown_with_its_sender_and_message(self) -> None:
        shown = self.ben.types("/react ann 👍")

        self.assertEqual(shown, ["* ben reacts 👍 to ann: or coffee?"])
        self.assertEqual(self.ann.shows(), ["* ben reacts 👍 to ann: or coffee?"])

    def test_a_user_takes_their_reaction_back(self) -> None:
        self.ben.types("/react ann +1", "/react ann :)")
        self.ann.shows()

        shown = self.ben.types("/unreact ann +1", "/unreact ann")

        expected = "* ben takes +1 back from: ann: or coffee?"
        self.assertEqual(shown, [expected, "! Usage: /unreact [NICK|N] EMOJI"])
        self.assertEqual(self.ann.shows(), [expected])
        self.assertEqual(self.ann.types("/history 2")[-1], "[2] 12:00 ben: hm")
        self.assertIn("12:00 ann: or coffee? +  [:)]", self.ann.types("/history 3")[-2])

    def test_a_repeated_reaction_is_shown_once(self) -> None:
        self.ben.types("/react ann +1", "/react ann +1")

        self.assertEqual(self.ann.shows(), ["* ben reacts +1 to ann: or coffee?"])

    def test_a_reaction_is_one_short_word(self) -> None:
        for line in ("/react", "/react two words", f"/react {'x' * 41}", "/react ann"):
            self.assertEqual(self.ben.types(line), ["! Usage: /react [NICK|N] EMOJI"], line)

    def test_a_reaction_taken_back_is_shown(self) -> None:
        (raw,) = self.stage.enter("cem", caps="message-tags", room="#lobby")
        said = next(row for row in self.stage.store.inner.log.values() if row.text == "hm")
        self.ann.shows()
        from simplechat.hub.ids import msgid_of

        raw.says(
            f"@+draft/unreact=👍;+reply={msgid_of(said.id)} TAGMSG #lobby", "@+typing=active TAGMSG #lobby"
        )

        self.assertEqual(self.ann.shows(), ["* cem takes 👍 back from: ben: hm"])

    def test_one_s_own_last_message_is_deleted(self) -> None:
        shown = self.ann.types("/delete")

        self.assertEqual(shown, ["* you deleted your message of 12:00"])
        self.assertEqual(self.ben.shows(), ["* ann deleted their message of 12:00"])
        self.assertEqual(self.ben.types("/reply ann which?")[0], "      > ann: tea?")

    def test_an_operator_deletes_messages_of_others_by_number(self) -> None:
        self.ann.types("/history 1")

        shown = self.ann.types("/delete 1", "/reply 1 why?")

        self.assertEqual(shown, ["* ann deleted the message of ben of 12:00", "! That message was deleted"])

    def test_a_deleted_text_is_never_shown_again(self) -> None:
        self.ben.types("/reply coffee")
        self.ann.types("/delete")

        shown = [*self.ben.types("/history"), *self.ben.types("/reply ann so?")]

        self.assertNotIn("or coffee?", "".join(shown))
        self.assertIn("> ann: (deleted)", "".join(shown))

    def test_deleting_a_message_of_others_is_refused_in_words(self) -> None:
        self.ben.types("/history 3")

        shown = self.ben.types("/delete 1", "/delete 1 now")

        self.assertEqual(shown, ["! Only its author and operators may delete it", "! Usage: /delete [N]"])

    def test_without_messages_there_is_nothing_to_answer_or_delete(self) -> None:
        cem = InMemoryClient(self.stage, "cem")
        cem.types("/join #empty")
        cem.shows()

        expected = "! There are no recent messages here; /history shows earlier ones with their numbers"
        for line in ("/reply hi", "/react +1", "/delete"):
            self.assertEqual(cem.types(line), [expected])
