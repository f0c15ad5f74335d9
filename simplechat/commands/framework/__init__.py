"""What every command is built on: the table, parameter parsing, the context."""
