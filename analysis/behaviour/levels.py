"""Responses by the level of a sound, and what chance gives: responses in silent trials.

Source: Ceballo et al. 2019, Methods, "Sound detection task".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.behaviour.trials import completed, responses
from models.bands import fitted_curve
from models.errors import EmptyDataError, Floats
from models.fitting import FitResult, fit
from models.psychometric import CATCH, Levels, PsychometricFunction, Shape
from rig.psychometric import CATCH_TYPES, LEVEL, wilson

DRAWN_LEVEL = f"draw_{LEVEL}"
BEYOND = 10.0
"""The threshold is looked for so far beyond the levels, in dB."""
GRID = 121
"""Points of a fitted curve."""


def responses_by_level(trials: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how often the mouse responded at each level, and in silent trials.

    Parameters
    ----------
    trials
        The trials of a session of detection.
    by
        Further columns that part the trials, such as ``["stimulus"]``.

    Returns
    -------
    pandas.DataFrame
        ``level_db_spl`` (NaN in the row of silent trials, whose share is chance), the columns of
        `by`, ``responses``, ``trials``, ``share``, ``low`` and ``high`` (95 % score interval);
        silent trials first, then rising levels.

    Raises
    ------
    ModelError
        If no completed trial has a level, or a column is missing.
    """
    kept = completed(trials, DRAWN_LEVEL, *by)
    silent = kept["trial_type"].isin(list(CATCH_TYPES))
    kept = kept[silent | kept[DRAWN_LEVEL].notna()]
    level = kept[DRAWN_LEVEL].where(~kept["trial_type"].isin(list(CATCH_TYPES)))
    if level.isna().all():
        raise EmptyDataError("no completed trial has a level", "Give a session of detection.")
    table = pd.DataFrame({"level_db_spl": level, **{name: kept[name] for name in by}})
    table = table.assign(responded=responses(kept))
    groups = table.groupby(["level_db_spl", *by], dropna=False)["responded"]
    found = groups.agg(responses="sum", trials="size").reset_index()
    found = found.sort_values(["level_db_spl", *by], na_position="first", ignore_index=True)
    pairs = zip(found["responses"].tolist(), found["trials"].tolist(), strict=True)
    low, high = zip(*(wilson(*pair) for pair in pairs), strict=True)
    return found.assign(share=found["responses"] / found["trials"], low=low, high=high)


def fit_levels(table: pd.DataFrame, shape: Shape = "logistic") -> FitResult:
    """Fit a psychometric function: threshold, slope, guess (chance) and lapse.

    Parameters
    ----------
    table
        As `responses_by_level` returns it; silent trials tell the guesses.
    shape
        The logistic function, or the cumulative normal distribution.

    Raises
    ------
    ModelError
        If there is one level only, or responses in no or in all trials.
    """
    data = _levels(table)
    return fit(_function(data, shape), data)


def level_curve(table: pd.DataFrame, result: FitResult, shape: Shape = "logistic") -> pd.DataFrame:
    """Return a fitted psychometric function over the levels, with its 95 % interval.

    Parameters
    ----------
    table, result, shape
        As for `fit_levels`, and what it found.

    Returns
    -------
    pandas.DataFrame
        ``level_db_spl``, ``share``, ``low``, ``high``.
    """
    data = _levels(table)
    heard = _heard(data)
    grid = np.linspace(heard.min(), heard.max(), GRID)
    at = Levels(grid, np.zeros(GRID), np.ones(GRID))
    found = fitted_curve(_function(data, shape), result, at)
    return pd.DataFrame(
        {"level_db_spl": grid, "share": found.middle, "low": found.low, "high": found.high}
    )


def _levels(table: pd.DataFrame) -> Levels:
    return Levels(
        table["level_db_spl"].fillna(CATCH).to_numpy(),
        table["responses"].to_numpy(),
        table["trials"].to_numpy(),
    )


def _heard(data: Levels) -> Floats:
    """Return the levels of the trials with a sound."""
    levels = np.asarray(data.levels)
    return levels[levels > CATCH]


def _function(data: Levels, shape: Shape) -> PsychometricFunction:
    heard = _heard(data)
    return PsychometricFunction(heard.min() - BEYOND, heard.max() + BEYOND, shape)
