"""Consistent trials, and how many of them chance gives (Hajnal et al. 2024, Fig. 1c to e).

A trial is consistent if the mouse was right in more than half of the trials of each of four types
(go and nogo of the relevant modality, congruent and incongruent) in the 21 trials around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.compiled import compiled
from models.errors import (
    Floats,
    ImpossibleOutcomeError,
    UnknownNameError,
    Whole,
    check_same_length,
    check_some,
    flags,
)

HALF_WINDOW = 10
"""Trials on either side of a trial; the window is cut at the borders of the block."""
Criterion = Literal["above", "above or equal"]
"""Whether a mouse that was right in exactly half of the trials of a type passes: it does not in the
figure, the authors' code and the Results, and does in the Methods."""
TIES: dict[Criterion, int] = {"above": 0, "above or equal": 1}
"""What each trial adds to the balance of its type, beside `weight` for right and minus that for
wrong: less in all trials of a window than one weight, so it decides ties alone."""
SESSIONS = 1_000_000
LANE = 16
HALF = 1 << (LANE - 2)
OFFSET = sum((HALF - 1) << (LANE * kind) for kind in range(4))
RISEN = sum(HALF << (LANE * kind) for kind in range(4))
GOLDEN = 0x9E3779B97F4A7C15
MIX_1, MIX_2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def consistent_trials(
    relevant_go: ArrayLike,
    other_go: ArrayLike,
    correct: ArrayLike,
    half_window: int = HALF_WINDOW,
    criterion: Criterion = "above",
) -> NDArray[np.bool_]:
    """Return which trials of a block are consistent, (trials,).

    Where a window lacks one of the four types, its trial is not consistent.

    Parameters
    ----------
    relevant_go, other_go
        Whether the stimulus of the relevant modality, and of the other, is go, (trials,).
    correct
        Whether the mouse was right, (trials,).
    half_window
        Trials on either side.
    criterion
        Whether half of the trials is enough.

    Raises
    ------
    ModelError
        If an array is empty, has other numbers than 0 and 1, or another length; if there is no
        such criterion.

    Examples
    --------
    >>> go = [1, 0, 1, 0] * 10
    >>> other = [1, 0, 0, 1] * 10
    >>> bool(consistent_trials(go, other, [1] * 40).all())
    True
    >>> bool(consistent_trials(go, other, [1, 1, 1, 0] * 10).any())
    False
    """
    relevant, other = flags("relevant_go", relevant_go), flags("other_go", other_go)
    right = flags("correct", correct)
    check_same_length(relevant_go=relevant, other_go=other, correct=right)
    kind = 2 * relevant + (relevant == other)
    worth = weight(half_window) * (2 * right - 1) + tie(criterion)
    balance = np.zeros((len(right) + 1, 4), dtype=np.int64)
    balance[1:] = np.cumsum((kind[:, None] == np.arange(4)) * worth[:, None], axis=0)
    places = np.arange(len(right))
    behind = np.minimum(places + half_window + 1, len(right))
    first = np.maximum(places - half_window, 0)
    return np.asarray((balance[behind] - balance[first] > 0).all(axis=1))


def weight(half_window: int) -> int:
    """Return what a right trial adds to a balance: more than all ties of a window together."""
    check_some(half_window=half_window)
    return 2 * half_window + 2


def tie(criterion: Criterion) -> int:
    """Return what every trial adds to a balance.

    Raises
    ------
    UnknownNameError
        If there is no such criterion.
    """
    if criterion not in TIES:
        raise UnknownNameError(f"no criterion {criterion!r}", f"There are {tuple(TIES)}.")
    return TIES[criterion]


@dataclass(frozen=True)
class ChanceOfConsistency:
    """How many consistent trials mice have that lick at random.

    Attributes
    ----------
    trials
        Trials of the block.
    lick_rate
        The probability of a lick, whatever is presented.
    sessions
        How many blocks were simulated.
    counts
        In how many of them 0, 1, 2, ... trials were consistent, (trials + 1,).
    run_counts
        In how many of them there was at least one run of exactly that many consistent trials,
        (trials + 1,); of 0: in how many there was no run.
    """

    trials: int
    lick_rate: float
    sessions: int
    counts: Whole
    run_counts: Whole

    def at_least(self, observed: int) -> float:
        """Return the probability of at least so many consistent trials: that of the text."""
        return float(self.counts[self._place(observed) :].sum() / self.sessions)

    def exactly(self, observed: int) -> float:
        """Return the probability of exactly so many consistent trials: that of the figure.

        Where no simulated block had so many, half a block stands for it, as in the figure.
        """
        return max(float(self.counts[self._place(observed)]), 0.5) / self.sessions

    def run_of(self, observed: int) -> float:
        """Return the probability of at least one run of exactly so many consistent trials."""
        return max(float(self.run_counts[self._place(observed)]), 0.5) / self.sessions

    def _place(self, observed: int) -> int:
        if not 0 <= observed <= self.trials:
            raise ImpossibleOutcomeError(
                f"{observed} consistent trials of {self.trials}", "Count them anew."
            )
        return observed


