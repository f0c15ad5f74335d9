"""A login with SASL: one attempt, on one connection.

Spec: https://ircv3.net/specs/extensions/sasl-3.1
Spec: https://ircv3.net/specs/extensions/sasl-3.2
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simplechat.ircv3.message import Message
from simplechat.ircv3.sasl import (
    ABORT_RESPONSE,
    EMPTY_RESPONSE,
    ChunkAssembler,
    SaslFailed,
    ScramClient,
    encode_plain,
    split_chunks,
)
from simplechat.locale import marked

SCRAM, PLAIN = "SCRAM-SHA-256", "PLAIN"


class Credentials(NamedTuple):
    """An account and its password, prepared as RFC 4013 says; `repr` leaves the password out."""

    name: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.name!r})"


class KeyDerivation(NamedTuple):
    """What PBKDF2 with SHA-256 is to be computed of; it takes too long for the reactor's thread."""

    password: str
    salt: bytes
    iterations: int

    def __repr__(self) -> str:
        return "KeyDerivation()"


class SaslLogin:
    """One attempt to log in.

    Args:
        offered: The mechanisms that the server names; none where it does not say.
        nonce: Printable ASCII, never used before.
        is_private: Whether nobody can read along, so that the password itself may be sent.

    Attributes:
        key_derivation: What is to be computed; `key_derived` takes the result.
        account: The account, once we are logged in; "" before.
        error: Why it failed, in a sentence; "" while it has not.
        answers: The messages to send; the caller takes them out.
    """

    def __init__(
        self, credentials: Credentials, offered: tuple[str, ...], nonce: str, *, is_private: bool
    ) -> None:
        self.key_derivation: KeyDerivation | None = None
        self.account = ""
        self.error = ""
        self.answers: list[Message] = []
        self._credentials = credentials
        self._scram = ScramClient(credentials.name, nonce)
        self._chunks = ChunkAssembler()
        self._mechanisms = _mechanisms(offered, is_private=is_private)
        self._mechanism = ""
        self._steps = 0
        self._has_sent_proof = False
        self._is_server_verified = False
        self._name = ""
        self._try_next()

    @property
    def is_over(self) -> bool:
        """True once it has succeeded or failed."""
        return bool(self.account or self.error)

    def _try_next(self, reason: str = "") -> None:
        """Start again with the next mechanism that is left."""
        self._mechanism = next(self._mechanisms, "")
        self._steps = 0
        if self._mechanism:
            self.answers.append(Message("AUTHENTICATE", (self._mechanism,)))
        else:
            self.error = reason or _PASSWORD_EXPOSED

    # -- from the server -------------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Handle a message about the login."""
        if self.is_over:
            return
        text = message.params[-1] if message.params else ""
        match message.command:
            case "AUTHENTICATE":
                self._receive_challenge(text)
            case "900":
                self._name = (*message.params, "", "", "")[2]
            case "903":
                self._succeed()
            case "904" if not self._steps:  # it does not know the mechanism
                self._try_next(text)
            case "902" | "904" | "905" | "906" | "907":
                self.error = text or _REFUSED

    def _succeed(self) -> None:
        if self._mechanism == SCRAM and not self._is_server_verified:
            self.error = _SERVER_NOT_VERIFIED
        else:
            self.account = self._name or self._credentials.name

    def _receive_challenge(self, chunk: str) -> None:
        try:
            data = self._chunks.take(chunk)
            if data is not None:
                self._steps += 1
                self._respond(data)
        except SaslFailed:
            self._abort(_SERVER_NOT_VERIFIED)

    def _respond(self, data: bytes) -> None:
        if self._mechanism == PLAIN:
            self._respond_with(encode_plain(*self._credentials))
        elif self._steps == 1:
            self._respond_with(self._scram.begin())
        elif self._steps == 2:
            salt_and_iterations = self._scram.parse_challenge(data)
            self.key_derivation = KeyDerivation(self._credentials.password, *salt_and_iterations)
        elif not self._has_sent_proof:  # the server answers what we have not sent yet
            raise SaslFailed
        else:
            self._scram.verify(data)
            self._is_server_verified = True
            self.answers.append(Message("AUTHENTICATE", (EMPTY_RESPONSE,)))

    def key_derived(self, key: bytes) -> None:
        """Continue with the result of `key_derivation`."""
        self.key_derivation = None
        if not self.is_over:
            self._has_sent_proof = True
            self._respond_with(self._scram.prove(key))

    def _respond_with(self, data: bytes) -> None:
        self.answers += [Message("AUTHENTICATE", (chunk,)) for chunk in split_chunks(data)]

    def _abort(self, error: str) -> None:
        """End the login from our side."""
        self.error = error
        self.answers.append(Message("AUTHENTICATE", (ABORT_RESPONSE,)))


_REFUSED = marked("The server says no")
_SERVER_NOT_VERIFIED = marked("The server could not prove that it knows the account")
_PASSWORD_EXPOSED = marked(
    "The server wants the password itself, and others could read it on this connection"
)


def _mechanisms(offered: tuple[str, ...], *, is_private: bool) -> Iterator[str]:
    """Return the mechanisms that may be tried, the best first."""
    wanted = (SCRAM, PLAIN) if is_private else (SCRAM,)
    return (each for each in wanted if not offered or each in offered)
