"""HTTP and WebSocket: request heads and bodies, routes, the page at `/`, subprotocols."""
