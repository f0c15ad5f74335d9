"""Read markers: up to when each identity has read each target.

Spec: https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simplechat.hub.records import ReadMarkerRow

MAX_READ_MARKERS = 1000  # per identity


class ReadMarkers:
    """The read markers by identity and target.

    Args:
        rows: Those on disk.
    """

    def __init__(self, rows: Iterable[ReadMarkerRow]) -> None:
        self._by_identity: dict[int, dict[str, int]] = {}
        for row in rows:
            self._by_identity.setdefault(row.identity, {})[row.target] = row.at

    def get(self, identity: int, target: str) -> int | None:
        """Return a marker in milliseconds since 1970; None if there is none."""
        return self._by_identity.get(identity, {}).get(target)

    def put(self, row: ReadMarkerRow) -> Callable[[], None]:
        """Set a marker, and drop the oldest of too many; return a function that undoes it."""
        markers = self._by_identity.setdefault(row.identity, {})
        before = markers.pop(row.target, None)
        markers[row.target] = row.at
        if len(markers) > MAX_READ_MARKERS:
            del markers[next(iter(markers))]

        def undo() -> None:
            markers.pop(row.target, None)
            if before is not None:
                markers[row.target] = before

        return undo

    def rows(self, identity: int) -> list[ReadMarkerRow]:
        """Return the rows of an identity's markers."""
        return [
            ReadMarkerRow(identity, target, at) for target, at in self._by_identity.get(identity, {}).items()
        ]

    def forget(self, identity: int) -> None:
        """Forget the markers of an identity that will not come back."""
        self._by_identity.pop(identity, None)
