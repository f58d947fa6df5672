"""Gives the samples of a card their times on the session's clock.

A card counts by a clock of its own, which is up to some 50 millionths fast or slow: a lick in the
second hour would be a third of a second off. So the two clocks are compared at every look at the
card. A look tells that the card had taken `count` samples at some moment between `before` and
`after`. This puts bounds on the time of the first sample; the narrowest bounds of each second are
kept, and a line through those of the last minute gives the times.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

SPAN = 1.0
"""Seconds of looks from which the narrowest bounds are kept."""
KEPT = 60
FEWEST = 5
"""Spans that a slope is computed from at least; before, the clocks count as equally fast."""
LARGEST_DRIFT = 200e-6
"""No card's clock is farther off than that."""


@dataclass
class _Bounds:
    """Where the time of the first sample lies, seen from sample number `count`."""

    count: int
    earliest: float
    latest: float

    def middle(self) -> float:
        """Return the most probable time.

        A card that hands its samples over in packets seems to have taken less than it has: then
        only `latest` is a bound, and `earliest` lies behind it.
        """
        return min((self.earliest + self.latest) / 2, self.latest)


class SampleClock:
    """The times of a card's samples; the first one has number 0.

    Parameters
    ----------
    rate_hz
        The card's own idea of its rate.
    before, after
        Session's seconds between which the card took its first sample.

    Examples
    --------
    >>> clock = SampleClock(10_000.0, 2.0, 2.001)
    >>> for count in range(100, 20_000, 20):  # the card runs true, and each look takes 0.2 ms
    ...     clock.saw(count, 1.9999 + 2e-4 + count / 1e4, 2.0001 + 2e-4 + count / 1e4)
    >>> round(clock.time(10_000), 3)
    3.0
    """

    def __init__(self, rate_hz: float, before: float, after: float) -> None:
        self._rate_hz = rate_hz
        self._now = _Bounds(0, before, after)
        self._past: deque[tuple[int, float]] = deque(maxlen=KEPT)
        self._slope = 0.0
        self._anchor = 0, self._now.middle()

    def saw(self, count: int, before: float, after: float) -> None:
        """Take in that `count` samples had been taken at a moment between `before` and `after`."""
        earliest, latest = self._bounds(count, before, after)
        if count - self._now.count > SPAN * self._rate_hz:
            self._past.append((self._now.count, self._now.middle()))
            self._now = _Bounds(count, earliest, latest)
            if len(self._past) >= FEWEST:
                self._fit()
        self._now.earliest = max(self._now.earliest, earliest)
        self._now.latest = min(self._now.latest, latest)
        if len(self._past) < FEWEST:
            offsets = [*(offset for _, offset in self._past), self._now.middle()]
            self._anchor = self._now.count, sum(offsets) / len(offsets)

    def time(self, sample: int) -> float:
        """Return the session's seconds of a sample."""
        count, offset = self._anchor
        return offset + self._slope * (sample - count) + sample / self._rate_hz

    def _bounds(self, count: int, before: float, after: float) -> tuple[float, float]:
        """Return where the first sample lies: `count` were there, and one more was not."""
        return before - count / self._rate_hz, after - (count - 1) / self._rate_hz

    def _fit(self) -> None:
        """Lay the line of least squares through the past."""
        centre = sum(count for count, _ in self._past) / len(self._past)
        mean = sum(offset for _, offset in self._past) / len(self._past)
        spread = sum((count - centre) ** 2 for count, _ in self._past)
        rise = sum((count - centre) * (offset - mean) for count, offset in self._past)
        limit = LARGEST_DRIFT / self._rate_hz
        self._slope = min(max(rise / spread, -limit), limit)
        self._anchor = round(centre), mean
