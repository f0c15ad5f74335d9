"""Tests in another time zone."""

from __future__ import annotations

import os
import time

from twisted.trial.unittest import SynchronousTestCase


def be_in(test: SynchronousTestCase, zone: str) -> None:
    """Switch the process to a time zone until a test ends."""
    test.addCleanup(_move_to, os.environ.get("TZ"))
    _move_to(zone)


def _move_to(zone: str | None) -> None:
    os.environ.pop("TZ", None)
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()
