"""How long to wait before the server is tried again."""

from __future__ import annotations

FIRST_DELAY_S = 1.0
MAX_DELAY_S = 60.0


def delay_s(tries: int, chance: float) -> float:
    """Give the pause after so many tries in vain: twice as long each time, and not the same for everybody.

    Args:
        chance: From 0 to 1.
    """
    pause_s: float = min(MAX_DELAY_S, FIRST_DELAY_S * 2 ** min(tries, 10))
    return pause_s * (0.75 + chance / 2)
