"""The owner's commands: who may use them, how a line is parsed, and how a wrong one is answered."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.owner import OWNER_COMMANDS
from simplechat.hub.errors import NotStored
from tests.support.owner import errors, operator
from tests.support.replies import codes
from tests.support.stage import Stage

SIMPLECHAT_NAMES = (
    *("help", "print-clients", "print-msg", "eject-client", "global-message", "clear-db", "cls"),
    *("shutdown-server", "exit"),
)
SHORT_NAMES = (
    *("clients", "list", "messages", "eject", "broadcast", "clear", "shutdown", "rooms", "who", "kick"),
    *("ban", "unban", "mute", "audit", "stats"),
)


class LineTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.owner = self.stage.owner()
        self.ann, self.ben = self.stage.enter("ann", "ben", room="#tea")

    def test_every_command_of_simplechat_and_every_short_name_is_there(self) -> None:
        self.assertEqual(
            [word for word in (*SIMPLECHAT_NAMES, *SHORT_NAMES) if word not in OWNER_COMMANDS], []
        )

    def test_a_command_may_be_written_in_capitals_and_with_spaces_around(self) -> None:
        self.assertEqual(self.owner.answers("  LIST  "), self.owner.answers("list"))

    def test_an_unknown_command_is_an_error(self) -> None:
        self.assertEqual(errors(self.owner, "frob"), ["There is no command frob; help lists them"])

    def test_braces_in_a_line_are_only_braces(self) -> None:
        for word in ("{", "}{", "{0}", "{verb.__class__}", "{verb}", "%s"):
            self.assertEqual(errors(self.owner, word), [f"There is no command {word}; help lists them"])
            self.assertEqual(len(errors(self.owner, f"who {word}")), 1)
            self.assertEqual(len(errors(self.owner, f"messages {word}")), 1)
            self.assertEqual(len(errors(self.owner, f"kick {word} ann")), 1)
            self.assertEqual(len(errors(self.owner, f"ban #tea :{word}")), 1)
            self.assertEqual(len(errors(self.owner, f"backup {word}")), 1)

    def test_a_line_with_too_few_or_too_many_words_is_answered_with_the_usage(self) -> None:
        wanted = {
            "who": "who <nick>",
            "eject": "eject <nick-or-address> [reason]",
            "broadcast": "broadcast <text>",
            "kick #tea": "kick <room> <nick> [reason]",
            "ban #tea": "ban <room> <mask>",
            "unban": "unban <room> <mask>",
            "mute #tea": "mute <room> <mask>",
            "unmute": "unmute <room> <mask>",
            "backup": "backup <path>",
            "log #tea": "log <room> <after> <count>",
            "put-log #tea": "put-log <room> <rows>",
            "list everybody": "clients",
            "rooms #tea": "rooms",
            "stats please": "stats",
            "cls now": "cls",
        }
        for line, syntax in wanted.items():
            self.assertEqual(errors(self.owner, line), [f"Usage: {syntax}"], line)

    def test_an_unknown_user_or_channel_is_named_in_the_error(self) -> None:
        wanted = {
            "who eve": "Nobody here is called eve; clients lists who is here",
            "eject eve": "Nobody here is eve; give a nick or ADDRESS,PORT, as clients lists them",
            "messages #milk": "There is no room #milk; rooms lists them",
            "clear milk": "There is no room #milk; rooms lists them",
            "clear #two words": "There is no room #two; rooms lists them",
            "kick #milk ann": "There is no room #milk; rooms lists them",
            "kick #tea eve": "Nobody here is called eve; clients lists who is here",
            "mute #milk ann": "There is no room #milk; rooms lists them",
            "help frob": "There is no command frob; help lists them",
            "account passwd eve": "There is no account eve; account list shows them",
        }
        for line, why in wanted.items():
            self.assertEqual(errors(self.owner, line), [why], line)

    def test_a_word_that_is_no_number_is_an_error(self) -> None:
        for number in (
            "-1",
            "1.5",
            "²",
            "½",
            "1e3",
            "0x10",
            "1" + "0" * 30,
            "000000001" + "9" * 200,
            "9" * 5000,
        ):
            for line in (f"audit {number}", f"messages #tea {number}", f"log #tea 0 {number}"):
                self.assertEqual(len(errors(self.owner, line)), 1, line)
            self.assertEqual(len(errors(self.owner, f"log #tea {number}{number} 5")), 1, number)
        self.assertEqual(len(errors(self.owner, "messages 0")), 1)
        self.assertEqual(len(errors(self.owner, "messages 1001")), 1)
        self.assertEqual(len(errors(self.owner, "messages 0000010000")), 1)

    def test_a_line_with_control_characters_or_bytes_that_are_no_text_is_refused(self) -> None:
        for line in (
            b"broadcast a\0b",
            b"broadcast \x1b[2J",
            b"\xff\xfe",
        ):
            self.owner.says(line)
            answers = [json.loads(answer)["kind"] for answer in self.owner.hears()]
            self.assertEqual(answers, ["error", "end"], line)
        self.assertEqual(self.ann.hears(), [])

    def test_text_may_be_in_any_script(self) -> None:
        family, persian = "👨\u200d👩\u200d👧", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0645"

        self.owner.answers(f"broadcast {family} {persian}\u00a0!")

        self.assertEqual(self.ann.hears(), [f":irc.test NOTICE * :{family} {persian}\u00a0!"])

    def test_an_empty_line_is_not_answered(self) -> None:
        self.owner.says("")

        self.assertEqual(self.owner.hears(), [])

    def test_each_answer_ends_even_where_the_disk_fails(self) -> None:
        self.stage.store.faults = dict.fromkeys(range(1, 99), NotStored("full"))

        (answer,) = self.owner.answers("broadcast hello")

        self.assertEqual(answer["kind"], "error")
        self.assertIn("cannot store anything now", answer["text"])

    def test_a_store_that_cannot_be_read_is_an_error(self) -> None:
        async def fail(*args: object, **kinds: object) -> None:
            raise NotStored("disk I/O error {0}")

        inner = self.stage.store.inner
        inner.newest_rows = inner.count_rows = inner.oldest_rows = fail  # type: ignore[method-assign,assignment]

        for line in ("messages", "audit", "clear yes", "log #tea 0 5"):
            (why,) = errors(self.owner, line)
            self.assertIn("disk I/O error {0}", why)


class OverIrcTests(SynchronousTestCase):
    """CONSOLE is the prompt for operators of the server, and for nobody else."""

    def setUp(self) -> None:
        self.stage = Stage(oper=("root:secret",))
        self.root = operator(self.stage)
        (self.ann,) = self.stage.enter("ann", room="#tea")

    def test_others_may_not_use_it(self) -> None:
        stranger = self.stage.connect()

        stranger.says("CONSOLE help", "CONSOLE")
        self.ann.says("CONSOLE list", "CONSOLE shutdown", "CONSOLE", "CONSOLE clear yes")

        self.assertEqual(codes(stranger), ["451", "451"])
        self.assertEqual(codes(self.ann), ["481"] * 4)
        self.assertEqual((self.stage.acts(), self.stage.stops), ([], []))

    def test_somebody_who_is_no_longer_an_operator_may_not_use_it(self) -> None:
        self.root.says("MODE root -o", "CONSOLE list")

        self.assertEqual(codes(self.root), ["MODE", "481"])

    def test_answers_are_notices(self) -> None:
        self.root.says("CONSOLE stats")

        heard = self.root.hears()
        self.assertTrue(all(line.startswith(":irc.test NOTICE root :") for line in heard), heard)
        self.assertIn(":irc.test NOTICE root :people: 2", heard)

    def test_a_table_is_a_notice_for_each_row(self) -> None:
        self.root.says("CONSOLE rooms")

        heads, row = self.root.hears()
        self.assertEqual(heads, ":irc.test NOTICE root :room | people | modes | since | topic")
        self.assertTrue(row.startswith(":irc.test NOTICE root :#tea | 1 | nt | "), row)

    def test_words_are_read_as_they_come_whatever_the_colons(self) -> None:
        told = [":irc.test NOTICE root :Nobody here is called eve; clients lists who is here"]

        for line in ("CONSOLE who eve", "CONSOLE who :eve", "CONSOLE :who eve", "CONSOLE :  who  eve  "):
            self.root.says(line)
            self.assertEqual(self.root.hears(), told, line)

    def test_an_empty_line_is_told(self) -> None:
        self.root.says("CONSOLE", "CONSOLE :", "CONSOLE : ", "CONSOLE ::")

        self.assertEqual(codes(self.root), ["461", "NOTICE", "NOTICE", "NOTICE"])

    def test_a_question_comes_with_the_line_that_says_yes(self) -> None:
        self.root.says("CONSOLE clear #tea")

        self.assertEqual(self.root.hears()[-1], ":irc.test NOTICE root :CONSOLE clear #tea yes")

    def test_commands_that_reach_files_are_refused(self) -> None:
        for line in ("backup /tmp/x", "log #tea 0 9", "put-log #tea []"):
            self.root.says(f"CONSOLE {line}")

            verb = line.split()[0]
            told = f":irc.test NOTICE root :{verb} works only on the server's own machine"
            self.assertEqual(self.root.hears(), [told])
        self.assertEqual(self.stage.acts(), [])

    def test_the_audit_log_names_the_operator(self) -> None:
        self.root.says("CONSOLE kick #tea ann")

        self.assertEqual(self.stage.acts(), [("root!root@127.0.0.1", "KICK", "#tea ann")])

    def test_a_command_that_cannot_be_stored_is_refused(self) -> None:
        self.stage.store.faults = dict.fromkeys(range(1, 99), NotStored("full"))

        self.root.says("CONSOLE :broadcast hello")

        self.assertEqual(
            self.root.hears()[0].split()[:4], [":irc.test", "FAIL", "CONSOLE", "MESSAGE_NOT_STORED"]
        )
        self.assertEqual(self.ann.hears(), [])

    def test_a_labelled_command_has_one_labelled_answer(self) -> None:
        root = operator(self.stage, "root2", "labeled-response batch message-tags")
        self.ann.says("PRIVMSG #tea :hello")

        for line in ("messages", "clear #tea yes", "messages #milk", "clear #tea", "cls", "stats", "frob"):
            root.says(f"@label=x CONSOLE {line}", "PING x")
            *answer, pong = root.hears()
            self.assertEqual("".join(answer).count("label=x"), 1, answer)
            self.assertIn("label=x", answer[0])
            self.assertIn("PONG", pong)

    def test_a_labelled_command_that_takes_long_is_in_the_audit_log_before_it_begins(self) -> None:
        root = operator(self.stage, "root2", "labeled-response batch message-tags")
        self.ann.says("PRIVMSG #tea :hello")
        seen: list[list[tuple[str, str, str]]] = []
        forget = self.stage.store.inner.delete_rows

        async def look(target: str | None, below: int, limit: int) -> int:
            self.stage.settle()
            seen.append(self.stage.acts())
            return await forget(target, below, limit)

        self.stage.store.inner.delete_rows = look  # type: ignore[method-assign]
        root.says("@label=x CONSOLE clear #tea yes")

        self.assertEqual([len(each) for each in seen], [1, 1])
        self.assertEqual(len(self.stage.acts()), 1)
