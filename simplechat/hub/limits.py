"""Rate limits: token buckets, and limits per address and per account."""

from __future__ import annotations

from simplechat.ip_addresses import ConnectionCounter, network_of

MAX_CONNECTIONS = 100  # open at once, per address
CONNECTIONS_PER_S = 2.0  # per address
CONNECTION_BURST = 60.0
CHANNELS_PER_S = 0.1  # created, per address
CHANNEL_BURST = 50.0
ADDRESS_LOGINS_PER_S = 1.0  # failed attempts, per address
ADDRESS_LOGIN_BURST = 100.0
PAIR_LOGINS_PER_S = 0.1  # failed attempts, per address and account
PAIR_LOGIN_BURST = 10.0
ACCOUNT_LOGINS_PER_S = 1.0  # failed attempts, per account; far more than one address can use up
ACCOUNT_LOGIN_BURST = 100.0
ACCOUNTS_PER_S = 1 / 60  # created, per address
ACCOUNT_BURST = 50.0


class TokenBucket:
    """A token bucket that holds up to `burst` tokens and gains `rate` tokens a second."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, cost: float, now: float) -> float:
        """Take tokens, even into debt; return the seconds to wait until the debt is paid, 0 for no debt."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - cost
        self._at = now
        return max(0.0, -self._tokens / self._rate)

    def try_take(self, cost: float, now: float) -> bool:
        """Take tokens without going into debt; return False if there are too few."""
        if self._tokens + (now - self._at) * self._rate < cost:
            return False
        self.take(cost, now)
        return True

    def put_back(self, cost: float) -> None:
        """Put tokens back."""
        self._tokens = min(self._burst, self._tokens + cost)

    def is_full(self, now: float) -> bool:
        """Tell whether the bucket is full again, so that it can be forgotten."""
        return self._tokens + (now - self._at) * self._rate >= self._burst


class AddressLimits:
    """Limits connections and new channels per address; addresses of this machine are exempt."""

    def __init__(self, is_throttled: bool) -> None:
        self._is_throttled = is_throttled
        self._open = ConnectionCounter(MAX_CONNECTIONS)
        self._buckets: dict[str, TokenBucket] = {}
        self._new_channels: dict[str, TokenBucket] = {}

    def may_create_channel(self, host: str, now: float) -> bool:
        """Count a new channel; return False if there are too many; channels are stored for ever."""
        place = network_of(host)
        if not place or not self._is_throttled:
            return True
        bucket = self._new_channels.setdefault(place, TokenBucket(CHANNELS_PER_S, CHANNEL_BURST, now))
        return bucket.try_take(1, now)

    def enter(self, host: str, now: float) -> str:
        """Count a connection; return why it is refused, or "" if it is not."""
        place = network_of(host)
        is_allowed = self._open.enter(place)
        if not place or not self._is_throttled:
            return ""
        if not is_allowed:
            return f"There are {MAX_CONNECTIONS} connections from your address already"
        bucket = self._buckets.setdefault(place, TokenBucket(CONNECTIONS_PER_S, CONNECTION_BURST, now))
        if not bucket.try_take(1, now):
            return "Too many connections in too little time; please wait a minute"
        return ""

    def leave(self, host: str) -> None:
        """Count a closed connection."""
        self._open.leave(network_of(host))

    def forget(self, now: float) -> None:
        """Forget the addresses whose buckets are full again."""
        for buckets in (self._buckets, self._new_channels):
            for place in [place for place, each in buckets.items() if each.is_full(now)]:
                del buckets[place]


class LoginLimits:
    """Limits password attempts and new accounts; addresses of this machine are not exempt.

    An attempt takes a token of the address, one of the account, and one of the two together, so that guesses
    from one address run out long before the owner of the account does. A successful login puts them back.
    """

    def __init__(self, is_throttled: bool) -> None:
        self._is_throttled = is_throttled
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._new_accounts: dict[str, TokenBucket] = {}

    def may_log_in(self, host: str, account: str, now: float) -> bool:
        """Count a password attempt; return False if the password must not be checked."""
        if not self._is_throttled:
            return True
        return all(bucket.try_take(1, now) for bucket in self._login_buckets(host, account, now))

    def refund_login(self, host: str, account: str, now: float) -> None:
        """Uncount an attempt, because the password was right."""
        if self._is_throttled:
            for bucket in self._login_buckets(host, account, now):
                bucket.put_back(1)

    def _login_buckets(self, host: str, account: str, now: float) -> list[TokenBucket]:
        place = network_of(host) or host
        limits = (
            ((place, ""), ADDRESS_LOGINS_PER_S, ADDRESS_LOGIN_BURST),
            ((place, account), PAIR_LOGINS_PER_S, PAIR_LOGIN_BURST),
            (("", account), ACCOUNT_LOGINS_PER_S, ACCOUNT_LOGIN_BURST),
        )
        return [self._buckets.setdefault(key, TokenBucket(rate, burst, now)) for key, rate, burst in limits]

    def may_create_account(self, host: str, now: float) -> bool:
        """Count a new account; return False if it must not be created."""
        if not self._is_throttled:
            return True
        bucket = TokenBucket(ACCOUNTS_PER_S, ACCOUNT_BURST, now)
        return self._new_accounts.setdefault(network_of(host) or host, bucket).try_take(1, now)

    def forget(self, now: float) -> None:
        """Forget the buckets that are full again."""
        self._buckets = {key: each for key, each in self._buckets.items() if not each.is_full(now)}
        self._new_accounts = {key: each for key, each in self._new_accounts.items() if not each.is_full(now)}
