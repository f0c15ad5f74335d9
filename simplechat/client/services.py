"""What the application needs of the system: randomness, threads, the keyring."""

from __future__ import annotations

import base64
import hashlib
import os
import random
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from simplechat.client.interfaces import ClientServices
from simplechat.client.keyring import ShowEvent, SystemKeyring, is_keyring_installed
from simplechat.client.options import ClientOptions
from simplechat.client.protocol.events import Event
from simplechat.client.protocol.sasl_login import KeyDerivation

NONCE_BYTES = 18


def system_services(reactor: Any, options: ClientOptions) -> ClientServices:
    """Return the services of this machine."""
    from twisted.internet.threads import deferToThread

    def nonce() -> str:
        return base64.b64encode(os.urandom(NONCE_BYTES)).decode()

    def derive_key(derivation: KeyDerivation) -> Deferred[bytes]:
        password = derivation.password.encode()
        return deferToThread(hashlib.pbkdf2_hmac, "sha256", password, derivation.salt, derivation.iterations)

    def run_in_thread(work: Callable[[], Event], show: ShowEvent) -> None:
        deferToThread(work).addCallback(show)

    server = f"{options.ip}:{options.port}"
    keyring = SystemKeyring(server, run_in_thread) if is_keyring_installed() else None
    return ClientServices(reactor, random.random, nonce, derive_key, keyring)
