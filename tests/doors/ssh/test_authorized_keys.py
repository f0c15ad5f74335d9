"""Authorized keys are read as OpenSSH reads them; a key whose options are not supported is ignored."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.ssh.authorized_keys import (
    MAX_COMMENT_LENGTH,
    MAX_FILE_BYTES,
    AuthorizedKeys,
    BadKeyLine,
    parse_key_line,
)
from simplechat.doors.ssh.host_key import BadHostKey, load_host_key

# made by ssh-keygen, which says of it: SHA256:8KISz+4cfhiXiWpbcRnrsaE2gCZvMy8L3oYbtOVdRZ8
BLOB = "AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
LINE = f"ssh-ed25519 {BLOB}"


class LineTests(SynchronousTestCase):
    def test_a_key_has_a_name_and_options(self) -> None:
        for line, name, may_python in (
            (f"{LINE} ann@laptop", "ann@laptop", False),
            (f"{LINE}  Ann of the lab ", "Ann of the lab", False),
            (f"py {LINE} ann", "ann", True),
            (f"restrict,py\t{LINE} ann", "ann", True),
            (f"no-port-forwarding,no-X11-forwarding {LINE} ann", "ann", False),
            (f"{LINE} py", "py", False),
            (f"{LINE} {'x' * 1000}", "x" * MAX_COMMENT_LENGTH, False),
        ):
            key = parse_key_line(line)

            self.assertEqual((key.name, key.may_python), (name, may_python), line)
            self.assertTrue(key.blob.endswith(b"\x0f\x6f\x5c"))

    def test_without_a_comment_the_fingerprint_is_its_name(self) -> None:
        self.assertRegex(parse_key_line(LINE).name, r"^SHA256:[A-Za-z0-9+/]{43}$")

    def test_malformed_keys_and_unsupported_options_are_refused(self) -> None:
        for line, why in (
            ("ssh-ed25519", "no usable public key"),
            (f"ssh-dss {BLOB} ann", "no usable public key"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", "no usable public key"),
            (BLOB, "no usable public key"),
            (f"ssh-ed25519 {BLOB[:-1]} ann", "incomplete"),
            (f"ssh-rsa {BLOB} ann", "incomplete"),
            ("ssh-ed25519 AAAA ann", "incomplete"),
            (f'from="10.0.0.0/8" {LINE} ann', "from"),
            (f'expiry-time="20250101",py {LINE} ann', "expiry-time"),
            (f'command="a \\" b, py" {LINE} ann', "command"),
            (f"cert-authority {LINE} ann", "cert-authority"),
            (f"PY {LINE}", "PY"),
        ):
            error = self.assertRaises(BadKeyLine, parse_key_line, line)

            self.assertIn(why, str(error), line)


class AuthorizedKeysTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.warnings: list[str] = []
        self.keys = AuthorizedKeys(self.path, self.warnings.append)
        self.path.write_text(f"# mine\n\n{LINE} ann\r\nrubbish\n")

    def test_good_lines_count_and_bad_ones_are_reported_once(self) -> None:
        for _ in range(3):
            self.assertEqual([key.name for key in self.keys.all()], ["ann"])

        self.assertEqual(len(self.warnings), 1)
        self.assertIn("line 4", self.warnings[0])

    def test_the_file_is_read_each_time(self) -> None:
        key = parse_key_line(LINE)
        self.assertIsNotNone(self.keys.find(key.blob))

        self.path.write_text("")

        self.assertIsNone(self.keys.find(key.blob))

    def test_a_file_that_others_may_write_is_ignored(self) -> None:
        for mode in (0o620, 0o602, 0o666):
            self.path.chmod(mode)
            self.assertEqual(self.keys.all(), [], oct(mode))
        self.path.chmod(0o644)
        self.assertEqual(len(self.keys.all()), 1)

    def test_a_path_that_is_no_file_is_reported(self) -> None:
        self.path.unlink()
        os.mkfifo(self.path)

        self.assertEqual(self.keys.all(), [])
        self.assertIn("it is not a file", self.warnings[0])

    def test_of_a_huge_file_little_is_read(self) -> None:
        with self.path.open("w") as file:
            file.write("#" * MAX_FILE_BYTES + f"\n{LINE} ann\n")

        self.assertEqual(self.keys.all(), [])


class HostKeyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def test_the_host_key_is_made_once_and_private(self) -> None:
        key = load_host_key(self.path)

        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(load_host_key(self.path), key)
        self.assertEqual(
            [each.name for each in self.path.parent.glob(f"{self.path.name}*")], [self.path.name]
        )

    def test_a_host_key_that_others_may_read_is_not_used(self) -> None:
        load_host_key(self.path)
        self.path.chmod(0o640)

        error = self.assertRaises(BadHostKey, load_host_key, self.path)

        self.assertIn("chmod 600", str(error))

    def test_a_file_that_is_no_key_is_reported_and_not_overwritten(self) -> None:
        for data in (b"", b"rubbish", LINE.encode(), b"\xff" * 100):
            self.path.touch(0o600)
            self.path.write_bytes(data)

            error = self.assertRaises(BadHostKey, load_host_key, self.path)

            self.assertIn("move it away", str(error))
            self.assertEqual(self.path.read_bytes(), data)

    def test_a_host_key_that_cannot_be_made_is_reported(self) -> None:
        error = self.assertRaises(BadHostKey, load_host_key, self.path / "deep" / "key")

        self.assertIn("deep", str(error))
