"""Marks: up to when somebody has read what was said somewhere.

Spec: https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simplechat.hub.records import ReadMarkerRow

MAX_READ_MARKERS = 1000  # of one identity


class ReadMarkers:
    """The marks of everybody, by identity and by target; they only ever grow.

    Args:
        rows: Those on disk.
    """

    def __init__(self, rows: Iterable[ReadMarkerRow]) -> None:
        self._of: dict[int, dict[str, int]] = {}
        for row in rows:
            self._of.setdefault(row.identity, {})[row.target] = row.at

    def get(self, identity: int, target: str) -> int | None:
        """Give up to when somebody has read a target, in milliseconds since 1970; None for not known."""
        return self._of.get(identity, {}).get(target)

    def put(self, row: ReadMarkerRow) -> Callable[[], None]:
        """Move a mark; of too many the oldest is lost. Gives what moves it back."""
        marks = self._of.setdefault(row.identity, {})
        before = marks.pop(row.target, None)
        marks[row.target] = row.at
        if len(marks) > MAX_READ_MARKERS:
            del marks[next(iter(marks))]

        def move_back() -> None:
            marks.pop(row.target, None)
            if before is not None:
                marks[row.target] = before

        return move_back

    def rows(self, identity: int) -> list[ReadMarkerRow]:
        """Give the marks of one identity as the disk keeps them."""
        return [ReadMarkerRow(identity, target, at) for target, at in self._of.get(identity, {}).items()]

    def forget(self, identity: int) -> None:
        """Forget the marks of somebody who will not come back."""
        self._of.pop(identity, None)
