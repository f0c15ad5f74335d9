"""One SSH connection, from its first byte to its console.

A peer that has not logged in may send little, and for a short time only. One that does not read is not read
either, so that nothing piles up for it.

Spec: https://www.rfc-editor.org/rfc/rfc4253
Spec: https://www.rfc-editor.org/rfc/rfc4252
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.conch.error import ConchError, ValidPublicKey
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.transport import (
    DISCONNECT_BY_APPLICATION,
    DISCONNECT_PROTOCOL_ERROR,
    DISCONNECT_TOO_MANY_CONNECTIONS,
    SSHServerTransport,
)
from twisted.conch.ssh.userauth import SSHUserAuthServer
from twisted.cred.credentials import ISSHPrivateKey, SSHPrivateKey
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.ssh.authorized_keys import AuthorizedKey
from simplechat.doors.ssh.ssh_channel import SILENT, ChannelService, ConsoleAvatar
from simplechat.doors.ssh.ssh_server import SshServer
from simplechat.peer import peer_of

LOGIN_WITHIN_S = 30.0
MAX_TRIES = 3
MAX_STRANGER_BYTES = 65536  # that a peer may send before it logs in
MAX_STRANGER_PACKETS = 64  # that a peer may send before it logs in
MAX_PACKET_BYTES = 65536  # of a packet that is not whole yet
KEYS_EVERY_S = 1.0  # at most, once logged in; before that, keys are exchanged once
KEYS_WITHIN_S = 30.0
LINGER_S = 5.0  # for the peer to read what waits, once the connection ends

_UNENCRYPTED_MESSAGES = frozenset((*range(1, 5), *range(20, 50)))
"""The messages that may come unencrypted: those of the transport, and of the key exchange."""

_KEX = (
    b"mlkem768x25519-sha256",
    b"curve25519-sha256",
    b"curve25519-sha256@libssh.org",
    b"ecdh-sha2-nistp256",
)


@implementer(IPushProducer)
class SshConnection(SSHServerTransport):
    """One SSH connection.

    Args:
        server: What it belongs to.
        key: The host key.

    Attributes:
        avatar: The user; conch sets it at the login.
    """

    _log = SILENT
    ourVersionString = b"SSH-2.0-simplechat"
    supportedKeyExchanges = [each for each in _KEX if each in SSHServerTransport.supportedKeyExchanges]
    supportedPublicKeys = [b"ssh-ed25519"]
    supportedCiphers = [b"aes256-ctr", b"aes192-ctr", b"aes128-ctr"]
    supportedMACs = [b"hmac-sha2-512", b"hmac-sha2-256"]
    supportedCompressions = [b"none"]

    avatar: ConsoleAvatar
    transport: Any

    def __init__(self, server: SshServer, key: Key) -> None:
        self.factory: Any = _SshFactoryData(server, key)
        self._server = server
        self._clock = server.clock
        self._received_bytes = self._received_packets = 0
        self._keys_at = -KEYS_EVERY_S
        self._is_full = False
        self._is_ending = False
        self._calls: list[IDelayedCall] = []

    @property
    def is_logged_in(self) -> bool:
        """Whether somebody has logged in."""
        return hasattr(self, "avatar")

    @property
    def is_blocked(self) -> bool:
        """Whether nothing should be sent now: the peer does not read, or keys are exchanged."""
        return self._is_full or self._is_ending or self._keyExchangeState != self._KEY_EXCHANGE_NONE

    def connectionMade(self) -> None:
        self._server.connections.add(self)
        self._later(LOGIN_WITHIN_S, self._check_login)
        self.transport.registerProducer(self, True)
        if hasattr(self.transport, "setTcpKeepAlive"):
            self.transport.setTcpKeepAlive(True)
            self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def _later(self, seconds: float, do: Any) -> None:
        self._calls.append(self._clock.callLater(seconds, do))

    def _check_login(self) -> None:
        if not self.is_logged_in:
            self.end(DISCONNECT_BY_APPLICATION, "you did not log in in time")

    # -- input -----------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._is_ending:
            return
        self._received_bytes += len(data)
        if not self.is_logged_in and self._received_bytes > MAX_STRANGER_BYTES:
            self.end(DISCONNECT_PROTOCOL_ERROR, "too much before a login")
            return
        try:
            super().dataReceived(data)
        except Exception:  # conch answers malformed input with any kind of error
            self.end(DISCONNECT_PROTOCOL_ERROR, "that is not SSH as it should be")
        if len(self.buf) > MAX_PACKET_BYTES and not self._is_ending:
            self.end(DISCONNECT_PROTOCOL_ERROR, "a packet is too long")

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        if self._is_ending:
            return
        self._received_packets += 1
        if not self.is_logged_in and self._received_packets > MAX_STRANGER_PACKETS:
            self.end(DISCONNECT_PROTOCOL_ERROR, "too much before a login")
        elif not self.isEncrypted("in") and messageNum not in _UNENCRYPTED_MESSAGES:
            self.end(DISCONNECT_PROTOCOL_ERROR, "not without encryption")
        else:
            super().dispatchMessage(messageNum, payload)

    def ssh_KEXINIT(self, packet: bytes) -> None:
        since_s = self._clock.seconds() - self._keys_at
        if since_s < KEYS_EVERY_S or (self.sessionID is not None and not self.is_logged_in):
            self.end(DISCONNECT_PROTOCOL_ERROR, "keys are exchanged too often")
            return
        self._keys_at = self._clock.seconds()
        if self.is_logged_in:
            self._later(KEYS_WITHIN_S, self._check_keys)
        super().ssh_KEXINIT(packet)

    def _check_keys(self) -> None:
        if self._keyExchangeState != self._KEY_EXCHANGE_NONE:
            self.end(DISCONNECT_PROTOCOL_ERROR, "keys were not exchanged in time")
        self._calls = [call for call in self._calls if call.active()]

    def _newKeys(self) -> None:
        super()._newKeys()
        self._pump()

    def receiveError(self, reasonCode: int, description: bytes) -> None:
        """Ignore the peer's farewell; the end of the connection follows."""

    def receiveUnimplemented(self, seqnum: int) -> None:
        """Ignore that the peer did not understand something."""

    # -- the user --------------------------------------------------------------------------------------

    def admits(self, avatar: ConsoleAvatar) -> bool:
        """Tell whether one more may log in; end the connection where none may."""
        if self._server.is_full:
            self.end(DISCONNECT_TOO_MANY_CONNECTIONS, "too many consoles are open")
            return False
        peer = peer_of(self.transport)
        self._server.note(f"{avatar.name} came from {peer.host},{peer.port}")
        return True

    def tell(self, *lines: str) -> None:
        """Show lines on the console, if there is one."""
        if self.is_logged_in:
            self.avatar.tell(*lines)

    # -- output ----------------------------------------------------------------------------------------

    def pauseProducing(self) -> None:
        """Read nothing more: the peer does not read what it is sent."""
        self._is_full = True
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read and send again: the peer has read what it was sent."""
        self._is_full = False
        if not self._is_ending:
            self.transport.resumeProducing()
            self._pump()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` follows."""

    def _pump(self) -> None:
        if self.is_logged_in:
            self.avatar.pump()

    # -- the end ---------------------------------------------------------------------------------------

    def sendDisconnect(self, reason: int, desc: bytes) -> None:
        self.end(reason, desc.decode("ascii", "replace"))

    def finish(self) -> None:
        """Close the console, and then the connection."""
        if self.is_logged_in and self.avatar.is_busy:
            self.avatar.close()
            self._later(LINGER_S, self.abort)
        else:
            self.end(DISCONNECT_BY_APPLICATION, "the server is shutting down")

    def end(self, reason: int, text: str) -> None:
        """Tell the peer why, and end the connection, after a while in which it may read what waits."""
        if self._is_ending:
            return
        self._is_ending = True
        self.buf = b""
        self.transport.unregisterProducer()  # a transport whose producer is paused would never end
        super().sendDisconnect(reason, text.encode())
        self._later(LINGER_S, self.abort)

    def abort(self) -> None:
        """Drop the connection at once."""
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure | None = connectionDone) -> None:
        self._is_ending = True
        for call in self._calls:
            if call.active():
                call.cancel()
        super().connectionLost(reason)
        self._server.remove(self)


