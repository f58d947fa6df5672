"""The rows of a trials table that count, checked for what is asked of them."""

from __future__ import annotations

import pandas as pd

from models.errors import EmptyDataError, ShapeError, check_rising
from rig.psychometric import RESPONDED


def need(trials: pd.DataFrame, *columns: str) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    ShapeError
        If it does.
    """
    lacking = [name for name in columns if name not in trials.columns]
    if lacking:
        raise ShapeError(
            f"the table has no column {', '.join(lacking)}",
            "`rig.load` gives `trials` with the columns of the session's task.",
        )


def completed(trials: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the trials that were not cut short and in which the mouse could respond.

    Parameters
    ----------
    trials
        The `trials` of a session (`rig.load`), or of several, one behind the other.
    columns
        Columns that they must have beside ``trial_type``, ``outcome`` and ``aborted``.

    Raises
    ------
    ShapeError
        If a column is missing.
    EmptyDataError
        If there is no such trial.
    """
    need(trials, "trial_type", "outcome", "aborted", *columns)
    found = trials[~trials["aborted"].astype(bool) & trials["outcome"].isin(list(RESPONDED))]
    if found.empty:
        raise EmptyDataError(
            "there is no completed trial", "`rig show` tells what came of the session's trials."
        )
    return found


def completed_in_order(trials: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the completed trials of one session, whose numbers must rise.

    Raises
    ------
    UnsortedTrialsError
        If they do not, as where sessions are joined; else as `completed`.
    """
    found = completed(trials, *columns)
    check_rising("the number of the trials", found.index.to_numpy())
    return found


def responses(trials: pd.DataFrame) -> pd.Series[bool]:
    """Return whether the mouse responded in each of some completed trials."""
    return trials["outcome"].map(RESPONDED).astype(bool)
