"""Learning curves: correct trials in bins, and a sigmoid with delay and learning phase.

Source: Ceballo et al. 2019, Methods and Fig. 1: bins of 100 trials; the delay lasts until 20 % of
the way to the final performance, the learning phase from there to 80 %. The form of the sigmoid
is ours (`models.phases`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.behaviour.bins import BIN_TRIALS, CORRECT, correct_in_bins
from analysis.behaviour.trials import completed
from models.bands import fitted_curve
from models.doubt import Doubt
from models.errors import TooFewError
from models.fitting import FitResult, fit
from models.phases import BinnedPerformance, Sigmoid
from rig.psychometric import wilson

CHANCE = 0.5
"""The fraction correct of a mouse that has learned nothing."""
STARTS = 4
FEWEST_BINS = 4
"""One more than a sigmoid has parameters."""


def learning_curve(sessions: Sequence[pd.DataFrame], size: int = BIN_TRIALS) -> pd.DataFrame:
    """Return the fraction of correct go and nogo trials in bins over sessions.

    Parameters
    ----------
    sessions
        The trials of each session of a mouse, in the order of time. Leave out pretraining, in
        which S+ comes alone. Trials that were cut short and catch trials do not count.
    size
        Trials of a bin; bins go on from session to session, and a last one that is not full is
        left out.

    Returns
    -------
    pandas.DataFrame
        A row for each bin: ``first`` and ``last`` (numbers of trials over all sessions, from 1),
        ``correct``, ``trials``, ``fraction``, ``low`` and ``high`` (95 % score interval).

    Raises
    ------
    ModelError
        If a session has no completed trial, or the trials do not fill one bin.
    """
    correct: list[bool] = []
    for trials in sessions:
        kept = completed(trials)
        kept = kept[kept["trial_type"].isin(["go", "nogo"])]
        correct += kept["outcome"].isin(list(CORRECT)).tolist()
    return curve_table(correct_in_bins(correct, size))


def curve_table(bins: BinnedPerformance) -> pd.DataFrame:
    """Return bins as `learning_curve` does."""
    ends, right = np.asarray(bins.ends), np.asarray(bins.correct)
    trials = np.asarray(bins.trials)
    pairs = zip(right.tolist(), trials.tolist(), strict=True)
    low, high = zip(*(wilson(*pair) for pair in pairs), strict=True)
    return pd.DataFrame(
        {
            "first": np.concatenate([[1], ends[:-1] + 1]),
            "last": ends,
            "correct": right,
            "trials": trials,
            "fraction": right / trials,
            "low": low,
            "high": high,
        }
    )


def fit_sigmoid(curve: pd.DataFrame) -> FitResult:
    """Fit a sigmoid that begins at chance to a learning curve, by maximum likelihood.

    Parameters
    ----------
    curve
        As `learning_curve` returns it.

    Returns
    -------
    FitResult
        ``delay`` and ``learning`` (phases, in trials) and ``lapse``, with intervals; ``start`` is
        held at 0.5. ``statement`` says whether the data tell them: a mouse that has not reached
        its final performance tells no learning phase.

    Raises
    ------
    ModelError
        If there are fewer than 4 bins, all trials are correct, or none is.
    """
    if len(curve) < FEWEST_BINS:
        raise TooFewError(
            f"{len(curve)} bins are too few for a sigmoid", f"Give {FEWEST_BINS}, or smaller bins."
        )
    return fit_phases(_binned(curve))


def fit_phases(bins: BinnedPerformance) -> FitResult:
    """Fit a sigmoid that begins at chance to bins, whatever their number.

    The delay ends where the learning phase begins: it is in doubt where that phase is, and where
    all its 95 % interval lies before the first trial.

    Raises
    ------
    ModelError
        If all trials are correct, or none is.
    """
    found = fit(Sigmoid(), bins, held={"start": CHANCE}, starts=STARTS)
    doubtful = {doubt.name for doubt in found.doubts}
    why = ""
    if "learning" in doubtful:
        why = "the learning phase behind it is not told"
    elif found.interval("delay")[1] < 0:
        why = "it ends before the first trial"
    if not why or "delay" in doubtful:
        return found
    return replace(found, doubts=(Doubt("delay", why), *found.doubts))


def sigmoid_curve(curve: pd.DataFrame, result: FitResult) -> pd.DataFrame:
    """Return the fitted sigmoid at the middles of bins, with its 95 % interval.

    Parameters
    ----------
    curve, result
        A learning curve, and what `fit_sigmoid` found.

    Returns
    -------
    pandas.DataFrame
        ``trial`` (the middle of each bin), ``fraction``, ``low``, ``high``.
    """
    found = fitted_curve(Sigmoid(), result, _binned(curve))
    return pd.DataFrame(
        {
            "trial": middles(curve),
            "fraction": found.middle,
            "low": found.low,
            "high": found.high,
        }
    )


def middles(curve: pd.DataFrame) -> pd.Series[float]:
    """Return where the bins of a learning curve are drawn: the middle of each, in trials."""
    return (curve["first"] - 1 + curve["last"]) / 2


def _binned(curve: pd.DataFrame) -> BinnedPerformance:
    return BinnedPerformance(
        curve["last"].to_numpy(), curve["correct"].to_numpy(), curve["trials"].to_numpy()
    )
