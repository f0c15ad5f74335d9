"""Connection registration: capabilities and SASL before the welcome; SASL again later.

Spec: https://modern.ircdocs.horse/#connection-registration
Spec: https://ircv3.net/specs/extensions/sasl-3.2
"""

from __future__ import annotations

from collections.abc import Callable

from simplechat.client.protocol.capabilities import CapabilityNegotiation
from simplechat.client.protocol.events import Event, LoggedIn, NotLoggedIn
from simplechat.client.protocol.message_fields import parameter
from simplechat.client.protocol.sasl_login import Credentials, SaslLogin
from simplechat.client.protocol.server_info import ServerInfo
from simplechat.ircv3.message import Message
from simplechat.locale import marked

_NO_ACCOUNTS = marked("This server has no accounts")


class Registration:
    """Negotiates capabilities, logs in, and ends the registration with CAP END.

    Args:
        server: Is told which capabilities are in effect.
        credentials: To log in with before the welcome; None for a guest.
        nonce: Returns printable ASCII that was never used before.
        send: Sends a message.
        emit: Adds an event.

    Attributes:
        is_private: True if nobody can read along on the connection.
        login: The login that is under way.
    """

    def __init__(
        self,
        server: ServerInfo,
        credentials: Credentials | None,
        nonce: Callable[[], str],
        send: Callable[[Message], None],
        emit: Callable[[Event], None],
    ) -> None:
        self.is_private = False
        self.login: SaslLogin | None = None
        self._server = server
        self._negotiation = CapabilityNegotiation(server)
        self._credentials = credentials
        self._nonce = nonce
        self._send = send
        self._emit = emit

    def receive_cap(self, message: Message) -> None:
        """Handle a CAP message."""
        for answer in self._negotiation.receive(message.params):
            self._send(answer)
        self._proceed()

    def receive_login(self, message: Message) -> None:
        """Handle a message about logging in, or out."""
        if self.login is not None:
            self.login.receive(message)
            self._proceed()
        elif message.command == "900":  # by REGISTER
            self._emit(LoggedIn(parameter(message, 2)))
        elif message.command == "901":
            self._emit(NotLoggedIn(""))

    def log_in(self, credentials: Credentials) -> None:
        """Begin to log in."""
        if not self._server.has_sasl:
            self._emit(NotLoggedIn(_NO_ACCOUNTS))
            return
        mechanisms = self._server.sasl_mechanisms
        self.login = SaslLogin(credentials, mechanisms, self._nonce(), is_private=self.is_private)
        self._proceed_with_login()

    def key_derived(self, key: bytes) -> None:
        """Continue the login with the key that it needed."""
        if self.login is not None:
            self.login.key_derived(key)
            self._proceed()

    def welcomed(self) -> None:
        """End the registration; a server without CAP welcomes us before we can log in."""
        if self._credentials is not None:
            self._credentials = None
            self._emit(NotLoggedIn(_NO_ACCOUNTS))

    def _proceed(self) -> None:
        """Log in if that is due; send CAP END once nothing is left to negotiate."""
        self._proceed_with_login()
        negotiation = self._negotiation
        if not (negotiation.is_open and negotiation.is_settled) or self.login is not None:
            return
        credentials, self._credentials = self._credentials, None
        if credentials is not None:
            self.log_in(credentials)
            self._proceed()
        else:
            negotiation.is_open = False
            self._send(Message("CAP", ("END",)))

    def _proceed_with_login(self) -> None:
        login = self.login
        if login is None:
            return
        answers, login.answers = login.answers, []
        for answer in answers:
            self._send(answer)
        if login.is_over:
            self.login = None
            self._emit(NotLoggedIn(login.error) if login.error else LoggedIn(login.account))
