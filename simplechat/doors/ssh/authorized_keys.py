"""The keys that open the console over SSH: a file of public keys, read anew whenever somebody knocks.

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

MAX_FILE_BYTES = 1 << 18  # of the file that are looked at
MAX_COMMENT_LENGTH = 64  # characters
PYTHON = "py"  # the option of a key that may use Python inside the server

_KINDS = (
    *("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"),
    *("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"),
)
_FORBIDDING = frozenset(
    ("restrict", "no-port-forwarding", "no-agent-forwarding", "no-x11-forwarding", "no-user-rc")
)
"""Options that forbid what nobody can do here anyway."""
_LINE = re.compile(
    r'(?:(?P<options>(?:[^\s"]|"(?:[^"\\]|\\.)*")+)\s+)?'
    rf"(?P<kind>{'|'.join(map(re.escape, _KINDS))})\s+(?P<blob>[A-Za-z0-9+/]+=*)(?:\s+(?P<comment>.*))?"
)


class AuthorizedKey(NamedTuple):
    """A key that opens.

    Attributes:
        blob: The key as SSH sends it.
        comment: What the line says behind it, "" for nothing.
        may_python: Whether it opens Python inside the server, too.
    """

    blob: bytes
    comment: str
    may_python: bool

    @property
    def name(self) -> str:
        """Whose it is: the comment, else the key_fingerprint."""
        return self.comment or key_fingerprint(self.blob)


def key_fingerprint(blob: bytes) -> str:
    """Give a key's key_fingerprint as OpenSSH shows it."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


class BadKeyLine(ValueError):
    """A line is no key that can be used; the text says why."""


class AuthorizedKeys:
    """The file of keys.

    Args:
        path: Of the file.
        warn: Told what is wrong with it, each thing once.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self.path = path
        self._warn = warn
        self._warned: set[str] = set()

    def find(self, blob: bytes) -> AuthorizedKey | None:
        """Give the key of this blob if it is in the file now."""
        return next((key for key in self.all() if key.blob == blob), None)

    def all(self) -> list[AuthorizedKey]:
        """Give all keys in the file now; none where others could have put them there."""
        try:
            lines = self._read().splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            self._tell(_("Nobody can log in over SSH, {path} cannot be read: {why}"), why=error.strerror)
            return []
        keys = list(self._keys_in(lines))
        if not keys:
            self._tell(_("Nobody can log in over SSH yet: put public keys into {path}, one a line"))
        return keys

    def _read(self) -> str:
        number = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(number, "rb") as file:
            facts = os.fstat(number)
            if not stat.S_ISREG(facts.st_mode):
                raise OSError(0, _("it is no file"))
            if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise OSError(0, _("others may write to it; chmod go-w it"))
            if facts.st_uid not in (0, os.geteuid()):
                raise OSError(0, _("it is somebody else's"))
            return file.read(MAX_FILE_BYTES).decode("utf-8", "replace")

    def _keys_in(self, lines: list[str]) -> Iterator[AuthorizedKey]:
        for number, line in enumerate(map(str.strip, lines), 1):
            if line and not line.startswith("#"):
                try:
                    yield parse_key_line(line)
                except BadKeyLine as error:
                    self._tell(_("{path}, line {number}: {why}"), number=number, why=error)

    def _tell(self, text: str, **fields: object) -> None:
        told = text.format(path=self.path, **fields)
        if told not in self._warned:
            self._warned.add(told)
            self._warn(told)


def parse_key_line(line: str) -> AuthorizedKey:
    """Read a line of the file.

    Raises:
        BadKeyLine: It is no key, or has an option that we do not know and so could not obey.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadKeyLine(_("no public key that can be used; it looks like: ssh-ed25519 AAAA... name"))
    options = [each for each in (found["options"] or "").split(",") if each]
    for option in options:
        if option != PYTHON and option.lower() not in _FORBIDDING:
            raise BadKeyLine(
                _("the key is not used, for its option {option} is not known").format(option=option)
            )
    try:
        blob = base64.b64decode(found["blob"], validate=True)
    except binascii.Error:
        raise BadKeyLine(_("the key is not whole")) from None
    if not blob.startswith(len(found["kind"]).to_bytes(4, "big") + found["kind"].encode()):
        raise BadKeyLine(_("the key is not whole"))
    comment = (found["comment"] or "").strip()[:MAX_COMMENT_LENGTH]
    return AuthorizedKey(blob, comment, PYTHON in options)
