"""What verbs want of whoever hashes passwords."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol


class HasherBusy(Exception):
    """So many passwords wait to be hashed that one more is not taken."""


class PasswordHasher(Protocol):
    """Hashes passwords, without keeping anybody else waiting."""

    def salted(self, password: str, salt: bytes, iterations: int) -> Awaitable[bytes]:
        """Hash a prepared password: PBKDF2 with HMAC-SHA-256.

        Raises:
            HasherBusy: Not now.
        """
        ...

    def iterations(self) -> Awaitable[int]:
        """Give how many iterations take about as long as one is ready to wait for a login.

        Raises:
            HasherBusy: Not now.
        """
        ...

    def random(self, count: int) -> bytes:
        """Give random bytes that nobody can guess."""
        ...
