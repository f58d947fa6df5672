"""How many frames came, and which ones did not, by the numbers of those that did."""

from __future__ import annotations

MOST_NAMED = 8


class FrameCount:
    """Counts the frames of one filming.

    Attributes
    ----------
    came, lost
        How many came, and how many are missing between them.

    Examples
    --------
    >>> count = FrameCount()
    >>> [count.take(number) for number in (5, 6, 9, 10, 12)]
    [0, 0, 2, 0, 1]
    >>> count.words()
    '3 of 8 frames are missing (7-8, 11)'
    """

    def __init__(self) -> None:
        self.came = 0
        self.lost = 0
        self._last: int | None = None
        self._gaps: list[tuple[int, int]] = []

    def take(self, number: int) -> int:
        """Count a frame; return how many are missing before it."""
        missing = self.miss_until(number)
        self.came += 1
        self._last = number
        return missing

    def miss_until(self, number: int) -> int:
        """Count what is missing before a frame as lost; return how many that are."""
        missing = 0 if self._last is None else max(0, number - self._last - 1)
        if missing:
            self.lost += missing
            self._gaps.append((number - missing, number - 1))
            self._last = number - 1
        return missing

    def words(self) -> str:
        """Return which frames are missing."""
        named = [
            str(first) if first == last else f"{first}-{last}"
            for first, last in self._gaps[:MOST_NAMED]
        ]
        more = ", ..." if len(self._gaps) > MOST_NAMED else ""
        total = self.came + self.lost
        return f"{self.lost} of {total} frames are missing ({', '.join(named)}{more})"
