"""The room itself: who is here, what may be done, what was decided. Pure state; the clock is passed in."""
