"""Over SSH keys get in and nothing else; what strangers send costs little; inside there is the console."""

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
    """Give a packet as it is before there are keys."""
    body = bytes([kind]) + payload
    padding = 8 - (5 + len(body)) % 8 + 8
    return struct.pack(">LB", 1 + len(body) + padding, padding) + body + bytes(padding)


class ManholeTestCase(SynchronousTestCase):
    options = ""

    def setUp(self) -> None:
        self.door = ManholeStage(Path(self.mktemp()), self.options)
        self.stage = self.door.stage


class LoginTests(ManholeTestCase):
    def test_a_key_in_the_file_gets_in_and_is_noted(self) -> None:
        visit = self.door.visit(ANN)

        self.assertTrue(visit.is_in)
        self.assertEqual(len(self.door.notes), 1)
        self.assertTrue(self.door.notes[0].startswith("ssh (ann@laptop) came from "))

    def test_no_other_key_gets_in_and_only_keys_are_asked_for(self) -> None:
        visit = self.door.visit(EVE, password=b"secret")

        self.assertFalse(visit.is_in)
        self.assertEqual(visit.methods - {b"none"}, {b"publickey"})
        self.assertEqual(self.door.notes, [])

    def test_a_key_that_is_taken_out_is_out_at_once_and_one_put_in_is_in(self) -> None:
        self.door.keys.write_text(line_of(EVE))

        self.assertFalse(self.door.visit(ANN).is_in)
        self.assertTrue(self.door.visit(EVE).is_in)

    def test_where_others_may_write_to_the_file_nobody_gets_in(self) -> None:
        self.door.keys.chmod(0o622)

        self.assertFalse(self.door.visit(ANN).is_in)
        self.assertIn("others may write to it", self.door.warnings[0])

    def test_there_are_three_tries(self) -> None:
        visit = self.door.visit(*[EVE] * (MAX_TRIES - 1), ANN)
        self.assertTrue(visit.is_in)

        visit = self.door.visit(*[EVE] * MAX_TRIES, ANN)
        self.assertFalse(visit.is_in)
        self.assertTrue(visit.is_gone)

    def test_a_made_up_signature_does_not_get_in(self) -> None:
        portal = self.door.connection().factory.portal
        for signature in (None, b"x", NS(b"ssh-ed25519") + NS(bytes(64)), EVE.sign(b"data")):
            shown = SSHPrivateKey(b"admin", b"ssh-ed25519", ANN.public().blob(), b"data", signature)
            self.failureResultOf(portal.login(shown, None))

        shown = SSHPrivateKey(b"admin", b"ssh-ed25519", ANN.public().blob(), b"data", ANN.sign(b"data"))
        self.successResultOf(portal.login(shown, None))

    def test_as_many_consoles_as_there_may_be(self) -> None:
        visits = [self.door.visit(ANN) for _ in range(MAX_CONSOLES + 1)]

        self.assertEqual([visit.is_in for visit in visits], [True] * MAX_CONSOLES + [False])
        self.assertTrue(visits[-1].is_gone)


