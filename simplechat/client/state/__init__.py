"""What the client knows across connections: channels, read positions, the messages shown."""
