"""AUTHENTICATE: logging in, line by line."""

from __future__ import annotations

import base64
import hashlib

from scramp import ScramClient
from twisted.trial.unittest import SynchronousTestCase

from simplechat.conversation import REGISTER_WITHIN_S
from simplechat.hub.limits import PAIR_LOGIN_BURST
from simplechat.hub.user import Session
from simplechat.store.memory import MemoryStore
from tests.support.logins import encoded, plain
from tests.support.stage import Actor, FaultyStore, Stage

NO_MATCH = ":irc.test 904 {} :Login failed: there is no such account with that password"


def session_of(actor: Actor) -> Session:
    """Return an actor's session."""
    return next(each for each in actor.stage.hub.sessions if each.writer is actor.writer)


class Logins(SynchronousTestCase):
    """Two accounts, and a connection that has sent nothing yet."""

    def setUp(self) -> None:
        self.stage = Stage()
        ann, ben = self.stage.enter("ann", "ben")
        ann.says("REGISTER * * sesame", "QUIT")
        ben.says("REGISTER * * simsim", "QUIT")
        self.actor = self.stage.connect()

    def says(self, *lines: str) -> list[str]:
        self.actor.says(*lines)
        return self.actor.hears()


class SaslTests(Logins):
    def test_a_login_before_the_registration(self) -> None:
        self.assertIn(" sasl=PLAIN,SCRAM-SHA-256", " ".join(self.says("CAP LS 302")))
        heard = self.says("CAP REQ sasl", "NICK ann", *plain("ANN", "sesame"))

        self.assertEqual(
            heard[1:],
            [
                ":irc.test AUTHENTICATE +",
                ":irc.test 900 ann ann!*@127.0.0.1 ann :You are now logged in as ann",
                ":irc.test 903 ann :Login succeeded",
            ],
        )
        self.assertEqual(self.says("USER a 0 * :a", "CAP END")[0].split()[1:3], ["001", "ann"])
        self.assertEqual(self.stage.hub.users["ann"].account, "ann")

    def test_a_login_after_it_and_another_one(self) -> None:
        self.says("NICK guest", "USER a 0 * :a", "CAP REQ account-notify")

        heard = self.says(*plain("ann", "sesame"), *plain("ann", "sesame"), *plain("ben", "simsim"))

        self.assertEqual([line.split()[1] for line in heard].count("903"), 3)
        self.assertEqual(
            [line for line in heard if "ACCOUNT" in line],
            [f":guest!a@127.0.0.1 ACCOUNT {name}" for name in ("ann", "ben")],
        )
        self.assertEqual(self.stage.hub.users_of(self.stage.hub.accounts.get("ann")), set())  # type: ignore[arg-type]

    def test_a_user_with_the_accounts_nick_cannot_log_in_to_another(self) -> None:
        self.says(*plain("ann", "sesame"), "NICK ann", "USER a 0 * :a")

        heard = self.says(*plain("ben", "simsim"))

        self.assertEqual([line.split()[1] for line in heard], ["AUTHENTICATE", "907"])
        self.assertEqual(self.stage.hub.users["ann"].account, "ann")

    def test_a_wrong_password_and_an_unknown_account_are_answered_alike(self) -> None:
        hashed = self.stage.passwords.hashed

        heard = self.says(*plain("ann", "simsim"), *plain("nobody", "sesame"))

        self.assertEqual(heard, [":irc.test AUTHENTICATE +", NO_MATCH.format("*")] * 2)
        self.assertEqual(self.stage.passwords.hashed, hashed + 2)

    def test_an_unreadable_response_fails_and_can_be_repeated(self) -> None:
        for line in (
            "AUTHENTICATE !!!",
            "AUTHENTICATE +",
            encoded("\0\0sesame"),
            encoded("\0ann\0"),
            encoded("ben\0ann\0sesame"),
        ):
            self.assertEqual(
                [each.split()[1] for each in self.says("AUTHENTICATE PLAIN", line)], ["AUTHENTICATE", "904"]
            )

        self.assertIn("903", self.says(*plain("ann", "sesame"))[-1])

    def test_lines_of_400_go_on(self) -> None:
        (ann,) = self.stage.enter("cat")
        ann.says(f"REGISTER * * {'x' * 290}")
        text = base64.b64encode(f"cat\0cat\0{'x' * 290}".encode()).decode()

        heard = self.says(
            "AUTHENTICATE PLAIN", f"AUTHENTICATE {text[:400]}", f"AUTHENTICATE {text[400:] or '+'}"
        )
        exactly = base64.b64encode(f"cat\0cat\0{'x' * 292}".encode()).decode()
        more = self.says("AUTHENTICATE PLAIN", f"AUTHENTICATE {exactly}", "AUTHENTICATE +")

        self.assertEqual(heard[-1].split()[1], "903")
        self.assertEqual((len(exactly), more[-1].split()[1]), (400, "904"))

    def test_too_much_is_refused(self) -> None:
        self.assertEqual(self.says("AUTHENTICATE PLAIN", f"AUTHENTICATE {'A' * 401}")[1].split()[1], "905")
        heard = self.says("AUTHENTICATE PLAIN", *[f"AUTHENTICATE {'A' * 400}"] * 4)
        self.assertEqual([line.split()[1] for line in heard], ["AUTHENTICATE", "904"])

    def test_a_login_can_be_aborted(self) -> None:
        self.assertEqual(
            self.says("AUTHENTICATE PLAIN", "AUTHENTICATE *"),
            [":irc.test AUTHENTICATE +", ":irc.test 906 * :Login given up"],
        )
        self.assertIsNone(session_of(self.actor).exchange)

    def test_an_unknown_mechanism_is_answered_with_the_known_ones(self) -> None:
        self.assertEqual(
            self.says("AUTHENTICATE FOO", "AUTHENTICATE EXTERNAL"),
            [
                ":irc.test 908 * PLAIN,SCRAM-SHA-256 :are the ways to log in",
                ":irc.test 904 * :Login failed: there is no such way to log in",
            ]
            * 2,
        )

    def test_the_registration_aborts_a_login(self) -> None:
        heard = self.says("CAP LS", "AUTHENTICATE PLAIN", "NICK guest", "USER a 0 * :a", "CAP END")

        self.assertEqual([line.split()[1] for line in heard[1:4]], ["AUTHENTICATE", "906", "001"])

    def test_a_disabled_account_cannot_be_used(self) -> None:
        account = self.stage.hub.accounts.get("ann")
        assert account is not None
        account.settings = account.saved_row = account.settings._replace(is_disabled=1)

        self.assertEqual(self.says(*plain("ann", "sesame"))[-1].split()[1], "902")
        self.assertEqual(self.says(*plain("ann", "wrong"))[-1].split()[1], "904")

    def test_a_password_that_changes_meanwhile_is_not_taken(self) -> None:
        self.stage.passwords.is_held = True
        self.actor.says(*plain("ann", "sesame"))
        account = self.stage.hub.accounts.get("ann")
        assert account is not None
        account.settings = account.saved_row = account.settings._replace(salt="AAAA")

        self.stage.passwords.release()
        self.stage.settle()

        self.assertEqual(self.actor.hears()[-1], NO_MATCH.format("*"))

    def test_a_session_that_ended_meanwhile_is_not_logged_in(self) -> None:
        self.stage.passwords.is_held = True
        self.actor.says(*plain("ann", "sesame"))
        session = session_of(self.actor)

        self.actor.drops()
        self.stage.passwords.release()
        self.stage.settle()

        self.assertIsNone(session.account)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_waiting_for_other_logins_does_not_time_out(self) -> None:
        self.stage.passwords.is_held = True
        self.actor.says(*plain("ann", "sesame"))

        self.stage.clock.advance(REGISTER_WITHIN_S)
        self.actor.conversation.tick()
        self.stage.settle()
        self.assertFalse(self.actor.writer.is_closed)
        self.stage.passwords.release()
        self.actor.conversation.tick()
        self.stage.settle()

        self.assertTrue(self.actor.writer.is_closed)

    def test_lines_sent_during_a_login_wait(self) -> None:
        self.stage.passwords.is_held = True

        self.actor.says(*plain("ann", "sesame"))
        self.assertTrue(self.actor.writer.is_paused)
        self.stage.passwords.release()
        self.stage.settle()

        self.assertFalse(self.actor.writer.is_paused)

    def test_a_password_is_nowhere_but_in_the_line(self) -> None:
        self.actor.says("NICK guest", "USER a 0 * :a", *plain("ann", "sesame"), "PASSWD sesame longlong")

        kept = repr((vars(self.stage.store.inner), self.stage.notes, vars(session_of(self.actor))))
        self.assertNotIn("sesame", kept)
        self.assertNotIn("longlong", kept)

    def test_guessing_is_rate_limited_before_anything_is_hashed(self) -> None:
        self.stage = Stage(FaultyStore(self.stage.store.inner), no_throttling=False)
        self.actor = self.stage.connect()
        most = int(PAIR_LOGIN_BURST)

        heard = self.says(*plain("ann", "wrong") * (most + 1))

        self.assertEqual(heard[-1], ":irc.test 904 * :Login failed: too many tries; please wait a while")
        self.assertEqual(self.stage.passwords.hashed, most)
        self.actor = self.stage.connect("192.0.2.1")
        self.assertEqual(self.says(*plain("ann", "sesame"))[-1].split()[1], "903")

    def test_logins_that_succeed_cost_nothing(self) -> None:
        self.stage = Stage(FaultyStore(self.stage.store.inner), no_throttling=False)
        self.actor = self.stage.connect()

        for _ in range(3 * int(PAIR_LOGIN_BURST)):
            self.assertEqual(self.says(*plain("ann", "sesame"))[-1].split()[1], "903")
            self.stage.clock.advance(1)

    def test_when_too_many_wait_it_is_refused(self) -> None:
        self.stage.passwords.is_busy = True

        heard = self.says(*plain("ann", "sesame"))

        self.assertIn("too many people", heard[-1])


