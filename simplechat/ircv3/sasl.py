"""SASL: PLAIN, EXTERNAL and both sides of SCRAM-SHA-256, as states without any waiting.

Spec: https://ircv3.net/specs/extensions/sasl-3.1
Spec: https://datatracker.ietf.org/doc/html/rfc4616
Spec: https://datatracker.ietf.org/doc/html/rfc5802
Spec: https://datatracker.ietf.org/doc/html/rfc7677
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from typing import NamedTuple

from simplechat.ircv3.saslprep import BadPassword, prepare_password

CHUNK_BYTES = 400  # of base64 in one line
MAX_CHUNKS = 3  # a name twice and a password of the greatest length fit in two
EMPTY_RESPONSE = "+"
ABORT_RESPONSE = "*"

MIN_ITERATIONS = 4096
MAX_ITERATIONS = 10_000_000  # that a client does for a server: some seconds
SALT_BYTES = 16
NONCE_BYTES = 18


class SaslFailed(Exception):
    """The exchange has failed, by what the other side said."""


class SaslTooLong(SaslFailed):
    """A line holds more than it may."""


class ScramKeys(NamedTuple):
    """What is kept of a password: enough to check it, not enough to say it.

    Attributes:
        salt: Random bytes.
        iterations: How often the password was hashed.
        stored_key: Checks who knows the password.
        server_key: Shows them that we know it, too.
    """

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


def derive_keys(salted: bytes, salt: bytes, iterations: int) -> ScramKeys:
    """Make keys of a password that PBKDF2 has salted."""
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    return ScramKeys(salt, iterations, stored, _hmac(salted, b"Server Key"))


def is_password_of(salted: bytes, keys: ScramKeys) -> bool:
    """Tell whether keys were made of this salted password; takes the same time either way."""
    return hmac.compare_digest(derive_keys(salted, keys.salt, keys.iterations).stored_key, keys.stored_key)


def fake_keys(secret: bytes, name: str, iterations: int) -> ScramKeys:
    """Make keys for an account that there is not: always the same ones for a name, and no password fits."""
    seed = _hmac(secret, name.encode())
    return ScramKeys(seed[:SALT_BYTES], iterations, _hmac(seed, b"stored"), _hmac(seed, b"server"))


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


# -- lines ---------------------------------------------------------------------------------------------


class ChunkAssembler:
    """Something said in lines of base64, the last of which is shorter than the others."""

    __slots__ = ("_chunks",)

    def __init__(self) -> None:
        self._chunks: list[str] = []

    def take(self, chunk: str) -> bytes | None:
        """Take a line; give the whole response with its last one, else None.

        Raises:
            TooLong: The line is too long.
            Failed: There are too many lines, or they are not base64.
        """
        if len(chunk) > CHUNK_BYTES:
            raise SaslTooLong
        if len(self._chunks) >= MAX_CHUNKS:
            raise SaslFailed
        if len(chunk) == CHUNK_BYTES:
            self._chunks.append(chunk)
            return None
        text = "".join(self._chunks) + ("" if chunk == EMPTY_RESPONSE else chunk)
        self._chunks.clear()
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise SaslFailed from None


def split_chunks(data: bytes) -> Iterator[str]:
    """Give the lines in which something is said."""
    text = base64.b64encode(data).decode()
    for place in range(0, len(text), CHUNK_BYTES):
        yield text[place : place + CHUNK_BYTES]
    if len(text) % CHUNK_BYTES == 0:
        yield EMPTY_RESPONSE


# -- mechanisms ----------------------------------------------------------------------------------------


class PlainCredentials(NamedTuple):
    """Who somebody says they are, and what they say to prove it."""

    name: str
    password: str


def parse_plain(data: bytes) -> PlainCredentials:
    """Read PLAIN's only message; the password is prepared.

    Raises:
        Failed: It is malformed, is about two different accounts, or something is empty.
    """
    parts = data.split(b"\0")
    if len(parts) != 3:
        raise SaslFailed
    try:
        authzid, name, password = (part.decode() for part in parts)
        if not name or authzid not in ("", name):
            raise SaslFailed
        return PlainCredentials(name, prepare_password(password))
    except (UnicodeDecodeError, BadPassword):
        raise SaslFailed from None


def parse_external(data: bytes) -> str:
    """Read EXTERNAL's only message: the account that is meant, "" for whichever the certificate is of.

    Raises:
        Failed: It is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise SaslFailed from None


