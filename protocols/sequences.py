"""Pseudo-random orders of trials: balanced in blocks, with limits on runs, with catch trials.

All chance comes from the generator that is passed in. The same generator and the same calls give
the same order, which is how a resumed session goes on where it was cut off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import cache
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item", bound=Hashable)


class BalancedSequence(Generic[Item]):
    """Random order in which every block of trials holds each item equally often.

    An item that is named twice comes twice as often as the others. All orders of a block that
    keep to the limit on runs are equally likely.

    Parameters
    ----------
    items
        The kinds of trial.
    block
        Trials in a block; a multiple of the number of items.
    rng
        Source of chance.
    longest_run
        No more than that many equal items follow each other, across blocks too; None if any
        number may.

    Raises
    ------
    ValueError
        If a block cannot hold the items equally, or blocks that keep to the limit on runs cannot
        follow each other for ever.

    Examples
    --------
    >>> order = BalancedSequence(("go", "nogo"), 8, np.random.default_rng(1))
    >>> sorted(order.next() for _ in range(8))
    ['go', 'go', 'go', 'go', 'nogo', 'nogo', 'nogo', 'nogo']
    """

    def __init__(
        self,
        items: Sequence[Item],
        block: int,
        rng: np.random.Generator,
        longest_run: int | None = None,
    ) -> None:
        if not items or block <= 0 or block % len(items):
            raise ValueError(f"a block of {block} trials cannot hold {len(items)} items equally")
        self._block = [item for item in items for _ in range(block // len(items))]
        self._runs = None if longest_run is None else LimitedRuns(self._block, longest_run)
        self._rng = rng
        self._left: list[Item] = []

    def next(self) -> Item:
        """Return the next item."""
        if not self._left:
            self._left = self._draw()
        return self._left.pop()

    def _draw(self) -> list[Item]:
        """Return the next block, last trial first."""
        if self._runs is not None:
            return self._runs.draw(self._rng)[::-1]
        return [self._block[index] for index in self._rng.permutation(len(self._block))]


class LimitedRuns(Generic[Item]):
    """Draws blocks whose runs keep to a limit, each possible block with the same chance.

    A block is drawn trial by trial: each kind with a chance in proportion to the number of ways
    in which the block can be completed behind it. So every draw succeeds.

    Parameters
    ----------
    block
        The items of a block.
    limit
        Longest run, across blocks too.

    Raises
    ------
    ValueError
        If some end of a block leaves no way to go on.
    """

    def __init__(self, block: Sequence[Item], limit: int) -> None:
        counts = Counter(block)
        self._kinds = list(counts)
        self._counts = tuple(counts.values())
        self._limit = limit
        self._last, self._run = -1, 0
        ends = [(kind, run) for kind in range(len(counts)) for run in range(1, limit + 1)]
        starts = [(-1, 0), *(e for e in ends if e[1] <= 2 * self._counts[e[0]])]
        if limit < 1 or not all(_ways(self._counts, *start, limit) for start in starts):
            raise ValueError(
                f"{len(block)} trials of {len(counts)} kinds cannot keep to runs of {limit} at most"
            )

    def draw(self, rng: np.random.Generator) -> list[Item]:
        """Return the next block, first trial first."""
        left = list(self._counts)
        drawn = []
        while any(left):
            kind = self._choose(left, rng)
            left[kind] -= 1
            self._run = self._run + 1 if kind == self._last else 1
            self._last = kind
            drawn.append(self._kinds[kind])
        return drawn

    def _choose(self, left: list[int], rng: np.random.Generator) -> int:
        """Return the number of the next kind."""
        ways = [
            _ways_behind(tuple(left), kind, self._last, self._run, self._limit)
            for kind in range(len(left))
        ]
        rest = rng.random() * sum(ways)
        for kind, number in enumerate(ways):
            rest -= number
            if rest < 0:
                return kind
        return max(kind for kind, number in enumerate(ways) if number)


def _ways_behind(left: tuple[int, ...], kind: int, last: int, run: int, limit: int) -> int:
    """Return in how many ways a block can be completed if its next trial is of that kind."""
    run = run + 1 if kind == last else 1
    if not left[kind] or run > limit:
        return 0
    after = (*left[:kind], left[kind] - 1, *left[kind + 1 :])
    return _ways(after, kind, run, limit)


@cache
def _ways(left: tuple[int, ...], last: int, run: int, limit: int) -> int:
    """Return in how many ways the trials that are left can be ordered behind a run."""
    if not any(left):
        return 1
    return sum(_ways_behind(left, kind, last, run, limit) for kind in range(len(left)))


def longest_run(items: Sequence[Hashable]) -> int:
    """Return how many equal items follow each other at most.

    Examples
    --------
    >>> longest_run("abbba")
    3
    """
    longest = run = 0
    for number, item in enumerate(items):
        run = run + 1 if number and item == items[number - 1] else 1
        longest = max(longest, run)
    return longest


class CatchTrials(Generic[Item]):
    """Scatters catch trials among the others: exactly their share in every window of trials.

    Parameters
    ----------
    kinds
        The kinds of catch trial; each comes equally often.
    probability
        Share of all trials that are catch trials.
    window
        Trials over which the share is exact: trials 1 to `window`, and so on.
    rng
        Source of chance.

    Raises
    ------
    ValueError
        If the share of a window is no whole number of trials.

    Examples
    --------
    >>> catch = CatchTrials(("C", "S+"), 0.1, 20, np.random.default_rng(1))
    >>> sorted(filter(None, (catch.next() for _ in range(20))))
    ['C', 'S+']
    """

    def __init__(
        self, kinds: Sequence[Item], probability: float, window: int, rng: np.random.Generator
    ) -> None:
        share = probability * window
        if not 0 <= probability < 1 or abs(share - round(share)) > 1e-9:
            raise ValueError(
                f"a share of {probability:g} of {window} trials is no whole number of trials"
            )
        self._catches = round(share)
        self._window = window
        self._rng = rng
        self._kinds = BalancedSequence(kinds, len(kinds), rng)
        self._left: list[bool] = []

    def next(self) -> Item | None:
        """Return the kind of catch trial that the next trial is, or None."""
        if not self._left:
            order = self._rng.permutation(self._window)
            self._left = [bool(index < self._catches) for index in order]
        return self._kinds.next() if self._left.pop() else None
