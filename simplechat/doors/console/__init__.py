"""The owner's console: on the terminal that started the server, on a pipe, or on the control socket."""
