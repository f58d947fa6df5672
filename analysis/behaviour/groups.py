"""Groups of mice beside each other: the mouse is what is counted, not its trials.

Source: Ceballo et al. 2019, Methods, "Statistics": Wilcoxon's rank sum between groups of mice, the
sign test within the same mice, Kolmogorov-Smirnov between distributions of phases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from analysis.behaviour.trials import need
from analysis.statistics import (
    HypothesisTest,
    kolmogorov_smirnov,
    paired_t,
    rank_sum,
    sign_test,
    signed_rank,
)
from models.errors import (
    EmptyDataError,
    Floats,
    ImpossibleOutcomeError,
    NotFiniteError,
    ShapeError,
    UnknownNameError,
)

BetweenGroups = Literal["rank-sum", "Kolmogorov-Smirnov"]
WithinMice = Literal["sign", "signed-rank", "paired t"]
Compared = Callable[[Floats, Floats], HypothesisTest]
_BETWEEN: dict[BetweenGroups, Compared] = {
    "rank-sum": rank_sum,
    "Kolmogorov-Smirnov": kolmogorov_smirnov,
}
_WITHIN: dict[WithinMice, Compared] = {
    "sign": sign_test,
    "signed-rank": signed_rank,
    "paired t": paired_t,
}


def group_means(mice: pd.DataFrame, value: str, group: str = "group") -> pd.DataFrame:
    """Return mean, standard error of the mean and number of mice of each group.

    Parameters
    ----------
    mice
        A row for each mouse, by its name.
    value, group
        Columns: what is compared (a rate, d', a phase), and the group of the mouse.

    Raises
    ------
    ModelError
        If a column is missing or a mouse comes twice.
    """
    _check_mice(mice, value, group)
    return mice.groupby(group, sort=False)[value].agg(["mean", "sem", "count"])


def mean_curves(curves: Mapping[str, pd.DataFrame], groups: pd.Series[str]) -> pd.DataFrame:
    """Return the mean learning curve of each group of mice, with its standard error over mice.

    Parameters
    ----------
    curves
        Mouse -> its curve, as `analysis.behaviour.learning.learning_curve` returns it.
    groups
        The group of each mouse, by its name; others than those of `curves` do not count.

    Returns
    -------
    pandas.DataFrame
        A row for each group and bin: ``group``, ``first`` and ``last`` trial of the bin, ``mean``
        and ``sem`` of the fraction correct (NaN of one mouse), ``mice``. A group has the bins that
        all its mice have: one mouse that goes on alone is no group.

    Raises
    ------
    ModelError
        If there is no curve, a mouse has no group or two, or bins are not of one size.
    """
    if not curves:
        raise EmptyDataError("there is no learning curve", "Give those of one mouse or more.")
    _check_mice(groups.to_frame("group"), "group")
    lacking = [name for name in curves if name not in groups.index or pd.isna(groups[name])]
    if lacking:
        raise ShapeError(f"mouse {lacking[0]} has no group", "Give the group of each mouse.")
    rows = pd.concat([each.assign(group=groups[name]) for name, each in curves.items()])
    parts = rows.groupby(["group", "first", "last"], sort=False)["fraction"]
    means = parts.agg(["mean", "sem", "count"]).rename(columns={"count": "mice"}).reset_index()
    if rows["trials"].nunique() > 1:
        raise ShapeError("bins are not of one size", "Bin the curves of all mice alike.")
    whole = groups.loc[list(curves)].value_counts()
    return means[means["mice"] == means["group"].map(whole)].reset_index(drop=True)


def compare_groups(
    mice: pd.DataFrame, value: str, group: str = "group", test: BetweenGroups = "rank-sum"
) -> HypothesisTest:
    """Test whether two groups of mice differ.

    Parameters
    ----------
    mice, value, group
        As in `group_means`; two groups.
    test
        Which test.

    Raises
    ------
    ModelError
        If there are not two groups, a mouse comes twice, or a value is missing.
    """
    _check_mice(mice, value, group)
    if test not in _BETWEEN:
        raise UnknownNameError(f"no test {test!r}", f"There are {', '.join(_BETWEEN)}.")
    names = mice[group].dropna().unique().tolist()
    if len(names) != 2:
        raise ShapeError(
            f"{len(names)} groups ({', '.join(map(str, names))})", "Compare two at a time."
        )
    first, second = (_numbers(mice[mice[group] == name], value) for name in names)
    return _BETWEEN[test](first, second)


def compare_conditions(
    mice: pd.DataFrame, first: str, second: str, test: WithinMice = "sign"
) -> HypothesisTest:
    """Test whether the same mice differ between two conditions.

    Parameters
    ----------
    mice
        A row for each mouse, by its name.
    first, second
        Columns of the two conditions.
    test
        Which test.

    Raises
    ------
    ModelError
        If a mouse comes twice, a value is missing, or no mouse differs.
    """
    _check_mice(mice, first, second)
    if test not in _WITHIN:
        raise UnknownNameError(f"no test {test!r}", f"There are {', '.join(_WITHIN)}.")
    return _WITHIN[test](_numbers(mice, first), _numbers(mice, second))


def _numbers(mice: pd.DataFrame, column: str) -> Floats:
    """Return the number of each mouse, (mice,)."""
    lacking = mice.index[mice[column].isna()]
    if len(lacking):
        raise NotFiniteError(f"mouse {lacking[0]} has no {column}", "Leave it out.")
    return mice[column].to_numpy(dtype=np.float64)


def _check_mice(mice: pd.DataFrame, *columns: str) -> None:
    """Refuse a table in which a mouse has two rows: its sessions are no mice."""
    need(mice, *columns)
    twice = mice.index[mice.index.duplicated()]
    if len(twice):
        raise ImpossibleOutcomeError(
            f"mouse {twice[0]} has two rows", "Average over its sessions first."
        )
