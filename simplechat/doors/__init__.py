"""The doors: bytes to and from the outside world. Each knows its transport and its conversation, no more."""
