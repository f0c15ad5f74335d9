"""The system's keyring, where there is one: the only place where passwords are kept, if people want it.

What keeps them is the package `keyring`, which people may install or not; it takes a while to import and may
ask people to unlock something, so it is used in a thread of its own.

Spec: https://keyring.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Protocol

from simplechat.client.protocol.events import Event, Noted, Unsent
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.locale import gettext as _

SERVICE = "simplechat"

Tell = Callable[[Event], None]
Later = Callable[[Callable[[], Event], Tell], None]


class Keyring(Protocol):
    """Keeps passwords for one server."""

    def save(self, credentials: Credentials, tell: Tell) -> None:
        """Keep a password, and tell what became of it."""
        ...

    def forget(self, account: str, tell: Tell) -> None:
        """Keep the password of an account no more, and tell so."""
        ...


class SystemKeyring:
    """The system's keyring.

    Args:
        server: The address of the server, with its port.
        later: Has a function run in a thread, and what it gives told in our own.
        library: Gives the package, or None where it knows no keyring that is safe.
    """

    def __init__(self, server: str, later: Later, library: Callable[[], Any] | None = None) -> None:
        self._server = server
        self._later = later
        self._library = library or load_keyring_library

    def password_of(self, account: str) -> str:
        """Give the password that is kept for an account, "" for none; this may take a while."""
        library = self._library()
        try:
            return (library and library.get_password(SERVICE, self._name(account))) or ""
        except Exception:  # whatever a keyring may raise: it has no password for us
            return ""

    def save(self, credentials: Credentials, tell: Tell) -> None:
        def work() -> Event:
            library = self._library()
            if library is None:
                return Unsent(_("there is no keyring here that is safe; the password was not kept"))
            try:
                library.set_password(SERVICE, self._name(credentials.name), credentials.password)
            except Exception as error:  # whatever a keyring may raise
                return Unsent(_("the keyring did not take the password: {reason}").format(reason=error))
            return Noted(_("the password is in the system's keyring; /forget takes it out"))

        self._later(work, tell)

    def forget(self, account: str, tell: Tell) -> None:
        def work() -> Event:
            library = self._library()
            try:
                if library is not None and library.get_password(SERVICE, self._name(account)) is not None:
                    library.delete_password(SERVICE, self._name(account))
                    return Noted(_("the password of {account} is forgotten").format(account=account))
            except Exception as error:  # whatever a keyring may raise
                return Unsent(_("the keyring did not give the password up: {reason}").format(reason=error))
            return Noted(_("no password of {account} was kept").format(account=account))

        self._later(work, tell)

    def _name(self, account: str) -> str:
        return f"{account}@{self._server}"


def is_keyring_installed() -> bool:
    """Tell whether the package is installed."""
    return find_spec("keyring") is not None


def load_keyring_library() -> Any:
    """Give the package, if it has found a keyring that can be recommended: one that encrypts."""
    if not is_keyring_installed():
        return None
    import keyring
    from keyring.core import recommended

    return keyring if recommended(keyring.get_keyring()) else None
