"""How long to wait before the next attempt to connect."""

from __future__ import annotations

FIRST_DELAY_S = 1.0
MAX_DELAY_S = 60.0


def retry_delay_s(failed_attempts: int, random: float) -> float:
    """Return the delay after so many failed attempts, in seconds: it doubles, and differs between clients.

    Args:
        random: From 0 to 1.
    """
    delay_s: float = min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** min(failed_attempts, 10))
    return delay_s * (0.75 + random / 2)
