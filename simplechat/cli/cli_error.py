"""The error that ends a subcommand of the command line."""

from __future__ import annotations


class CliError(Exception):
    """A subcommand cannot go on; the text is one line that tells what is wrong and what to do."""
