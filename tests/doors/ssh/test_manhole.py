"""SSH: only keys log in; before a login a peer can cost little; behind it is the console."""

from __future__ import annotations

import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.transport import MSG_IGNORE, MSG_SERVICE_REQUEST
from twisted.cred.credentials import SSHPrivateKey
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from simplechat.doors.ssh.authorized_keys import key_fingerprint
from simplechat.doors.ssh.manhole import MAX_CONSOLES, MAX_STRANGERS
from simplechat.doors.ssh.ssh_channel import MAX_WAITING_BYTES
from simplechat.doors.ssh.ssh_connection import (
    KEYS_EVERY_S,
    LOGIN_WITHIN_S,
    MAX_STRANGER_BYTES,
    MAX_STRANGER_PACKETS,
    MAX_TRIES,
)
from tests.support.ssh import ANN, EVE, ManholeStage, SshClient, line_of

VERSION = b"SSH-2.0-hostile\r\n"


def packet(kind: int, payload: bytes) -> bytes:
    """Encode a packet as it is before the key exchange."""
    body = bytes([kind]) + payload
    padding = 8 - (5 + len(body)) % 8 + 8
    return struct.pack(">LB", 1 + len(body) + padding, padding) + body + bytes(padding)


class ManholeTestCase(SynchronousTestCase):
    options = ""

    def setUp(self) -> None:
        self.manhole_stage = ManholeStage(Path(self.mktemp()), self.options)
        self.stage = self.manhole_stage.stage


class LoginTests(ManholeTestCase):
    def test_a_key_in_the_file_logs_in_and_is_logged(self) -> None:
        client = self.manhole_stage.connect(ANN)

        self.assertTrue(client.is_in)
        self.assertEqual(len(self.manhole_stage.notes), 1)
        self.assertTrue(self.manhole_stage.notes[0].startswith("ssh (ann@laptop) came from "))

    def test_no_other_key_logs_in_and_passwords_are_not_offered(self) -> None:
        client = self.manhole_stage.connect(EVE, password=b"secret")

        self.assertFalse(client.is_in)
        self.assertEqual(client.methods - {b"none"}, {b"publickey"})
        self.assertEqual(self.manhole_stage.notes, [])

    def test_a_change_of_the_file_takes_effect_at_once(self) -> None:
        self.manhole_stage.keys.write_text(line_of(EVE))

        self.assertFalse(self.manhole_stage.connect(ANN).is_in)
        self.assertTrue(self.manhole_stage.connect(EVE).is_in)

    def test_nobody_logs_in_where_others_may_write_to_the_file(self) -> None:
        self.manhole_stage.keys.chmod(0o622)

        self.assertFalse(self.manhole_stage.connect(ANN).is_in)
        self.assertIn("others may write to it", self.manhole_stage.warnings[0])

    def test_there_are_three_tries(self) -> None:
        client = self.manhole_stage.connect(*[EVE] * (MAX_TRIES - 1), ANN)
        self.assertTrue(client.is_in)

        client = self.manhole_stage.connect(*[EVE] * MAX_TRIES, ANN)
        self.assertFalse(client.is_in)
        self.assertTrue(client.is_gone)

    def test_a_made_up_signature_does_not_log_in(self) -> None:
        portal = self.manhole_stage.build_protocol().factory.portal
        for signature in (None, b"x", NS(b"ssh-ed25519") + NS(bytes(64)), EVE.sign(b"data")):
            shown = SSHPrivateKey(b"admin", b"ssh-ed25519", ANN.public().blob(), b"data", signature)
            self.failureResultOf(portal.login(shown, None))

        shown = SSHPrivateKey(b"admin", b"ssh-ed25519", ANN.public().blob(), b"data", ANN.sign(b"data"))
        self.successResultOf(portal.login(shown, None))

    def test_the_number_of_consoles_is_limited(self) -> None:
        clients = [self.manhole_stage.connect(ANN) for _ in range(MAX_CONSOLES + 1)]

        self.assertEqual([client.is_in for client in clients], [True] * MAX_CONSOLES + [False])
        self.assertTrue(clients[-1].is_gone)


