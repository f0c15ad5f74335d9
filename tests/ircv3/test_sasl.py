"""SASL messages, byte by byte."""

from __future__ import annotations

import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramClient as OtherClient
from scramp import ScramException, ScramMechanism
from twisted.trial.unittest import SynchronousTestCase

from simplechat.ircv3.sasl import (
    CHUNK_BYTES,
    MAX_CHUNKS,
    ChunkAssembler,
    PlainCredentials,
    SaslFailed,
    SaslTooLong,
    ScramChallenge,
    ScramClient,
    ScramKeys,
    ScramServer,
    derive_keys,
    encode_plain,
    fake_keys,
    is_password_of,
    parse_external,
    parse_plain,
    split_chunks,
)

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")


def keys(password: str, salt: bytes = SALT, iterations: int = 4096) -> ScramKeys:
    """Return the keys of a password."""
    return derive_keys(hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations), salt, iterations)


class ScramTests(SynchronousTestCase):
    def test_the_exchange_of_rfc_7677(self) -> None:
        server = ScramServer()

        name = server.begin(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        server.challenge(keys("pencil"), b"")
        server._nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        server._server_first = f"r={server._nonce},s={base64.b64encode(SALT).decode()},i=4096"
        last = server.finish(
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        )

        self.assertEqual(name, "user")
        self.assertEqual(last, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")

    def exchange(self, name: str, password: str, stored: str) -> None:
        """Run a whole exchange with another library's client."""
        client = OtherClient(["SCRAM-SHA-256"], name, password)
        server = ScramServer()
        self.assertEqual(server.begin(client.get_client_first().encode()), name)
        client.set_server_first(server.challenge(keys(stored), b"123456789").decode())
        client.set_server_final(server.finish(client.get_client_final().encode()).decode())

    def test_another_client_and_our_server_accept_each_other(self) -> None:
        self.exchange("ann", "pencil", "pencil")
        self.exchange("a=n,n", "ñoña", "ñoña")

    def test_a_wrong_password_fails(self) -> None:
        self.assertRaises(SaslFailed, self.exchange, "ann", "pencil", "pen")

    def test_a_server_that_does_not_know_the_password_is_rejected(self) -> None:
        self.patch(ScramServer, "_is_proven", lambda *args: True)

        self.assertRaises(ScramException, self.exchange, "ann", "pencil", "pen")

    def test_a_malformed_first_message_fails(self) -> None:
        for first in (
            *(
                "",
                "n,,",
                "n,,n=,r=x",
                "n,,n=a",
                "n,,n=a,r=",
                "n,,r=x,n=a",
                "p=tls-unique,,n=a,r=x",
                "x,,n=a,r=x",
            ),
            *("n,a=b,n=a,r=x", "n,,m=1,n=a,r=x", "n,,n=a=b,r=x", "n,,n=a=,r=x", "n,,n==2,r=x"),
        ):
            self.assertRaises(SaslFailed, ScramServer().begin, first.encode())
        self.assertRaises(SaslFailed, ScramServer().begin, b"n,,n=\xff,r=x")

    def test_a_last_message_that_does_not_belong_to_the_first_fails(self) -> None:
        client = OtherClient(["SCRAM-SHA-256"], "ann", "pencil")
        server = ScramServer()
        server.begin(client.get_client_first().encode())
        client.set_server_first(server.challenge(keys("pencil"), b"123456789").decode())
        good = client.get_client_final()

        for last in (
            good.replace("c=biws", "c=eSws"),
            good.replace(",r=", ",r=x"),
            good.replace(",r=", ",x=1,r="),
            good.replace(",p=", ",x=1,p="),
            good.partition(",p=")[0],
            good[:-8] + "AAAA",
            good + "=",
            f"{good},p=",
            "",
        ):
            self.assertRaises(SaslFailed, server.finish, last.encode())
        self.assertRaises(SaslFailed, server.finish, b"\xff")
        self.assertTrue(server.finish(good.encode()).startswith(b"v="))

    @given(st.binary(max_size=60), st.binary(max_size=60))
    def test_random_bytes_only_fail(self, first: bytes, last: bytes) -> None:
        server = ScramServer()
        self.assertRaises(SaslFailed, server.begin, first)
        server.begin(b"n,,n=a,r=x")
        server.challenge(keys("pencil"), b"y")

        self.assertRaises(SaslFailed, server.finish, last)


class ScramClientTests(SynchronousTestCase):
    FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    LAST = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    def setUp(self) -> None:
        self.client = ScramClient("user", "rOprNGfwEbeRWgbNEkqO")

    def salted(self, password: bytes = b"pencil") -> bytes:
        """Return the salted password of the exchange in RFC 7677."""
        return hashlib.pbkdf2_hmac("sha256", password, SALT, 4096)

    def test_the_exchange_of_rfc_7677(self) -> None:
        first = self.client.begin()
        challenge = self.client.parse_challenge(self.FIRST)
        proof = self.client.prove(self.salted())
        self.client.verify(self.LAST)

        self.assertEqual(first, b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        self.assertEqual(challenge, ScramChallenge(SALT, 4096))
        self.assertEqual(
            proof,
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        )

    def test_a_server_that_does_not_know_the_password_is_rejected(self) -> None:
        self.client.parse_challenge(self.FIRST)
        self.client.prove(self.salted(b"pen"))

        for last in (self.LAST, b"", b"v=", b"v=AAAA", b"e=invalid-proof", b"\xff"):
            self.assertRaises(SaslFailed, self.client.verify, last)

    def test_another_server_and_our_own_accept_our_client(self) -> None:
        for name, password in (("ann", "pencil"), ("a=n,n", "ñoña")):
            client, ours = ScramClient(name, "abc"), ScramServer()
            other = ScramMechanism("SCRAM-SHA-256")
            info = other.make_auth_info(password, iteration_count=4096, salt=SALT)
            server = other.make_server(lambda asked, info=info: info)

            server.set_client_first(client.begin().decode())
            challenge = client.parse_challenge(server.get_server_first().encode())
            salted = hashlib.pbkdf2_hmac("sha256", password.encode(), *challenge)
            server.set_client_final(client.prove(salted).decode())
            client.verify(server.get_server_final().encode())

            client = ScramClient(name, "abc")
            self.assertEqual(ours.begin(client.begin()), name)
            client.parse_challenge(ours.challenge(keys(password), b"xyz"))
            client.verify(ours.finish(client.prove(salted)))

    def test_a_malformed_challenge_fails(self) -> None:
        nonce, salt, iterations = self.FIRST.decode().split(",")
        for first in (
            *("", "x", nonce, f"{nonce},{salt}", f"m=x,{nonce},{salt},{iterations}"),
            f"r=other,{salt},{iterations}",
            f"r=rOprNGfwEbeRWgbNEkqO,{salt},{iterations}",  # no part of the server's own
            f"{nonce},s=,{iterations}",
            f"{nonce},s=?,{iterations}",
            f"{nonce},x={salt[2:]},{iterations}",
            *(f"{nonce},{salt},i={count}" for count in ("", "x", "-5000", "4095", "10000001", "9" * 5000)),
            f"{nonce},{salt},x=4096",
        ):
            self.assertRaises(SaslFailed, self.client.parse_challenge, first.encode())
        self.assertRaises(SaslFailed, self.client.parse_challenge, b"\xff")

    @given(st.binary(max_size=60))
    def test_random_bytes_only_fail(self, data: bytes) -> None:
        self.assertRaises(SaslFailed, ScramClient("ann", "abc").parse_challenge, data)


class PlainClientTests(SynchronousTestCase):
    def test_a_server_parses_what_a_client_encodes(self) -> None:
        self.assertEqual(
            parse_plain(encode_plain("ann", "two words, ñ")), PlainCredentials("ann", "two words, ñ")
        )


class KeyTests(SynchronousTestCase):
    def test_keys_match_their_password_only(self) -> None:
        salted = [hashlib.pbkdf2_hmac("sha256", word, SALT, 4096) for word in (b"pencil", b"pen")]

        self.assertEqual([is_password_of(each, keys("pencil")) for each in salted], [True, False])

    def test_fake_keys_are_the_same_for_a_name_and_match_nothing(self) -> None:
        one = fake_keys(b"secret", "nobody", 4096)

        self.assertEqual(one, fake_keys(b"secret", "nobody", 4096))
        self.assertNotEqual(one.salt, fake_keys(b"secret", "noone", 4096).salt)
        self.assertNotEqual(one.salt, fake_keys(b"other", "nobody", 4096).salt)
        self.assertEqual(len(one.salt), len(SALT))
        self.assertFalse(is_password_of(hashlib.pbkdf2_hmac("sha256", b"", one.salt, 4096), one))


class ChunkTests(SynchronousTestCase):
    def test_chunks_are_assembled_up_to_the_first_that_is_not_full(self) -> None:
        for size in (0, 1, 299, 300, 301, 599, 600, 601):
            data = bytes(range(256)) * 3
            lines = list(split_chunks(data[:size]))

            assembler = ChunkAssembler()
            *before, whole = [assembler.take(line) for line in lines]

            self.assertEqual((before, whole), ([None] * len(before), data[:size]))
            self.assertTrue(all(len(line) <= CHUNK_BYTES for line in lines))

    def test_too_long_and_too_many_chunks_are_refused(self) -> None:
        self.assertRaises(SaslTooLong, ChunkAssembler().take, "A" * (CHUNK_BYTES + 1))
        assembler = ChunkAssembler()
        for _ in range(MAX_CHUNKS):
            assembler.take("A" * CHUNK_BYTES)
        self.assertRaises(SaslFailed, assembler.take, "A" * CHUNK_BYTES)

    def test_what_is_not_base64_fails(self) -> None:
        for line in ("!!!", "A", "AA=A", "é", "AAAA\x0b", "Ⅷ"):
            self.assertRaises(SaslFailed, ChunkAssembler().take, line)


class PlainTests(SynchronousTestCase):
    def test_a_name_and_a_password(self) -> None:
        for data in (b"\0ann\0pencil", b"ann\0ann\0pencil"):
            self.assertEqual(parse_plain(data), PlainCredentials("ann", "pencil"))
        self.assertEqual(parse_plain("\0ann\0e\u0301".encode()), PlainCredentials("ann", "é"))

    def test_an_empty_part_or_another_account_fails(self) -> None:
        for data in (
            *(b"", b"\0", b"\0\0", b"\0ann\0", b"\0\0pencil", b"ann\0\0pencil", b"ben\0ann\0pencil"),
            *(
                b"\0ann\0pen\0cil",
                b"\0ann\0pencil\0",
                b"\0\xff\0pencil",
                b"\0ann\0\xff",
                b"\0ann\0pen\x07cil",
            ),
        ):
            self.assertRaises(SaslFailed, parse_plain, data)

    def test_external_may_name_an_account(self) -> None:
        self.assertEqual(parse_external(b""), "")
        self.assertEqual(parse_external("ñ".encode()), "ñ")
        self.assertRaises(SaslFailed, parse_external, b"\xff")
