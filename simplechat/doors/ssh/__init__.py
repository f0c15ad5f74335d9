"""The manhole: the owner's console over SSH."""