class StrangerTests(ManholeTestCase):
    def test_the_silent_are_sent_away_and_the_owner_is_not(self) -> None:
        __, silent = self.door.stranger()
        connection, half = self.door.stranger()
        connection.dataReceived(VERSION)
        owner = self.door.visit(ANN)

        self.stage.clock.advance(LOGIN_WITHIN_S - 0.1)
        self.assertEqual((silent.disconnecting, half.disconnecting), (False, False))
        self.stage.clock.advance(0.2)
        owner.settle()

        self.assertEqual((silent.disconnecting, half.disconnecting), (True, True))
        self.assertFalse(owner.is_gone)

    def test_a_version_without_an_end_is_not_kept(self) -> None:
        connection, transport = self.door.stranger()

        for _ in range(100):
            connection.dataReceived(b"SSH-" + b"x" * 30_000)

        self.assertTrue(transport.disconnecting)
        self.assertEqual(connection.buf, b"")

    def test_only_so_many_strangers_are_there_at_once(self) -> None:
        connections = [self.door.stranger() for _ in range(MAX_STRANGERS)]

        self.assertIsNone(self.door.manhole.buildProtocol(None))
        connections[0][0].connectionLost()
        self.assertIsNotNone(self.door.manhole.buildProtocol(None))

    def ends(self, *packets: bytes) -> bool:
        """Tell whether this is the end of a stranger's connection."""
        connection, transport = self.door.stranger()
        connection.dataReceived(VERSION)
        for each in packets:
            connection.dataReceived(each)
        ended = bool(transport.disconnecting)
        connection.connectionLost()
        return ended

    def test_strangers_may_send_little(self) -> None:
        one = packet(MSG_IGNORE, NS(b""))
        big = packet(MSG_IGNORE, NS(b"x" * 20_000))

        self.assertFalse(self.ends(*[one] * MAX_STRANGER_PACKETS))
        self.assertTrue(self.ends(*[one] * (MAX_STRANGER_PACKETS + 1)))
        self.assertFalse(self.ends(big))
        self.assertTrue(self.ends(*[big] * (MAX_STRANGER_BYTES // 20_000 + 1)))

    def test_what_is_only_announced_costs_nothing(self) -> None:
        self.assertTrue(self.ends(struct.pack(">LB", 0xFFFFFFFC, 4) + bytes(16)))
        self.assertTrue(self.ends(struct.pack(">LB", 1 << 20, 4) + bytes(MAX_STRANGER_BYTES)))

    def test_before_there_are_keys_nothing_but_keys_is_talked_of(self) -> None:
        for kind in (MSG_SERVICE_REQUEST, 6, 7, 50, 80, 90, 255):
            self.assertTrue(self.ends(packet(kind, NS(b"ssh-userauth"))), kind)

    def test_strangers_exchange_keys_once(self) -> None:
        visit = self.door.visit()
        self.assertFalse(visit.is_gone)

        self.stage.clock.advance(KEYS_EVERY_S)
        visit.sendKexInit()
        visit.settle()

        self.assertTrue(visit.is_gone)

    def test_the_owner_may_exchange_keys_again_but_not_all_the_time(self) -> None:
        visit = self.door.visit(ANN)
        self.stage.clock.advance(KEYS_EVERY_S)
        visit.sendKexInit()
        visit.settle()
        self.assertFalse(visit.is_gone)
        self.assertIn("nick", "".join(visit.pipes("clients")))

        visit.sendKexInit()
        visit.settle()

        self.assertTrue(visit.is_gone)

    @given(st.lists(st.binary(max_size=200), max_size=6), st.booleans())
    def test_rubbish_is_no_fault(self, pieces: list[bytes], is_packet: bool) -> None:
        connection, __ = self.door.stranger()
        connection.dataReceived(VERSION)

        for piece in pieces:
            connection.dataReceived(packet(piece[0], piece[1:]) if is_packet and piece else piece)
            self.assertLess(len(connection.buf), 1 << 17)

        connection.connectionLost()
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.stage.clock.getDelayedCalls(), [])


class InsideTests(ManholeTestCase):
    def test_the_console_does_what_it_does_elsewhere(self) -> None:
        ann, ben = self.stage.enter("ann", "ben", room="#tea")
        ann.hears()

        shown = self.door.visit(ANN).pipes(
            "list", "broadcast tea is ready", "eject ben too loud", "clear tea"
        )

        self.assertEqual([line.split()[0] for line in shown[2:4]], ["ann", "ben"])
        self.assertIn(":irc.test NOTICE * :tea is ready", ann.hears())
        self.assertTrue(ben.writer.is_closed)
        self.assertIn("clear #tea yes", shown)
        who = "ssh (ann@laptop)"
        self.assertEqual(self.stage.acts(), [(who, "BROADCAST", "2"), (who, "EJECT", "ben too loud")])

    def test_a_key_without_a_comment_is_called_by_its_fingerprint(self) -> None:
        self.door.keys.write_text(line_of(ANN, comment=""))

        self.door.visit(ANN).pipes("broadcast hi")

        self.assertEqual(self.stage.acts()[0][0], f"ssh ({key_fingerprint(ANN.public().blob())})")

    def test_what_people_typed_drives_no_terminal(self) -> None:
        (mal,) = self.stage.enter("mal", room="#tea")
        nasty = "\x1b]0;owned\x07 \x9b31m \u202e {0} \x7f"
        mal.says(f"PRIVMSG #tea :{nasty}", f"TOPIC #tea :{nasty}", f"SETNAME :{nasty}", f"AWAY :{nasty}")

        shown = self.door.visit(ANN).pipes("messages", "rooms", "who mal", "list")

        self.assertIn("{0}", "".join(shown))
        self.assertTrue(all(line.isprintable() for line in shown), shown)

    def test_the_end_of_input_ends_the_channel_and_not_the_server(self) -> None:
        room = self.door.visit(ANN).console()
        room.conn.sendEOF(room)
        room._visit.settle()

        self.assertEqual((room.is_over, room.exit_code, self.stage.stops), (True, 0, []))

    def test_nothing_is_run(self) -> None:
        room = self.door.visit(ANN).opens()

        self.assertTrue(room.asks(b"exec", NS(b"clients")))  # so that the line is shown

        self.assertEqual((room.is_over, room.exit_code), (True, 1))
        self.assertIn("Nothing is run here", room.lines[0])
        self.assertEqual(len(room.lines), 1)

    def test_nothing_else_is_granted(self) -> None:
        visit = self.door.visit(ANN)
        room = visit.opens()

        for what, data in (
            (b"subsystem", NS(b"sftp")),
            (b"x11-req", b"\0" + NS(b"MIT") + NS(b"0") + bytes(4)),
            (b"auth-agent-req@openssh.com", b""),
            (b"env", NS(b"LANG") + NS(b"es")),
            (b"signal", NS(b"KILL")),
            (b"pty-req", b"\xff\xff"),
        ):
            self.assertFalse(room.asks(what, data), what)
        for kind in (b"direct-tcpip", b"session", b"direct-streamlocal@openssh.com", b"x11"):
            self.assertFalse(visit.opens(kind).is_open, kind)
        self.failureResultOf(self.forwards(visit))
        self.assertFalse(visit.is_gone)
        self.assertTrue(room.asks(b"shell"))
        self.assertFalse(room.asks(b"shell"))

    def forwards(self, visit: SshClient) -> Deferred[object]:
        """Ask for a port to be forwarded."""
        asked: Deferred[object] = visit.room.sendGlobalRequest(
            b"tcpip-forward", NS(b"") + struct.pack(">L", 0), wantReply=1
        )
        visit.settle()
        return asked

    def test_a_terminal_that_can_do_nothing_gets_plain_lines(self) -> None:
        room = self.door.visit(ANN).opens()
        self.assertFalse(room.asks(b"pty-req", NS(b"dumb") + struct.pack(">4L", 80, 24, 0, 0) + NS(b"")))

        self.assertTrue(room.asks(b"shell"))
        room.types("who eve\n")

        self.assertEqual(room.lines, ["! Nobody here is called eve; clients lists who is here"])

    def test_who_reads_nothing_is_dropped_before_much_waits(self) -> None:
        (ann,) = self.stage.enter("ann", room="#tea")
        ann.says(*["PRIVMSG #tea :" + "x" * 300] * 100)
        visit = self.door.visit(ANN, window=1, packet=2048)
        room = visit.console()
        room.conn.adjustWindow = lambda channel, count: None

        asked = 0
        while not visit.is_gone:
            room.types("messages tea 100\n")
            asked += 1
            self.assertLess(asked, 2 * MAX_WAITING_BYTES // 30_000)

        self.assertGreater(asked, 10)

    def test_lines_that_are_typed_ahead_are_held_back_by_the_window(self) -> None:
        visit = self.door.visit(ANN)
        room = visit.console()
        self.stage.store.is_held = True
        before = room.remoteWindowLeft

        room.types(f"broadcast {'x' * 390}\n" * 1000)
        self.assertGreater(len(room.buf), 200_000)  # which the avatar still has
        self.assertLess(before, 1 << 18)
        self.stage.store.release()
        visit.settle()

        self.assertEqual(len(self.stage.acts()), 1000)
        self.assertEqual(room.buf, b"")

    def test_more_than_the_window_has_room_for_ends_the_channel(self) -> None:
        visit = self.door.visit(ANN)
        room = visit.console()

        room.conn.sendData(room, b"x" * 60_000)
        visit.settle()

        self.assertTrue(room.is_over)
        self.assertFalse(visit.is_gone)

    def test_a_packet_from_inside_that_does_not_end_is_not_kept(self) -> None:
        visit = self.door.visit(ANN)
        visit.sendPacket(MSG_IGNORE, NS(bytes(200_000)))
        data = visit.transport.getOutBuffer()

        for start in range(0, 100_000, 20_000):
            visit.connection.dataReceived(data[start : start + 20_000])
        self.assertLess(len(visit.connection.buf), 20_000)
        visit.settle()

        self.assertTrue(visit.is_gone)

    def test_rubbish_from_inside_is_the_end_of_that_connection_only(self) -> None:
        for kind, payload in ((94, b"\0"), (98, bytes(4)), (93, struct.pack(">LL", 77, 1)), (90, b"x")):
            visit, other = self.door.visit(ANN), self.door.visit(ANN)
            visit.sendPacket(kind, payload)
            visit.settle()

            self.assertTrue(visit.is_gone, kind)
            self.assertIn("nick", "".join(other.pipes("clients")))
            self.assertEqual(self.flushLoggedErrors(), [])
            other.connection.connectionLost()

    def test_a_connection_that_breaks_in_the_middle_is_no_fault(self) -> None:
        visit = self.door.visit(ANN)
        room = visit.console()
        self.stage.store.is_held = True
        room.types("broadcast hello\nlist\n")

        visit.connection.connectionLost()
        self.stage.store.release()
        self.stage.settle()

        self.assertEqual(len(self.stage.acts()), 1)
        self.assertEqual(self.door.manhole.connections, set())

    def test_at_the_end_everybody_is_told_and_goes(self) -> None:
        visits = [self.door.visit(ANN), self.door.visit(ANN), self.door.visit(EVE)]
        room = visits[0].console()
        finished = self.door.manhole.finish()

        for visit in visits:
            visit.settle()

        self.assertIn("The server is shutting down", room.lines)
        self.assertTrue(room.is_over)
        self.assertIsNone(self.door.manhole.buildProtocol(None))
        for visit in visits:
            visit.connection.connectionLost()
        self.successResultOf(finished)

    def test_python_is_not_for_every_key(self) -> None:
        shown = self.door.visit(ANN).pipes("py", "1 + 1")

        self.assertIn("manhole_keys", shown[0])
        self.assertNotIn("2", shown)
        self.assertEqual(self.stage.acts(), [])


class PythonTests(ManholeTestCase):
    options = "py"

    def test_a_key_that_may_gets_python_and_that_is_in_the_audit_log(self) -> None:
        self.stage.enter("ann")

        shown = self.door.visit(ANN).pipes("py", "len(hub.users)", 'run("list")', "exit()", "who eve")

        self.assertEqual(shown[1], "1")
        self.assertTrue(shown[4].startswith("ann "), shown)
        self.assertEqual(shown[5], "! Nobody here is called eve; clients lists who is here")
        self.assertEqual(self.stage.acts(), [("ssh (ann@laptop)", "PYTHON", "opened")])

    def test_what_it_prints_drives_no_terminal(self) -> None:
        shown = self.door.visit(ANN).pipes("py", "print('\\x1b]0;owned\\x07')", "'\\x1b[2J'")

        self.assertTrue(all(line.isprintable() for line in shown), shown)
        self.assertIn("'\\x1b[2J'", shown)


class OpeningTests(SynchronousTestCase):
    def test_the_key_of_the_host_is_told_and_stays(self) -> None:
        door = ManholeStage(Path(self.mktemp()))

        told = door.manhole.open()

        self.assertTrue(told.startswith("SHA256:"))
        self.assertEqual(door.manhole.open(), told)
        self.assertEqual(door.warnings, [])

    def test_without_keys_it_says_what_to_do(self) -> None:
        door = ManholeStage(Path(self.mktemp()))
        for spoil in (door.keys.unlink, lambda: door.keys.write_text("# nobody yet\n")):
            spoil()
            door.warnings.clear()
            door.manhole.keys._warned.clear()

            door.manhole.open()

            self.assertIn(f"put public keys into {door.keys}", door.warnings[0])
