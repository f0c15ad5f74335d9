"""Reading stored rows and rendering them as messages."""
