"""Whatever a server says, in whatever order: the client goes on or ends, and its terminal stays its own."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.batches import MAX_BATCHES
from simplechat.client.protocol.history_requests import MAX_PAGES
from simplechat.client.protocol.sasl_login import Credentials, SaslLogin
from simplechat.client.state import catch_up
from simplechat.ircv3.message import Message
from simplechat.ircv3.sasl import MAX_ITERATIONS
from simplechat.terminal.sanitize import printable
from tests.client.test_hostile import CAPS, NASTY
from tests.support.client_harness import ClientHarness

WORDS = some.sampled_from(
    [
        *(
            "bob",
            "ann",
            "#lobby",
            "#tea",
            "*",
            "",
            ":",
            ",",
            "#a b",
            "~&@%+#x",
            "+b",
            "-b",
            "+c",
            "-c",
            "b",
            "c",
        ),
        *(
            "chathistory",
            "search",
            "draft/chathistory-targets",
            "draft/multiline",
            "netsplit",
            "labeled-response",
        ),
        *("LS", "ACK", "NAK", "NEW", "DEL", "LIST", "sasl", "sasl=PLAIN,X", "draft/multiline=max-bytes=1"),
        *("draft/multiline=max-bytes=99999999999,max-lines=0", "-echo-message", "echo-message batch"),
        *(
            "timestamp=2999-01-01T00:00:00.000Z",
            "timestamp=2020-02-30T00:00:00.000Z",
            "SUCCESS",
            "CHATHISTORY",
        ),
        *("MARKREAD", "REGISTER", "m1", "+", "cj0=", "CHATHISTORY=0", "1" * 30, *NASTY),
    ]
)
COMMANDS = some.sampled_from(
    [
        *("001", "004", "005", "301", "315", "322", "323", "331", "332", "352", "353", "366", "401", "421"),
        *("432", "433", "465", "900", "901", "902", "903", "904", "907", "ACK", "AUTHENTICATE", "AWAY"),
        *("BATCH", "CAP", "CHATHISTORY", "ERROR", "FAIL", "JOIN", "KICK", "KILL", "MARKREAD", "METADATA"),
        *("MODE", "NICK", "NOTE", "NOTICE", "PART", "PING", "PONG", "PRIVMSG", "QUIT", "REDACT", "REGISTER"),
        *("RENAME", "TAGMSG", "TOPIC", "WARN"),
    ]
)
TAGS = some.dictionaries(
    some.sampled_from(
        [
            *("batch", "label", "msgid", "time", "+reply", "+draft/react", "+draft/unreact"),
            *("draft/multiline-concat", "draft/chathistory-end"),
        ]
    ),
    some.one_of(some.sampled_from(["b", "c", "s1", "m1", "m 2", "2020-01-01T00:00:00.000Z"]), WORDS),
    max_size=3,
)
SOURCES = some.sampled_from(["", "irc", "bob!b@h", "ann!a@h", "\x1b[2J!x@y"])


@some.composite
def lines(draw: some.DrawFn) -> bytes:
    """Give a line that a server could write: shaped like one, and senseless."""
    escaped = {key: value.replace(";", "\\:").replace(" ", "\\s") for key, value in draw(TAGS).items()}
    tags = ";".join(f"{key}={value}" for key, value in escaped.items())
    source, words = draw(SOURCES), draw(some.lists(WORDS, max_size=4))
    *middle, last = words or [""]
    text = " ".join([draw(COMMANDS), *(word for word in middle if word and " " not in word), f":{last}"])
    return f"{f'@{tags} ' if tags else ''}{f':{source} ' if source else ''}{text}".encode("utf-8", "replace")


TYPED = some.sampled_from(
    [b"hi", b"/history", b"/search x", b"/react +1", b"/delete", b"/join #tea", b"/reply 1 x"]
)


class SenselessTests(SynchronousTestCase):
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(some.booleans(), some.booleans(), some.lists(some.one_of(lines(), TYPED), max_size=25))
    def test_it_goes_on_or_ends_and_all_that_is_shown_is_printable(
        self, is_in: bool, is_known: bool, said: list[bytes]
    ) -> None:
        client = ClientHarness(credentials=Credentials("bob", "pencil") if is_known else None)
        client.connects()
        if is_in:
            caps = CAPS.replace("sasl ", "")
            client.receives(f":irc CAP * LS :{caps}=max-bytes=4096", f":irc CAP * ACK :{caps}")
            client.receives(":irc 001 bob :Welcome", ":bob!b@h JOIN #lobby", ":irc 366 bob #lobby :End")
        for line in said:
            if line in (b"hi",) or line.startswith(b"/"):
                client.console.dataReceived(line + b"\n")
            else:
                client.protocol.dataReceived(line + b"\r\n")
        client.clock.advance(30)

        shown = client.screen.value().decode().split("\n")

        self.assertEqual([line for line in shown if line != printable(line)], [])


class EndlessTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.connects()
        self.client.receives(f":irc CAP * LS :{CAPS}=max-bytes=4096", f":irc CAP * ACK :{CAPS}")
        self.client.receives(":irc 001 bob :Welcome")

    def comes_in(self, *more: str) -> None:
        self.client.receives(":bob!b@h JOIN #lobby", ":irc 366 bob #lobby :End", *more)
        self.client.sends()

    def page(self, number: int) -> list[str]:
        """Give a page that says it is not the last."""
        said = f"@batch=b;msgid=m{number};time=2020-01-01T00:00:00.000Z :ann!a@h JOIN #lobby"
        return [":irc BATCH +b chathistory #lobby", said, ":irc BATCH -b"]

    def test_pages_without_messages_are_asked_for_only_so_often(self) -> None:
        self.comes_in()
        asked = 1
        for number in range(3 * MAX_PAGES):
            self.client.receives(*self.page(number))
            asked += sum(line.startswith("CHATHISTORY") for line in self.client.sends())

        self.assertEqual(asked, MAX_PAGES)

    def test_the_same_page_again_is_the_last(self) -> None:
        self.comes_in(":irc MARKREAD #lobby timestamp=2020-01-01T00:00:00.000Z")
        asked = []
        for _ in range(50):
            self.client.receives(*self.page(1))
            asked += [line for line in self.client.sends() if line.startswith("CHATHISTORY AFTER")]

        self.assertLessEqual(len(asked), 2)

    def test_rooms_that_we_are_said_to_be_in_cost_no_more_than_so_much(self) -> None:
        for number in range(catch_up.MAX_TARGETS + 200):
            self.client.receives(f":bob!b@h JOIN #r{number}", f":irc 366 bob #r{number} :End")

        fetched = self.client.chat._session.catch_up
        self.assertEqual(len(fetched), catch_up.MAX_TARGETS)
        self.assertLessEqual(
            len(self.client.chat._session.connection.history.pending), catch_up.MAX_TARGETS + 1
        )

    def test_what_is_said_while_a_page_never_comes_is_told_at_last(self) -> None:
        self.comes_in()
        for number in range(catch_up.MAX_HELD_MESSAGES + 1):
            self.client.receives(f"@msgid=l{number} :ann!a@h PRIVMSG #lobby :n{number}")

        self.assertEqual(len(self.client.shows()[-1:]), 1)
        self.assertLessEqual(
            len(self.client.chat._session.catch_up._targets["#lobby"].live), catch_up.MAX_HELD_MESSAGES
        )

    def test_capabilities_without_end_are_not_kept(self) -> None:
        before = dict(self.client.chat._session.connection._registration._negotiation._offered)
        for number in range(1000):
            self.client.receives(
                f":irc CAP * LS * :made-up-{number}=x", f":irc CAP bob NEW :another-{number}"
            )

        self.assertEqual(self.client.chat._session.connection._registration._negotiation._offered, before)

    def test_batches_within_batches_end(self) -> None:
        self.comes_in()
        for number in range(5000):
            self.client.receives(f"@batch=n{number - 1} :irc BATCH +n{number} x")
        self.client.receives(f"@batch=n{MAX_BATCHES - 1};msgid=x :ann!a@h PRIVMSG #lobby :deep")

        self.assertLessEqual(len(self.client.chat._session.connection._receiver._batches._open), MAX_BATCHES)


class SaltTests(SynchronousTestCase):
    def test_a_server_cannot_have_us_salt_for_ever(self) -> None:
        for count, is_done in ((4096, True), (MAX_ITERATIONS + 1, False), (10**12, False), (0, False)):
            login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)
            login.receive(Message("AUTHENTICATE", ("+",)))

            login.receive(Message("AUTHENTICATE", (base64_of(f"r=abcdef,s=c2FsdA==,i={count}"),)))

            self.assertEqual(login.key_derivation is not None, is_done, count)
            self.assertEqual(bool(login.error), not is_done, count)

    def test_what_comes_before_its_turn_is_no_proof(self) -> None:
        login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)
        first, more = base64_of("r=abcdef,s=c2FsdA==,i=4096"), base64_of("v=c2FsdA==")

        for words in ("+", first, more, "+", first, more):
            login.receive(Message("AUTHENTICATE", (words,)))
        login.receive(Message("903"))

        self.assertEqual(login.account, "")
        self.assertTrue(login.error)

    def test_a_line_that_is_too_long_is_given_up(self) -> None:
        login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)

        login.receive(Message("AUTHENTICATE", ("A" * 401,)))

        self.assertTrue(login.error)

    def test_an_answer_in_endless_chunks_is_given_up(self) -> None:
        login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)
        for _ in range(1000):
            login.receive(Message("AUTHENTICATE", ("A" * 400,)))

        self.assertTrue(login.error)


def base64_of(text: str) -> str:
    """Write a text as AUTHENTICATE has it."""
    from base64 import b64encode

    return b64encode(text.encode()).decode()
