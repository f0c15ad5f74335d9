"""SASL without I/O: PLAIN, EXTERNAL, and both sides of SCRAM-SHA-256.

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

CHUNK_BYTES = 400  # of base64 per line
MAX_CHUNKS = 3  # two are enough for the longest name, twice, and password
EMPTY_RESPONSE = "+"
ABORT_RESPONSE = "*"

MIN_ITERATIONS = 4096
MAX_ITERATIONS = 10_000_000  # accepted by a client: some seconds of work
SALT_BYTES = 16
NONCE_BYTES = 18


class SaslFailed(Exception):
    """The exchange failed because of what the peer sent."""


class SaslTooLong(SaslFailed):
    """A line is longer than `CHUNK_BYTES`."""


class ScramKeys(NamedTuple):
    """What the server stores of a password: enough to check it, not enough to log in (RFC 5802, 3).

    Attributes:
        salt: Random bytes.
        iterations: The iteration count of PBKDF2.
        stored_key: Verifies the client's proof.
        server_key: Makes the server's own signature.
    """

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


def derive_keys(salted: bytes, salt: bytes, iterations: int) -> ScramKeys:
    """Derive the keys from a salted password, the result of PBKDF2."""
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    return ScramKeys(salt, iterations, stored, _hmac(salted, b"Server Key"))


def is_password_of(salted: bytes, keys: ScramKeys) -> bool:
    """Tell in constant time whether keys were derived from this salted password."""
    return hmac.compare_digest(derive_keys(salted, keys.salt, keys.iterations).stored_key, keys.stored_key)


def fake_keys(secret: bytes, name: str, iterations: int) -> ScramKeys:
    """Make keys for an account that does not exist: the same ones each time, which no password matches."""
    seed = _hmac(secret, name.encode())
    return ScramKeys(seed[:SALT_BYTES], iterations, _hmac(seed, b"stored"), _hmac(seed, b"server"))


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


# -- chunks --------------------------------------------------------------------------------------------


class ChunkAssembler:
    """Assembles a response from lines of base64; the last line is shorter than the others."""

    __slots__ = ("_chunks",)

    def __init__(self) -> None:
        self._chunks: list[str] = []

    def take(self, chunk: str) -> bytes | None:
        """Add a line; return the whole response after the last one, else None.

        Raises:
            SaslTooLong: The line is too long.
            SaslFailed: There are too many lines, or they are not base64.
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
    """Split a response into lines of base64."""
    text = base64.b64encode(data).decode()
    for place in range(0, len(text), CHUNK_BYTES):
        yield text[place : place + CHUNK_BYTES]
    if len(text) % CHUNK_BYTES == 0:
        yield EMPTY_RESPONSE


# -- mechanisms ----------------------------------------------------------------------------------------


class PlainCredentials(NamedTuple):
    """The name and password that PLAIN sends."""

    name: str
    password: str


def parse_plain(data: bytes) -> PlainCredentials:
    """Parse PLAIN's only message and prepare the password.

    Raises:
        SaslFailed: It is malformed, names two different accounts, or a part is empty.
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
    """Parse EXTERNAL's only message: the account's name, "" for the account of the certificate.

    Raises:
        SaslFailed: It is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise SaslFailed from None


