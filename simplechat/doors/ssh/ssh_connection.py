"""SSH as far as the manhole needs it: one connection, from its first byte to a console of its own.

A peer that has not logged in may send little, and for a short time only; one that reads nothing is not read
either, so that nothing gathers for it.

Spec: https://www.rfc-editor.org/rfc/rfc4253
Spec: https://www.rfc-editor.org/rfc/rfc4252
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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

from simplechat.doors.ssh.authorized_keys import AuthorizedKey, AuthorizedKeys
from simplechat.doors.ssh.ssh_channel import SILENT, ChannelService, ConsoleAvatar

if TYPE_CHECKING:
    from simplechat.doors.ssh.manhole import Manhole

LOGIN_WITHIN_S = 30.0
MAX_TRIES = 3
MAX_STRANGER_BYTES = 65536  # that a peer may send before it has logged in
MAX_STRANGER_PACKETS = 64  # likewise
MAX_PACKET_BYTES = 65536  # of one that is not whole yet
KEYS_EVERY_S = 1.0  # at most, once logged in; strangers exchange keys once
KEYS_WITHIN_S = 30.0
PATIENCE_S = 5.0  # for the peer to read what waits, once the connection is to end

_IN_THE_CLEAR = frozenset((*range(1, 5), *range(20, 50)))
"""The messages that make sense before there are keys: those of the transport, and of the exchange itself."""

_KEX = (
    b"mlkem768x25519-sha256",
    b"curve25519-sha256",
    b"curve25519-sha256@libssh.org",
    b"ecdh-sha2-nistp256",
)


@implementer(IPushProducer)
class SshConnection(SSHServerTransport):
    """One connection.

    Attributes:
        is_blocked: True while nothing more should be sent: the peer does not read, or keys are exchanged.
        avatar: Who has logged in; not there before.
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

    def __init__(self, manhole: Manhole, key: Key) -> None:
        self.factory: Any = _SshFactoryData(manhole, key)
        self._manhole = manhole
        self._clock = manhole.clock
        self._heard_bytes = self._heard_packets = 0
        self._keys_at = -KEYS_EVERY_S
        self._is_unread = False
        self._is_ending = False
        self._calls: list[IDelayedCall] = []

    @property
    def is_logged_in(self) -> bool:
        """True once somebody has logged in."""
        return hasattr(self, "avatar")

    @property
    def is_blocked(self) -> bool:
        """True while nothing more should be sent."""
        return self._is_unread or self._is_ending or self._keyExchangeState != self._KEY_EXCHANGE_NONE

    def connectionMade(self) -> None:
        self._manhole.connections.add(self)
        self._later(LOGIN_WITHIN_S, self._look)
        self.transport.registerProducer(self, True)
        if hasattr(self.transport, "setTcpKeepAlive"):
            self.transport.setTcpKeepAlive(True)
            self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def _later(self, seconds: float, do: Any) -> None:
        self._calls.append(self._clock.callLater(seconds, do))

    def _look(self) -> None:
        if not self.is_logged_in:
            self.end(DISCONNECT_BY_APPLICATION, "you did not log in in time")

    # -- what the peer sends ---------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._is_ending:
            return
        self._heard_bytes += len(data)
        if not self.is_logged_in and self._heard_bytes > MAX_STRANGER_BYTES:
            self.end(DISCONNECT_PROTOCOL_ERROR, "too much before a login")
            return
        try:
            super().dataReceived(data)
        except Exception:  # conch meets what a peer makes up with whatever error comes of it
            self.end(DISCONNECT_PROTOCOL_ERROR, "that is not SSH as it should be")
        if len(self.buf) > MAX_PACKET_BYTES and not self._is_ending:
            self.end(DISCONNECT_PROTOCOL_ERROR, "a packet is too long")

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        if self._is_ending:
            return
        self._heard_packets += 1
        if not self.is_logged_in and self._heard_packets > MAX_STRANGER_PACKETS:
            self.end(DISCONNECT_PROTOCOL_ERROR, "too much before a login")
        elif not self.isEncrypted("in") and messageNum not in _IN_THE_CLEAR:
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
            self._later(KEYS_WITHIN_S, self._look_for_keys)
        super().ssh_KEXINIT(packet)

    def _look_for_keys(self) -> None:
        if self._keyExchangeState != self._KEY_EXCHANGE_NONE:
            self.end(DISCONNECT_PROTOCOL_ERROR, "keys were not exchanged in time")
        self._calls = [call for call in self._calls if call.active()]

    def _newKeys(self) -> None:
        super()._newKeys()
        self._pump()

    def receiveError(self, reasonCode: int, description: bytes) -> None:
        """The peer says goodbye; nobody needs to hear of it."""

    def receiveUnimplemented(self, seqnum: int) -> None:
        """The peer did not understand something."""

    # -- who it is -------------------------------------------------------------------------------------

    def admits(self, avatar: ConsoleAvatar) -> bool:
        """Tell whether there is room for somebody who has logged in; else that is the end."""
        if self._manhole.is_full:
            self.end(DISCONNECT_TOO_MANY_CONNECTIONS, "too many consoles are open")
            return False
        peer = self.transport.getPeer()
        where = f"{getattr(peer, 'host', 'localhost')},{getattr(peer, 'port', 0)}"
        self._manhole.note(f"{avatar.name} came from {where}")
        return True

    def tell(self, *lines: str) -> None:
        """Show lines on the console, if there is one."""
        if self.is_logged_in:
            self.avatar.tell(*lines)

    # -- what the peer reads ---------------------------------------------------------------------------

    def pauseProducing(self) -> None:
        """The peer reads too little; it is heard again when it has read."""
        self._is_unread = True
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """The peer has read what there was."""
        self._is_unread = False
        if not self._is_ending:
            self.transport.resumeProducing()
            self._pump()

    def stopProducing(self) -> None:
        """The connection is lost, as `connectionLost` tells, too."""

    def _pump(self) -> None:
        if self.is_logged_in:
            self.avatar.pump()

    # -- its end ---------------------------------------------------------------------------------------

    def sendDisconnect(self, reason: int, desc: bytes) -> None:
        self.end(reason, desc.decode("ascii", "replace"))

    def finish(self) -> None:
        """Close the console, and then the connection."""
        if self.is_logged_in and self.avatar.is_busy:
            self.avatar.close()
            self._later(PATIENCE_S, self.abort)
        else:
            self.end(DISCONNECT_BY_APPLICATION, "the server is shutting down")

    def end(self, reason: int, words: str) -> None:
        """Say why, and end the connection; what waits may still be read for a while."""
        if self._is_ending:
            return
        self._is_ending = True
        self.buf = b""
        self.transport.unregisterProducer()  # a transport whose producer is paused would never end
        super().sendDisconnect(reason, words.encode())
        self._later(PATIENCE_S, self.abort)

    def abort(self) -> None:
        """End the connection now."""
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure | None = connectionDone) -> None:
        self._is_ending = True
        for call in self._calls:
            if call.active():
                call.cancel()
        super().connectionLost(reason)
        self._manhole.left(self)


