"""A login proves the password without sending it, and accepts only a server that proves the same."""

from __future__ import annotations

import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.sasl_login import Credentials, SaslLogin
from simplechat.ircv3.message import Message
from simplechat.ircv3.sasl import MAX_ITERATIONS

FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
LAST = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


class LoginTests(SynchronousTestCase):
    def login(self, *offered: str, is_private: bool = True) -> SaslLogin:
        """Begin the login of the example in RFC 7677."""
        return SaslLogin(
            Credentials("user", "pencil"), offered, "rOprNGfwEbeRWgbNEkqO", is_private=is_private
        )

    def sends(self, login: SaslLogin) -> list[str]:
        """Return what it sends."""
        answers, login.answers = login.answers, []
        return [message.params[0] for message in answers]

    def receives(self, login: SaslLogin, *data: bytes) -> None:
        for each in data:
            login.receive(Message("AUTHENTICATE", (base64.b64encode(each).decode() or "+",)))

    def waiting_for_proof(self) -> SaslLogin:
        """Return a login that waits for the server's proof."""
        login = self.login()
        self.receives(login, b"", FIRST)
        derivation = login.key_derivation
        assert derivation is not None
        login.key_derived(hashlib.pbkdf2_hmac("sha256", b"pencil", derivation.salt, derivation.iterations))
        return login

    def test_scram_is_preferred_and_the_password_is_not_sent(self) -> None:
        for offered in ((), ("PLAIN", "SCRAM-SHA-256"), ("SCRAM-SHA-256",)):
            self.assertEqual(self.sends(self.login(*offered)), ["SCRAM-SHA-256"])

    def test_the_server_must_prove_itself_too(self) -> None:
        login = self.waiting_for_proof()
        self.sends(login)

        self.receives(login, LAST)
        said = self.sends(login)
        login.receive(Message("900", ("user", "user!u@h", "User", "You are now logged in")))
        login.receive(Message("903", ("user", "Login succeeded")))

        self.assertEqual((said, login.account, login.error), (["+"], "User", ""))

    def test_a_server_that_proves_nothing_does_not_log_us_in(self) -> None:
        wrong = b"v=" + base64.b64encode(b"x" * 32)
        error = "The server could not prove that it knows the account"
        lying, silent = self.waiting_for_proof(), self.waiting_for_proof()

        self.receives(lying, wrong)
        for login in (lying, silent):
            login.receive(Message("900", ("user", "user!u@h", "user", "You are now logged in")))
            login.receive(Message("903", ("user", "Login succeeded")))
            self.assertEqual((login.account, login.error), ("", error))
        self.assertEqual(self.sends(lying)[-1], "*")

    def test_plain_is_used_only_on_a_private_connection(self) -> None:
        private, open_ = self.login("PLAIN"), self.login("PLAIN", is_private=False)

        self.receives(private, b"")

        self.assertEqual(self.sends(private), ["PLAIN", base64.b64encode(b"\0user\0pencil").decode()])
        self.assertEqual(self.sends(open_), [])
        self.assertIn("others could read it", open_.error)

    def test_without_scram_the_password_is_sent_on_a_private_connection(self) -> None:
        for is_private, said in ((True, ["SCRAM-SHA-256", "PLAIN"]), (False, ["SCRAM-SHA-256"])):
            login = self.login(is_private=is_private)
            login.receive(Message("908", ("*", "PLAIN", "are the ways to log in")))
            login.receive(Message("904", ("*", "Login failed: there is no such way to log in")))

            self.assertEqual((self.sends(login), login.is_over), (said, not is_private))

    def test_a_wrong_password_is_not_tried_with_another_mechanism(self) -> None:
        login = self.waiting_for_proof()

        login.receive(Message("904", ("*", "Login failed")))

        self.assertEqual((login.error, self.sends(login)[-1][:4]), ("Login failed", "Yz1i"))

    def test_endless_pages_end(self) -> None:
        login = self.login()

        self.receives(login, b"", FIRST.replace(b"4096", b"999999999"))

        self.assertIsNone(login.key_derivation)
        self.assertEqual(self.sends(login)[-1], "*")

    @given(
        some.lists(some.sampled_from(["+", "QQ==", "?", "x" * 400, "x" * 401, "900", "903", "904", "908"]))
    )
    def test_whatever_a_server_says_only_proof_logs_us_in(self, said: list[str]) -> None:
        login = self.login("SCRAM-SHA-256")
        for word in said:
            login.receive(Message(word, ()) if word.isdecimal() else Message("AUTHENTICATE", (word,)))

        self.assertEqual(login.account, "")


class HostileLoginTests(SynchronousTestCase):
    def test_the_number_of_iterations_is_bounded(self) -> None:
        for count, is_done in ((4096, True), (MAX_ITERATIONS + 1, False), (10**12, False), (0, False)):
            login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)
            login.receive(Message("AUTHENTICATE", ("+",)))

            login.receive(Message("AUTHENTICATE", (encode_text(f"r=abcdef,s=c2FsdA==,i={count}"),)))

            self.assertEqual(login.key_derivation is not None, is_done, count)
            self.assertEqual(bool(login.error), not is_done, count)

    def test_a_challenge_out_of_turn_fails_the_login(self) -> None:
        login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)
        first, more = encode_text("r=abcdef,s=c2FsdA==,i=4096"), encode_text("v=c2FsdA==")

        for words in ("+", first, more, "+", first, more):
            login.receive(Message("AUTHENTICATE", (words,)))
        login.receive(Message("903"))

        self.assertEqual(login.account, "")
        self.assertTrue(login.error)

    def test_a_chunk_that_is_too_long_fails_the_login(self) -> None:
        login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)

        login.receive(Message("AUTHENTICATE", ("A" * 401,)))

        self.assertTrue(login.error)

    def test_an_endless_challenge_fails_the_login(self) -> None:
        login = SaslLogin(Credentials("bob", "pencil"), (), "abc", is_private=False)
        for _ in range(1000):
            login.receive(Message("AUTHENTICATE", ("A" * 400,)))

        self.assertTrue(login.error)


def encode_text(text: str) -> str:
    """Return a text as AUTHENTICATE carries it."""
    return base64.b64encode(text.encode()).decode()
