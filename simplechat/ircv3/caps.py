"""Capabilities that a client can request, and the dialect that results from its choice.

Spec: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

SASL_MECHANISMS = ("PLAIN", "SCRAM-SHA-256")
"""The SASL mechanisms that every connection may use."""

CAPABILITY_ALIASES = frozenset({"draft/no-implicit-names", "soju.im/no-implicit-names", "soju.im/search"})
"""Older names of capabilities; offered only to clients that accept a list of several lines (CAP 302)."""

RARE_CAPABILITIES = frozenset(
    {
        "draft/channel-rename",
        "draft/extended-isupport",
        "draft/oper-tag",
        "draft/persistence",
        "draft/pre-away",
        "draft/whoami",
    }
)
"""Capabilities that hardly any client knows; left out where the list must fit one line."""

MAX_MULTILINE_BYTES = 4096
MAX_MULTILINE_LINES = 32
METADATA = "draft/metadata-3"
MAX_METADATA_KEYS = 25  # per user or channel
MAX_METADATA_SUBSCRIPTIONS = 50  # keys per session
MAX_METADATA_KEY_BYTES = 40  # key and value fit one line beside the longest names
MAX_METADATA_VALUE_BYTES = 256

_WITH_VALUE = {
    METADATA: (
        f"before-connect,max-subs={MAX_METADATA_SUBSCRIPTIONS},max-keys={MAX_METADATA_KEYS},"
        f"max-key-bytes={MAX_METADATA_KEY_BYTES},max-value-bytes={MAX_METADATA_VALUE_BYTES}"
    ),
    "draft/multiline": f"max-bytes={MAX_MULTILINE_BYTES},max-lines={MAX_MULTILINE_LINES}",
    "sasl": ",".join(SASL_MECHANISMS),
}
CAPABILITIES: Mapping[str, str] = {
    name: _WITH_VALUE.get(name, "")
    for name in [
        "account-notify",
        "account-tag",
        "away-notify",
        "batch",
        "cap-notify",
        "chghost",
        "draft/account-registration",
        "draft/channel-rename",
        "draft/chathistory",
        "draft/event-playback",
        "draft/extended-isupport",
        "draft/message-redaction",
        METADATA,
        "draft/multiline",
        "draft/oper-tag",
        "draft/persistence",
        "draft/pre-away",
        "draft/read-marker",
        "draft/search",
        "draft/whoami",
        "echo-message",
        "extended-join",
        "extended-monitor",
        "invite-notify",
        "labeled-response",
        "message-tags",
        "multi-prefix",
        "no-implicit-names",
        "sasl",
        "server-time",
        "setname",
        "standard-replies",
        "userhost-in-names",
        *sorted(CAPABILITY_ALIASES),
    ]
}
"""Every capability that the server offers, with its value under CAP 302 ("" for none)."""

_CAP_OF_TAG: Mapping[str, str] = {
    "account": "account-tag",
    "batch": "batch",
    "draft/multiline-concat": "draft/multiline",
    "draft/oper": "draft/oper-tag",
    "label": "labeled-response",
    "time": "server-time",
}
"""The capability that a tag needs, where that is not message-tags."""

_DIALECT_CAPS = frozenset({"message-tags", *_CAP_OF_TAG.values()})


class Dialect:
    """A set of capabilities that change the bytes of a message; one object for each such set.

    Sessions of one dialect get the same bytes, so a message is encoded once for all of them.
    """

    __slots__ = ("caps",)

    def __init__(self, caps: frozenset[str]) -> None:
        self.caps = caps

    def admits(self, tag: str) -> bool:
        """Tell whether this dialect includes the tag."""
        return _CAP_OF_TAG.get(tag, "message-tags") in self.caps


def dialect_of(caps: Iterable[str]) -> Dialect:
    """Return the dialect of a session with these capabilities."""
    return _shared_dialect(_DIALECT_CAPS.intersection(caps))


@cache
def _shared_dialect(caps: frozenset[str]) -> Dialect:
    return Dialect(caps)


PLAIN_DIALECT = dialect_of(())
