"""When a frame of an output stream is heard, by the clock `time.perf_counter`.

The host tells at each block when the first of its frames will be heard. It does so by a clock of
its own, which may be set back and forth; only what lies between "now" and "then" is taken from it.
Frames follow each other at the rate, so that all recent blocks together place a frame better than
its own block does: a single statement may be wrong by some milliseconds.
"""

from __future__ import annotations

import numpy as np

BLOCKS = 256
"""Blocks that are looked back at."""


class StreamClock:
    """Places frames in time; the output's thread notes, any other thread asks.

    Parameters
    ----------
    rate_hz
        Frames a second.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._starts = np.zeros(BLOCKS)
        self._count = 0
        self._since = 0

    def note(self, frame: int, now: float, ahead: float) -> None:
        """Note that at the time `now` a frame was to be heard `ahead` seconds later."""
        self._starts[self._count % BLOCKS] = now + ahead - frame / self._rate_hz
        self._count += 1

    def forget(self) -> None:
        """Forget what was noted: the stream has lost its place in time."""
        self._since = self._count

    @property
    def knows(self) -> bool:
        """Whether anything was noted."""
        return self._count > self._since

    def time_of(self, frame: int) -> float:
        """Return when a frame is heard."""
        return float(np.median(self._recent())) + frame / self._rate_hz

    def frame_at(self, time: float) -> int:
        """Return the frame that is heard at a time."""
        return round((time - float(np.median(self._recent()))) * self._rate_hz)

    def spread(self) -> float:
        """Return by how many seconds what was noted last disagrees with itself."""
        return float(np.ptp(self._recent()))

    def _recent(self) -> np.ndarray:
        """Return what was noted of the first frame; at least once."""
        count = self._count
        known = max(1, min(count - self._since, BLOCKS))
        return self._starts[np.arange(count - known, count) % BLOCKS]
