"""What is wrong with a running server, in sentences for its owner: each check looks at one part."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from time import gmtime, strftime
from typing import Protocol

from simplechat.faults import FaultCounter
from simplechat.ledger import Ledger
from simplechat.locale import gettext

MIN_FREE_BYTES = 128 << 20  # on the disk of the data folder
ENDS_SOON_S = 7 * 86400.0

Check = Callable[[], list[str]]
"""Returns what is wrong with one part of the server, each problem as a sentence."""


class CertificateStatus(Protocol):
    """The state of the certificate that the server shows.

    Attributes:
        trouble: Why the newest files cannot be used; "" where they can.
        ends_at: When the certificate in use ends, in seconds since 1970.
    """

    trouble: str
    ends_at: float


def find_problems(checks: Iterable[Check]) -> list[str]:
    """Return everything that is wrong; an empty list where all is well."""
    return [problem for check in checks for problem in check()]


def check_ledger(ledger: Ledger) -> list[str]:
    """Return what is wrong with writing to the store."""
    problems = []
    if ledger.is_stalled:
        problems.append(gettext("The store does not answer"))
    if ledger.is_failing:
        text = gettext("The store fails; records that wait for it: {count}")
        problems.append(text.format(count=ledger.backlog_records))
    return problems


def check_faults(faults: FaultCounter) -> list[str]:
    """Tell of failures of the server's own code, for an hour after the last one."""
    if not faults.has_recent:
        return []
    text = gettext("Failures of the server's own code since its start: {count}; see the log")
    return [text.format(count=faults.count)]


def free_bytes(folder: Path) -> int:
    """Return how many bytes may still be written to the disk of a folder."""
    return shutil.disk_usage(folder).free


def check_disk(folder: Path, free: Callable[[Path], int] = free_bytes) -> list[str]:
    """Return what is wrong with the disk of the data folder.

    Args:
        folder: The data folder.
        free: Returns how many bytes may still be written to the disk of a folder.
    """
    try:
        left = free(folder)
    except OSError as error:
        return [gettext("The data folder cannot be read: {why}").format(why=error.strerror)]
    if left >= MIN_FREE_BYTES:
        return []
    return [gettext("The disk of the data folder is nearly full: {mib} MiB are left").format(mib=left >> 20)]


def check_certificates(
    read_certificates: Callable[[], CertificateStatus | None], now: Callable[[], float]
) -> list[str]:
    """Return what is wrong with the certificates.

    Args:
        read_certificates: Returns the certificates; None where there is no TLS.
        now: Returns seconds since 1970.
    """
    certificates = read_certificates()
    if certificates is None:
        return []
    problems = [certificates.trouble] if certificates.trouble else []
    if certificates.ends_at - now() < ENDS_SOON_S:
        day = strftime("%Y-%m-%d", gmtime(certificates.ends_at))
        problems.append(gettext("The certificate ends on {day}").format(day=day))
    return problems
