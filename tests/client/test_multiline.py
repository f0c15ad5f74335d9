"""A paste is one message where the server can, else one each line; a long one needs a yes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.support.client_harness import ClientHarness
from tests.support.in_memory_client import InMemoryClient
from tests.support.stage import Stage

CODE = "def f():\n    return 1\n\nf()"


class PasteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann, self.ben = InMemoryClient(self.stage, "ann"), InMemoryClient(self.stage, "ben")
        for each in (self.ann, self.ben):
            each.shows()

    def test_a_paste_is_one_message(self) -> None:
        shown = self.ann.types(CODE)

        lines = ["12:00 ann: def f():", "      |     return 1", "      | ", "      | f()"]
        self.assertEqual((shown, self.ben.shows()), ([*lines[:-1], f"{lines[-1]} +"], lines))
        self.assertEqual(self.stage.store.texts(), [CODE])

    def test_a_paste_that_begins_like_a_program_or_a_path_is_no_command(self) -> None:
        for text in ("// a comment\nint x;", "/usr/bin/env python3\nimport os", "help\nme"):
            self.ann.types(text)
            self.assertEqual(self.stage.store.texts()[-1], text)

    def test_some_commands_take_a_paste(self) -> None:
        self.ann.types("/msg ben one\ntwo", "/reply ben one\ntwo")

        self.assertEqual(self.ben.shows(), ["12:00 ann to you: one", "      | two"])

        shown = self.ann.types("/join #a\n#b", "/nope a\nb")
        self.assertEqual(shown, ["! /join takes one line", "! /nope takes one line"])

    def test_a_long_paste_is_split_after_a_question(self) -> None:
        text = "\n".join(f"line {number}" for number in range(200))

        self.ann.types(text)
        asked = self.ann.screen.prompt_state.question
        self.ann.types("y")

        self.assertEqual(asked, "That is 7 messages: send them all? [y/N] ")
        self.assertEqual("\n".join(self.stage.store.texts()), text)
        self.assertEqual(len(self.stage.store.texts()), 7)

    def test_a_no_to_the_question_sends_nothing(self) -> None:
        shown = self.ann.types("\n".join("x" * 300), "no")

        self.assertEqual(shown, ["! nothing was sent"])
        self.assertEqual(self.stage.store.texts(), [])

    def test_lines_from_a_pipe_stay_messages_of_their_own(self) -> None:
        pipe = InMemoryClient(self.stage, "pipe", is_piped=True)

        pipe.types(*CODE.split("\n"))

        self.assertEqual(self.stage.store.texts(), ["def f():", "    return 1", "f()"])

    def test_a_paste_that_is_not_stored_is_shown_line_by_line(self) -> None:
        self.ann.types("/msg zed one\ntwo")

        self.assertIn("one", "".join(self.ann.sent))
        self.assertEqual(len(self.ann.chat._session.connection.unconfirmed), 0)

    def test_an_empty_paste_sends_nothing(self) -> None:
        self.assertEqual(self.ann.types("\n\n"), [])


class OldServerTests(SynchronousTestCase):
    def test_a_server_without_multiline_gets_single_lines(self) -> None:
        client = ClientHarness()
        client.enters()

        client.chat.typed("one\n\ntwo")

        self.assertEqual(client.sends(), ["@label=s1 PRIVMSG #lobby one", "@label=s2 PRIVMSG #lobby two"])

    def test_a_batch_that_is_refused_is_one_message_not_stored(self) -> None:
        client = ClientHarness()
        caps = "message-tags echo-message batch labeled-response draft/multiline"
        client.connects()
        client.receives(f":irc CAP * LS :{caps}=max-bytes=4096,max-lines=9", f":irc CAP * ACK :{caps}")
        client.receives(":irc 001 bob :Welcome", ":bob!b@h JOIN #lobby")
        client.sends()
        client.shows()
        client.chat.typed("one\ntwo")

        client.receives("@label=s1 :irc FAIL BATCH MULTILINE_MAX_LINES 1 :Too many lines")

        self.assertEqual(
            client.sends(),
            [
                "@label=s1 BATCH +s1 draft/multiline #lobby",
                "@batch=s1 PRIVMSG #lobby one",
                "@batch=s1 PRIVMSG #lobby two",
                "BATCH -s1",
            ],
        )
        self.assertEqual(client.shows(), ["! not stored: one", "  | two (Too many lines)"])

    def test_an_endless_batch_costs_no_more_than_a_long_message(self) -> None:
        client = ClientHarness()
        client.enters()

        client.receives(":ann!a@h BATCH +m draft/multiline #lobby")
        client.receives(*["@batch=m :ann!a@h PRIVMSG #lobby :" + "x" * 400] * 3000)
        client.receives(":ann!a@h BATCH -m")

        self.assertLess(sum(map(len, client.shows())), 80_000)
