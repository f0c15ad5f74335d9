"""Whatever a server sends, in whatever order: the client goes on or ends, at a bounded cost."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.batches import MAX_BATCHES
from simplechat.client.protocol.history_requests import MAX_PAGES
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.state import catch_up
from simplechat.terminal.sanitize import printable
from tests.support.client_harness import ALL_CAPS, CONTROL_TEXTS, ClientHarness

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
        *("MARKREAD", "REGISTER", "m1", "+", "cj0=", "CHATHISTORY=0", "1" * 30, *CONTROL_TEXTS),
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
    """Draw a line with the shape of a server's, and without sense."""
    escaped = {key: value.replace(";", "\\:").replace(" ", "\\s") for key, value in draw(TAGS).items()}
    tags = ";".join(f"{key}={value}" for key, value in escaped.items())
    source, words = draw(SOURCES), draw(some.lists(WORDS, max_size=4))
    *middle, last = words or [""]
    text = " ".join([draw(COMMANDS), *(word for word in middle if word and " " not in word), f":{last}"])
    return f"{f'@{tags} ' if tags else ''}{f':{source} ' if source else ''}{text}".encode("utf-8", "replace")


TYPED = some.sampled_from(
    [b"hi", b"/history", b"/search x", b"/react +1", b"/delete", b"/join #tea", b"/reply 1 x"]
)


class ArbitraryLinesTests(SynchronousTestCase):
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(some.booleans(), some.booleans(), some.lists(some.one_of(lines(), TYPED), max_size=25))
    def test_the_client_survives_any_lines_and_shows_only_printable_text(
        self, is_in: bool, is_known: bool, said: list[bytes]
    ) -> None:
        client = ClientHarness(credentials=Credentials("bob", "pencil") if is_known else None)
        client.connects()
        if is_in:
            caps = ALL_CAPS.replace("sasl ", "")
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


class EndlessServerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = ClientHarness()
        self.client.connects()
        self.client.receives(f":irc CAP * LS :{ALL_CAPS}=max-bytes=4096", f":irc CAP * ACK :{ALL_CAPS}")
        self.client.receives(":irc 001 bob :Welcome")

    def registers(self, *more: str) -> None:
        self.client.receives(":bob!b@h JOIN #lobby", ":irc 366 bob #lobby :End", *more)
        self.client.sends()

    def page(self, number: int) -> list[str]:
        """Return a page that is not the last."""
        said = f"@batch=b;msgid=m{number};time=2020-01-01T00:00:00.000Z :ann!a@h JOIN #lobby"
        return [":irc BATCH +b chathistory #lobby", said, ":irc BATCH -b"]

    def test_the_number_of_pages_without_messages_is_bounded(self) -> None:
        self.registers()
        asked = 1
        for number in range(3 * MAX_PAGES):
            self.client.receives(*self.page(number))
            asked += sum(line.startswith("CHATHISTORY") for line in self.client.sends())

        self.assertEqual(asked, MAX_PAGES)

    def test_the_same_page_again_is_the_last(self) -> None:
        self.registers(":irc MARKREAD #lobby timestamp=2020-01-01T00:00:00.000Z")
        asked = []
        for _ in range(50):
            self.client.receives(*self.page(1))
            asked += [line for line in self.client.sends() if line.startswith("CHATHISTORY AFTER")]

        self.assertLessEqual(len(asked), 2)

    def test_the_number_of_channels_to_catch_up_is_bounded(self) -> None:
        for number in range(catch_up.MAX_TARGETS + 200):
            self.client.receives(f":bob!b@h JOIN #r{number}", f":irc 366 bob #r{number} :End")

        fetched = self.client.chat._session.catch_up
        self.assertEqual(len(fetched.targets), catch_up.MAX_TARGETS)
        self.assertLessEqual(
            len(self.client.chat._session.connection.history.pending), catch_up.MAX_TARGETS + 1
        )

    def test_the_number_of_held_messages_is_bounded(self) -> None:
        self.registers()
        for number in range(catch_up.MAX_HELD_MESSAGES + 1):
            self.client.receives(f"@msgid=l{number} :ann!a@h PRIVMSG #lobby :n{number}")

        self.assertEqual(len(self.client.shows()[-1:]), 1)
        self.assertLessEqual(
            len(self.client.chat._session.catch_up.targets["#lobby"].live), catch_up.MAX_HELD_MESSAGES
        )

    def test_unknown_capabilities_are_not_kept(self) -> None:
        before = dict(self.client.chat._session.connection._registration._negotiation._offered)
        for number in range(1000):
            self.client.receives(
                f":irc CAP * LS * :made-up-{number}=x", f":irc CAP bob NEW :another-{number}"
            )

        self.assertEqual(self.client.chat._session.connection._registration._negotiation._offered, before)

    def test_the_number_of_open_batches_is_bounded(self) -> None:
        self.registers()
        for number in range(5000):
            self.client.receives(f"@batch=n{number - 1} :irc BATCH +n{number} x")
        self.client.receives(f"@batch=n{MAX_BATCHES - 1};msgid=x :ann!a@h PRIVMSG #lobby :deep")

        self.assertLessEqual(len(self.client.chat._session.connection._receiver._batches._open), MAX_BATCHES)
