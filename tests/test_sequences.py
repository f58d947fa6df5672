"""Pseudo-random orders: their promises hold in every prefix, and their chance is fair."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from protocols.habituation import FreeReward, Habituation
from protocols.level_choice import QuestLevels
from protocols.sequences import BalancedSequence, CatchTrials, longest_run
from protocols.trial_parts import QuietInterval, draw_interval

DRAWS = 100_000
FAIR = 0.001
"""Chance that a fair generator fails its chi-square test; the seeds are fixed."""


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(
    items=st.integers(1, 5),
    repeats=st.integers(1, 4),
    seed=st.integers(0, 2**32),
    length=st.integers(0, 60),
)
def test_every_block_is_balanced(items: int, repeats: int, seed: int, length: int) -> None:
    """In every prefix: whole blocks hold each item equally often, the rest at most that often."""
    kinds = tuple(range(items))
    order = BalancedSequence(kinds, items * repeats, rng(seed))
    drawn = [order.next() for _ in range(length)]
    for start in range(0, length, items * repeats):
        block = Counter(drawn[start : start + items * repeats])
        if block.total() == items * repeats:
            assert set(block.values()) == {repeats}
        assert max(block.values()) <= repeats


@given(
    limit=st.integers(1, 6),
    kinds=st.integers(2, 4),
    seed=st.integers(0, 2**32),
    length=st.integers(1, 80),
)
def test_runs_keep_to_their_limit_in_every_prefix(
    limit: int, kinds: int, seed: int, length: int
) -> None:
    order = BalancedSequence(tuple(range(kinds)), 2 * kinds, rng(seed), limit)
    assert longest_run([order.next() for _ in range(length)]) <= limit


@given(
    window=st.integers(1, 40),
    catches=st.integers(0, 20),
    seed=st.integers(0, 2**32),
    length=st.integers(0, 120),
)
def test_catch_trials_are_exactly_their_share_of_every_window(
    window: int, catches: int, seed: int, length: int
) -> None:
    catches = min(catches, window - 1)
    order = CatchTrials(("C", "S+", "S-"), catches / window, window, rng(seed))
    drawn = [order.next() for _ in range(length)]
    for start in range(0, length, window):
        part = drawn[start : start + window]
        found = sum(kind is not None for kind in part)
        assert found == catches if len(part) == window else found <= catches
    kinds = Counter(kind for kind in drawn if kind is not None)
    if kinds:
        assert max(kinds.values()) - min(kinds[k] for k in ("C", "S+", "S-")) <= 1


@given(seed=st.integers(0, 2**32), cut=st.integers(0, 50))
def test_the_order_survives_a_new_start(seed: int, cut: int) -> None:
    """Made anew from the seed and led to the same place, a sequence goes on as it would have."""
    whole, again = (BalancedSequence(("go", "nogo"), 8, rng(seed), 3) for _ in range(2))
    expected = [whole.next() for _ in range(100)]
    for _ in range(cut):
        again.next()
    assert [again.next() for _ in range(100 - cut)] == expected[cut:]


def test_all_orders_of_a_block_are_equally_likely() -> None:
    order = BalancedSequence(("go", "nogo"), 4, rng(1))
    blocks = Counter(tuple(order.next() for _ in range(4)) for _ in range(DRAWS // 4))
    assert len(blocks) == 6
    assert chisquare(list(blocks.values())).pvalue > FAIR


def test_all_orders_within_the_limit_are_equally_likely() -> None:
    """With runs of 2 at most, an order is free as far as the block before leaves it free."""
    order = BalancedSequence(("go", "nogo"), 4, rng(2), 2)
    blocks = [tuple(order.next() for _ in range(4)) for _ in range(DRAWS // 4)]
    after: dict[tuple[str, ...], Counter[tuple[str, ...]]] = {}
    for before, block in pairwise(blocks):
        after.setdefault(before[-2:], Counter())[block] += 1
    assert set(after) == {("go", "go"), ("nogo", "nogo"), ("go", "nogo"), ("nogo", "go")}
    for tail, counts in after.items():
        assert all(longest_run([*tail, *block]) <= 2 for block in counts)
        assert chisquare(list(counts.values())).pvalue > FAIR


def test_every_place_of_a_block_holds_each_item_equally_often() -> None:
    order = BalancedSequence(("A", "B", "C", "D"), 8, rng(3))
    places = np.zeros((8, 4))
    for _ in range(DRAWS // 8):
        for place in range(8):
            places[place, "ABCD".index(order.next())] += 1
    for counts in places:
        assert chisquare(counts).pvalue > FAIR


def test_catch_trials_fall_on_every_place_of_the_window_equally_often() -> None:
    order = CatchTrials(("C", "S+", "S-"), 0.1, 20, rng(4))
    places, kinds = np.zeros(20), Counter[str]()
    for number in range(DRAWS):
        kind = order.next()
        if kind is not None:
            places[number % 20] += 1
            kinds[kind] += 1
    assert places.sum() == DRAWS / 10
    assert chisquare(places).pvalue > FAIR
    assert max(kinds.values()) - min(kinds.values()) <= 1


def test_an_item_named_twice_comes_twice_as_often() -> None:
    order = BalancedSequence(("sound", "sound", "silence"), 6, rng(5))
    assert Counter(order.next() for _ in range(6)) == {"sound": 4, "silence": 2}


@pytest.mark.parametrize(
    ("items", "block", "limit", "said"),
    [
        (("go", "nogo"), 7, None, "cannot hold 2 items equally"),
        ((), 8, None, "cannot hold 0 items equally"),
        (("go",), 8, 3, "runs of 3 at most"),
        (("go", "nogo"), 8, 0, "runs of 0 at most"),
        (("go", "go", "go", "nogo"), 8, 2, "runs of 2 at most"),
    ],
)
def test_orders_that_cannot_be_had_are_refused(
    items: tuple[str, ...], block: int, limit: int | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        BalancedSequence(items, block, rng(0), limit)


@pytest.mark.parametrize(("probability", "window"), [(0.1, 15), (1.0, 10), (-0.1, 10)])
def test_shares_that_cannot_be_had_are_refused(probability: float, window: int) -> None:
    with pytest.raises(ValueError, match="no whole number of trials"):
        CatchTrials(("C",), probability, window, rng(0))


@pytest.mark.parametrize("start", [QuietInterval(), FreeReward()])
def test_intervals_are_uniform_between_their_ends(start: QuietInterval | FreeReward) -> None:
    chance = rng(6)
    if isinstance(start, QuietInterval):
        drawn = [draw_interval(start, chance)["inter_trial_interval"] for _ in range(DRAWS)]
    else:
        protocol = Habituation(Habituation.Params(start=start), chance)
        drawn = [
            protocol.trial(number, []).draws["inter_trial_interval"]  # type: ignore[union-attr]
            for number in range(1, DRAWS // 10)
        ]
    assert start.shortest <= min(drawn) < max(drawn) <= start.longest
    counts, _ = np.histogram(drawn, bins=20, range=(start.shortest, start.longest))
    assert chisquare(counts).pvalue > FAIR


@settings(max_examples=15)  # each begins three QUEST+, which takes a while
@given(seed=st.integers(0, 2**32), length=st.integers(0, 80))
def test_adaptive_trials_are_balanced_over_sounds_and_silence(seed: int, length: int) -> None:
    """In every 20 trials 2 are silent, and the others take turns among the sounds."""
    choice = QuestLevels(("A", "B", "C"), (10.0, 40.0, 70.0), 0.1, rng(seed))
    drawn = [choice.next(number)[0] for number in range(1, length + 1)]
    for start in range(0, length - 19, 20):
        assert drawn[start : start + 20].count(None) == 2
    sounds = [sound for sound in drawn if sound is not None]
    for start in range(0, len(sounds) - 2, 3):
        assert set(sounds[start : start + 3]) == {"A", "B", "C"}
