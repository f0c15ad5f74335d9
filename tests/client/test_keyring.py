"""Passwords in the system's keyring; its errors are shown and do no harm."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from simplechat.client.keyring import SystemKeyring
from simplechat.client.protocol.events import Event, InputRejected, NoteShown
from simplechat.client.protocol.sasl_login import Credentials

ANN = Credentials("ann", "pencil")


class FakeKeyringLibrary:
    """Replaces the package `keyring`."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.saved: dict[tuple[str, str], str] = {}
        self.is_broken = is_broken

    def get_password(self, service: str, name: str) -> str | None:
        if self.is_broken:
            raise RuntimeError("locked")
        return self.saved.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        if self.is_broken:
            raise RuntimeError("locked")
        self.saved[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        del self.saved[service, name]


def at_once(work: Callable[[], Event], show: Callable[[Event], None]) -> None:
    """Run at once what belongs in a thread."""
    show(work())


class KeyringTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.library = FakeKeyringLibrary()
        self.shown: list[Event] = []

    def keyring(self, server: str = "irc.test:8067", *, is_there: bool = True) -> SystemKeyring:
        return SystemKeyring(server, at_once, lambda: self.library if is_there else None)

    def test_a_password_is_saved_for_its_server_until_it_is_deleted(self) -> None:
        self.keyring().save(ANN, self.shown.append)
        here, elsewhere = self.keyring().password_of("ann"), self.keyring("other:1").password_of("ann")
        self.keyring().forget("ann", self.shown.append)

        self.assertEqual((here, elsewhere, self.keyring().password_of("ann")), ("pencil", "", ""))
        self.assertEqual(
            self.shown,
            [
                NoteShown("the password is in the system's keyring; /forget deletes it"),
                NoteShown("the password of ann is deleted"),
            ],
        )

    def test_a_password_that_was_not_saved_cannot_be_deleted(self) -> None:
        self.keyring().forget("ann", self.shown.append)

        self.assertEqual(self.shown, [NoteShown("no password of ann was saved")])

    def test_without_a_safe_keyring_nothing_is_saved(self) -> None:
        keyring = self.keyring(is_there=False)
        keyring.save(ANN, self.shown.append)
        keyring.forget("ann", self.shown.append)

        self.assertEqual(keyring.password_of("ann"), "")
        self.assertEqual(
            self.shown,
            [
                InputRejected("there is no safe keyring here; the password was not saved"),
                NoteShown("no password of ann was saved"),
            ],
        )

    def test_an_error_of_the_keyring_is_shown(self) -> None:
        self.library.is_broken = True
        keyring = self.keyring()

        keyring.save(ANN, self.shown.append)
        keyring.forget("ann", self.shown.append)

        self.assertEqual(keyring.password_of("ann"), "")
        self.assertEqual(
            self.shown,
            [
                InputRejected("the keyring did not save the password: locked"),
                InputRejected("the keyring did not delete the password: locked"),
            ],
        )