class ScramTests(Logins):
    def exchange(self, name: str, password: str) -> list[str]:
        """Log in by SCRAM; return the last line that was heard."""
        client = ScramClient(["SCRAM-SHA-256"], name, password)
        heard = self.says("AUTHENTICATE SCRAM-SHA-256", encoded(client.get_client_first()))
        client.set_server_first(self.decoded(heard[-1]))
        heard = self.says(encoded(client.get_client_final()))
        if heard[-1].split()[1] != "AUTHENTICATE":
            return heard
        client.set_server_final(self.decoded(heard[-1]))
        return self.says("AUTHENTICATE +")

    def decoded(self, line: str) -> str:
        """Decode the server's response in an exchange."""
        self.assertEqual(line.split()[1], "AUTHENTICATE")
        return base64.b64decode(line.split()[2]).decode()

    def test_both_sides_prove_that_they_know_the_password(self) -> None:
        self.patch(self.stage.passwords, "salted", _salted)
        (cat,) = self.stage.enter("cat")
        cat.says("REGISTER * * ñoña")

        self.assertEqual([line.split()[1] for line in self.exchange("cat", "ñoña")], ["900", "903"])

    def test_logins_that_succeed_cost_nothing(self) -> None:
        self.stage = Stage(FaultyStore(self.stage.store.inner), no_throttling=False)
        self.patch(self.stage.passwords, "salted", _salted)
        (cat,) = self.stage.enter("cat")
        cat.says("REGISTER * * pencil")
        self.actor = self.stage.connect()

        for _ in range(2 * int(PAIR_LOGIN_BURST)):
            self.assertEqual(self.exchange("cat", "pencil")[-1].split()[1], "903")
            self.stage.clock.advance(1)

    def test_an_account_that_is_disabled_meanwhile_is_not_logged_in_to(self) -> None:
        self.patch(self.stage.passwords, "salted", _salted)
        (cat,) = self.stage.enter("cat")
        cat.says("REGISTER * * pencil")
        client = ScramClient(["SCRAM-SHA-256"], "cat", "pencil")
        heard = self.says("AUTHENTICATE SCRAM-SHA-256", encoded(client.get_client_first()))
        client.set_server_first(self.decoded(heard[-1]))
        self.says(encoded(client.get_client_final()))
        account = self.stage.hub.accounts.get("cat")
        assert account is not None
        account.settings = account.saved_row = account.settings._replace(is_disabled=1)

        self.assertEqual([line.split()[1] for line in self.says("AUTHENTICATE +")], ["902"])

    def test_a_wrong_password_fails_at_the_proof_for_an_unknown_account_too(self) -> None:
        self.patch(self.stage.passwords, "salted", _salted)

        for name in ("ann", "nobody"):
            self.assertEqual(self.exchange(name, "wrong"), [NO_MATCH.format("*")])

    def test_an_unknown_account_has_the_same_salt_after_a_restart(self) -> None:
        first = encoded("n,,n=nobody,r=x")
        one = self.decoded(self.says("AUTHENTICATE SCRAM-SHA-256", first)[-1]).split(",")
        self.stage = Stage(FaultyStore(self.stage.store.inner))
        self.actor = self.stage.connect()

        other = self.decoded(self.says("AUTHENTICATE SCRAM-SHA-256", first)[-1]).split(",")

        self.assertEqual(one[1:], other[1:])

    def test_without_any_account_it_fails_the_same_way(self) -> None:
        self.stage = Stage(FaultyStore(MemoryStore()))
        self.actor = self.stage.connect()

        self.assertEqual(self.exchange("nobody", "wrong"), [NO_MATCH.format("*")])


async def _salted(password: str, salt: bytes, iterations: int) -> bytes:
    """Hash a password as clients do."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)


class ExternalTests(Logins):
    def setUp(self) -> None:
        super().setUp()
        account = self.stage.hub.accounts.get("ann")
        assert account is not None
        account.settings = account.saved_row = account.settings._replace(fingerprints='["aa", "bb"]')
        self.session = session_of(self.actor)

    def test_external_is_offered_to_clients_with_a_certificate(self) -> None:
        self.session.fingerprint = "bb"

        self.assertIn("sasl=PLAIN,SCRAM-SHA-256,EXTERNAL", " ".join(self.says("CAP LS 302")))
        for said in ("", "ann"):
            heard = self.says("AUTHENTICATE EXTERNAL", encoded(said))
            self.assertEqual([line.split()[1] for line in heard], ["AUTHENTICATE", "900", "903"])

    def test_a_certificate_is_good_for_its_own_account(self) -> None:
        for fingerprint, said in (("bb", "ben"), ("cc", ""), ("cc", "ann")):
            self.session.fingerprint = fingerprint
            heard = self.says("AUTHENTICATE EXTERNAL", encoded(said))
            self.assertEqual([line.split()[1] for line in heard], ["AUTHENTICATE", "904"])
