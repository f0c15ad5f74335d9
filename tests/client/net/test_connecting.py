"""The user is asked at the terminal to trust a server, before the user interface starts."""

from __future__ import annotations

import signal

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.interfaces import ExitStatus
from simplechat.client.net.connecting import establish_trust, make_trust_prompt
from simplechat.client.net.endpoints import AskForTrust, PlainEndpoint
from simplechat.client.signals import SIGNALS, Interrupted, exit_status_for_signal
from simplechat.locale import use_language_everywhere
from tests.client.net.test_endpoints import InMemoryEndpoint


class SilentEndpoint(PlainEndpoint):
    """An endpoint on which nothing happens until it is cancelled."""

    async def establish_trust(self, ask: AskForTrust | None) -> str:
        await Deferred()
        return ""


class FakeReactor:
    """A reactor that runs at once what threads would pass to it."""

    def callFromThread(self, call: object, *values: object) -> None:
        assert callable(call)
        call(*values)


class TrustTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.shown: list[str] = []
        for each in SIGNALS:
            self.addCleanup(signal.signal, each, signal.getsignal(each))

    def answer(self, text: str) -> bool:
        """Return whether this answer trusts the server."""

        def read(question: str) -> str:
            self.shown.append(question)
            return text

        return make_trust_prompt(read, self.shown.append)("It shows AA")

    def test_only_a_yes_trusts(self) -> None:
        for text, is_trusted in (("yes", True), ("y", True), (" YES ", True), ("", False), ("ok", False)):
            self.assertEqual(self.answer(text), is_trusted, text)
        self.assertEqual(self.shown[:2], ["It shows AA", "Do you trust it? [no]: "])

    def test_the_question_is_in_the_current_language(self) -> None:
        self.addCleanup(use_language_everywhere, "en")
        use_language_everywhere("es")

        self.assertTrue(self.answer("sí"))
        self.assertFalse(self.answer(""))

    def test_the_end_of_input_means_no(self) -> None:
        def read(question: str) -> str:
            raise EOFError

        self.assertFalse(make_trust_prompt(read, self.shown.append)(""))

    def test_a_signal_ends_the_question_and_its_handlers_come_back(self) -> None:
        def read(question: str) -> str:
            signal.raise_signal(signal.SIGTERM)
            return "yes"

        before = [signal.getsignal(each) for each in SIGNALS]
        with self.assertRaises(Interrupted) as raised:
            make_trust_prompt(read, self.shown.append)("")

        self.assertEqual(raised.exception.exit_status, ExitStatus(143, "ended by SIGTERM"))
        self.assertEqual([signal.getsignal(each) for each in SIGNALS], before)

    def test_a_signal_ends_the_wait_for_an_unknown_server(self) -> None:
        clock = Clock()
        trusting = Deferred.fromCoroutine(
            establish_trust(FakeReactor(), SilentEndpoint(InMemoryEndpoint(clock), clock), None)
        )
        self.assertNoResult(trusting)

        signal.raise_signal(signal.SIGINT)

        outcome = self.failureResultOf(trusting, Interrupted).value.exit_status
        self.assertEqual(outcome, ExitStatus(130, "interrupted"))

    def test_each_signal_has_its_code(self) -> None:
        self.assertEqual([exit_status_for_signal(each).code for each in SIGNALS], [130, 143, 129])
