"""The interface of the password hasher that commands use."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol


class HasherBusy(Exception):
    """Too many passwords wait to be hashed."""


class PasswordHasher(Protocol):
    """Hashes passwords without blocking the server."""

    def salted(self, password: str, salt: bytes, iterations: int) -> Awaitable[bytes]:
        """Return the salted password of a prepared password: PBKDF2 with HMAC-SHA-256.

        Raises:
            HasherBusy: Too many passwords wait.
        """
        ...

    def iterations(self) -> Awaitable[int]:
        """Return the iteration count that takes about as long as a login should take.

        Raises:
            HasherBusy: Too many passwords wait.
        """
        ...

    def random(self, count: int) -> bytes:
        """Return cryptographically random bytes."""
        ...
