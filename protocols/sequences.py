"""Pseudo-random orders of trials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class BalancedSequence:
    """Random order in which every block of trials holds each item equally often.

    Parameters
    ----------
    items
        The kinds of trial.
    block
        Trials in a block; a multiple of the number of items.
    rng
        Source of chance.

    Examples
    --------
    >>> order = BalancedSequence(("go", "nogo"), 8, np.random.default_rng(1))
    >>> sorted(order.next() for _ in range(8))
    ['go', 'go', 'go', 'go', 'nogo', 'nogo', 'nogo', 'nogo']
    """

    def __init__(self, items: Sequence[str], block: int, rng: np.random.Generator) -> None:
        if not items or block <= 0 or block % len(items):
            raise ValueError(f"a block of {block} trials cannot hold {len(items)} items equally")
        self._block = [item for item in items for _ in range(block // len(items))]
        self._rng = rng
        self._left: list[str] = []

    def next(self) -> str:
        """Return the next item."""
        if not self._left:
            self._left = [self._block[index] for index in self._rng.permutation(len(self._block))]
        return self._left.pop()
