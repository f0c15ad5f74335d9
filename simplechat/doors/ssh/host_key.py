"""The key by which the console over SSH is known again: made at its first use, and nobody else's to read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from twisted.conch.ssh.keys import Key


class BadHostKey(Exception):
    """The key cannot be used or made; the text says why, and what to do."""


def load_host_key(path: Path) -> Key:
    """Give the key in a file, which is made where there is none.

    Raises:
        BadHostKey: It cannot be used.
    """
    from twisted.conch.ssh.keys import BadKeyError, Key  # it takes a while to import

    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadHostKey(_("others may use {path}; chmod 600 it").format(path=path))
        key: Key = Key.fromString(path.read_bytes())
    except (OSError, BadKeyError, ValueError) as error:
        text = _("{path} is no key that can be used: {why}; move it away and a new one is made")
        raise BadHostKey(text.format(path=path, why=error)) from None
    if key.sshType() != b"ssh-ed25519" or key.isPublic():
        text = _("{path} is no key that can be used: {why}; move it away and a new one is made")
        raise BadHostKey(text.format(path=path, why=_("it is not a private ed25519 key")))
    return key


def _make(path: Path) -> None:
    """Make a key, and put it in place whole or not at all."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    data = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(number, data)
        os.fsync(number)
    finally:
        os.close(number)
    new.replace(path)
