"""The system's keyring: the only place where the client saves passwords, if the user wants that.

It is reached by the package `keyring`, which may be missing. That takes a while to import, and may ask the
user to unlock something, so it is used in a thread.

Spec: https://keyring.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Protocol

from simplechat.client.protocol.events import Event, InputRejected, NoteShown
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.locale import gettext as _

SERVICE = "simplechat"

ShowEvent = Callable[[Event], None]
RunInThread = Callable[[Callable[[], Event], ShowEvent], None]


class Keyring(Protocol):
    """Saves passwords for one server."""

    def save(self, credentials: Credentials, show: ShowEvent) -> None:
        """Save a password, and show whether that succeeded."""
        ...

    def forget(self, account: str, show: ShowEvent) -> None:
        """Delete the password of an account, and show whether that succeeded."""
        ...


class SystemKeyring:
    """The system's keyring.

    Args:
        server: The address of the server, with its port.
        run_in_thread: Calls a function in a thread, then another with its result in the reactor's thread.
        load_library: Returns the package, or None where it knows no keyring that is safe.
    """

    def __init__(
        self, server: str, run_in_thread: RunInThread, load_library: Callable[[], Any] | None = None
    ) -> None:
        self._server = server
        self._run_in_thread = run_in_thread
        self._load_library = load_library or load_keyring_library

    def password_of(self, account: str) -> str:
        """Return the saved password of an account, "" for none; blocks, perhaps until the user unlocks it."""
        library = self._load_library()
        try:
            return (library and library.get_password(SERVICE, self._username(account))) or ""
        except Exception:  # keyrings raise whatever they like; then there is no password
            return ""

    def save(self, credentials: Credentials, show: ShowEvent) -> None:
        def work() -> Event:
            library = self._load_library()
            if library is None:
                return InputRejected(_("there is no safe keyring here; the password was not saved"))
            try:
                library.set_password(SERVICE, self._username(credentials.name), credentials.password)
            except Exception as error:  # keyrings raise whatever they like
                return InputRejected(
                    _("the keyring did not save the password: {reason}").format(reason=error)
                )
            return NoteShown(_("the password is in the system's keyring; /forget deletes it"))

        self._run_in_thread(work, show)

    def forget(self, account: str, show: ShowEvent) -> None:
        def work() -> Event:
            library = self._load_library()
            try:
                if library is not None and library.get_password(SERVICE, self._username(account)) is not None:
                    library.delete_password(SERVICE, self._username(account))
                    return NoteShown(_("the password of {account} is deleted").format(account=account))
            except Exception as error:  # keyrings raise whatever they like
                return InputRejected(
                    _("the keyring did not delete the password: {reason}").format(reason=error)
                )
            return NoteShown(_("no password of {account} was saved").format(account=account))

        self._run_in_thread(work, show)

    def _username(self, account: str) -> str:
        return f"{account}@{self._server}"


def is_keyring_installed() -> bool:
    """Tell whether the package `keyring` is installed."""
    return find_spec("keyring") is not None


def load_keyring_library() -> Any:
    """Return the package `keyring` if it knows a recommended keyring, one that encrypts; else None."""
    if not is_keyring_installed():
        return None
    import keyring
    from keyring.core import recommended

    return keyring if recommended(keyring.get_keyring()) else None