def chance_of_consistency(
    trials: int,
    lick_rate: float,
    seed: int,
    sessions: int = SESSIONS,
    criterion: Criterion = "above",
) -> ChanceOfConsistency:
    """Simulate blocks of a mouse that licks at random.

    Both stimuli are go with probability 1/2; congruent trials count as correct whatever the
    mouse does, as in the paper's analysis.

    Parameters
    ----------
    trials
        Trials of the block.
    lick_rate
        Probability of a lick. The paper's figure takes it from the incongruent trials of the
        context, the text from the session.
    seed
        Of the simulation; the same seed gives the same numbers.
    sessions
        How many blocks to simulate.
    criterion
        As in `consistent_trials`.

    Examples
    --------
    >>> chance = chance_of_consistency(trials=70, lick_rate=0.7, seed=1, sessions=100_000)
    >>> round(chance.at_least(20), 2), round(chance.exactly(20), 3)
    (0.09, 0.012)
    """
    check_some(trials=trials, sessions=sessions)
    if not 0 <= lick_rate <= 1:
        raise ImpossibleOutcomeError(f"a lick rate of {lick_rate}", "It lies between 0 and 1.")
    counts = np.zeros(trials + 1, dtype=np.int64)
    run_counts = np.zeros(trials + 1, dtype=np.int64)
    state = np.random.default_rng(seed).integers(0, 1 << 64, size=1, dtype=np.uint64)
    below = np.uint64(round(lick_rate * (1 << 32)))
    table = contributions(criterion)
    _play_at_random(sessions, below, table, HALF_WINDOW, state, counts, run_counts)
    return ChanceOfConsistency(trials, lick_rate, sessions, counts, run_counts)


def chance_in_blocks(chances: Sequence[ChanceOfConsistency]) -> Floats:
    """Return the probability of 0, 1, 2, ... consistent trials in some blocks together.

    Blocks of a mouse that licks at random do not depend on each other, so the distribution of
    their sum is the convolution of theirs.

    Parameters
    ----------
    chances
        Of each block.
    """
    together = np.ones(1)
    for each in chances:
        together = np.convolve(together, each.counts / each.sessions)
    return together


def contributions(criterion: Criterion) -> Whole:
    """Return what a trial adds to the balance of its type, (8,), for `_play_at_random`.

    Four balances of right and wrong trials, one for each type, share one integer, 16 bits each.
    The index is 4 for a go of the relevant modality, 2 for one of the other, 1 for a lick.
    """
    table = np.zeros(8, dtype=np.int64)
    for index in range(8):
        relevant, other, lick = index >> 2, index >> 1 & 1, index & 1
        right = relevant == other or lick == relevant
        worth = (1 if right else -1) * weight(HALF_WINDOW) + tie(criterion)
        table[index] = worth << (LANE * (2 * relevant + (relevant == other)))
    return table


@compiled
def _play_at_random(
    sessions: int,
    below: np.uint64,
    table: Whole,
    half_window: int,
    state: NDArray[np.uint64],
    counts: Whole,
    run_counts: Whole,
) -> None:
    """Play blocks, and count consistent trials and runs of them.

    A window's four balances are the difference of two running sums. With an offset in each, all
    are positive if and only if the same bit of all is set. Chance is SplitMix64 (Steele et al.
    2014), 32 bits for each lick and one for each stimulus.
    """
    n = counts.size - 1
    sums = np.zeros(n + 1, dtype=np.int64)
    last_seen = np.full(n + 1, -1, dtype=np.int64)
    seed = state[0]
    stimuli = np.uint64(0)
    for session in range(sessions):
        for trial in range(n):
            seed += np.uint64(GOLDEN)
            if trial % 32 == 0:
                stimuli = mixed(seed)
                seed += np.uint64(GOLDEN)
            lick = 1 if (mixed(seed) >> np.uint64(32)) < below else 0
            index = 2 * np.int64(stimuli & np.uint64(3)) + lick
            stimuli >>= np.uint64(2)
            sums[trial + 1] = sums[trial] + table[index]
        consistent, run = 0, 0
        for trial in range(n):
            behind = min(trial + half_window + 1, n)
            balance = sums[behind] - sums[max(trial - half_window, 0)] + OFFSET
            if balance & RISEN == RISEN:
                run += 1
            elif run:
                consistent += run
                if last_seen[run] != session:
                    last_seen[run] = session
                    run_counts[run] += 1
                run = 0
        if run:
            consistent += run
            if last_seen[run] != session:
                last_seen[run] = session
                run_counts[run] += 1
        counts[consistent] += 1
        if consistent == 0:
            run_counts[0] += 1


@compiled
def mixed(seed: np.uint64) -> np.uint64:
    """Return 64 random bits made of a counter."""
    z = (seed ^ (seed >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    return z ^ (z >> np.uint64(31))
