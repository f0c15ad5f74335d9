"""What every command is built on: the table of commands, parsing of parameters, the context, replies."""
