"""The IRC protocol: bytes to messages and back, and the names it uses. No I/O."""
