"""The SSH host key, which is made when it is first needed."""

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
    """Load the key of a file; make one where there is no file.

    Raises:
        BadHostKey: It cannot be used or made.
    """
    from twisted.conch.ssh.keys import BadKeyError, Key  # slow to import

    try:
        if not path.exists():
            _create(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadHostKey(_("others may use {path}; chmod 600 it").format(path=path))
        key: Key = Key.fromString(path.read_bytes())
    except (OSError, BadKeyError, ValueError) as error:
        text = _("{path} cannot be used: {why}; move it away, and a new key is made")
        raise BadHostKey(text.format(path=path, why=error)) from None
    if key.sshType() != b"ssh-ed25519" or key.isPublic():
        text = _("{path} cannot be used: {why}; move it away, and a new key is made")
        raise BadHostKey(text.format(path=path, why=_("it is not a private ed25519 key")))
    return key


def _create(path: Path) -> None:
    """Create a key, and put it in place whole or not at all."""
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
