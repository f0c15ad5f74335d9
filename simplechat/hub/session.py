"""A session: one connection's facts, and the lines that wait to be written to it."""

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
    """What a session knows of its transport."""

    def send(self, lines: list[bytes]) -> None:
        """Write lines, in order, behind everything sent before."""
        ...

    def close(self) -> None:
        """End the connection once everything sent has gone out."""
        ...

    def abort(self) -> None:
        """End the connection now."""
        ...

    def pause(self) -> None:
        """Stop reading."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...


def sessions_with(sessions: Iterable[Session], cap: str) -> tuple[Session, ...]:
    """Give those sessions that have a capability."""
    return tuple(session for session in sessions if cap in session.caps)


def sessions_without(sessions: Iterable[Session], cap: str) -> tuple[Session, ...]:
    """Give those sessions that do not have a capability."""
    return tuple(session for session in sessions if cap not in session.caps)


class AnswerWriter(Protocol):
    """The part of an owner's prompt that takes the answers to its lines."""

    def send_answers(self, answers: Sequence[Answer]) -> None:
        """Show answers, in order, behind all that were sent before."""
        ...


class OwnerWriter(Writer, AnswerWriter, Protocol):
    """The transport of an owner's prompt."""


class Placeholder:
    """A place between the lines to a session, for lines that come later.

    Attributes:
        lines: None until they have come; what stands behind waits for them.
    """

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: list[bytes] | None = None


class Session:
    """One connection.

    Attributes:
        writer: Where its lines go.
        host: The peer's address, as others see it.
        port: The peer's port, 0 where there is none.
        answer_writer: Takes the answers, of an owner's prompt; None for everybody else.
        may_python: True where the owner's prompt may be one of Python's, too.
        user: Who it speaks for; None until it is registered.
        nick: The nick it asked for; "" for none yet.
        requested_nick: What NICK asked for last before it was registered, granted or not; "" for nothing.
        username: What USER said; "" for nothing yet.
        realname: What USER said.
        password: What PASS said.
        account: What it has logged in to before it was registered; from then on that is its user's.
        exchange: The login under way; None for none.
        is_secure: True where what is said is encrypted on its way.
        fingerprint: SHA-256 of the certificate that the peer showed, in hexadecimal; "" for none.
        away_message: Why its user will be away, said before it was registered.
        profile: What its user will tell of themselves by key, likewise.
        subscribed: The keys of profiles of which it wants to know.
        synced: How far it was told the profiles that were too many for one answer: the last name, by what
            it asked for.
        syncs: How often it may ask for them.
        is_background: True where nobody is at the other end, as it said itself.
        caps: The capabilities it has.
        cap_version: What `CAP LS` said, 0 when it said none.
        is_negotiating: True between CAP LS or REQ and CAP END.
        dialect: What it is sent in; changes when the change is spoken, `caps` when it is decided.
        out: Lines spoken to it in this turn.
        answers: Answers to the owner that wait to be shown.
        placeholders: How many of its lines are placeholders.
        monitored: The nicks whose comings and goings it wants to know, by their folded form.
        batch: The batch of lines that it has opened; None for none.
        is_leaving: True once it was decided that the connection ends; nothing more is heard.
        is_closing: True once that was spoken; the connection ends when `out` has been written.
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
        """True where a command may carry a label for its answer.

        Spec: https://ircv3.net/specs/extensions/labeled-response
        """
        return {"labeled-response", "batch"} <= self.caps

    @property
    def address(self) -> str:
        """Where the peer is: address and port, a comma between them."""
        return f"{self.host},{self.port}"

    @property
    def display_nick(self) -> str:
        """The nick by which the server addresses this session."""
        return self.user.nick if self.user else self.nick or "*"

    def set_dialect(self, caps: frozenset[str]) -> None:
        """From here on, be sent what suits these capabilities."""
        self.dialect = dialect_of(caps)

    def end(self) -> None:
        """From here on, be sent nothing more than what waits."""
        self.is_closing = True
