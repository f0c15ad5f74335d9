"""User interfaces of the client: a terminal, a pipe, JSON lines."""
