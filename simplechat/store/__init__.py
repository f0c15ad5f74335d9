"""The shelf: where records are kept."""
