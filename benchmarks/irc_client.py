"""A blocking IRC client: send lines, wait for an answer."""

from __future__ import annotations

import asyncio

from benchmarks.servers import Server

MOST_BYTES = 1 << 22  # that wait to be read


class Client:
    """One connection.

    Attributes:
        nick: The nick it registered with.
    """

    def __init__(self, nick: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.nick = nick
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, server: Server, nick: str) -> Client:
        """Connect without registering."""
        return cls(nick, *await asyncio.open_connection(server.host, server.port, limit=MOST_BYTES))

    @classmethod
    async def connect(cls, server: Server, nick: str, caps: str = "") -> Client:
        """Connect and register."""
        client = await cls.open(server, nick)
        if caps:
            client.say(f"CAP REQ :{caps}", "CAP END")
        client.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        await client.hear(" 001 ")
        return client

    def say(self, *lines: str) -> None:
        """Send lines."""
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())

    async def hear(self, *parts: str) -> str:
        """Read up to the first line that contains one of these."""
        while True:
            line = (await self._reader.readuntil(b"\n")).decode()
            if any(part in line for part in parts):
                return line

    async def swallow(self) -> None:
        """Read and discard everything that has arrived."""
        while await self._reader.read(1 << 20):
            pass

    def leave(self) -> None:
        """Disconnect."""
        self._writer.close()