class ScramServer:
    """One exchange of SCRAM-SHA-256: `begin`, `challenge`, `finish`, in this order."""

    __slots__ = ("_first", "_header", "_keys", "_nonce", "_said", "name")

    def __init__(self) -> None:
        self.name = ""
        self._keys: ScramKeys | None = None

    @property
    def keys(self) -> ScramKeys | None:
        """What the client's proof is checked with; None as long as that has not begun."""
        return self._keys

    def begin(self, data: bytes) -> str:
        """Read the client's first message; give the account's name.

        Raises:
            Failed: It is malformed, or wants what we do not offer: channel binding, extensions.
        """
        flag, authzid, bare = _split(data, 2)
        name, nonce, *_ = (*bare.split(","), "")
        if flag not in ("n", "y") or not name.startswith("n=") or not nonce.startswith("r="):
            raise SaslFailed
        self.name = _unescaped(name[2:])
        if not self.name or authzid not in ("", f"a={name[2:]}") or len(nonce) <= 2:
            raise SaslFailed
        self._header, self._first, self._nonce = f"{flag},{authzid},", bare, nonce[2:]
        return self.name

    def challenge(self, keys: ScramKeys, nonce: bytes) -> bytes:
        """Give the server's first message."""
        self._keys = keys
        self._nonce += base64.b64encode(nonce).decode()
        salt = base64.b64encode(keys.salt).decode()
        self._said = f"r={self._nonce},s={salt},i={keys.iterations}"
        return self._said.encode()

    def finish(self, data: bytes) -> bytes:
        """Check the client's proof; give the server's last message.

        Raises:
            Failed: It proves nothing.
        """
        try:
            text = data.decode()
            without_proof, _, proof = text.rpartition(",p=")
            given = base64.b64decode(proof, validate=True)
        except (UnicodeDecodeError, binascii.Error, ValueError):
            raise SaslFailed from None
        assert self._keys is not None
        binding, nonce, *_ = (*without_proof.split(","), "")
        if binding != f"c={base64.b64encode(self._header.encode()).decode()}" or nonce != f"r={self._nonce}":
            raise SaslFailed
        exchange = f"{self._first},{self._said},{without_proof}".encode()
        if not self._is_proven(given, exchange, self._keys):
            raise SaslFailed
        return b"v=" + base64.b64encode(_hmac(self._keys.server_key, exchange))

    def _is_proven(self, proof: bytes, exchange: bytes, keys: ScramKeys) -> bool:
        signature = _hmac(keys.stored_key, exchange)
        if len(proof) != len(signature):
            return False
        client = bytes(one ^ other for one, other in zip(proof, signature, strict=True))
        return hmac.compare_digest(hashlib.sha256(client).digest(), keys.stored_key)


class ScramChallenge(NamedTuple):
    """How a server wants a password to be salted, by PBKDF2 with SHA-256."""

    salt: bytes
    iterations: int


class ScramClient:
    """The client's side of SCRAM-SHA-256: `begin`, `challenged`, `prove`, `check`, in this order.

    Args:
        name: Of the account.
        nonce: Printable ASCII without a comma, never used before.
    """

    __slots__ = ("_exchange", "_first", "_nonce", "_said", "_salted")

    def __init__(self, name: str, nonce: str) -> None:
        self._nonce = nonce
        self._first = f"n={_escaped(name)},r={nonce}"

    def begin(self) -> bytes:
        """Give the client's first message."""
        return f"{_NO_BINDING}{self._first}".encode()

    def challenged(self, data: bytes) -> ScramChallenge:
        """Read the server's first message; tell what it wants to have done to the password.

        Raises:
            Failed: It is malformed, not an answer to ours, or would take hardly any work, or far too much.
        """
        try:
            self._said = data.decode()
            nonce, salt, iterations, *_ = (*self._said.split(","), "", "")
            salting = ScramChallenge(base64.b64decode(salt[2:], validate=True), int(iterations[2:12]))
        except (UnicodeDecodeError, binascii.Error, ValueError):
            raise SaslFailed from None
        is_answer = nonce.startswith(f"r={self._nonce}") and len(nonce) > len(f"r={self._nonce}")
        if not (is_answer and salt.startswith("s=") and salting.salt and iterations.startswith("i=")):
            raise SaslFailed
        if not MIN_ITERATIONS <= salting.iterations <= MAX_ITERATIONS:
            raise SaslFailed
        self._nonce = nonce[2:]
        return salting

    def prove(self, salted: bytes) -> bytes:
        """Give the client's last message, which proves that it knows the password."""
        binding = base64.b64encode(_NO_BINDING.encode()).decode()
        without_proof = f"c={binding},r={self._nonce}"
        self._salted = salted
        self._exchange = f"{self._first},{self._said},{without_proof}".encode()
        key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(key).digest(), self._exchange)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def check(self, data: bytes) -> None:
        """Read the server's last message.

        Raises:
            Failed: It does not prove that the server knows the account, too.
        """
        wanted = _hmac(_hmac(self._salted, b"Server Key"), self._exchange)
        if not hmac.compare_digest(data, b"v=" + base64.b64encode(wanted)):
            raise SaslFailed


_NO_BINDING = "n,,"  # to the channel below; nor for another account than the one that proves itself


def encode_plain(name: str, password: str) -> bytes:
    """Write PLAIN's only message."""
    return b"\0".join((b"", name.encode(), password.encode()))


class SaslExchange:
    """A login under way.

    Attributes:
        mechanism: Its name.
        chunks: What the client is saying.
        scram: How far SCRAM has come.
        is_proven: True once only the client's last, empty, word is missing.
    """

    __slots__ = ("chunks", "is_proven", "mechanism", "scram")

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self.chunks = ChunkAssembler()
        self.scram = ScramServer()
        self.is_proven = False


def _split(data: bytes, commas: int) -> list[str]:
    try:
        parts = data.decode().split(",", commas)
    except UnicodeDecodeError:
        raise SaslFailed from None
    if len(parts) <= commas:
        raise SaslFailed
    return parts


def _unescaped(name: str) -> str:
    """Read a name in which `=2C` is a comma and `=3D` an equals sign; nothing else may follow one."""
    pieces = name.split("=")
    if not all(piece.startswith(("2C", "3D")) for piece in pieces[1:]):
        raise SaslFailed
    return name.replace("=2C", ",").replace("=3D", "=")


def _escaped(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")
