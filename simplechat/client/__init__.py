"""The client: a chat from a terminal or a pipe. It shares `ircv3`, `terminal`, `locale` with the server."""
