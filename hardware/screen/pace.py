"""When a screen takes the next picture: at its own refresh, or, if it has none, by the clock."""

from __future__ import annotations

import time


class ScreenPace:
    """A screen that refreshes by itself, and makes whoever flips wait for that."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._last = time.perf_counter()

    def next(self) -> float:
        """Return when the next refresh is due."""
        return self._last + self._period

    def hold(self) -> None:
        """Wait until the picture may be flipped: at once."""

    def flipped(self, asked: float, taken: float) -> tuple[float, int]:
        """Take note of a flip; return its time, and how many refreshes have passed until it.

        That is when the screen had taken the picture: it makes the program wait for its refresh.
        """
        passed = max(1, round((taken - self._last) / self._period))
        self._last = taken
        return taken, passed


class ClockPace:
    """A screen that takes pictures at any time, such as a virtual one: refreshes are pretended."""

    def __init__(self, period: float) -> None:
        self._period = period
        self._began = time.perf_counter()
        self._refresh = 0

    def next(self) -> float:
        """Return when the next refresh is due."""
        return self._began + (self._refresh + 1) * self._period

    def hold(self) -> None:
        """Wait until the picture may be flipped: until the next refresh is due."""
        time.sleep(max(0.0, self.next() - time.perf_counter()))

    def flipped(self, asked: float, taken: float) -> tuple[float, int]:
        """Take note of a flip; return its time, and how many refreshes have passed until it.

        That is when the screen was asked: it does so at once.
        """
        now = int((asked - self._began) / self._period)
        passed = max(1, now - self._refresh)
        self._refresh += passed
        return asked, passed
