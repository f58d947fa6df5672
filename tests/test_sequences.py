"""Balanced orders of trials: exact in every block, random within."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.sequences import BalancedSequence


@given(st.integers(0, 2**32), st.integers(1, 200))
def test_every_prefix_is_within_half_a_block(seed: int, count: int) -> None:
    order = BalancedSequence(("go", "nogo"), 8, np.random.default_rng(seed))
    drawn = [order.next() for _ in range(count)]
    for start in range(0, count - 7, 8):
        assert Counter(drawn[start : start + 8]) == {"go": 4, "nogo": 4}
    for length in range(count):
        counts = Counter(drawn[:length])
        assert abs(counts["go"] - counts["nogo"]) <= 4


def test_all_orders_of_a_block_are_equally_likely() -> None:
    order = BalancedSequence(("go", "nogo"), 8, np.random.default_rng(1))
    blocks = Counter(tuple(order.next() for _ in range(8)) for _ in range(12_500))
    assert len(blocks) == 70
    expected = 12_500 / 70
    chi_square = sum((count - expected) ** 2 / expected for count in blocks.values())
    assert chi_square < 111  # 69 degrees of freedom: p = 0.001


@pytest.mark.parametrize("block", [0, 7, -2])
def test_a_block_that_cannot_be_balanced_is_refused(block: int) -> None:
    with pytest.raises(ValueError, match="cannot hold 2 items equally"):
        BalancedSequence(("go", "nogo"), block, np.random.default_rng(1))
