"""The account and the password to log in with at the start."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable

from simplechat.client.commands.accounts import UNFIT_REASONS
from simplechat.client.keyring import ShowEvent, SystemKeyring, is_keyring_installed
from simplechat.client.options import PASSWORD_VARIABLE, ClientOptions
from simplechat.client.protocol.connection import RequestError
from simplechat.client.protocol.events import Event
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.startup_questions import read_answer
from simplechat.ircv3.saslprep import BadPassword, prepare_password
from simplechat.locale import gettext as _


def initial_credentials(options: ClientOptions) -> Credentials | None:
    """Return what to log in with at first; None for a guest."""
    return Credentials(options.account, options.password) if options.account else None


def find_password(options: ClientOptions, show: Callable[[str], object] | None) -> str:
    """Return the account's password: from the environment, the keyring, or the terminal.

    There is no option for it, since other users of the machine can see the command line.

    Args:
        show: Shows a line on the terminal; None where nobody can be asked.

    Raises:
        RequestError: There is none, or it cannot be one.
    """
    password = os.environ.pop(PASSWORD_VARIABLE, "")
    if not password and is_keyring_installed():
        password = SystemKeyring(f"{options.ip}:{options.port}", _never_run).password_of(options.account)
    if not password and show is not None:
        password = read_answer(_("Password of {name}: ").format(name=options.account), getpass.getpass, show)
    if not password:
        reason = _("there is no password for {name}: put it into {variable}")
        raise RequestError(reason.format(name=options.account, variable=PASSWORD_VARIABLE))
    try:
        return prepare_password(password)
    except BadPassword as error:
        reason = _("That cannot be a password: {reason}")
        raise RequestError(reason.format(reason=_(UNFIT_REASONS[str(error)]))) from None


def _never_run(work: Callable[[], Event], show: ShowEvent) -> None:
    """Do nothing: reading a password needs no thread before the reactor runs."""
