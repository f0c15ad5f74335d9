"""What a user of the client can type: one table of commands."""
