"""Pulses of one line by one clock, and how they come of samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import (
    EmptyDataError,
    Floats,
    NotFiniteError,
    OutOfBoundsError,
    ShapeError,
    TooFewError,
    UnsortedTrialsError,
)

LOW, HIGH = 0.4, 0.6
"""A line goes off below, and on above these shares of its range; between them it stays as it is."""
LATEST = 1e11
"""Seconds: three thousand years. Microseconds since 1970 are more."""
CHUNK = 5_000_000
"""Samples that are looked at at once."""
Samples = Callable[[slice], NDArray[np.generic]]
"""Returns some of the samples of a line."""


@dataclass(frozen=True, eq=False)
class Pulses:
    """The pulses of a line, in seconds of the clock of whoever recorded them.

    Attributes
    ----------
    on
        When each began, (pulses,), rising.
    off
        When each ended, (pulses,); NaN where that is not known.
    uncertainty
        How far off each time of `on` may be by what its recorder states, (pulses,); 0 where it
        states nothing.

    Raises
    ------
    ModelError
        If the arrays do not fit each other, or times are missing or do not rise.

    Examples
    --------
    >>> Pulses.at([0.5, 1.2, 2.9]).off
    array([nan, nan, nan])
    """

    on: Floats
    off: Floats
    uncertainty: Floats

    def __post_init__(self) -> None:
        if not self.on.shape == self.off.shape == self.uncertainty.shape or self.on.ndim != 1:
            raise ShapeError(
                f"pulses begin in an array of the shape {self.on.shape}, end in one of "
                f"{self.off.shape}",
                "Give one row of times, with an end and an uncertainty each.",
            )
        missing = np.flatnonzero(~np.isfinite(self.on) | ~np.isfinite(self.uncertainty))
        if missing.size:
            raise NotFiniteError(
                f"{missing.size} pulses have no time (NaN or infinite), the first is number "
                f"{missing[0] + 1}",
                "Leave them out in the program that wrote them.",
            )
        if np.abs(self.on).max(initial=0) > LATEST:
            raise OutOfBoundsError(
                f"a pulse at {np.abs(self.on).max():.3g} is none in seconds",
                "Make samples, milliseconds or nanoseconds seconds first.",
            )
        behind = np.flatnonzero(np.diff(self.on) <= 0)
        if behind.size:
            raise UnsortedTrialsError(
                f"the times of the pulses do not rise at number {behind[0] + 2}",
                "Sort them, once it is clear why they are not in order.",
            )

    @classmethod
    def at(cls, on: ArrayLike, off: ArrayLike = np.nan, uncertainty: ArrayLike = 0.0) -> Pulses:
        """Return pulses that begin at some times; one value stands for all."""
        begins = np.asarray(on, dtype=np.float64)
        ends, within = (np.asarray(each, dtype=np.float64) for each in (off, uncertainty))
        return cls(
            begins,
            *(np.full(begins.shape, x) if x.ndim == 0 else x for x in (ends, within)),
        )

    def __len__(self) -> int:
        return len(self.on)

    def chosen(self, keep: ArrayLike) -> Pulses:
        """Return some of the pulses, by flags or places."""
        places = np.asarray(keep)
        return replace(
            self,
            on=self.on[places],
            off=self.off[places],
            uncertainty=self.uncertainty[places],
        )


def pulses_of_edges(times: ArrayLike, levels: ArrayLike, uncertainty: ArrayLike = 0.0) -> Pulses:
    """Return the pulses between edges of a line.

    A repeated level is no edge. What is on when the record ends has no end, and what went off
    before it was seen to go on is left out.

    Parameters
    ----------
    times, levels, uncertainty
        Seconds, whether the line went on, and seconds by which each time may be off, (edges,).
    """
    at, up = np.asarray(times, dtype=np.float64), np.asarray(levels, dtype=bool)
    within = np.broadcast_to(np.asarray(uncertainty, dtype=np.float64), at.shape)
    before = np.concatenate([[False], up[:-1]])
    kept = up != before
    at, up, within = at[kept], up[kept], within[kept]
    off = np.full(np.count_nonzero(up), np.nan)
    ends = at[~up]
    off[: ends.size] = ends
    return Pulses(at[up], off, within[up])


def pulses_of_samples(samples: Samples, count: int, times: Callable[[Floats], Floats]) -> Pulses:
    """Return the pulses of a sampled line: it is on above, and off below the middle of its range.

    An edge lies midway between two samples, and may be off by half the time between them.

    Parameters
    ----------
    samples
        Returns the samples of a slice.
    count
        How many samples there are.
    times
        Makes numbers of samples, which may lie between two, seconds.

    Raises
    ------
    ModelError
        If there are no samples, or the line never changes.
    """
    if count < 2:
        raise EmptyDataError("the line has fewer than two samples", "Name another line.")
    chunks = [slice(begin, min(begin + CHUNK, count)) for begin in range(0, count, CHUNK)]
    parts = [_range_of(samples(chunk)) for chunk in chunks]
    low, high = min(part[0] for part in parts), max(part[1] for part in parts)
    if not low < high:
        raise TooFewError(
            "the line never changes", "Name another line, or look at its wire and its range."
        )
    edges, levels = _edges(samples, chunks, low + LOW * (high - low), low + HIGH * (high - low))
    within = (times(edges + 0.5) - times(edges - 0.5)) / 2
    return pulses_of_edges(times(edges), levels, within)


def _range_of(values: NDArray[np.generic]) -> tuple[float, float]:
    numbers = np.asarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        raise NotFiniteError(
            "the line has samples that are missing (NaN) or infinite", "Name another line."
        )
    return float(numbers.min()), float(numbers.max())


def _edges(
    samples: Samples, chunks: list[slice], low: float, high: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return between which samples the line changes, and to what; its first level is no edge."""
    places: list[NDArray[np.float64]] = []
    levels: list[NDArray[np.bool_]] = []
    last: bool | None = None
    for chunk in chunks:
        values = np.asarray(samples(chunk), dtype=np.float64)
        clear = np.flatnonzero((values > high) | (values < low))
        if not clear.size:
            continue
        up = values[clear] > high
        first = up[0] if last is None else last
        changed = np.flatnonzero(up != np.concatenate([[first], up[:-1]]))
        places.append(chunk.start + clear[changed] - 0.5)
        levels.append(up[changed])
        last = bool(up[-1])
    return np.concatenate(places), np.concatenate(levels)