class _SshFactoryData:
    """What conch looks up in a connection's factory: keys, services, and the portal for logins."""

    def __init__(self, server: SshServer, key: Key) -> None:
        self.portal = _KeyPortal(server)
        self.clock = server.clock
        self.publicKeys = {b"ssh-ed25519": key.public()}
        self.privateKeys = {b"ssh-ed25519": key}

    def getService(self, transport: SshConnection, service: bytes) -> type[Any] | None:
        """Return the service of this name; None where this peer may not have it."""
        if service == b"ssh-userauth" and not transport.is_logged_in:
            return _KeyAuthentication
        return ChannelService if service == b"ssh-connection" and transport.is_logged_in else None


class _KeyAuthentication(SSHUserAuthServer):
    """Authenticates by key only; the user name does not matter."""

    _log = SILENT
    loginTimeout = int(LOGIN_WITHIN_S)
    attemptsBeforeDisconnect = MAX_TRIES - 1
    transport: Any

    def serviceStarted(self) -> None:
        self.clock = self.transport.factory.clock
        super().serviceStarted()

    def ssh_USERAUTH_REQUEST(self, packet: bytes) -> Any:
        return None if self.transport.is_logged_in else super().ssh_USERAUTH_REQUEST(packet)

    def _cbFinishedAuth(self, result: Any) -> None:
        if self.nextService != b"ssh-connection":
            raise ConchError("only the console is here")
        if self.transport.admits(result[1]):
            super()._cbFinishedAuth(result)


_Login = tuple[Any, ConsoleAvatar, Callable[[], None]]  # interface, avatar, logout


class _KeyPortal:
    """Logs in with authorized keys and nothing else; a portal, as Twisted's cred calls it."""

    def __init__(self, server: SshServer) -> None:
        self._server = server

    def listCredentialsInterfaces(self) -> list[Any]:
        """Return the kinds of credentials that it checks."""
        return [ISSHPrivateKey]

    def login(self, shown: SSHPrivateKey, mind: object, *interfaces: object) -> Deferred[_Login]:
        """Check a key, and its signature where one is shown."""
        found = self._server.keys.find(shown.blob)
        if found is None:
            return fail(UnauthorizedLogin("unknown key"))
        if shown.signature is None:
            return fail(ValidPublicKey())
        if not _is_signed(found, shown):
            return fail(UnauthorizedLogin("bad signature"))
        return succeed((IConchUser, ConsoleAvatar(found, self._server), lambda: None))


def _is_signed(key: AuthorizedKey, shown: SSHPrivateKey) -> bool:
    try:
        return bool(Key.fromString(key.blob).verify(shown.signature, shown.sigData))
    except Exception:  # a made-up signature can lead to any error
        return False
