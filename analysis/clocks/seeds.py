"""Where a short stretch of one clock's pulses lies on another clock: a correlogram of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.errors import Floats, Whole

STRETCH = 16
"""Pulses of a stretch: few, so that a drift does not blur it, and enough to tell it from chance."""
MOST_STRETCHES = 200
LEAST_SHARE = 0.4
"""A place is worth a try if so much of the stretch is found there."""
MOST_PLACES = 3
DISTINCT = 3
"""Kinds of intervals that make a stretch as good as any other."""
LOOKED_AT = 4000
"""Shifts, the best ones, among which peaks are looked for."""


@dataclass(frozen=True)
class Stretch:
    """Some pulses of a record in a row, and where they may lie on the other clock.

    Attributes
    ----------
    begin, end
        Which pulses: from `begin` up to, not including, `end`.
    centre
        Seconds in their middle, by their own clock.
    places
        What the other clock may have shown then, the most probable first, in seconds.
    """

    begin: int
    end: int
    centre: float
    places: tuple[float, ...]


def stretches(one: Floats, other: Floats, jitter: float, drift: float) -> Iterator[Stretch]:
    """Yield stretches of one record that are found on the clock of the other one.

    They come from all over the record, so that a part that both have is soon met; those with
    several kinds of intervals come first.

    Parameters
    ----------
    one, other
        When the pulses were by both clocks, in seconds, rising.
    jitter
        Seconds that a pulse may come too early or too late on one of them.
    drift
        By how much one clock may run faster, as a share.
    """
    for begin in _begins(one, jitter)[:MOST_STRETCHES]:
        end = min(begin + STRETCH, len(one))
        pulses = one[begin:end]
        centre = float(pulses[0] + pulses[-1]) / 2
        width = 2 * (jitter + drift * float(pulses[-1] - pulses[0]) / 2)
        shifts, counts = clusters(pulses - centre, other, width, MOST_PLACES)
        enough = counts >= max(4, LEAST_SHARE * len(pulses))
        if enough.any():
            yield Stretch(begin, end, centre, tuple(shifts[enough].tolist()))


def clusters(pulses: Floats, other: Floats, width: float, most: int) -> tuple[Floats, Whole]:
    """Return by how much pulses are to be shifted to meet many others, and how many they meet.

    Parameters
    ----------
    pulses, other
        Times in seconds; the first should be few.
    width
        Shifts that differ by less, in seconds, are one.
    most
        So many shifts at most.

    Returns
    -------
    Shifts in seconds, and pulses that meet others, (shifts,) each: the most pulses first, and of
    equal numbers the smallest shift.

    Examples
    --------
    >>> clusters(np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 8.0]), 0.01, 1)
    (array([5.]), array([3]))
    """
    shifts = np.sort((other[None, :] - pulses[:, None]).ravel())
    first = np.arange(shifts.size)
    counts = np.searchsorted(shifts, shifts + width, side="right") - first
    many = np.flatnonzero(counts > counts.max(initial=0) / 2)
    middles = shifts[first[many] + counts[many] // 2]
    order = np.lexsort((np.abs(middles), -counts[many]))[:LOOKED_AT]
    kept: list[int] = []
    for place in order:
        if len(kept) == most:
            break
        if all(abs(middles[place] - middles[each]) > width for each in kept):
            kept.append(int(place))
    return middles[kept], counts[many][kept]


def _begins(times: Floats, jitter: float) -> list[int]:
    """Return where stretches begin: the most telling first, and of equal ones spread evenly.

    Intervals tell nothing that are the usual one, or a multiple of it, as where pulses were lost.
    """
    last = max(len(times) - STRETCH, 0)
    begins = np.unique(np.append(np.arange(0, last, STRETCH // 2), last))
    intervals = np.diff(times)
    usual = float(np.median(intervals))
    off = np.abs(intervals - usual * np.round(intervals / usual))
    places = begins[:, None] + np.arange(min(STRETCH, len(times)) - 1)
    kinds = np.sort(np.round(off[places] / (4 * jitter)), axis=1)
    distinct = 1 + (np.diff(kinds, axis=1) > 0).sum(axis=1)
    order = np.lexsort((_halving(len(begins)), -np.minimum(distinct, DISTINCT)))
    return [int(each) for each in begins[order]]


def _halving(count: int) -> Floats:
    """Return ranks by which each next one lies far from all before: van der Corput's sequence."""
    ranks = np.zeros(count)
    numbers, digit = np.arange(count), 0.5
    while numbers.any():
        ranks += digit * (numbers % 2)
        numbers, digit = numbers // 2, digit / 2
    return ranks
