"""What the server shows to whoever knocks with TLS: an authority of its own, or the owner's certificate."""
