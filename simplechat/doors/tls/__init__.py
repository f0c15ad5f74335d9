"""TLS for the server: certificates of its own authority or the owner's, and the TLS protocol."""
