"""The few errors with which the hub and the store refuse something."""

from __future__ import annotations

from simplechat.ircv3.numerics import Numeric


class Refused(Exception):
    """A command is refused with a numeric reply.

    Attributes:
        numeric: The reply.
        params: The parameters between the nick and the text.
        fields: The values of the {fields} in the text.
    """

    def __init__(self, numeric: Numeric, *params: str, **fields: object) -> None:
        super().__init__(numeric, *params)
        self.numeric = numeric
        self.params = params
        self.fields = fields


class Failed(Exception):
    """A command fails with a FAIL reply; see `Context.fail`.

    Attributes:
        code: The code of the reply, in capitals.
        params: The context of the reply, then a sentence for people.

    Spec: https://ircv3.net/specs/extensions/standard-replies
    """

    def __init__(self, code: str, *params: str) -> None:
        super().__init__(code, *params)
        self.code = code
        self.params = params


class StoreError(Exception):
    """A store operation failed for a reason outside this program."""


class StoreNotOpened(Exception):
    """The store cannot be opened; the text says why and what to do."""


class NotStored(StoreError):
    """Nothing of the batch was stored, for example because the disk is full or locked."""


class MaybeStored(StoreError):
    """The batch may have been stored or not; it cannot be found out now."""
