"""Connections to a server: endpoints, TLS, known servers."""
