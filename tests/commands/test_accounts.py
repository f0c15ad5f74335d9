"""REGISTER, VERIFY and PASSWD: accounts, and the nicks that they reserve."""

from __future__ import annotations

import base64

from twisted.trial.unittest import SynchronousTestCase

from simplechat.commands.accounts import CONNECT_FIRST
from simplechat.hub.errors import NotStored
from simplechat.hub.limits import ACCOUNT_BURST
from tests.support.logins import plain
from tests.support.stage import FaultyStore, Stage

REGISTERED = [
    ":irc.test REGISTER SUCCESS ann :ann is your account now",
    ":irc.test 900 ann ann!ann@127.0.0.1 ann :You are now logged in as ann",
]


def failures(lines: list[str]) -> list[str]:
    """Return the codes of the FAILs among lines."""
    return [line.split()[3] for line in lines if line.split()[1] == "FAIL"]


class RegisterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann")

    def test_a_guest_who_registers_keeps_nick_and_messages(self) -> None:
        self.ann.says("JOIN #tea", "PRIVMSG #tea :before")
        before = self.stage.hub.users["ann"].identity
        self.ann.hears()

        self.ann.says("REGISTER * * sesame", "PRIVMSG #tea :after")

        self.assertEqual(self.ann.hears(), REGISTERED)
        (row,) = self.stage.store.inner.accounts.values()
        self.assertEqual((row.name, row.identity), ("ann", before))
        said = sorted(each for each in self.stage.store.inner.log.values() if each.kind == "PRIVMSG")
        self.assertEqual([(each.sender, each.account) for each in said], [(before, ""), (before, "ann")])

    def test_an_account_is_announced_only_after_it_is_stored(self) -> None:
        (ben,) = self.stage.enter("ben", caps="account-notify account-tag message-tags", room="#tea")
        self.ann.says("JOIN #tea")
        self.ann.hears()
        ben.hears()
        self.stage.store.is_held = True

        self.ann.says("REGISTER * * sesame")
        ben.says("WHOIS ann")
        self.assertEqual(self.ann.hears(), [])
        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(self.ann.hears(), REGISTERED)
        self.assertNotIn("330", [line.split()[1] for line in ben.hears()[:-1]])

    def test_an_account_that_cannot_be_stored_is_refused_and_nothing_of_it_remains(self) -> None:
        self.stage.store.faults[1] = NotStored("full")

        self.ann.says("REGISTER * * sesame")
        self.assertEqual(failures(self.ann.hears()), ["TEMPORARILY_UNAVAILABLE"])
        self.assertEqual(list(self.stage.hub.accounts), [])
        self.stage.clock.advance(2)
        self.ann.says("REGISTER * * sesame")

        self.assertEqual(self.ann.hears(), REGISTERED)

    def test_sessions_with_account_notify_are_notified(self) -> None:
        ben, cat = (
            *self.stage.enter("ben", caps="account-notify", room="#tea"),
            *self.stage.enter("cat", room="#tea"),
        )
        (dan,) = self.stage.enter("dan", caps="account-notify extended-monitor")
        dan.says("MONITOR + ann")
        self.ann.says("CAP REQ account-notify", "JOIN #tea")
        for actor in (self.ann, ben, cat, dan):
            actor.hears()

        self.ann.says("REGISTER * * sesame")

        for actor in (ben, dan):
            self.assertEqual(actor.hears(), [":ann!ann@127.0.0.1 ACCOUNT ann"])
        self.assertIn(":ann!ann@127.0.0.1 ACCOUNT ann", self.ann.hears())
        self.assertEqual(cat.hears(), [])

    def test_what_an_owner_does_is_tagged_with_the_account(self) -> None:
        (ben,) = self.stage.enter("ben", caps="account-tag", room="#tea")
        self.ann.says("REGISTER * * sesame", "JOIN #tea", "PRIVMSG #tea :hello", "TOPIC #tea :x")
        self.ann.says("PRIVMSG ben :you", "NICK anna", "QUIT")

        self.assertEqual([line.split()[0] for line in ben.hears() if "!ann@" in line], ["@account=ann"] * 5)

    def test_an_account_may_have_another_name_than_the_nick(self) -> None:
        self.ann.says("REGISTER Anna me@example.org sesame")

        self.assertEqual(self.ann.hears()[0].split()[1:4], ["REGISTER", "SUCCESS", "Anna"])
        self.ann.says("NICK anna")
        self.assertEqual(self.ann.hears(), [":ann!ann@127.0.0.1 NICK anna"])

    def test_a_name_that_is_taken_is_refused(self) -> None:
        ben, cat = self.stage.enter("ben", "cat")
        ben.says("REGISTER * * sesame")
        ben.says("NICK other")

        for line, code in (
            ("REGISTER BEN * sesame", "ACCOUNT_EXISTS"),
            ("REGISTER cat * sesame", "ACCOUNT_EXISTS"),
            ("REGISTER #tea * sesame", "BAD_ACCOUNT_NAME"),
            ("REGISTER nickserv * sesame", "BAD_ACCOUNT_NAME"),
            ("REGISTER 1st * sesame", "BAD_ACCOUNT_NAME"),
            ("REGISTER b\u0435n * sesame", "BAD_ACCOUNT_NAME"),
            ("REGISTER \u0435\u0435 * :", "UNACCEPTABLE_PASSWORD"),
            ("REGISTER * * :", "UNACCEPTABLE_PASSWORD"),
            ("REGISTER * * a\x07b", "UNACCEPTABLE_PASSWORD"),
            (f"REGISTER * * {'x' * 301}", "UNACCEPTABLE_PASSWORD"),
            ("REGISTER * * ANN", "WEAK_PASSWORD"),
        ):
            cat.says("AWAY")
            self.ann.hears()
            self.ann.says(line)
            self.assertEqual(failures(self.ann.hears()), [code], line)

    def test_a_name_that_looks_like_an_accounts_is_refused(self) -> None:
        self.ann.says("REGISTER * * sesame", "NICK other")
        (ben,) = self.stage.enter("ben")

        ben.says("REGISTER \u0430nn * sesame", "NICK \u0430\u04bf", "NICK \uff41\uff4e\uff4e")

        heard = ben.hears()
        self.assertEqual(failures(heard), ["BAD_ACCOUNT_NAME"])
        self.assertEqual(heard[-1].split()[1], "433")

    def test_an_owner_does_not_register_again(self) -> None:
        self.ann.says("REGISTER * * sesame", "REGISTER other * sesame", "VERIFY ann 123")

        self.assertEqual(failures(self.ann.hears()), ["ALREADY_AUTHENTICATED"] * 2)

    def test_there_is_nothing_to_verify(self) -> None:
        self.ann.says("VERIFY ann 123")

        self.assertEqual(failures(self.ann.hears()), ["INVALID_CODE"])

    def test_two_who_want_a_name_at_once_do_not_both_get_it(self) -> None:
        (ben,) = self.stage.enter("ben")
        self.stage.passwords.is_held = True

        self.ann.says("REGISTER both * sesame")
        ben.says("REGISTER both * simsim")
        self.stage.passwords.release()
        self.stage.settle()

        self.assertEqual(failures(self.ann.hears()), [])
        self.assertEqual(failures(ben.hears()), ["ACCOUNT_EXISTS"])

    def test_a_user_who_quits_during_the_hashing_creates_no_account(self) -> None:
        self.stage.passwords.is_held = True

        self.ann.says("REGISTER * * sesame")
        self.ann.drops()
        self.stage.passwords.release()
        self.stage.settle()

        self.assertEqual(list(self.stage.hub.accounts), [])

    def test_when_too_many_wait_it_is_refused(self) -> None:
        self.stage.passwords.is_busy = True

        self.ann.says("REGISTER * * sesame")

        self.assertEqual(failures(self.ann.hears()), ["TEMPORARILY_UNAVAILABLE"])

    def test_one_address_makes_so_many_accounts_only(self) -> None:
        stage = Stage(no_throttling=False)
        actors = [stage.connect() for _ in range(int(ACCOUNT_BURST) + 1)]
        for place, actor in enumerate(actors):
            actor.says(f"NICK n{place}x", "USER u 0 * :u")
            actor.hears()
            actor.says("REGISTER * * sesame")

        self.assertEqual(
            [failures(actor.hears()) for actor in actors[-2:]], [[], ["TEMPORARILY_UNAVAILABLE"]]
        )
        self.assertEqual(stage.passwords.hashed, ACCOUNT_BURST)


class ReservedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (ann,) = self.stage.enter("ann")
        ann.says("REGISTER * * sesame", "QUIT")

    def test_a_guest_cannot_take_an_accounts_nick(self) -> None:
        (ben,) = self.stage.enter("ben")
        told = ":irc.test 433 {} ANN :That nick is an account's; log in to use it"

        ben.says("NICK ANN")
        stranger = self.stage.connect()
        stranger.says("NICK ANN", "USER ann 0 * :ann")

        self.assertEqual(ben.hears(), [told.format("ben")])
        self.assertEqual(stranger.hears(), [told.format("*")])

    def test_an_accounts_nick_can_be_requested_during_negotiation_but_not_used_without_login(self) -> None:
        stranger = self.stage.connect()
        stranger.says("CAP LS 302", "NICK ann", "USER ann 0 * :ann")
        stranger.hears()

        stranger.says("CAP END", "NICK ben")

        heard = stranger.hears()
        self.assertEqual(heard[0], ":irc.test 433 * ann :That nick is an account's; log in to use it")
        self.assertEqual(heard[1].split()[1:3], ["001", "ben"])

    def test_accounts_outlive_a_restart(self) -> None:
        again = Stage(FaultyStore(self.stage.store.inner))
        (ben,) = again.enter("ben")

        ben.says("NICK ann", "REGISTER ann * sesame")

        self.assertEqual([line.split()[1] for line in ben.hears()], ["433", "FAIL"])


