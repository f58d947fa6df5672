"""Pseudo-random orders of trials: balanced in blocks, with limits on runs, with catch trials.

All chance comes from the generator that is passed in. The same generator and the same calls give
the same order, which is how a resumed session goes on where it was cut off.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item", bound=Hashable)
LONGEST_SEARCH = 2000
TRIED_BLOCKS = 10


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
        If a block cannot hold the items equally, or no order keeps to the limit on runs.

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
        self._longest_run = longest_run
        self._tail: list[Item] = []
        self._left: list[Item] = []
        self._rng = np.random.default_rng(0)
        self._try_out()
        self._rng = rng

    def next(self) -> Item:
        """Return the next item."""
        if not self._left:
            self._left = self._draw()
        item = self._left.pop()
        if self._longest_run is not None:
            self._tail = [*self._tail, item][-self._longest_run :]
        return item

    def _try_out(self) -> None:
        """Draw some blocks, so that an order that cannot be had shows before the first trial."""
        for _ in range(TRIED_BLOCKS * len(self._block)):
            self.next()
        self._left, self._tail = [], []

    def _draw(self) -> list[Item]:
        """Return the next block, last trial first, drawn anew until it keeps to the limit."""
        limit = self._longest_run
        for _ in range(LONGEST_SEARCH):
            order = [self._block[index] for index in self._rng.permutation(len(self._block))]
            if limit is None or longest_run([*self._tail, *reversed(order)]) <= limit:
                return order
        raise ValueError(
            f"no order, or hardly any, of {len(self._block)} trials of {len(set(self._block))} "
            f"kinds has runs of {limit} at most"
        )


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
