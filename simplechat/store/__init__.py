"""Storage: the database behind the hub's `Store`, password hashing, the data folder."""
