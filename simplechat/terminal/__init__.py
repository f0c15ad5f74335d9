"""Terminal output and input for the server and the client: sanitized text, tables, an edited line."""
