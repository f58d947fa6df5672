"""Moving averages of the four trial types, and consistent and exploratory periods.

Source: Hajnal et al. 2024 (P2), Fig. 1c to e and Methods. Windows hold the trial and ten on either
side of it, and are cut at the edges of the context block, so contexts are never mixed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.behaviour.trials import completed_in_order, responses
from models.consistency import (
    HALF_WINDOW,
    SESSIONS,
    ChanceOfConsistency,
    Criterion,
    chance_in_blocks,
    chance_of_consistency,
    consistent_trials,
)
from models.errors import EmptyDataError, UnknownNameError
from rig.measures import FOUR_TYPES

COLUMNS = tuple(f"{trial_type}_{congruency}" for trial_type, congruency in FOUR_TYPES)
"""What the four types are called: ``go_congruent``, ``go_incongruent``, ..."""
LickRateOf = Literal["incongruent", "session"]
"""Trials that tell how often a mouse at random licks: the incongruent ones of the context (caption
and program of P2), or all of the session with two modalities (its Methods)."""


@dataclass(frozen=True)
class Block:
    """The trials with two modalities of one context block.

    Attributes
    ----------
    number, context
        Which block, and which modality is relevant in it.
    trials
        The rows.
    go, congruent, licked
        Whether the relevant stimulus is go, whether the other one asks for the same, and whether
        the mouse licked, (trials,).
    """

    number: int
    context: str
    trials: pd.DataFrame
    go: pd.Series[bool]
    congruent: pd.Series[bool]
    licked: pd.Series[bool]

    def consistent(self, half_window: int, criterion: Criterion) -> pd.Series[bool]:
        """Return which trials are consistent, by their number."""
        other_go = self.go == self.congruent
        found = consistent_trials(self.go, other_go, self.licked == self.go, half_window, criterion)
        return pd.Series(found, self.trials.index)


def moving_averages(
    trials: pd.DataFrame, half_window: int = HALF_WINDOW, criterion: Criterion = "above"
) -> pd.DataFrame:
    """Return the share of correct trials of the four types around each trial.

    Parameters
    ----------
    trials
        The trials of one session of set-shifting. Trials with one modality (priming), and those
        that were cut short, are left out and do not count in windows.
    half_window
        Trials on either side of a trial.
    criterion
        Whether a share of one half is enough: ``above`` (figure, program and Results of P2) or
        ``above or equal`` (its Methods).

    Returns
    -------
    pandas.DataFrame
        By the number of the trial: ``block``, ``context``; ``go_congruent``, ``go_incongruent``,
        ``nogo_congruent``, ``nogo_incongruent``: shares, NaN where the window has no trial of the
        type; ``consistent``: whether all four are above 0.5, else the trial is exploratory.

    Raises
    ------
    ModelError
        If there is no trial with two modalities, or the trials are not those of one session.
    """
    tables = []
    for block in _blocks(trials):
        correct = (block.licked == block.go).astype(float)
        table: dict[str, object] = {"block": block.number, "context": block.context}
        for name, (trial_type, congruency) in zip(COLUMNS, FOUR_TYPES, strict=True):
            own = (block.go == (trial_type == "go")) & (
                block.congruent == (congruency == "congruent")
            )
            window = correct.where(own).rolling(2 * half_window + 1, center=True, min_periods=1)
            table[name] = window.mean()
        table["consistent"] = block.consistent(half_window, criterion)
        tables.append(pd.DataFrame(table, index=block.trials.index))
    return pd.concat(tables)


def periods(averages: pd.DataFrame) -> pd.DataFrame:
    """Return the consistent and exploratory periods: runs of trials of one context that are alike.

    Parameters
    ----------
    averages
        As `moving_averages` returns them.

    Returns
    -------
    pandas.DataFrame
        ``block``, ``context``, ``state`` (``consistent`` or ``exploratory``), ``first`` and
        ``last`` (numbers of trials), ``trials`` (how many with two modalities).
    """
    numbered = averages.reset_index(names="trial")
    keys = numbered[["block", "context", "consistent"]]
    run = (keys != keys.shift()).any(axis=1).cumsum()
    found = numbered.groupby(run).agg(
        block=("block", "first"),
        context=("context", "first"),
        consistent=("consistent", "first"),
        first=("trial", "first"),
        last=("trial", "last"),
        trials=("trial", "size"),
    )
    state = np.where(found["consistent"], "consistent", "exploratory")
    found.insert(2, "state", state)
    return found.drop(columns="consistent").reset_index(drop=True)


def consistency_test(
    trials: pd.DataFrame,
    seed: int = 0,
    lick_rate_of: LickRateOf = "incongruent",
    simulations: int = SESSIONS,
    criterion: Criterion = "above",
) -> pd.DataFrame:
    """Return how probable the consistent trials of each context are if the mouse licks at random.

    Monte-Carlo test: in simulated blocks of the same lengths both stimuli are go with probability
    1/2, the mouse licks with the same probability in each trial, and congruent trials count as
    correct. Blocks of one context are taken together.

    Parameters
    ----------
    trials
        As in `moving_averages`.
    seed
        Of the simulation.
    lick_rate_of
        Which trials tell the probability of a lick.
    simulations
        How many blocks are simulated.
    criterion
        As in `moving_averages`.

    Returns
    -------
    pandas.DataFrame
        By context: ``trials``, ``consistent`` (how many), ``longest_run`` (of consistent trials),
        ``lick_rate``, ``simulations``; ``at_least``: the probability of at least so many (text of
        P2); ``exactly``: of exactly so many, and ``run``: of at least one run of exactly the
        length of the longest (both as its program has them; never below half a simulation).

    Raises
    ------
    ModelError
        As `moving_averages`; or if a name is unknown.
    """
    if lick_rate_of not in {"incongruent", "session"}:
        raise UnknownNameError(f"no trials {lick_rate_of!r}", "There are incongruent and session.")
    blocks = list(_blocks(trials))
    rows = {}
    for context in dict.fromkeys(block.context for block in blocks):
        own = [block for block in blocks if block.context == context]
        rate = _lick_rate(own if lick_rate_of == "incongruent" else blocks, lick_rate_of)
        simulated = {
            length: chance_of_consistency(length, rate, seed, simulations, criterion)
            for length in dict.fromkeys(len(block.trials) for block in own)
        }
        chances = [simulated[len(block.trials)] for block in own]
        rows[context] = _row(own, chances, rate, criterion)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("context")


def _blocks(trials: pd.DataFrame) -> Iterator[Block]:
    """Yield the context blocks of a session in order.

    Raises
    ------
    EmptyDataError
        If no trial has two modalities.
    """
    kept = completed_in_order(trials, "block", "label_context", "label_congruency")
    kept = kept[kept["label_congruency"].notna() & kept["trial_type"].isin(["go", "nogo"])]
    if kept.empty:
        raise EmptyDataError(
            "there is no completed trial with two modalities", "Give a session of set-shifting."
        )
    for _, own in kept.groupby(["block", "label_context"], sort=False):
        yield Block(
            int(own["block"].iloc[0]),
            str(own["label_context"].iloc[0]),
            own,
            own["trial_type"] == "go",
            own["label_congruency"] == "congruent",
            responses(own),
        )


def _lick_rate(blocks: list[Block], of: LickRateOf) -> float:
    """Return how often the mouse licked in some trials of blocks.

    Raises
    ------
    EmptyDataError
        If there is no such trial.
    """
    licked = pd.concat(
        [
            block.licked[~block.congruent] if of == "incongruent" else block.licked
            for block in blocks
        ]
    )
    if licked.empty:
        raise EmptyDataError(
            "a context has no incongruent trial", "Take the lick rate of the session."
        )
    return float(licked.mean())


def _row(
    blocks: list[Block], chances: list[ChanceOfConsistency], rate: float, criterion: Criterion
) -> dict[str, float]:
    """Return what the test tells of a context."""
    flags = [block.consistent(HALF_WINDOW, criterion).to_numpy() for block in blocks]
    consistent = sum(int(each.sum()) for each in flags)
    longest = max(_longest_run(each) for each in flags)
    together = chance_in_blocks(chances)
    simulations = chances[0].sessions
    without_run = np.prod([1 - each.run_of(longest) for each in chances if longest <= each.trials])
    return {
        "trials": sum(each.trials for each in chances),
        "consistent": consistent,
        "longest_run": longest,
        "lick_rate": rate,
        "simulations": simulations,
        "at_least": min(float(together[consistent:].sum()), 1.0),
        "exactly": max(float(together[consistent]), 0.5 / simulations),
        "run": float(1 - without_run),
    }


def _longest_run(consistent: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], consistent, [False]]).astype(int)))
    return int((edges[1::2] - edges[::2]).max(initial=0))
