"""One login: what is said to the server, and what may not be, whatever it answers."""

from __future__ import annotations

import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.protocol.sasl_login import Credentials, SaslLogin
from simplechat.ircv3.message import Message

FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
LAST = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


class LoginTests(SynchronousTestCase):
    def login(self, *offered: str, is_private: bool = True) -> SaslLogin:
        """Begin to log in as RFC 7677 does."""
        return SaslLogin(
            Credentials("user", "pencil"), offered, "rOprNGfwEbeRWgbNEkqO", is_private=is_private
        )

    def says(self, login: SaslLogin) -> list[str]:
        """Give what it says."""
        answers, login.answers = login.answers, []
        return [message.params[0] for message in answers]

    def hears(self, login: SaslLogin, *data: bytes) -> None:
        for each in data:
            login.receive(Message("AUTHENTICATE", (base64.b64encode(each).decode() or "+",)))

    def convinced(self) -> SaslLogin:
        """Go through SCRAM up to the server's proof."""
        login = self.login()
        self.hears(login, b"", FIRST)
        salting = login.key_derivation
        assert salting is not None
        login.key_derived(hashlib.pbkdf2_hmac("sha256", b"pencil", salting.salt, salting.iterations))
        return login

    def test_scram_is_preferred_and_the_password_is_never_said(self) -> None:
        for offered in ((), ("PLAIN", "SCRAM-SHA-256"), ("SCRAM-SHA-256",)):
            self.assertEqual(self.says(self.login(*offered)), ["SCRAM-SHA-256"])

    def test_the_server_must_prove_itself_too(self) -> None:
        login = self.convinced()
        self.says(login)

        self.hears(login, LAST)
        said = self.says(login)
        login.receive(Message("900", ("user", "user!u@h", "User", "You are now logged in")))
        login.receive(Message("903", ("user", "Login succeeded")))

        self.assertEqual((said, login.account, login.error), (["+"], "User", ""))

    def test_a_server_that_proves_nothing_does_not_have_us_logged_in(self) -> None:
        wrong = b"v=" + base64.b64encode(b"x" * 32)
        told = "The server could not prove that it knows the account"
        lying, silent = self.convinced(), self.convinced()

        self.hears(lying, wrong)
        for login in (lying, silent):
            login.receive(Message("900", ("user", "user!u@h", "user", "You are now logged in")))
            login.receive(Message("903", ("user", "Login succeeded")))
            self.assertEqual((login.account, login.error), ("", told))
        self.assertEqual(self.says(lying)[-1], "*")

    def test_plain_is_said_only_where_nobody_can_listen(self) -> None:
        private, open_ = self.login("PLAIN"), self.login("PLAIN", is_private=False)

        self.hears(private, b"")

        self.assertEqual(self.says(private), ["PLAIN", base64.b64encode(b"\0user\0pencil").decode()])
        self.assertEqual(self.says(open_), [])
        self.assertIn("others could read it", open_.error)

    def test_a_server_that_does_not_know_scram_is_told_plainly_where_that_is_safe(self) -> None:
        for is_private, said in ((True, ["SCRAM-SHA-256", "PLAIN"]), (False, ["SCRAM-SHA-256"])):
            login = self.login(is_private=is_private)
            login.receive(Message("908", ("*", "PLAIN", "are the ways to log in")))
            login.receive(Message("904", ("*", "Login failed: there is no such way to log in")))

            self.assertEqual((self.says(login), login.is_over), (said, not is_private))

    def test_a_wrong_password_is_not_said_in_another_way(self) -> None:
        login = self.convinced()

        login.receive(Message("904", ("*", "Login failed")))

        self.assertEqual((login.error, self.says(login)[-1][:4]), ("Login failed", "Yz1i"))

    def test_a_server_that_wants_endless_work_is_left(self) -> None:
        login = self.login()

        self.hears(login, b"", FIRST.replace(b"4096", b"999999999"))

        self.assertIsNone(login.key_derivation)
        self.assertEqual(self.says(login)[-1], "*")

    @given(
        some.lists(some.sampled_from(["+", "QQ==", "?", "x" * 400, "x" * 401, "900", "903", "904", "908"]))
    )
    def test_whatever_a_server_says_it_does_not_raise_and_only_proof_logs_us_in(
        self, said: list[str]
    ) -> None:
        login = self.login("SCRAM-SHA-256")
        for word in said:
            login.receive(Message(word, ()) if word.isdecimal() else Message("AUTHENTICATE", (word,)))

        self.assertEqual(login.account, "")