class EarlyTests(SynchronousTestCase):
    def register_early(self, stage: Stage, *lines: str) -> list[str]:
        stranger = stage.connect()
        stranger.says("CAP LS 302")
        self.offer = next(word for word in stranger.hears()[0].split() if "account-registration" in word)
        stranger.says(*lines)
        return stranger.hears()

    def test_registering_before_the_connection_is_complete_needs_the_servers_consent(self) -> None:
        self.assertEqual(
            self.register_early(Stage(), "NICK ann", "REGISTER * * sesame", "VERIFY ann 1"),
            [
                f":irc.test FAIL {command} COMPLETE_CONNECTION_REQUIRED ann :{CONNECT_FIRST}"
                for command in ("REGISTER", "VERIFY")
            ],
        )
        self.assertEqual(self.offer, "draft/account-registration=custom-account-name")

    def test_a_client_creates_an_account_before_it_is_registered(self) -> None:
        stage = Stage(registration="before-connect")

        heard = self.register_early(stage, "NICK ann", "REGISTER * * sesame", "USER a 0 * :a", "CAP END")

        self.assertEqual(self.offer, "draft/account-registration=before-connect,custom-account-name")
        self.assertEqual(heard[1], ":irc.test 900 ann ann!*@127.0.0.1 ann :You are now logged in as ann")
        self.assertEqual(heard[2].split()[1], "001")
        user = stage.hub.users["ann"]
        self.assertEqual((user.account, user.identity), ("ann", stage.store.inner.accounts["ann"].identity))

    def test_a_nick_is_needed(self) -> None:
        heard = self.register_early(Stage(registration="before-connect"), "REGISTER * * sesame")

        self.assertEqual(heard, [":irc.test FAIL REGISTER NEED_NICK * :Choose a nick first"])

    def test_a_failure_before_the_registration_names_the_account(self) -> None:
        for registration, line, code, account in (
            ("after-connect", "REGISTER * * sesame", "COMPLETE_CONNECTION_REQUIRED", "*"),
            ("after-connect", "REGISTER other * sesame", "COMPLETE_CONNECTION_REQUIRED", "other"),
            ("after-connect", "VERIFY other 123", "COMPLETE_CONNECTION_REQUIRED", "other"),
            ("closed", "REGISTER other * sesame", "TEMPORARILY_UNAVAILABLE", "other"),
            ("before-connect", "VERIFY other 123", "INVALID_CODE", "other"),
        ):
            stranger = Stage(registration=registration).connect()

            stranger.says(line)

            (heard,) = stranger.hears()
            command = line.split()[0]
            self.assertEqual(heard.split(" :")[0], f":irc.test FAIL {command} {code} {account}")

    def test_after_a_nick_that_somebody_has_its_account_cannot_be_made(self) -> None:
        stage = Stage(registration="before-connect")
        stage.enter("ann")

        heard = self.register_early(stage, "NICK Ann", "REGISTER * * sesame")

        self.assertEqual([line.split()[1] for line in heard], ["433", "FAIL"])
        self.assertEqual(
            heard[1], ":irc.test FAIL REGISTER ACCOUNT_EXISTS Ann :Somebody else is using that nick"
        )

    def test_after_a_nick_that_is_an_accounts_its_account_cannot_be_made_again(self) -> None:
        stage = Stage(registration="before-connect")
        (ann,) = stage.enter("ann")
        ann.says("REGISTER * * sesame", "QUIT")
        stranger = stage.connect()

        stranger.says("NICK ann", "REGISTER * * simsim")

        self.assertEqual(failures(stranger.hears()), ["ACCOUNT_EXISTS"])

    def test_after_a_nick_that_cannot_be_its_account_cannot_be_made(self) -> None:
        heard = self.register_early(Stage(registration="before-connect"), "NICK 1st", "REGISTER * * sesame")

        self.assertEqual(failures(heard), ["BAD_ACCOUNT_NAME"])

    def test_after_a_nick_taken_by_somebody_meanwhile_its_account_cannot_be_made(self) -> None:
        stage = Stage(registration="before-connect")
        stranger = stage.connect()
        stranger.says("CAP LS 302", "NICK ann", "USER ann 0 * :ann")
        stage.enter("ann")

        stranger.says("CAP END", "REGISTER * * sesame")

        self.assertEqual(failures(stranger.hears()[1:]), ["ACCOUNT_EXISTS"])

    def test_a_nick_that_was_refused_is_needed_although_it_is_free_by_now(self) -> None:
        stage = Stage(registration="before-connect")
        (ann,) = stage.enter("ann")
        stranger = stage.connect()
        stranger.says("NICK ann")
        ann.says("QUIT")

        stranger.says("REGISTER * * sesame")

        self.assertEqual(failures(stranger.hears()), ["NEED_NICK"])

    def test_a_nick_that_was_granted_counts_although_a_later_one_was_refused(self) -> None:
        stage = Stage(registration="before-connect")
        stage.enter("ann")

        heard = self.register_early(stage, "NICK ben", "NICK ann", "REGISTER * * sesame")

        self.assertIn(":irc.test REGISTER SUCCESS ben :ben is your account now", heard)

    def test_the_servers_password_is_needed(self) -> None:
        stage = Stage(registration="before-connect", password="open")

        for password, codes in (("shut", ["TEMPORARILY_UNAVAILABLE"]), ("open", [])):
            heard = self.register_early(stage, f"PASS {password}", "NICK ann", "REGISTER * * sesame")
            self.assertEqual(failures(heard), codes)

    def test_a_closed_server_offers_nothing(self) -> None:
        stage = Stage(registration="closed")
        (ann,) = stage.enter("ann")

        ann.says("REGISTER * * sesame", "CAP REQ draft/account-registration")

        heard = ann.hears()
        self.assertEqual(failures(heard[:1]), ["TEMPORARILY_UNAVAILABLE"])
        self.assertIn(" NAK ", heard[1])


class PasswordTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage()
        (self.ann,) = self.stage.enter("ann")
        self.ann.says("REGISTER * * sesame")
        self.ann.hears()

    def test_changing_a_password_needs_the_old_one(self) -> None:
        before = self.stage.store.inner.accounts["ann"]

        self.ann.says("PASSWD simsim other", "PASSWD sesame simsim", "PASSWD sesame third")

        heard = self.ann.hears()
        self.assertEqual(
            [line.split()[3] for line in heard], ["WRONG_PASSWORD", "PASSWORD_CHANGED", "WRONG_PASSWORD"]
        )
        after = self.stage.store.inner.accounts["ann"]
        self.assertNotEqual(before.salt, after.salt)
        self.assertEqual(
            before._replace(salt=after.salt, stored_key=after.stored_key, server_key=after.server_key), after
        )

    def test_an_old_password_that_can_be_no_parameter_is_given_in_base64(self) -> None:
        odd = base64.b64encode(b": two words").decode()
        self.ann.says("PASSWD sesame :: two words", f"PASSWD BASE64 {odd} :three more words")
        self.ann.says("PASSWD BASE64 dHdv other", "PASSWD BASE64 d third", "PASSWD BASE64 /w== third")
        self.ann.says("PASSWD three more words")

        self.assertEqual(
            [line.split()[3] for line in self.ann.hears()],
            ["PASSWORD_CHANGED"] * 2 + ["WRONG_PASSWORD"] * 3 + ["INVALID_PARAMS"],
        )

    def test_the_word_base64_can_be_a_password(self) -> None:
        self.ann.says("PASSWD sesame BASE64", "PASSWD BASE64 simsim")

        self.assertEqual([line.split()[3] for line in self.ann.hears()], ["PASSWORD_CHANGED"] * 2)

    def test_a_change_that_cannot_be_stored_is_refused(self) -> None:
        self.stage.store.faults[len(self.stage.store.commits) + 1] = NotStored("full")

        self.ann.says("PASSWD sesame simsim")
        self.assertEqual(failures(self.ann.hears()), ["NOT_SAVED"])
        self.stage.clock.advance(2)
        self.ann.says("PASSWD sesame third")

        self.assertEqual(failures(self.ann.hears()), [])

    def test_a_new_password_is_good_once_it_is_stored(self) -> None:
        self.stage.store.is_held = True
        self.ann.says("PASSWD sesame simsim")
        ben = self.stage.connect()

        ben.says(*plain("ann", "simsim"), *plain("ann", "sesame"))
        self.stage.store.release()
        self.stage.settle()
        ben.says(*plain("ann", "simsim"))

        self.assertEqual(
            [line.split()[1] for line in ben.hears() if "AUTH" not in line],
            ["904", "900", "903", "900", "903"],
        )

    def test_an_unfit_password_is_refused(self) -> None:
        (ben,) = self.stage.enter("ben")

        self.ann.says("PASSWD \x07 other", "PASSWD sesame :", "PASSWD sesame ann")
        ben.says("PASSWD a b")

        codes = ["WRONG_PASSWORD", "UNACCEPTABLE_PASSWORD", "WEAK_PASSWORD"]
        self.assertEqual(failures(self.ann.hears()), codes)
        self.assertEqual(failures(ben.hears()), ["ACCOUNT_REQUIRED"])

    def test_when_too_many_wait_it_is_refused(self) -> None:
        self.stage.passwords.is_busy = True

        self.ann.says("PASSWD sesame simsim")

        self.assertEqual(failures(self.ann.hears()), ["WRONG_PASSWORD"])
