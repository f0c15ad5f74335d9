"""How much one connection may ask, and how many connections one address may have, in how much time."""

from __future__ import annotations

from simplechat.ip_addresses import place_of

CONNECTIONS_AT_ONCE = 100  # for each address
CONNECTIONS_PER_S = 2.0  # for each address
CONNECTIONS_IN_A_ROW = 60.0
FOUNDINGS_PER_S = 0.1  # channels, for each address
FOUNDINGS_IN_A_ROW = 50.0
LOGINS_PER_S = 1.0  # tries that failed, for each address
LOGINS_IN_A_ROW = 100.0
LOGINS_TO_ONE_PER_S = 0.1  # for each address and account
LOGINS_TO_ONE_IN_A_ROW = 10.0
LOGINS_FROM_ALL_PER_S = 1.0  # for each account, far more than one address can use up
LOGINS_FROM_ALL_IN_A_ROW = 100.0
ACCOUNTS_PER_S = 1 / 60  # for each address
ACCOUNTS_IN_A_ROW = 50.0


class Bucket:
    """Holds up to `burst` tokens and gains `rate` of them a second; it may be overdrawn once at a time."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, cost: float, now: float) -> float:
        """Take tokens; give the seconds to wait before the next ones are taken, 0 for none."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - cost
        self._at = now
        return max(0.0, -self._tokens / self._rate)

    def take_if_there(self, cost: float, now: float) -> bool:
        """Take tokens without going into debt; False when there are too few."""
        if self._tokens + (now - self._at) * self._rate < cost:
            return False
        self.take(cost, now)
        return True

    def give_back(self, cost: float) -> None:
        """Give back what was taken."""
        self._tokens = min(self._burst, self._tokens + cost)

    def is_full(self, now: float) -> bool:
        """Tell whether nothing was taken for so long that it does not matter any more."""
        return self._tokens + (now - self._at) * self._rate >= self._burst


class Addresses:
    """How many connections each address has, and how fast they come. This machine's own are not counted."""

    def __init__(self, is_throttled: bool) -> None:
        self._is_throttled = is_throttled
        self._open: dict[str, int] = {}
        self._buckets: dict[str, Bucket] = {}
        self._foundings: dict[str, Bucket] = {}

    def may_found(self, host: str, now: float) -> bool:
        """Note that a channel comes to be, which is remembered for ever; False when it must not."""
        place = place_of(host)
        if not place or not self._is_throttled:
            return True
        bucket = self._foundings.setdefault(place, Bucket(FOUNDINGS_PER_S, FOUNDINGS_IN_A_ROW, now))
        return bucket.take_if_there(1, now)

    def enter(self, host: str, now: float) -> str:
        """Note a connection; give why there must not be one more, "" if there may."""
        place = place_of(host)
        self._open[place] = self._open.get(place, 0) + 1
        if not place or not self._is_throttled:
            return ""
        if self._open[place] > CONNECTIONS_AT_ONCE:
            return f"There are {CONNECTIONS_AT_ONCE} connections from your address already"
        bucket = self._buckets.setdefault(place, Bucket(CONNECTIONS_PER_S, CONNECTIONS_IN_A_ROW, now))
        if not bucket.take_if_there(1, now):
            return "Too many connections in too little time; please wait a minute"
        return ""

    def leave(self, host: str) -> None:
        """Note that a connection is gone."""
        place = place_of(host)
        self._open[place] -= 1
        if not self._open[place]:
            del self._open[place]

    def forget(self, now: float) -> None:
        """Forget the addresses that have not come for a while."""
        for buckets in (self._buckets, self._foundings):
            for place in [place for place, each in buckets.items() if each.is_full(now)]:
                del buckets[place]


class Tries:
    """How often passwords are tried and accounts are made; nobody is exempt, this machine neither.

    A try costs a token of the address, one of the account, and one of the two together: whoever guesses from
    one address runs out long before the account's owner does. A try that succeeds gives them back.
    """

    def __init__(self, is_throttled: bool) -> None:
        self._is_throttled = is_throttled
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._makings: dict[str, Bucket] = {}

    def may_log_in(self, host: str, account: str, now: float) -> bool:
        """Note that somebody tries a password for an account; False when it must not be looked at."""
        if not self._is_throttled:
            return True
        return all(bucket.take_if_there(1, now) for bucket in self._three(host, account, now))

    def logged_in(self, host: str, account: str, now: float) -> None:
        """Note that the password was right."""
        if self._is_throttled:
            for bucket in self._three(host, account, now):
                bucket.give_back(1)

    def _three(self, host: str, account: str, now: float) -> list[Bucket]:
        place = place_of(host) or host
        limits = (
            ((place, ""), LOGINS_PER_S, LOGINS_IN_A_ROW),
            ((place, account), LOGINS_TO_ONE_PER_S, LOGINS_TO_ONE_IN_A_ROW),
            (("", account), LOGINS_FROM_ALL_PER_S, LOGINS_FROM_ALL_IN_A_ROW),
        )
        return [self._buckets.setdefault(key, Bucket(rate, burst, now)) for key, rate, burst in limits]

    def may_make(self, host: str, now: float) -> bool:
        """Note that somebody makes an account; False when it must not be made."""
        if not self._is_throttled:
            return True
        bucket = Bucket(ACCOUNTS_PER_S, ACCOUNTS_IN_A_ROW, now)
        return self._makings.setdefault(place_of(host) or host, bucket).take_if_there(1, now)

    def forget(self, now: float) -> None:
        """Forget those that have not tried for a while."""
        self._buckets = {key: each for key, each in self._buckets.items() if not each.is_full(now)}
        self._makings = {key: each for key, each in self._makings.items() if not each.is_full(now)}
