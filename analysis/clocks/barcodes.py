"""Numbers that a generator writes into pulses, so that each time is known by its number.

The layout is that of Open Ephys's generator (https://github.com/open-ephys/sync-barcodes): a
pulse of 20 ms, a pause of 20 ms, then 32 bits of 29 ms each, the lowest first, high for 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clocks.mapping import FEWEST
from analysis.clocks.matching import NoMatchError, Pairs
from analysis.clocks.pulses import Pulses
from models.errors import Floats, TooFewError, Whole


@dataclass(frozen=True)
class Layout:
    """How a number is written: seconds of its first pulse and the pause behind it, and of a bit."""

    bits: int = 32
    start: float = 0.020
    bit: float = 0.029
    slack: float = 0.2
    """Share of `start` by which the first pulse may be longer or shorter."""

    @property
    def length(self) -> float:
        """Seconds from the begin of a number to the end of its last bit."""
        return 2 * self.start + self.bits * self.bit


OPEN_EPHYS = Layout()


@dataclass(frozen=True, eq=False)
class Barcodes:
    """The numbers that were read from a line.

    Attributes
    ----------
    pulses
        The first pulse of each.
    numbers
        The numbers, (barcodes,).
    """

    pulses: Pulses
    numbers: Whole


def read_barcodes(pulses: Pulses, layout: Layout = OPEN_EPHYS) -> Barcodes:
    """Return the numbers in the pulses of a line.

    A number begins with the first pulse after a pause that is longer than any number. One whose
    first pulse has another length is left out; so is a number that comes twice.

    Parameters
    ----------
    pulses
        Begin and end of each pulse.
    layout
        How numbers are written.

    Raises
    ------
    TooFewError
        If there are fewer than `FEWEST`, or it is not known when pulses ended.
    """
    firsts = _firsts(pulses, layout)
    numbers = np.array([_number(pulses, first, layout) for first in firsts], dtype=np.int64)
    values, counts = np.unique(numbers, return_counts=True)
    once = np.isin(numbers, values[counts == 1])
    if np.count_nonzero(once) < FEWEST:
        ends = "" if np.isfinite(pulses.off).any() else "; it is not known when its pulses ended"
        raise TooFewError(
            f"the line holds {np.count_nonzero(once)} barcodes of {layout.bits} bits, and "
            f"{FEWEST} are needed{ends}",
            "Name the line of the generator, with times of both edges; for other pulses choose "
            "--by pulses.",
        )
    return Barcodes(pulses.chosen(firsts[once]), numbers[once])


def match_barcodes(session: Barcodes, other: Barcodes) -> Pairs:
    """Return which barcodes are the same.

    Raises
    ------
    NoMatchError
        If fewer than `FEWEST` numbers are in both records.
    """
    _, own, place = np.intersect1d(session.numbers, other.numbers, return_indices=True)
    order = np.argsort(own)
    own, place = own[order], place[order]
    rising = place > np.maximum.accumulate(np.concatenate([[-1], place[:-1]]))
    if np.count_nonzero(rising) < FEWEST:
        raise NoMatchError(
            f"{np.count_nonzero(rising)} barcodes are in both records, and {FEWEST} are needed",
            "Both must be of the same generator, of times that overlap.",
        )
    return Pairs(own[rising].astype(np.int64), place[rising].astype(np.int64))


def _firsts(pulses: Pulses, layout: Layout) -> Whole:
    """Return which pulses begin a number."""
    quiet = np.diff(pulses.on, prepend=-np.inf) > layout.length
    length = pulses.off - pulses.on
    right = np.abs(length - layout.start) <= layout.slack * layout.start
    return np.flatnonzero(quiet & right)


def _number(pulses: Pulses, first: int, layout: Layout) -> int:
    """Return the number that begins with a pulse, by the level in the middle of each bit."""
    middles = pulses.on[first] + 2 * layout.start + layout.bit * (np.arange(layout.bits) + 0.5)
    place = np.searchsorted(pulses.on, middles, side="right") - 1
    high: Floats = middles < pulses.off[place]
    return int((high.astype(np.int64) << np.arange(layout.bits)).sum())
