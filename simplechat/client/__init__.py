"""The client: a chat from a terminal or a pipe. It shares the tongue with the server, and nothing else."""
