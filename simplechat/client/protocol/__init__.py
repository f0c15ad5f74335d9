"""The client's side of the protocol, without I/O: bytes in, events out."""
