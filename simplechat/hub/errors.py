"""The few ways in which something is not done."""

from __future__ import annotations

from simplechat.ircv3.numerics import Numeric


class Refused(Exception):
    """A user may not do this, or cannot: answered with a numeric.

    Attributes:
        numeric: Which reply.
        params: What stands between the nick and the words.
        fields: What fills in the words.
    """

    def __init__(self, numeric: Numeric, *params: str, **fields: object) -> None:
        super().__init__(numeric, *params)
        self.numeric = numeric
        self.params = params
        self.fields = fields


class Failed(Exception):
    """A command fails in a way that no numeric tells: answered with FAIL, see `Context.fail`.

    Attributes:
        code: What went wrong, in capitals.
        params: What it is about, then a sentence for people.
    """

    def __init__(self, code: str, *params: str) -> None:
        super().__init__(code, *params)
        self.code = code
        self.params = params


class StoreError(Exception):
    """The store could not do what it was asked, for a reason that lies outside this program."""


class StoreNotOpened(Exception):
    """The store cannot be opened; the text says why and what to do."""


class NotStored(StoreError):
    """Nothing of the batch is on disk: the disk is full, locked, or does not answer as it should."""


class MaybeStored(StoreError):
    """The batch may be on disk or not, and there is no way to find out now."""
