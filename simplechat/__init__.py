"""A self-hosted chat: one Twisted process, one port, one SQLite file, IRCv3 on the wire."""

__version__ = "0.1.0"
