"""What ends a verb of the command line."""

from __future__ import annotations


class Trouble(Exception):
    """It cannot go on; the text is one line that says what was wrong and what to do."""
