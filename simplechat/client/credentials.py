"""What the system has for logging in: where passwords are asked for and kept, and what is done to them."""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import random
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from simplechat.client.commands.accounts import UNFIT_REASONS
from simplechat.client.interfaces import ClientServices
from simplechat.client.keyring import SystemKeyring, is_keyring_installed
from simplechat.client.options import PASSWORD_VARIABLE, ClientOptions
from simplechat.client.protocol.connection import Unsayable
from simplechat.client.protocol.events import Event
from simplechat.client.protocol.sasl_login import Credentials, Salting
from simplechat.client.ui.ask import typed
from simplechat.ircv3.saslprep import BadPassword, prepare_password
from simplechat.locale import gettext as _

NONCE_BYTES = 18


def client_services(reactor: Any, options: ClientOptions) -> ClientServices:
    """Give what a chat can use here."""
    from twisted.internet.threads import deferToThread

    def nonce() -> str:
        return base64.b64encode(os.urandom(NONCE_BYTES)).decode()

    def salted(salting: Salting) -> Deferred[bytes]:
        password = salting.password.encode()
        return deferToThread(hashlib.pbkdf2_hmac, "sha256", password, salting.salt, salting.iterations)

    def later(work: Callable[[], Event], tell: Callable[[Event], None]) -> None:
        deferToThread(work).addCallback(tell)

    keyring = SystemKeyring(f"{options.ip}:{options.port}", later) if is_keyring_installed() else None
    return ClientServices(reactor, random.random, nonce, salted, keyring)


def initial_credentials(options: ClientOptions) -> Credentials | None:
    """Give what to log in with at first."""
    return Credentials(options.account, options.secret) if options.account else None


def find_password(options: ClientOptions, tell: Callable[[str], object] | None) -> str:
    """Find the password of the account: never on the command line, which others can see.

    Args:
        tell: Shows a line on the terminal; None where nobody can be asked.

    Raises:
        Unsayable: There is none, or it cannot be one.
    """
    secret = os.environ.pop(PASSWORD_VARIABLE, "")
    if not secret and is_keyring_installed():
        secret = SystemKeyring(f"{options.ip}:{options.port}", _never).password_of(options.account)
    if not secret and tell is not None:
        secret = typed(_("Password of {name}: ").format(name=options.account), getpass.getpass, tell)
    if not secret:
        told = _("there is no password for {name}: put it into {variable}")
        raise Unsayable(told.format(name=options.account, variable=PASSWORD_VARIABLE))
    try:
        return prepare_password(secret)
    except BadPassword as error:
        told = _("That cannot be a password: {reason}")
        raise Unsayable(told.format(reason=_(UNFIT_REASONS[str(error)]))) from None


def _never(work: Callable[[], Event], tell: Callable[[Event], None]) -> None:
    """Do nothing later."""
