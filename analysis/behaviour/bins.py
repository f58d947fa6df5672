"""The fraction of correct trials in bins: what learning curves are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from models.errors import EmptyDataError, check_some, flags
from models.phases import BinnedPerformance
from rig.trials import TrialRow

BIN_TRIALS = 100
"""Trials of a bin (Ceballo et al. 2019, Methods)."""
CORRECT = frozenset({"hit", "correct_rejection"})


def correct_in_bins(correct: ArrayLike, size: int = BIN_TRIALS) -> BinnedPerformance:
    """Return correct trials in bins; a last bin that is not full is left out.

    Parameters
    ----------
    correct
        Whether each trial was correct, (trials,).
    size
        Trials of a bin.

    Raises
    ------
    EmptyDataError
        If the trials do not fill one bin.

    Examples
    --------
    >>> correct_in_bins([1, 0, 1, 1, 1], size=2).correct
    array([1, 2])
    """
    check_some(size=size)
    right = flags("correct", correct)
    bins = len(right) // size
    if not bins:
        raise EmptyDataError(
            f"{len(right)} trials do not fill a bin of {size}", "Take smaller bins."
        )
    sums = right[: bins * size].reshape(bins, size).sum(axis=1)
    return BinnedPerformance(np.arange(1, bins + 1) * size, sums, np.full(bins, size))


def binned_correct(rows: Sequence[TrialRow], size: int = BIN_TRIALS) -> list[tuple[float, float]]:
    """Return the fraction of correct trials in bins of trials, as (middle trial, fraction).

    Source: Ceballo et al. 2019, Methods (bins of 100 trials). A last bin that is not full is
    left out; aborted trials are left out before.
    """
    correct = [row.outcome in CORRECT for row in rows if not row.aborted]
    if len(correct) < size:
        return []
    bins = correct_in_bins(correct, size)
    middles = np.asarray(bins.ends) - size / 2
    fractions = np.asarray(bins.correct) / size
    return list(zip(middles.tolist(), fractions.tolist(), strict=True))
