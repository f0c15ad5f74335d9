"""What client and server agree upon beyond plain IRC.

Spec: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from simplechat.ircv3.message import Message

WANTED = ("message-tags", "server-time", "echo-message", "batch", "labeled-response", "cap-notify")


class Negotiation:
    """The client's side of CAP.

    Attributes:
        caps: What is in effect.
    """

    def __init__(self) -> None:
        self.caps: set[str] = set()
        self._offered: set[str] = set()
        self._is_open = True

    @property
    def has_echo(self) -> bool:
        """True where the server says our own messages back."""
        return "echo-message" in self.caps

    @property
    def has_labels(self) -> bool:
        """True where the server marks its answers with the label of what they answer."""
        return {"labeled-response", "batch"} <= self.caps

    def hear(self, params: tuple[str, ...]) -> list[Message]:
        """Take the parameters of a CAP message from the server; give what to answer."""
        _, subcommand, *rest = (*params, "", "")
        names = _names(params)
        if subcommand == "LS":
            return self._offer(names, is_last=rest[0] != "*")
        if subcommand == "NEW":
            return _request(names - self.caps)
        if subcommand == "DEL":
            self.caps -= names
        elif subcommand == "ACK":
            self._take(names)
        return self._end() if subcommand in ("ACK", "NAK") else []

    def _offer(self, names: set[str], *, is_last: bool) -> list[Message]:
        self._offered |= names
        if not is_last:
            return []
        return _request(self._offered) or self._end()

    def _take(self, names: set[str]) -> None:
        gone = {name[1:] for name in names if name.startswith("-")}
        self.caps = (self.caps | names & set(WANTED)) - gone

    def _end(self) -> list[Message]:
        if not self._is_open:
            return []
        self._is_open = False
        return [Message("CAP", ("END",))]


def _names(params: tuple[str, ...]) -> set[str]:
    """Give the names in the last parameter, their values left out."""
    return {word.partition("=")[0] for word in params[-1].split()} if len(params) > 2 else set()


def _request(names: set[str]) -> list[Message]:
    asked = [name for name in WANTED if name in names]
    return [Message("CAP", ("REQ", " ".join(asked)))] if asked else []
