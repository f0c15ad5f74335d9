"""WebSockets: one line a message, bounded whatever the peer sends, closed with the right code."""

from __future__ import annotations

import struct
from dataclasses import replace
from itertools import pairwise
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from wsproto.events import Event, Ping, Pong, TextMessage
from wsproto.frame_protocol import Opcode

from simplechat.conversation import Conversation
from simplechat.doors.http.http_connection import MAX_REQUESTS_PER_TURN
from simplechat.doors.http.websocket import (
    BINARY_PROTOCOL,
    LINGER_S,
    MAX_CACHED_FRAME_BYTES,
    MAX_CACHED_FRAMES,
    MAX_EMPTY_FRAMES,
    MAX_FRAGMENTS,
    MAX_IGNORED_BYTES,
    PING_EVERY_S,
    TEXT_PROTOCOL,
    FrameCache,
    WebSocketProtocol,
)
from simplechat.doors.net.irc import MAX_LINE_BYTES
from simplechat.doors.net.writer import SocketWriter
from simplechat.hub.user import Session
from tests.support.stage import Stage
from tests.support.web import KEY, HttpPeer, WebSocketPeer, WebStage, request, upgrade

MASK = b"\x01\x02\x03\x04"
TEXT_CODE, BINARY_CODE, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(payload: bytes, opcode: int = TEXT_CODE, is_last: bool = True, is_masked: bool = True) -> bytes:
    """Encode a client's frame, also one that breaks the protocol."""
    size = len(payload)
    first = opcode | (0x80 if is_last else 0)
    mask = 0x80 if is_masked else 0
    head = (
        struct.pack("!BB", first, mask | size) if size < 126 else struct.pack("!BBH", first, mask | 126, size)
    )
    if not is_masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))


def fragments(pieces: list[bytes], opcode: int = TEXT_CODE) -> list[bytes]:
    """Encode a message in several frames."""
    last = len(pieces) - 1
    return [frame(piece, 0 if place else opcode, place == last) for place, piece in enumerate(pieces)]


class HandshakeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = WebStage()

    def refused(self, head: bytes) -> int:
        """Send a handshake; return the status of the refusal."""
        peer = HttpPeer(self.web)
        peer.sends(head)
        (reply,) = peer.replies()
        self.assertEqual(self.web.conversations, [])
        return reply.code

    def test_the_first_subprotocol_that_both_know_is_chosen(self) -> None:
        offers = {
            "": "",
            TEXT_PROTOCOL: TEXT_PROTOCOL,
            BINARY_PROTOCOL: BINARY_PROTOCOL,
            f"{BINARY_PROTOCOL}, {TEXT_PROTOCOL}": BINARY_PROTOCOL,
            f"x,{TEXT_PROTOCOL} ,{BINARY_PROTOCOL}": TEXT_PROTOCOL,
        }
        offers |= {"x": "", "TEXT_PROTOCOL.IRCV3.NET": ""}

        for offered, agreed in offers.items():
            answer = WebSocketPeer(self.web, offered).answer.decode()
            self.assertIn("\r\nSec-WebSocket-Accept: ", answer)
            self.assertEqual(answer.count("Sec-WebSocket-Protocol"), bool(agreed))
            self.assertEqual(answer.count(f"Sec-WebSocket-Protocol: {agreed}\r\n"), bool(agreed), offered)

    def test_two_paths_accept_websockets_and_no_other(self) -> None:
        for target in ("/", "/socket", "/socket?x"):
            WebSocketPeer(self.web, target=target)
        web = WebStage()
        for target, code in (("/healthz", 200), ("/x", 404)):
            peer = HttpPeer(web)
            peer.sends(upgrade(target=target))
            self.assertEqual(peer.replies()[0].code, code)

        self.assertEqual((len(self.web.conversations), len(web.conversations)), (3, 0))

    def test_a_malformed_handshake_is_refused(self) -> None:
        self.assertEqual(self.refused(upgrade(Upgrade="")), 426)
        self.assertEqual(self.refused(upgrade(Upgrade="h2c")), 426)
        self.assertEqual(self.refused(upgrade(Connection="keep-alive")), 400)
        self.assertEqual(self.refused(upgrade(Sec_WebSocket_Key="")), 400)
        self.assertEqual(self.refused(upgrade(Sec_WebSocket_Key=KEY[:-1])), 400)
        self.assertEqual(self.refused(upgrade(Sec_WebSocket_Key="AAAA")), 400)
        self.assertEqual(self.refused(upgrade(Sec_WebSocket_Key="\u00e9" * 24)), 400)
        self.assertEqual(self.refused(upgrade(Sec_WebSocket_Version="8")), 426)
        self.assertEqual(self.refused(upgrade().replace(b"GET", b"HEAD")), 400)
        self.assertEqual(self.refused(upgrade().replace(b"GET", b"POST")), 405)

    def test_compression_is_never_accepted(self) -> None:
        peer = WebSocketPeer(self.web, Sec_WebSocket_Extensions="permessage-deflate")

        self.assertNotIn(b"Extensions", peer.answer)

    def test_pages_of_other_sites_may_not_open_one(self) -> None:
        here = {"Host": "chat.example:8067"}
        for origin in ("http://chat.example:8067", "https://CHAT.example:8067", ""):
            WebSocketPeer(self.web, Origin=origin, **here)
        web = self.web = WebStage()
        others = (
            "http://evil.example",
            "http://chat.example",
            "null",
            "chat.example:8067",
            "file://",
            "https://",
        )
        for origin in (*others, "http://chat.example:8067.evil.example", "ftp://chat.example:8067"):
            self.assertEqual(self.refused(upgrade(Origin=origin, **here)), 403, origin)
        names = type(web.server.services.names)("chat.example", ("https://web.example/",))
        web.server.services = replace(web.server.services, names=names)
        WebSocketPeer(web, Origin="https://web.example", **here)
        self.assertEqual(len(web.conversations), 1)

    def test_the_default_port_of_a_scheme_makes_no_difference(self) -> None:
        WebSocketPeer(self.web, Host="chat.example:443", Origin="https://chat.example")
        WebSocketPeer(self.web, Host="chat.example", Origin="http://chat.example:80")

    def test_a_frame_in_the_same_read_as_the_handshake_is_handled(self) -> None:
        peer = HttpPeer(self.web)

        peer.sends(upgrade() + frame(b"NICK a"))

        self.assertEqual(self.web.conversations[0].heard, [b"NICK a"])

    def test_a_handshake_behind_requests_and_before_many_frames_is_read_on(self) -> None:
        peer = HttpPeer(self.web)
        frames = frame(b"PING a") * 6000

        peer.sends(request() * MAX_REQUESTS_PER_TURN + upgrade() + frames)
        self.assertEqual(peer.transport.producerState, "paused")
        self.web.clock.advance(0)

        self.assertEqual(peer.transport.producerState, "producing")
        self.assertEqual(len(self.web.conversations[-1].heard), 6000)

    def test_the_conversation_knows_the_address_and_the_encryption(self) -> None:
        peer = HttpPeer(self.web, "192.0.2.9", is_secure=True)
        peer.sends(upgrade())
        (conversation,) = self.web.conversations

        self.assertEqual(
            (conversation.peer.host, conversation.peer.is_secure, conversation.peer.fingerprint),
            ("192.0.2.9", True, "ab"),
        )

    def test_a_websocket_is_no_http_connection_any_more(self) -> None:
        peer = WebSocketPeer(self.web)
        self.web.clock.advance(PING_EVERY_S - 1)

        self.assertEqual((peer.transport.disconnecting, self.web.server.connections), (False, set()))
        self.assertEqual(len(self.web.server.sockets), 1)
        peer.drops()
        self.assertEqual(len(self.web.server.sockets), 0)
        self.assertEqual(peer.conversation.losses, ["Connection closed"])
        self.assertEqual(self.web.clock.getDelayedCalls(), [])


class ReadingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = WebStage()

    def ends(self, *reads: bytes, subprotocol: str = "") -> tuple[int | None, list[bytes]]:
        """Send data; return the code of the close frame, and the lines that arrived before."""
        peer = WebSocketPeer(self.web, subprotocol)
        for read in reads:
            peer.sends(read)
            if peer.conversation.refusals:
                peer.conversation.writer.close()
        return peer.end_code(), peer.conversation.heard

    def test_a_message_is_a_line(self) -> None:
        text, binary, either = (
            WebSocketPeer(self.web, each) for each in (TEXT_PROTOCOL, BINARY_PROTOCOL, "")
        )

        text.says("NICK ñ")
        binary.says("NICK ñ".encode(), b"\xff\xfe")
        either.says("NICK a", b"NICK b")

        heard = [conversation.heard for conversation in self.web.conversations]
        self.assertEqual(
            heard, [["NICK ñ".encode()], ["NICK ñ".encode(), b"\xff\xfe"], [b"NICK a", b"NICK b"]]
        )

    def test_messages_of_the_wrong_kind_are_refused(self) -> None:
        self.assertEqual(self.ends(frame(b"a", BINARY_CODE), subprotocol=TEXT_PROTOCOL), (1003, []))
        self.assertEqual(self.ends(frame(b"a", TEXT_CODE), subprotocol=BINARY_PROTOCOL), (1003, []))

    def test_a_line_end_within_a_message_is_left_to_the_conversation(self) -> None:
        for message in ("PRIVMSG #a :b\r\nQUIT", "NICK a\n", "NICK a\r"):
            stage = Stage()
            web = WebStage(lambda writer, peer, stage=stage: _start_conversation(stage, writer))
            peer = WebSocketPeer(web)
            peer.says(message)
            stage.settle()
            self.assertIn("INVALID_LINE", "".join(map(str, peer.hears())))

    def test_text_that_is_not_utf8_ends_with_1007_however_it_is_cut(self) -> None:
        for bad in (b"\xc3\x28", b"\xed\xa0\x80", b"a\xff", b"\xf4\x90\x80\x80", b"\xc3"):
            for cut in range(len(bad) + 1):
                self.assertEqual(self.ends(*fragments([bad[:cut], bad[cut:]])), (1007, []), (bad, cut))

    def test_a_message_has_a_limit_over_all_its_fragments(self) -> None:
        most = b"x" * MAX_LINE_BYTES
        self.assertEqual(self.ends(frame(most)), (None, [most]))
        self.assertEqual(self.ends(frame(most + b"x")), (1009, []))
        self.assertEqual(self.ends(*fragments([b"x" * 8192, b"x" * 8192, b"x"])), (1009, []))
        self.assertEqual(self.ends(frame("ñ".encode() * (MAX_LINE_BYTES // 2) + b"x")), (1009, []))

    def test_a_message_has_a_limit_of_fragments_empty_ones_included(self) -> None:
        self.assertEqual(self.ends(*fragments([b"x"] * MAX_FRAGMENTS))[0], None)
        self.assertEqual(self.ends(*fragments([b"x"] * (MAX_FRAGMENTS + 1))), (1009, []))
        million = frame(b"", 0, False) * 10_000
        self.assertEqual(self.ends(frame(b"", TEXT_CODE, False), *[million] * 100), (1009, []))

    def test_an_announced_length_costs_nothing_until_it_comes(self) -> None:
        head = struct.pack("!BBQ", 0x81, 0x80 | 127, 1 << 40) + MASK
        peer = WebSocketPeer(self.web)

        peer.sends(head, b"x" * MAX_LINE_BYTES)
        self.assertEqual(peer.conversation.refusals, [])
        peer.sends(*[b"x" * 65536] * 3)

        self.assertEqual(peer.conversation.refusals, ["Line too long"])
        self.assertTrue(peer.transport.is_aborted)
        self.assertLessEqual(len(cast("WebSocketProtocol", peer.protocol._successor)._message), 2 * 65536)

    def test_what_breaks_the_protocol_ends_with_1002(self) -> None:
        broken = {
            "unmasked": frame(b"a", is_masked=False),
            "reserved bit": bytes((0xC1, 0x80)) + MASK,
            "reserved opcode": frame(b"a", 3),
            "reserved control": frame(b"a", 11),
            "continuation of nothing": frame(b"a", 0),
            "new message within one": frame(b"a", is_last=False) + frame(b"b"),
            "fragmented ping": frame(b"a", PING, is_last=False),
            "long ping": frame(b"a" * 126, PING),
            "long close": frame(b"\x03\xe8" + b"a" * 124, CLOSE),
            "close of one byte": frame(b"a", CLOSE),
            "close with no code": frame(struct.pack("!H", 1005), CLOSE),
            "close with an unknown code": frame(struct.pack("!H", 999), CLOSE),
            "length in too many bytes": struct.pack("!BBH", 0x81, 0x80 | 126, 5) + MASK + b"abcde",
            "length with a sign": struct.pack("!BBQ", 0x81, 0x80 | 127, 1 << 63) + MASK,
        }

        codes = {name: self.ends(frame(b"NICK a"), data, frame(b"NICK b")) for name, data in broken.items()}

        self.assertEqual(codes, {name: (1002, [b"NICK a"]) for name in broken})

    def test_a_pause_holds_what_one_read_has_brought(self) -> None:
        peer = WebSocketPeer(self.web)
        peer.conversation.pause_every = 2

        peer.sends(b"".join(frame(b"%d" % number) for number in range(5)), frame(b"5"))
        self.assertEqual((peer.conversation.heard, peer.transport.producerState), ([b"0", b"1"], "paused"))
        peer.conversation.writer.resume()
        self.assertEqual((len(peer.conversation.heard), peer.transport.producerState), (4, "paused"))
        peer.conversation.writer.resume()
        peer.conversation.writer.resume()

        self.assertEqual(
            (b"".join(peer.conversation.heard), peer.transport.producerState), (b"012345", "producing")
        )

    def test_of_many_pings_in_one_read_the_last_is_answered(self) -> None:
        peer = WebSocketPeer(self.web)

        peer.sends(
            frame(b"a", PING) + frame(b"b", PING) + frame(b"NICK a") + frame(b"c", PING), frame(b"d", PONG)
        )

        self.assertEqual([event.payload for event in peer.reads() if isinstance(event, Pong)], [b"c"])
        self.assertEqual(peer.conversation.heard, [b"NICK a"])

    def test_frames_without_a_line_are_bounded_too(self) -> None:
        for aside in (frame(b"", PING), frame(b"", PONG), frame(b"")):
            code, heard = self.ends(*[aside * 1000] * 100)
            self.assertEqual((code, b"".join(heard)), (1008, b""))
            self.assertLessEqual(len(heard), MAX_EMPTY_FRAMES + 1)

    def test_the_bound_on_such_frames_starts_again_with_each_ping_of_ours(self) -> None:
        peer = WebSocketPeer(self.web)

        for _ in range(3):
            peer.sends(frame(b"", PING) * MAX_EMPTY_FRAMES)
            self.web.clock.advance(PING_EVERY_S)

        self.assertEqual(peer.conversation.refusals, [])

    def test_nothing_behind_a_violation_is_handled_or_read(self) -> None:
        peer = WebSocketPeer(self.web)
        door = cast("WebSocketProtocol", peer.protocol._successor)
        taken: list[object] = []
        take = door._handle

        def note(event: Event) -> None:
            taken.append(event)
            take(event)

        self.patch(door, "_handle", note)

        peer.sends(frame(b"", is_last=False) + frame(b"", 0, False) * 10_000)

        self.assertEqual((len(taken), peer.transport.producerState), (MAX_FRAGMENTS + 1, "paused"))
        peer.conversation.writer.close()
        self.assertEqual((len(taken), peer.transport.producerState), (MAX_FRAGMENTS + 1, "producing"))

    def test_an_internal_error_ends_with_1011(self) -> None:
        peer = WebSocketPeer(self.web)
        peer.conversation.hear = lambda line: 1 / 0

        peer.says("NICK a")
        peer.conversation.writer.close()

        self.assertEqual(peer.end_code(), 1011)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_a_message_cut_into_any_fragments_and_reads_is_the_same_line(self, data: st.DataObject) -> None:
        lines = data.draw(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4))
        stream = bytearray()
        for line in lines:
            cuts = sorted(data.draw(st.lists(st.integers(0, len(line.encode())), max_size=6)))
            ends = [0, *cuts, len(line.encode())]
            pieces = [line.encode()[a:b] for a, b in pairwise(ends)]
            for piece in fragments(pieces):
                stream += piece
                if data.draw(st.booleans()):
                    stream += frame(b"x", PING)
        places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
        edges = [0, *places, len(stream)]
        peer = WebSocketPeer(WebStage())

        peer.sends(*(bytes(stream[a:b]) for a, b in pairwise(edges)))

        self.assertEqual(peer.conversation.heard, [line.encode() for line in lines])


class WritingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = WebStage()

    def test_each_line_is_a_message_of_the_chosen_kind_without_its_line_end(self) -> None:
        long = b"x" * 500
        for subprotocol, kind in ((TEXT_PROTOCOL, str), (BINARY_PROTOCOL, bytes), ("", str)):
            peer = WebSocketPeer(self.web, subprotocol)
            peer.conversation.writer.send([b"a\r\n", "ñ\r\n".encode(), long + b"\r\n"])
            heard = peer.hears()
            self.assertEqual({type(each) for each in heard}, {kind})
            texts = [each if isinstance(each, str) else each.decode() for each in heard]
            self.assertEqual(texts, ["a", "ñ", long.decode()])

    def test_what_is_not_utf8_is_replaced_in_text_only(self) -> None:
        text, binary = WebSocketPeer(self.web, TEXT_PROTOCOL), WebSocketPeer(self.web, BINARY_PROTOCOL)
        for conversation in self.web.conversations:
            conversation.writer.send([b"caf\xe9\r\n"])

        self.assertEqual((text.hears(), binary.hears()), (["caf\ufffd"], [b"caf\xe9"]))

    def test_a_frame_is_built_once_however_many_listen(self) -> None:
        line = b":a PRIVMSG #b :c\r\n"
        peers = [WebSocketPeer(self.web) for _ in range(3)]
        for conversation in self.web.conversations:
            conversation.writer.send([line])

        (kept,) = self.web.server.sockets.frames[TEXT_PROTOCOL].values()
        self.assertEqual([peer.transport.value() for peer in peers], [kept] * 3)

    def test_the_cached_frames_are_few_and_short(self) -> None:
        frames = FrameCache(Opcode.TEXT)

        for number in range(3 * MAX_CACHED_FRAMES):
            frames[b"%d\r\n" % number]
        self.assertLessEqual(len(frames), MAX_CACHED_FRAMES)
        frames.clear()
        self.assertEqual(len(frames[b"x" * 70_000 + b"\r\n"]), 70_010)
        frames[b"x" * MAX_CACHED_FRAME_BYTES]
        self.assertEqual(len(frames), 0)

    def test_pings_keep_the_connection_open(self) -> None:
        peer = WebSocketPeer(self.web)

        self.web.clock.advance(PING_EVERY_S)
        self.web.clock.advance(PING_EVERY_S)

        self.assertEqual([type(event) for event in peer.reads()], [Ping, Ping])


class EndTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.web = WebStage()
        self.peer = WebSocketPeer(self.web)
        self.conversation = self.peer.conversation

    def test_our_close_frame_comes_behind_all_lines_and_waits_for_the_peers(self) -> None:
        self.conversation.writer.send([b"ERROR :bye\r\n"])
        self.conversation.writer.close()
        self.conversation.writer.send([b"too late\r\n"])

        message, goodbye = self.peer.reads()
        self.assertIsInstance(message, TextMessage)
        self.assertEqual(goodbye.code, 1000)
        self.assertFalse(self.peer.transport.disconnecting)
        self.peer.sends(frame(b"too late"), self.peer.socket.send(goodbye.response()))
        self.assertTrue(self.peer.transport.disconnecting)
        self.assertEqual(self.conversation.heard, [])

    def test_a_peer_that_sends_no_close_frame_is_not_waited_for_long(self) -> None:
        self.conversation.writer.close()

        self.web.clock.advance(LINGER_S)

        self.assertTrue(self.peer.transport.disconnecting)

    def test_a_peer_that_sends_on_is_dropped(self) -> None:
        self.conversation.writer.close()

        self.peer.sends(*[b"x" * 8192] * (MAX_IGNORED_BYTES // 8192 + 1))

        self.assertTrue(self.peer.transport.is_aborted)

    def test_the_peers_close_frame_is_answered_behind_what_is_left(self) -> None:
        self.peer.sends(frame(struct.pack("!H", 4321), CLOSE) + frame(b"NICK a") + frame(b"", PING))
        self.assertEqual((self.conversation.is_finished, self.conversation.heard), (True, []))
        self.web.clock.advance(PING_EVERY_S)
        self.conversation.writer.send([b"PONG\r\n"])
        self.conversation.writer.close()

        message, goodbye = self.peer.reads()
        self.assertEqual((message, goodbye.code), (TextMessage("PONG"), 4321))
        self.assertTrue(self.peer.transport.disconnecting)

    def test_a_close_frame_without_a_code_is_answered_without_one(self) -> None:
        self.peer.sends(frame(b"", CLOSE))
        self.conversation.writer.close()

        self.assertEqual(self.peer.transport.value(), b"\x88\x00")

    def test_a_stopping_server_closes_with_going_away(self) -> None:
        channel = HttpPeer(self.web)
        self.web.factory.finish()
        late = WebSocketPeer(self.web)
        for conversation in self.web.conversations:
            conversation.writer.close()

        self.assertEqual((self.peer.end_code(), late.end_code()), (1001, 1001))
        self.assertTrue(channel.transport.disconnecting)

    def test_a_lost_connection_leaves_no_timer(self) -> None:
        self.conversation.writer.close()
        self.peer.drops()

        self.assertEqual(self.web.clock.getDelayedCalls(), [])


def _start_conversation(stage: Stage, writer: SocketWriter) -> Conversation:
    return Conversation(stage.hub, stage.services, stage.clock, Session(writer, "127.0.0.1", 1))


class ConversationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stage = Stage(no_throttling=True)
        self.web = WebStage(lambda writer, peer: _start_conversation(self.stage, writer), self.stage.clock)

    def enter(self, nick: str, subprotocol: str) -> WebSocketPeer:
        """Let a user join a channel by WebSocket."""
        peer = WebSocketPeer(self.web, subprotocol)
        words = (f"NICK {nick}", f"USER {nick} 0 * :{nick}", "JOIN #tea")
        peer.says(*(words if subprotocol != BINARY_PROTOCOL else [word.encode() for word in words]))
        self.stage.settle()
        peer.reads()
        return peer

    def test_every_kind_of_connection_meets_in_one_channel(self) -> None:
        (plain,) = self.stage.enter("ann", room="#tea")
        ben, cat = self.enter("ben", TEXT_PROTOCOL), self.enter("cat", BINARY_PROTOCOL)
        plain.hears()

        ben.says("PRIVMSG #tea :hóla")
        self.stage.settle()

        self.assertEqual(plain.hears(), [":ben!ben@127.0.0.1 PRIVMSG #tea hóla"])
        self.assertEqual(cat.hears(), [":ben!ben@127.0.0.1 PRIVMSG #tea hóla".encode()])

    def test_hostile_peers_are_dropped_and_a_bystander_is_not_disturbed(self) -> None:
        ann, ben = self.enter("ann", TEXT_PROTOCOL), self.enter("ben", TEXT_PROTOCOL)
        attacks = (
            [b"\x00" * 65536],
            [frame(b"x" * 65535)] * 20,
            [struct.pack("!BBQ", 0x81, 0xFF, 1 << 40) + MASK, *[b"x" * 65536] * 20],
            [frame(b"", is_last=False), *[frame(b"", 0, False) * 10_000] * 100],
            [frame(b"a" * 125, PING) * 500] * 20,
            [frame(b"\xff")],
        )
        for attack in attacks:
            eve = WebSocketPeer(self.web)
            eve.sends(*attack)
            self.stage.settle()
            self.stage.clock.advance(LINGER_S)
            self.assertTrue(eve.transport.disconnecting or eve.transport.is_aborted)
            eve.drops()
            ann.says("PRIVMSG #tea :still here")
            self.stage.settle()
            self.assertEqual(len([each for each in ben.hears() if "still here" in str(each)]), 1)

    def test_both_sides_see_why_a_conversation_ended(self) -> None:
        ann, ben = self.enter("ann", TEXT_PROTOCOL), self.enter("ben", TEXT_PROTOCOL)
        ann.reads()

        ann.sends(frame(b"x" * 20_000))
        self.stage.settle()

        *_, error, goodbye = ann.reads()
        self.assertIn("Line too long", error.data)
        self.assertEqual(goodbye.code, 1009)
        self.assertIn("QUIT :Line too long", str(ben.hears()))

    def test_quit_is_answered_and_ends_with_1000(self) -> None:
        ann = self.enter("ann", TEXT_PROTOCOL)

        ann.says("PING a", "QUIT :bye")
        self.stage.settle()

        pong, quit_, error, goodbye = ann.reads()
        self.assertIn("PONG", pong.data)
        self.assertIn("QUIT", quit_.data)
        self.assertIn("ERROR", error.data)
        self.assertEqual(goodbye.code, 1000)
