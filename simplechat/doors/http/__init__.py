"""HTTP and WebSocket: request heads, routes, the page at /, subprotocols."""
