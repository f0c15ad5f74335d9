"""Accounts in the client: registering, logging in and out, and no password where it should not be."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.interfaces import ExitStatus
from simplechat.client.protocol.sasl_login import Credentials, KeyDerivation
from tests.support.in_memory_client import InMemoryClient, InMemoryKeyring
from tests.support.stage import Stage

ANN = Credentials("ann", "pencil")


class AccountsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        self.ann = InMemoryClient(self.stage, "ann")
        self.ann.types("/register", "pencil", "pencil")

    def asks(self, guest: InMemoryClient) -> tuple[str, bool]:
        """Return the question, and whether the answer is hidden."""
        return guest.screen.prompt_state.question, guest.screen.prompt_state.is_hidden

    def guest(self, password: str = "", *, is_piped: bool = False, is_private: bool = True) -> InMemoryClient:
        """Start a client of another user."""
        credentials = Credentials("ann", password) if password else None
        return InMemoryClient(
            self.stage, "ben", credentials=credentials, is_piped=is_piped, is_private=is_private
        )

    def test_an_account_is_registered_with_a_hidden_password_typed_twice(self) -> None:
        ben = self.guest()
        ben.shows()

        asked = []
        for line in ("/register", "rubber", "rubber"):
            ben.types(line)
            asked.append(self.asks(ben))

        self.assertEqual(asked, [("New password for ben: ", True), ("Once more: ", True), ("", False)])
        self.assertEqual(ben.chat._session.model.account, "ben")

    def test_two_different_passwords_register_no_account(self) -> None:
        ben = self.guest()
        ben.shows()

        shown = ben.types("/register", "rubber", "rubbre")

        self.assertEqual(shown, ["! The two passwords differ; nothing was done"])
        self.assertNotIn("REGISTER", "".join(ben.sent))

    def test_a_login_takes_the_nick_of_the_account(self) -> None:
        self.ann.types("/exit")
        ben = InMemoryClient(self.stage, "ann")
        ben.shows()

        shown = ben.types("/login", "pencil")

        self.assertEqual(shown, ["* logged in as ann", "* you are now ann"])
        self.assertNotIn("pencil", " ".join(ben.sent))

    def test_after_a_wrong_password_the_user_stays_a_guest(self) -> None:
        ben = self.guest()
        ben.shows()

        shown = ben.types("/login ann", "pen", "hello")

        expected = "Login failed: there is no such account with that password; you are here as a guest"
        self.assertEqual(shown, [f"! {expected}", "12:00 ben: hello +"])

    def test_a_login_at_the_start_comes_before_registration_ends(self) -> None:
        self.ann.types("/exit")

        back = InMemoryClient(self.stage, "ann", credentials=ANN)

        self.assertEqual(back.shows()[:2], ["* logged in as ann", "* connected as ann"])
        self.assertLess(back.sent.index("AUTHENTICATE SCRAM-SHA-256"), back.sent.index("CAP END"))

    def test_a_reconnect_logs_in_again(self) -> None:
        self.ann.drops()
        self.ann.shows()

        self.ann.reconnects()

        self.assertEqual(self.ann.shows()[:2], ["* logged in as ann", "* connected as ann"])

    def test_a_password_that_was_wrong_is_not_tried_again(self) -> None:
        ben = self.guest("pen")
        ben.drops()
        ben.sent.clear()

        ben.reconnects()

        self.assertNotIn("AUTHENTICATE", "".join(ben.sent))

    def test_a_changed_password_is_used_at_the_next_login(self) -> None:
        shown = self.ann.types("/passwd", "pencil", "rubber", "rubber")
        self.ann.drops()
        self.ann.reconnects()

        self.assertEqual(shown[-1], "* your password is changed")
        self.assertIn("* logged in as ann", self.ann.shows())

    def test_an_old_password_with_a_space_can_be_changed(self) -> None:
        self.ann.types("/passwd", "pencil", ": two words", ": two words")

        shown = self.ann.types("/passwd", ": two words", "third one", "third one")

        self.assertEqual(shown[-1], "* your password is changed")

    def test_logout_reconnects_as_a_guest(self) -> None:
        self.ann.shows()

        shown = self.ann.types("/logout", "hello")

        self.assertIn("* connected as ann_", shown)
        self.assertEqual(shown[-1], "12:00 ann_: hello +")
        self.assertIsNone(self.ann.outcome())

    def test_a_password_is_asked_for_whatever_follows_the_command(self) -> None:
        ben = self.guest()
        ben.shows()

        for line in (
            "/login",
            "/login ann pencil",
            "/passwd pencil",
            "/register ben rubber",
            "/LOGIN ann\nx",
        ):
            ben.types(line)
            self.assertTrue(self.asks(ben)[1], line)
            ben.chat.drop_question()

        self.assertEqual(ben.types("rubber")[-1], "12:00 ben: rubber +")

    def test_a_dropped_question_is_gone(self) -> None:
        self.ann.types("/passwd")

        self.ann.chat.drop_question()

        self.assertEqual(self.asks(self.ann), ("", False))
        self.assertIsNone(self.ann.outcome())

    def test_a_new_password_is_not_sent_unencrypted(self) -> None:
        ben = self.guest(is_private=False)
        ben.shows()

        shown = [
            *ben.types("/register", "rubber", "rubber"),
            *ben.types("/login ann", "pencil"),
            *ben.types("/passwd", "pencil", "rubber", "rubber"),
        ]

        expected = "! The connection is not encrypted: others could read the password, so it is not sent"
        self.assertEqual(shown, [expected, "* logged in as ann", expected])
        self.assertNotIn("rubber", "".join(ben.sent))

    def test_only_a_right_password_is_saved_and_only_on_a_yes(self) -> None:
        keyring = InMemoryKeyring()
        ben = InMemoryClient(self.stage, "ben", keyring=keyring)

        ben.types("/login ann", "pencil", "")
        before = dict(keyring.saved)
        ben.types("/logout", "/login ann", "pen", "y")
        after_no = dict(keyring.saved)
        ben.types("/login ann", "pencil", "y")
        after_yes = dict(keyring.saved)
        shown = ben.types("/forget ann")

        self.assertEqual((before, after_no, after_yes, keyring.saved), ({}, {}, {"ann": "pencil"}, {}))
        self.assertEqual(shown, ["* forgotten"])

    def test_from_a_pipe_the_next_line_is_the_password(self) -> None:
        ben = self.guest(is_piped=True)

        ben.types("/login ann", "pencil", "hello")
        ben.chat.input_ended()
        ben.exchange()

        self.assertEqual(ben.outcome(), ExitStatus(0))
        self.assertEqual(self.stage.store.texts(), ["hello"])

    def test_a_pipe_that_cannot_log_in_says_nothing_and_fails(self) -> None:
        for lines, why in (
            (("/login ann", "pen"), "Login failed: there is no such account with that password"),
            (("/login ann", ""), "That cannot be a password: nothing was typed"),
        ):
            ben = self.guest(is_piped=True)

            for line in (*lines, "hello"):
                ben.chat.typed(line)
            ben.chat.input_ended()
            ben.exchange()

            self.assertEqual(ben.outcome(), ExitStatus(1, f"{why} (and 1 more)"))
        self.assertEqual(self.stage.store.texts(), [])

    def test_a_pipe_whose_account_is_wrong_from_the_start_says_nothing(self) -> None:
        ben = self.guest("pen", is_piped=True)

        ben.types("hello")

        self.assertEqual(self.stage.store.texts(), [])
        outcome = ben.outcome()
        self.assertEqual(outcome and outcome.code, 1)

    def test_a_password_is_in_no_repr(self) -> None:
        self.assertNotIn("pencil", repr((ANN, KeyDerivation("pencil", b"salt", 4096))))