class BeforeLoginTests(ManholeTestCase):
    def test_peers_that_do_not_log_in_are_disconnected_in_time(self) -> None:
        __, silent = self.manhole_stage.stranger()
        connection, half = self.manhole_stage.stranger()
        connection.dataReceived(VERSION)
        owner = self.manhole_stage.connect(ANN)

        self.stage.clock.advance(LOGIN_WITHIN_S - 0.1)
        self.assertEqual((silent.disconnecting, half.disconnecting), (False, False))
        self.stage.clock.advance(0.2)
        owner.settle()

        self.assertEqual((silent.disconnecting, half.disconnecting), (True, True))
        self.assertFalse(owner.is_gone)

    def test_a_version_without_an_end_is_not_kept(self) -> None:
        connection, transport = self.manhole_stage.stranger()

        for _ in range(100):
            connection.dataReceived(b"SSH-" + b"x" * 30_000)

        self.assertTrue(transport.disconnecting)
        self.assertEqual(connection.buf, b"")

    def test_the_number_of_connections_before_login_is_limited(self) -> None:
        connections = [self.manhole_stage.stranger() for _ in range(MAX_STRANGERS)]

        self.assertIsNone(self.manhole_stage.manhole.buildProtocol(None))
        connections[0][0].connectionLost()
        self.assertIsNotNone(self.manhole_stage.manhole.buildProtocol(None))

    def ends(self, *packets: bytes) -> bool:
        """Tell whether packets before a login end the connection."""
        connection, transport = self.manhole_stage.stranger()
        connection.dataReceived(VERSION)
        for each in packets:
            connection.dataReceived(each)
        ended = bool(transport.disconnecting)
        connection.connectionLost()
        return ended

    def test_little_may_be_sent_before_a_login(self) -> None:
        one = packet(MSG_IGNORE, NS(b""))
        big = packet(MSG_IGNORE, NS(b"x" * 20_000))

        self.assertFalse(self.ends(*[one] * MAX_STRANGER_PACKETS))
        self.assertTrue(self.ends(*[one] * (MAX_STRANGER_PACKETS + 1)))
        self.assertFalse(self.ends(big))
        self.assertTrue(self.ends(*[big] * (MAX_STRANGER_BYTES // 20_000 + 1)))

    def test_an_announced_length_costs_nothing(self) -> None:
        self.assertTrue(self.ends(struct.pack(">LB", 0xFFFFFFFC, 4) + bytes(16)))
        self.assertTrue(self.ends(struct.pack(">LB", 1 << 20, 4) + bytes(MAX_STRANGER_BYTES)))

    def test_only_key_exchange_messages_may_be_unencrypted(self) -> None:
        for kind in (MSG_SERVICE_REQUEST, 6, 7, 50, 80, 90, 255):
            self.assertTrue(self.ends(packet(kind, NS(b"ssh-userauth"))), kind)

    def test_keys_are_exchanged_once_before_a_login(self) -> None:
        client = self.manhole_stage.connect()
        self.assertFalse(client.is_gone)

        self.stage.clock.advance(KEYS_EVERY_S)
        client.sendKexInit()
        client.settle()

        self.assertTrue(client.is_gone)

    def test_keys_may_be_exchanged_again_after_a_login_but_not_all_the_time(self) -> None:
        client = self.manhole_stage.connect(ANN)
        self.stage.clock.advance(KEYS_EVERY_S)
        client.sendKexInit()
        client.settle()
        self.assertFalse(client.is_gone)
        self.assertIn("nick", "".join(client.pipes("clients")))

        client.sendKexInit()
        client.settle()

        self.assertTrue(client.is_gone)

    @given(st.lists(st.binary(max_size=200), max_size=6), st.booleans())
    def test_malformed_input_raises_nothing(self, pieces: list[bytes], is_packet: bool) -> None:
        connection, __ = self.manhole_stage.stranger()
        connection.dataReceived(VERSION)

        for piece in pieces:
            connection.dataReceived(packet(piece[0], piece[1:]) if is_packet and piece else piece)
            self.assertLess(len(connection.buf), 1 << 17)

        connection.connectionLost()
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.stage.clock.getDelayedCalls(), [])


class ConsoleTests(ManholeTestCase):
    def test_the_console_runs_the_owners_commands(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        shown = self.manhole_stage.connect(ANN).pipes(
            "list", "broadcast tea is ready", "eject ben too loud", "clear tea"
        )

        self.assertEqual([line.split()[0] for line in shown[2:4]], ["ann", "ben"])
        self.assertIn(":irc.test NOTICE * :tea is ready", ann.hears())
        self.assertTrue(ben.writer.is_closed)
        self.assertIn("clear #tea yes", shown)
        who = "ssh (ann@laptop)"
        self.assertEqual(self.stage.acts(), [(who, "BROADCAST", "2"), (who, "EJECT", "ben too loud")])

    def test_a_key_without_a_comment_is_named_by_its_fingerprint(self) -> None:
        self.manhole_stage.keys.write_text(line_of(ANN, comment=""))

        self.manhole_stage.connect(ANN).pipes("broadcast hi")

        self.assertEqual(self.stage.acts()[0][0], f"ssh ({key_fingerprint(ANN.public().blob())})")

    def test_texts_of_users_control_no_terminal(self) -> None:
        (mal,) = self.stage.enter("mal", room="#tea")
        nasty = "\x1b]0;owned\x07 \x9b31m \u202e {0} \x7f"
        mal.says(f"PRIVMSG #tea :{nasty}", f"TOPIC #tea :{nasty}", f"SETNAME :{nasty}", f"AWAY :{nasty}")

        shown = self.manhole_stage.connect(ANN).pipes("messages", "rooms", "who mal", "list")

        self.assertIn("{0}", "".join(shown))
        self.assertTrue(all(line.isprintable() for line in shown), shown)

    def test_the_end_of_input_ends_the_channel_and_not_the_server(self) -> None:
        channel = self.manhole_stage.connect(ANN).console()
        channel.conn.sendEOF(channel)
        channel._client.settle()

        self.assertEqual((channel.is_over, channel.exit_code, self.stage.stops), (True, 0, []))

    def test_exec_requests_run_nothing(self) -> None:
        channel = self.manhole_stage.connect(ANN).opens()

        self.assertTrue(channel.asks(b"exec", NS(b"clients")))  # so that the line is shown

        self.assertEqual((channel.is_over, channel.exit_code), (True, 1))
        self.assertIn("Nothing is run here", channel.lines[0])
        self.assertEqual(len(channel.lines), 1)

    def test_other_requests_and_channels_are_refused(self) -> None:
        client = self.manhole_stage.connect(ANN)
        channel = client.opens()

        for what, data in (
            (b"subsystem", NS(b"sftp")),
            (b"x11-req", b"\0" + NS(b"MIT") + NS(b"0") + bytes(4)),
            (b"auth-agent-req@openssh.com", b""),
            (b"env", NS(b"LANG") + NS(b"es")),
            (b"signal", NS(b"KILL")),
            (b"pty-req", b"\xff\xff"),
        ):
            self.assertFalse(channel.asks(what, data), what)
        for kind in (b"direct-tcpip", b"session", b"direct-streamlocal@openssh.com", b"x11"):
            self.assertFalse(client.opens(kind).is_open, kind)
        self.failureResultOf(self.forwards(client))
        self.assertFalse(client.is_gone)
        self.assertTrue(channel.asks(b"shell"))
        self.assertFalse(channel.asks(b"shell"))

    def forwards(self, client: SshClient) -> Deferred[object]:
        """Ask for a port to be forwarded."""
        asked: Deferred[object] = client.service.sendGlobalRequest(
            b"tcpip-forward", NS(b"") + struct.pack(">L", 0), wantReply=1
        )
        client.settle()
        return asked

    def test_a_dumb_terminal_gets_plain_lines(self) -> None:
        channel = self.manhole_stage.connect(ANN).opens()
        self.assertFalse(channel.asks(b"pty-req", NS(b"dumb") + struct.pack(">4L", 80, 24, 0, 0) + NS(b"")))

        self.assertTrue(channel.asks(b"shell"))
        channel.types("who eve\n")

        self.assertEqual(channel.lines, ["! Nobody here is called eve; clients lists who is here"])

    def test_a_peer_that_does_not_read_is_dropped_before_much_waits(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        ann.says(*["PRIVMSG #tea :" + "x" * 300] * 100)
        client = self.manhole_stage.connect(ANN, window=1, packet=2048)
        channel = client.console()
        channel.conn.adjustWindow = lambda channel, count: None

        asked = 0
        while not client.is_gone:
            channel.types("messages tea 100\n")
            asked += 1
            self.assertLess(asked, 2 * MAX_WAITING_BYTES // 30_000)

        self.assertGreater(asked, 10)

    def test_lines_that_are_typed_ahead_are_held_back_by_the_window(self) -> None:
        client = self.manhole_stage.connect(ANN)
        channel = client.console()
        self.stage.store.is_held = True
        before = channel.remoteWindowLeft

        channel.types(f"broadcast {'x' * 390}\n" * 1000)
        self.assertGreater(len(channel.buf), 200_000)  # which the avatar still has
        self.assertLess(before, 1 << 18)
        self.stage.store.release()
        client.settle()

        self.assertEqual(len(self.stage.acts()), 1000)
        self.assertEqual(channel.buf, b"")

    def test_more_than_the_window_has_room_for_ends_the_channel(self) -> None:
        client = self.manhole_stage.connect(ANN)
        channel = client.console()

        channel.conn.sendData(channel, b"x" * 60_000)
        client.settle()

        self.assertTrue(channel.is_over)
        self.assertFalse(client.is_gone)

    def test_an_endless_packet_after_a_login_is_not_kept(self) -> None:
        client = self.manhole_stage.connect(ANN)
        client.sendPacket(MSG_IGNORE, NS(bytes(200_000)))
        data = client.transport.getOutBuffer()

        for start in range(0, 100_000, 20_000):
            client.connection.dataReceived(data[start : start + 20_000])
        self.assertLess(len(client.connection.buf), 20_000)
        client.settle()

        self.assertTrue(client.is_gone)

    def test_malformed_input_after_a_login_ends_that_connection_only(self) -> None:
        for kind, payload in ((94, b"\0"), (98, bytes(4)), (93, struct.pack(">LL", 77, 1)), (90, b"x")):
            client, other = self.manhole_stage.connect(ANN), self.manhole_stage.connect(ANN)
            client.sendPacket(kind, payload)
            client.settle()

            self.assertTrue(client.is_gone, kind)
            self.assertIn("nick", "".join(other.pipes("clients")))
            self.assertEqual(self.flushLoggedErrors(), [])
            other.connection.connectionLost()

    def test_a_connection_that_breaks_raises_nothing(self) -> None:
        client = self.manhole_stage.connect(ANN)
        channel = client.console()
        self.stage.store.is_held = True
        channel.types("broadcast hello\nlist\n")

        client.connection.connectionLost()
        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(len(self.stage.acts()), 1)
        self.assertEqual(list(self.manhole_stage.manhole.connections), [])

    def test_at_the_end_all_consoles_are_told_and_closed(self) -> None:
        clients = [
            self.manhole_stage.connect(ANN),
            self.manhole_stage.connect(ANN),
            self.manhole_stage.connect(EVE),
        ]
        channel = clients[0].console()
        finished = self.manhole_stage.manhole.finish()

        for client in clients:
            client.settle()

        self.assertIn("The server is shutting down", channel.lines)
        self.assertTrue(channel.is_over)
        self.assertIsNone(self.manhole_stage.manhole.buildProtocol(None))
        for client in clients:
            client.connection.connectionLost()
        self.successResultOf(finished)

    def test_python_needs_a_key_with_the_option(self) -> None:
        shown = self.manhole_stage.connect(ANN).pipes("py", "1 + 1")

        self.assertIn("manhole_keys", shown[0])
        self.assertNotIn("2", shown)
        self.assertEqual(self.stage.acts(), [])


class PythonTests(ManholeTestCase):
    options = "py"

    def test_a_key_with_the_option_opens_python_which_is_in_the_audit_log(self) -> None:
        self.stage.enter("ann")

        shown = self.manhole_stage.connect(ANN).pipes(
            "py", "len(hub.users)", 'run("list")', "exit()", "who eve"
        )

        self.assertEqual(shown[1], "1")
        self.assertTrue(shown[4].startswith("ann "), shown)
        self.assertEqual(shown[5], "! Nobody here is called eve; clients lists who is here")
        self.assertEqual(self.stage.acts(), [("ssh (ann@laptop)", "PYTHON", "opened")])

    def test_output_of_python_controls_no_terminal(self) -> None:
        shown = self.manhole_stage.connect(ANN).pipes("py", "print('\\x1b]0;owned\\x07')", "'\\x1b[2J'")

        self.assertTrue(all(line.isprintable() for line in shown), shown)
        self.assertIn("'\\x1b[2J'", shown)


class OpeningTests(SynchronousTestCase):
    def test_the_host_key_is_shown_and_stays_the_same(self) -> None:
        door = ManholeStage(Path(self.mktemp()))

        told = door.manhole.open()

        self.assertTrue(told.startswith("SHA256:"))
        self.assertEqual(door.manhole.open(), told)
        self.assertEqual(door.warnings, [])

    def test_an_empty_file_of_keys_is_reported(self) -> None:
        door = ManholeStage(Path(self.mktemp()))
        for spoil in (door.keys.unlink, lambda: door.keys.write_text("# nobody yet\n")):
            spoil()
            door.warnings.clear()
            door.manhole.keys._warned.clear()

            door.manhole.open()

            self.assertIn(f"put public keys into {door.keys}", door.warnings[0])
