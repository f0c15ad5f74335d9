"""The keys that log in over SSH: a file of public keys, read again at every login.

Spec: https://man.openbsd.org/sshd.8#AUTHORIZED_KEYS_FILE_FORMAT
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from simplechat.locale import gettext as _

MAX_FILE_BYTES = 1 << 18  # of the file; the rest is not read
MAX_COMMENT_LENGTH = 64  # characters
PYTHON = "py"  # the option of a key that may open Python inside the server

_KINDS = (
    *("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"),
    *("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"),
)
_FORBIDDING = frozenset(
    ("restrict", "no-port-forwarding", "no-agent-forwarding", "no-x11-forwarding", "no-user-rc")
)
"""Options that forbid what the console cannot do anyway."""
_LINE = re.compile(
    r'(?:(?P<options>(?:[^\s"]|"(?:[^"\\]|\\.)*")+)\s+)?'
    rf"(?P<kind>{'|'.join(map(re.escape, _KINDS))})\s+(?P<blob>[A-Za-z0-9+/]+=*)(?:\s+(?P<comment>.*))?"
)


class AuthorizedKey(NamedTuple):
    """A key that logs in.

    Attributes:
        blob: The key as SSH sends it.
        comment: The comment behind it; "" for none.
        may_python: Whether it may open Python inside the server.
    """

    blob: bytes
    comment: str
    may_python: bool

    @property
    def name(self) -> str:
        """The owner's name: the comment, else the fingerprint."""
        return self.comment or key_fingerprint(self.blob)


def key_fingerprint(blob: bytes) -> str:
    """Return a key's fingerprint as OpenSSH shows it."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


class BadKeyLine(ValueError):
    """A line is no usable key; the text says why."""


class AuthorizedKeys:
    """The file of keys.

    Args:
        path: The path of the file.
        warn: Called with what is wrong with it, once for each text.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self.path = path
        self._warn = warn
        self._warned: set[str] = set()

    def find(self, blob: bytes) -> AuthorizedKey | None:
        """Return the key of this blob; None where the file does not hold it now."""
        return next((key for key in self.all() if key.blob == blob), None)

    def all(self) -> list[AuthorizedKey]:
        """Return all keys in the file now; none where other users could have put them there."""
        try:
            lines = self._read().splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            self._warn_once(_("Nobody can log in over SSH, {path} cannot be read: {why}"), why=error.strerror)
            return []
        keys = list(self._keys_in(lines))
        if not keys:
            self._warn_once(_("Nobody can log in over SSH yet: put public keys into {path}, one a line"))
        return keys

    def _read(self) -> str:
        number = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(number, "rb") as file:
            status = os.fstat(number)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(0, _("it is not a file"))
            if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise OSError(0, _("others may write to it; chmod go-w it"))
            if status.st_uid not in (0, os.geteuid()):
                raise OSError(0, _("it belongs to another user"))
            return file.read(MAX_FILE_BYTES).decode("utf-8", "replace")

    def _keys_in(self, lines: list[str]) -> Iterator[AuthorizedKey]:
        for number, line in enumerate(map(str.strip, lines), 1):
            if line and not line.startswith("#"):
                try:
                    yield parse_key_line(line)
                except BadKeyLine as error:
                    self._warn_once(_("{path}, line {number}: {why}"), number=number, why=error)

    def _warn_once(self, text: str, **fields: object) -> None:
        warning = text.format(path=self.path, **fields)
        if warning not in self._warned:
            self._warned.add(warning)
            self._warn(warning)


def parse_key_line(line: str) -> AuthorizedKey:
    """Parse a line of the file.

    Raises:
        BadKeyLine: It is no key, or has an option that is not supported, so that we could not respect it.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadKeyLine(_("no usable public key; one looks like: ssh-ed25519 AAAA... name"))
    options = [each for each in (found["options"] or "").split(",") if each]
    for option in options:
        if option != PYTHON and option.lower() not in _FORBIDDING:
            raise BadKeyLine(
                _("the key is ignored: its option {option} is not supported").format(option=option)
            )
    try:
        blob = base64.b64decode(found["blob"], validate=True)
    except binascii.Error:
        raise BadKeyLine(_("the key is incomplete")) from None
    if not blob.startswith(len(found["kind"]).to_bytes(4, "big") + found["kind"].encode()):
        raise BadKeyLine(_("the key is incomplete"))
    comment = (found["comment"] or "").strip()[:MAX_COMMENT_LENGTH]
    return AuthorizedKey(blob, comment, PYTHON in options)