class ScramServer:
    """The server's side of SCRAM-SHA-256; call `begin`, `challenge`, `finish` in this order."""

    __slots__ = ("_client_first", "_header", "_keys", "_nonce", "_server_first", "name")

    def __init__(self) -> None:
        self.name = ""
        self._keys: ScramKeys | None = None

    @property
    def keys(self) -> ScramKeys | None:
        """The keys that verify the client's proof; None before `challenge`."""
        return self._keys

    def begin(self, data: bytes) -> str:
        """Parse the client's first message; return the account's name.

        Raises:
            SaslFailed: It is malformed, or requires channel binding or an extension.
        """
        flag, authzid, bare = _split_commas(data, 2)
        name, nonce, *_ = (*bare.split(","), "")
        if flag not in ("n", "y") or not name.startswith("n=") or not nonce.startswith("r="):
            raise SaslFailed
        self.name = _unescape_name(name[2:])
        if not self.name or authzid not in ("", f"a={name[2:]}") or len(nonce) <= 2:
            raise SaslFailed
        self._header, self._client_first, self._nonce = f"{flag},{authzid},", bare, nonce[2:]
        return self.name

    def challenge(self, keys: ScramKeys, nonce: bytes) -> bytes:
        """Return the server's first message."""
        self._keys = keys
        self._nonce += base64.b64encode(nonce).decode()
        salt = base64.b64encode(keys.salt).decode()
        self._server_first = f"r={self._nonce},s={salt},i={keys.iterations}"
        return self._server_first.encode()

    def finish(self, data: bytes) -> bytes:
        """Verify the client's proof; return the server's last message.

        Raises:
            SaslFailed: The message is malformed or the proof is wrong.
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
        exchange = f"{self._client_first},{self._server_first},{without_proof}".encode()
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
    """The parameters that a server sends for PBKDF2 with SHA-256."""

    salt: bytes
    iterations: int


class ScramClient:
    """The client's side of SCRAM-SHA-256; call `begin`, `parse_challenge`, `prove`, `verify` in this order.

    Args:
        name: The account's name.
        nonce: Printable ASCII without a comma, never used before.
    """

    __slots__ = ("_client_first", "_exchange", "_nonce", "_salted", "_server_first")

    def __init__(self, name: str, nonce: str) -> None:
        self._nonce = nonce
        self._client_first = f"n={_escape_name(name)},r={nonce}"

    def begin(self) -> bytes:
        """Return the client's first message."""
        return f"{_GS2_HEADER}{self._client_first}".encode()

    def parse_challenge(self, data: bytes) -> ScramChallenge:
        """Parse the server's first message.

        Raises:
            SaslFailed: It is malformed, does not answer our message, or its iteration count is outside
                `MIN_ITERATIONS` to `MAX_ITERATIONS`.
        """
        try:
            self._server_first = data.decode()
            nonce, salt, iterations, *_ = (*self._server_first.split(","), "", "")
            challenge = ScramChallenge(base64.b64decode(salt[2:], validate=True), int(iterations[2:12]))
        except (UnicodeDecodeError, binascii.Error, ValueError):
            raise SaslFailed from None
        is_answer = nonce.startswith(f"r={self._nonce}") and len(nonce) > len(f"r={self._nonce}")
        if not (is_answer and salt.startswith("s=") and challenge.salt and iterations.startswith("i=")):
            raise SaslFailed
        if not MIN_ITERATIONS <= challenge.iterations <= MAX_ITERATIONS:
            raise SaslFailed
        self._nonce = nonce[2:]
        return challenge

    def prove(self, salted: bytes) -> bytes:
        """Return the client's last message, which proves that it knows the password."""
        binding = base64.b64encode(_GS2_HEADER.encode()).decode()
        without_proof = f"c={binding},r={self._nonce}"
        self._salted = salted
        self._exchange = f"{self._client_first},{self._server_first},{without_proof}".encode()
        key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(key).digest(), self._exchange)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, data: bytes) -> None:
        """Verify the server's last message.

        Raises:
            SaslFailed: It does not prove that the server knows the account.
        """
        expected = _hmac(_hmac(self._salted, b"Server Key"), self._exchange)
        if not hmac.compare_digest(data, b"v=" + base64.b64encode(expected)):
            raise SaslFailed


_GS2_HEADER = "n,,"  # no channel binding, no other account to act for (RFC 5802, 7)


def encode_plain(name: str, password: str) -> bytes:
    """Encode PLAIN's only message."""
    return b"\0".join((b"", name.encode(), password.encode()))


class SaslExchange:
    """A login in progress.

    Attributes:
        mechanism: Its name.
        chunks: Assembles the client's next response.
        scram: The state of SCRAM.
        is_proven: True when only the client's last, empty, response is missing.
    """

    __slots__ = ("chunks", "is_proven", "mechanism", "scram")

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self.chunks = ChunkAssembler()
        self.scram = ScramServer()
        self.is_proven = False


def _split_commas(data: bytes, commas: int) -> list[str]:
    try:
        parts = data.decode().split(",", commas)
    except UnicodeDecodeError:
        raise SaslFailed from None
    if len(parts) <= commas:
        raise SaslFailed
    return parts


def _unescape_name(name: str) -> str:
    """Decode `=2C` to a comma and `=3D` to an equals sign (RFC 5802, 5.1).

    Raises:
        SaslFailed: An equals sign is followed by something else.
    """
    parts = name.split("=")
    if not all(part.startswith(("2C", "3D")) for part in parts[1:]):
        raise SaslFailed
    return name.replace("=2C", ",").replace("=3D", "=")


def _escape_name(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")
