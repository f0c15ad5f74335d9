"""The owner's console over SSH: the manhole, its keys, connections and channels."""
