"""What is wrong with the server, in sentences for whoever looks after it; nothing, where all is well."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from time import gmtime, strftime
from typing import Protocol

from simplechat.ledger import Ledger
from simplechat.locale import gettext

MIN_FREE_BYTES = 128 << 20  # on the disk of the data folder
ENDS_SOON_S = 7 * 86400.0


class CertificateStatus(Protocol):
    """What is known of the certificate that the server shows.

    Attributes:
        trouble: Why the newest files are not of use; "" where they are.
        ends_at: When the one that is shown ends, in seconds since 1970.
    """

    trouble: str
    ends_at: float


def free_bytes(folder: Path) -> int:
    """Tell how much may still be written to the disk of a folder."""
    return shutil.disk_usage(folder).free


def find_problems(
    ledger: Ledger,
    folder: Path,
    certificates: CertificateStatus | None,
    now: float,
    free: Callable[[Path], int] = free_bytes,
) -> list[str]:
    """Say what is wrong, each in a sentence.

    Args:
        ledger: It knows how the store is.
        folder: The data folder.
        certificates: None where nothing is shown to anybody.
        now: Seconds since 1970.
        free: Tells how much may be written to the disk of a folder, in bytes.
    """
    found = []
    if ledger.is_stalled:
        found.append(gettext("The store does not answer"))
    if ledger.is_failing:
        text = gettext("The store takes nothing; records that wait for it: {count}")
        found.append(text.format(count=ledger.backlog_records))
    if ledger.has_stumbled_lately:
        text = gettext("The server failed by a fault of its own, {count} times since its start; see the log")
        found.append(text.format(count=ledger.stumbles))
    return found + _of_disk(folder, free) + (_of_certificates(certificates, now) if certificates else [])


def _of_disk(folder: Path, free: Callable[[Path], int]) -> list[str]:
    try:
        left = free(folder)
    except OSError as error:
        return [gettext("The data folder cannot be looked at: {why}").format(why=error.strerror)]
    if left >= MIN_FREE_BYTES:
        return []
    return [gettext("The disk of the data folder is nearly full: {mib} MiB are left").format(mib=left >> 20)]


def _of_certificates(certificates: CertificateStatus, now: float) -> list[str]:
    found = [certificates.trouble] if certificates.trouble else []
    if certificates.ends_at - now < ENDS_SOON_S:
        day = strftime("%Y-%m-%d", gmtime(certificates.ends_at))
        found.append(gettext("The certificate ends on {day}").format(day=day))
    return found
