"""The state of the server: users, channels, permissions and decisions. Pure; the clock is passed in."""
