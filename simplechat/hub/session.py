"""Sessions: the state of each connection, and the lines that wait to be written to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from simplechat.hub.multiline import ClientBatch
from simplechat.ircv3.caps import PLAIN_DIALECT, dialect_of

if TYPE_CHECKING:
    from simplechat.hub.account import Account
    from simplechat.hub.limits import TokenBucket
    from simplechat.hub.user import User
    from simplechat.ircv3.sasl import SaslExchange
    from simplechat.owner_answers import Answer


class Writer(Protocol):
    """What a session needs of its transport."""

    def send(self, lines: list[bytes]) -> None:
        """Write lines in order, after everything sent before."""
        ...

    def close(self) -> None:
        """Close the connection once everything was written."""
        ...

    def abort(self) -> None:
        """Close the connection now."""
        ...

    def pause(self) -> None:
        """Stop reading."""
        ...

    def resume(self) -> None:
        """Resume reading."""
        ...


def sessions_with(sessions: Iterable[Session], cap: str) -> tuple[Session, ...]:
    """Return the sessions that have a capability."""
    return tuple(session for session in sessions if cap in session.caps)


def sessions_without(sessions: Iterable[Session], cap: str) -> tuple[Session, ...]:
    """Return the sessions that lack a capability."""
    return tuple(session for session in sessions if cap not in session.caps)


class AnswerWriter(Protocol):
    """The part of an owner's prompt that takes the answers to its lines."""

    def send_answers(self, answers: Sequence[Answer]) -> None:
        """Show answers, in order, behind all that were sent before."""
        ...


class OwnerWriter(Writer, AnswerWriter, Protocol):
    """The transport of an owner's prompt."""


class Placeholder:
    """A place in a session's output for lines that are still being read from the store.

    Attributes:
        lines: None until they are there; the output behind them waits.
    """

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: list[bytes] | None = None


class Session:
    """The state of one connection.

    Attributes:
        writer: Writes its lines.
        host: The peer's address, as others see it.
        port: The peer's port; 0 for none.
        answer_writer: Gets the answers of an owner's prompt; None for all other sessions.
        may_python: True if the owner's prompt may also start a Python prompt.
        user: The user it belongs to; None until registration is complete.
        nick: The nick it asked for; "" for none yet.
        requested_nick: The last nick it asked for before registration, granted or not; "" for none.
        username: From USER; "" before that.
        realname: From USER.
        password: From PASS.
        account: The account it logged in to before registration is complete; later see `user`.
        exchange: The login in progress; None for none.
        is_secure: True if the connection is encrypted.
        fingerprint: SHA-256 of the peer's certificate in hexadecimal; "" for none.
        away_message: The user's away message, set before registration is complete.
        profile: The user's metadata by key, set before registration is complete.
        subscribed: The metadata keys that it is notified of.
        synced: The last name that was sent of profiles too many for one reply, by what was asked for.
        syncs: Limits how often it may ask for those.
        is_background: True if the client says that nobody is watching (AWAY *).
        caps: Its capabilities.
        cap_version: From `CAP LS`; 0 for none.
        is_negotiating: True between CAP LS or REQ and CAP END.
        dialect: What it is sent in; changes when CAP ACK is delivered, `caps` when it is decided.
        out: The lines to write at the end of this turn of the reactor.
        placeholders: How many of those are placeholders.
        monitored: The nicks that it monitors, by casefolded nick.
        batch: The multiline batch that it has opened; None for none.
        is_leaving: True once it was decided to close the connection; no more lines are accepted.
        is_closing: True once that was delivered; the connection closes when `out` has been written.
    """

    def __init__(
        self, writer: Writer, host: str, port: int = 0, *, answer_writer: AnswerWriter | None = None
    ) -> None:
        self.writer = writer
        self.host = f"0{host}" if host.startswith(":") else host
        self.port = port
        self.answer_writer = answer_writer
        self.may_python = False
        self.user: User | None = None
        self.nick = ""
        self.requested_nick = ""
        self.username = ""
        self.realname = ""
        self.password = ""
        self.account: Account | None = None
        self.exchange: SaslExchange | None = None
        self.is_secure = False
        self.fingerprint = ""
        self.away_message = ""
        self.profile: dict[str, str] = {}
        self.subscribed: dict[str, None] = {}
        self.synced: dict[str, str] = {}
        self.syncs: TokenBucket | None = None
        self.is_background = False
        self.caps: frozenset[str] = frozenset()
        self.cap_version = 0
        self.is_negotiating = False
        self.dialect = PLAIN_DIALECT
        self.out: list[bytes | Placeholder] = []
        self.answers: list[Answer] = []
        self.placeholders = 0
        self.monitored: dict[str, str] = {}
        self.batch: ClientBatch | None = None
        self.is_leaving = False
        self.is_closing = False

    @property
    def is_owner(self) -> bool:
        """True for a prompt of the server's owner, which may do anything and is no user."""
        return self.answer_writer is not None

    @property
    def has_labels(self) -> bool:
        """True if commands may have a label.

        Spec: https://ircv3.net/specs/extensions/labeled-response
        """
        return {"labeled-response", "batch"} <= self.caps

    @property
    def address(self) -> str:
        """The peer's address and port, separated by a comma."""
        return f"{self.host},{self.port}"

    @property
    def display_nick(self) -> str:
        """The nick by which the server addresses this session."""
        return self.user.nick if self.user else self.nick or "*"

    def set_dialect(self, caps: frozenset[str]) -> None:
        """Switch to the dialect of these capabilities."""
        self.dialect = dialect_of(caps)

    def end(self) -> None:
        """Close once the waiting lines are written."""
        self.is_closing = True
