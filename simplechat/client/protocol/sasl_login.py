"""Logging in to an account: one try, on one connection.

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
    """An account and its password, prepared as RFC 4013 says; the password is shown to nobody."""

    name: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.name!r})"


class KeyDerivation(NamedTuple):
    """Work to be done elsewhere, since it takes a while: PBKDF2 with SHA-256."""

    password: str
    salt: bytes
    iterations: int

    def __repr__(self) -> str:
        return "Salting()"


class SaslLogin:
    """One try.

    Args:
        offered: The mechanisms that the server names; none where it does not tell.
        nonce: Printable ASCII, never used before.
        is_private: Whether nobody can listen on the connection, so that the password itself may be said.

    Attributes:
        salting: What is to be done; `salted` takes the result.
        account: The account, once the server has let us in; "" before.
        trouble: Why it failed, in a sentence; "" while it did not.
    """

    def __init__(
        self, credentials: Credentials, offered: tuple[str, ...], nonce: str, *, is_private: bool
    ) -> None:
        self.salting: KeyDerivation | None = None
        self.account = ""
        self.trouble = ""
        self.answers: list[Message] = []
        self._credentials = credentials
        self._scram = ScramClient(credentials.name, nonce)
        self._gathering = ChunkAssembler()
        self._mechanisms = _mechanisms(offered, is_private=is_private)
        self._mechanism = ""
        self._steps = 0
        self._has_proven = False
        self._is_convinced = False
        self._name = ""
        self._try_next()

    @property
    def is_over(self) -> bool:
        """True once it is known how it ended."""
        return bool(self.account or self.trouble)

    def _try_next(self, why: str = "") -> None:
        """Begin anew, in the next way that is left."""
        self._mechanism = next(self._mechanisms, "")
        self._steps = 0
        if self._mechanism:
            self.answers.append(Message("AUTHENTICATE", (self._mechanism,)))
        else:
            self.trouble = why or _UNSAFE

    # -- from the server -------------------------------------------------------------------------------

    def hear(self, message: Message) -> None:
        """Take a message about the login."""
        if self.is_over:
            return
        words = message.params[-1] if message.params else ""
        match message.command:
            case "AUTHENTICATE":
                self._challenged(words)
            case "900":
                self._name = (*message.params, "", "", "")[2]
            case "903":
                self._let_in()
            case "904" if not self._steps:  # it does not know the mechanism
                self._try_next(words)
            case "902" | "904" | "905" | "906" | "907":
                self.trouble = words or _NO

    def _let_in(self) -> None:
        if self._mechanism == SCRAM and not self._is_convinced:
            self.trouble = _NOT_CONVINCED
        else:
            self.account = self._name or self._credentials.name

    def _challenged(self, chunk: str) -> None:
        try:
            data = self._gathering.take(chunk)
            if data is not None:
                self._steps += 1
                self._respond(data)
        except SaslFailed:
            self.give_up(_NOT_CONVINCED)

    def _respond(self, data: bytes) -> None:
        if self._mechanism == PLAIN:
            self._say(encode_plain(*self._credentials))
        elif self._steps == 1:
            self._say(self._scram.begin())
        elif self._steps == 2:
            salting = self._scram.challenged(data)
            self.salting = KeyDerivation(self._credentials.password, *salting)
        elif not self._has_proven:  # nor could the server have an answer to that
            raise SaslFailed
        else:
            self._scram.check(data)
            self._is_convinced = True
            self.answers.append(Message("AUTHENTICATE", (EMPTY_RESPONSE,)))

    def salted(self, result: bytes) -> None:
        """Go on with what was salted."""
        self.salting = None
        if not self.is_over:
            self._has_proven = True
            self._say(self._scram.prove(result))

    def _say(self, data: bytes) -> None:
        self.answers += [Message("AUTHENTICATE", (chunk,)) for chunk in split_chunks(data)]

    def give_up(self, trouble: str) -> None:
        """End it from our side."""
        self.trouble = trouble
        self.answers.append(Message("AUTHENTICATE", (ABORT_RESPONSE,)))


_NO = marked("The server says no")
_NOT_CONVINCED = marked("The server could not prove that it knows the account")
_UNSAFE = marked("The server wants the password itself, and others could read it on this connection")


def _mechanisms(offered: tuple[str, ...], *, is_private: bool) -> Iterator[str]:
    """Give the ways that may be tried, the best first."""
    wanted = (SCRAM, PLAIN) if is_private else (SCRAM,)
    return (each for each in wanted if not offered or each in offered)