class _SshFactoryData:
    """What conch looks up about a connection: keys, services, and who may come in."""

    def __init__(self, manhole: Manhole, key: Key) -> None:
        self.portal = _KeyPortal(manhole.keys)
        self.manhole = manhole
        self.publicKeys = {b"ssh-ed25519": key.public()}
        self.privateKeys = {b"ssh-ed25519": key}

    def getService(self, transport: SshConnection, service: bytes) -> type[Any] | None:
        """Give the service of this name, if this peer may have it."""
        if service == b"ssh-userauth" and not transport.is_logged_in:
            return _Login
        return ChannelService if service == b"ssh-connection" and transport.is_logged_in else None


class _Login(SSHUserAuthServer):
    """Lets in who has a key, by nothing else than that; the user's name does not matter."""

    _log = SILENT
    loginTimeout = int(LOGIN_WITHIN_S)
    attemptsBeforeDisconnect = MAX_TRIES - 1
    transport: Any

    def serviceStarted(self) -> None:
        self.clock = self.transport.factory.manhole.clock
        super().serviceStarted()

    def ssh_USERAUTH_REQUEST(self, packet: bytes) -> Any:
        return None if self.transport.is_logged_in else super().ssh_USERAUTH_REQUEST(packet)

    def _cbFinishedAuth(self, result: Any) -> None:
        if self.nextService != b"ssh-connection":
            raise ConchError("only the console is here")
        if self.transport.admits(result[1]):
            super()._cbFinishedAuth(result)


_Admitted = tuple[Any, ConsoleAvatar, Callable[[], None]]  # interface, avatar, what is done when it leaves


class _KeyPortal:
    """Opens to the keys in the keys, and to nothing else: what conch calls a portal."""

    def __init__(self, keys: AuthorizedKeys) -> None:
        self._keys = keys

    def listCredentialsInterfaces(self) -> list[Any]:
        """Say what it looks at."""
        return [ISSHPrivateKey]

    def login(self, shown: SSHPrivateKey, mind: object, *interfaces: object) -> Deferred[_Admitted]:
        """Look at a key, and at what was signed with it, if that is shown, too."""
        found = self._keys.find(shown.blob)
        if found is None:
            return fail(UnauthorizedLogin("unknown key"))
        if shown.signature is None:
            return fail(ValidPublicKey())
        if not _is_signed(found, shown):
            return fail(UnauthorizedLogin("bad signature"))
        return succeed((IConchUser, ConsoleAvatar(found), lambda: None))


def _is_signed(key: AuthorizedKey, shown: SSHPrivateKey) -> bool:
    try:
        return bool(Key.fromString(key.blob).verify(shown.signature, shown.sigData))
    except Exception:  # whatever a made up signature leads to
        return False
