"""A server behind the HTTP door alone, on a real port, and actors with a WebSocket."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from simplechat.chat_server import ChatServer
from simplechat.config import Config
from simplechat.doors.http.websocket import BINARY_PROTOCOL
from simplechat.doors.net.connections import Connections
from simplechat.store.data_folder import DataFolder
from simplechat.store.opening import open_store
from simplechat.web_setup import web_factory
from tests.e2e.actor import PATIENCE_S, Actor, Listening
from tests.e2e.reactor import Happening, the_reactor


class WebServer:
    """A server with one door.

    Attributes:
        port: Where it listens.
        server: The server.
    """

    def __init__(self, server: ChatServer, port: int) -> None:
        self.server = server
        self.port = port


@asynccontextmanager
async def web_server(data: Path, sendq: int = 1 << 20) -> AsyncIterator[WebServer]:
    """Start a server whose only door is HTTP, on a free port."""
    reactor = the_reactor()
    config = Config(data=data, no_throttling=True, replay=0, sendq=sendq)
    folder = DataFolder(data)
    server = ChatServer(
        folder,
        open_store(folder, reactor, lambda text: None),
        config,
        reactor,
        stop=lambda s, why: None,
        note=lambda text: None,
    )
    conversations = Connections(server.start_conversation, reactor, sendq)
    factory = web_factory(config, server, conversations, lambda: None, lambda host: True, lambda host: False)
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    try:
        yield WebServer(server, port.getHost().port)
    finally:
        await port.stopListening()
        factory.finish()
        await server.disconnect_all("The test is over")
        await conversations.when_empty().addTimeout(PATIENCE_S, reactor)
        await server.close()


class SocketActor(Actor):
    """An actor with a WebSocket.

    Attributes:
        answer: The head that the handshake was answered with.
        opened: That has come.
        end_code: The code of the server's goodbye; 0 for none yet.
    """

    def __init__(self, nick: str, subprotocol: str) -> None:
        super().__init__(nick)
        self.subprotocol = subprotocol
        self.socket = Connection(ConnectionType.CLIENT)
        self.answer = b""
        self.opened = Happening(f"{nick}'s WebSocket opens")
        self.end_code = 0

    def connectionMade(self) -> None:
        offer = f"Sec-WebSocket-Protocol: {self.subprotocol}\r\n" if self.subprotocol else ""
        key = base64.b64encode(self.nick.ljust(16).encode()).decode()
        self.wire.write(
            "GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{offer}\r\n".encode()
        )

    def dataReceived(self, data: bytes) -> None:
        if not self.opened.is_past:
            head, _, data = (self.answer + data).partition(b"\r\n\r\n")
            self.answer = head
            self.opened.happen()
        self.socket.receive_data(data)
        for event in self.socket.events():
            if isinstance(event, TextMessage | BytesMessage):
                is_binary = isinstance(event, BytesMessage)
                assert is_binary == (self.subprotocol == BINARY_PROTOCOL), event
                self.lineReceived(
                    bytes(event.data) if isinstance(event, BytesMessage) else event.data.encode()
                )
            elif isinstance(event, Ping):
                self.wire.write(self.socket.send(event.response()))
            elif isinstance(event, CloseConnection):
                self.end_code = int(event.code)
                self.wire.write(self.socket.send(event.response()))

    def says(self, *lines: str) -> None:
        """Send lines, each as a message."""
        for line in lines:
            is_binary = self.subprotocol == BINARY_PROTOCOL
            event = BytesMessage(line.encode()) if is_binary else TextMessage(line)
            self.wire.write(self.socket.send(event))


async def open_socket(
    server: Listening,
    nick: str,
    subprotocol: str = "",
    creator: IOpenSSLClientConnectionCreator | None = None,
) -> SocketActor:
    """Open a WebSocket, register and join; with TLS if told how."""
    endpoint: Any = TCP4ClientEndpoint(the_reactor(), "127.0.0.1", server.port, timeout=PATIENCE_S)
    if creator is not None:
        endpoint = wrapClientTLS(creator, endpoint)
    actor: SocketActor = await connectProtocol(endpoint, SocketActor(nick, subprotocol))
    await actor.opened.wait(PATIENCE_S)
    actor.says(f"NICK {nick}", f"USER {nick} 0 * :{nick}", "JOIN #tea")
    await actor.hears("366", "#tea")
    return actor
