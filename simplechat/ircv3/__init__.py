"""The tongue: bytes to messages and back, and the names the protocol uses. No I/O."""
