"""What any program of ours needs at a terminal: harmless text, tables, a line that is being typed."""
