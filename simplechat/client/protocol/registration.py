"""Coming in: what is agreed upon, and who we prove to be, before the server lets us in or later.

Spec: https://ircv3.net/specs/extensions/capability-negotiation
Spec: https://ircv3.net/specs/extensions/sasl-3.2
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.protocol.capabilities import SASL, CapabilityNegotiation
from simplechat.client.protocol.events import Event, LoggedIn, NotLoggedIn
from simplechat.client.protocol.notices import parameter
from simplechat.client.protocol.sasl_login import Credentials, SaslLogin
from simplechat.ircv3.message import Message
from simplechat.locale import marked

_NO_ACCOUNTS = marked("This server has no accounts")


class Registration:
    """The client's side of coming in.

    Args:
        credentials: To log in with before the server lets us in; None for a guest.
        nonce: Gives printable ASCII that was never used before.
        answer: Sends a message.
        learn: Takes what was learnt.

    Attributes:
        is_private: True where nobody can listen on the connection.
        login: The login that is under way.
    """

    def __init__(
        self,
        credentials: Credentials | None,
        nonce: Callable[[], str],
        answer: Callable[[Message], None],
        learn: Callable[[Event], None],
    ) -> None:
        self.negotiation = CapabilityNegotiation()
        self.is_private = False
        self.login: SaslLogin | None = None
        self._credentials = credentials
        self._nonce = nonce
        self._answer = answer
        self._learn = learn

    def hear_cap(self, message: Message) -> None:
        """Take a CAP message."""
        for answer in self.negotiation.hear(message.params):
            self._answer(answer)
        self.go_on()

    def hear_login(self, message: Message) -> None:
        """Take a message about logging in, or out."""
        if self.login is not None:
            self.login.hear(message)
            self.go_on()
        elif message.command == "900":  # by REGISTER
            self._learn(LoggedIn(parameter(message, 2)))
        elif message.command == "901":
            self._learn(NotLoggedIn(""))

    def log_in(self, credentials: Credentials) -> None:
        """Begin to log in."""
        if SASL not in self.negotiation.caps:
            self._learn(NotLoggedIn(_NO_ACCOUNTS))
            return
        offered = self.negotiation.mechanisms
        self.login = SaslLogin(credentials, offered, self._nonce(), is_private=self.is_private)
        self._go_on_with_login()

    def let_in(self) -> None:
        """Take note that the server let us in; one that does not know CAP does so before we can log in."""
        if self._credentials is not None:
            self._credentials = None
            self._learn(NotLoggedIn(_NO_ACCOUNTS))

    def go_on(self) -> None:
        """Log in if that is due, and end the negotiation when nothing of it is left."""
        self._go_on_with_login()
        negotiation = self.negotiation
        if not (negotiation.is_open and negotiation.is_settled) or self.login is not None:
            return
        credentials, self._credentials = self._credentials, None
        if credentials is not None:
            self.log_in(credentials)
            self.go_on()
        else:
            negotiation.is_open = False
            self._answer(Message("CAP", ("END",)))

    def _go_on_with_login(self) -> None:
        login = self.login
        if login is None:
            return
        answers, login.answers = login.answers, []
        for answer in answers:
            self._answer(answer)
        if login.is_over:
            self.login = None
            self._learn(NotLoggedIn(login.trouble) if login.trouble else LoggedIn(login.account))
