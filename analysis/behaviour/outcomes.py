"""Rates, d', criterion and reaction times of the trials of a session.

Sources: Hajnal et al. 2024 (P2), Methods; Hautus 1995, Behav. Res. Methods 27:46 (log-linear).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from analysis.behaviour.trials import completed
from models.errors import UnknownNameError
from rig.performance import MIN_TRIALS, criterion, d_prime, performance_of
from rig.psychometric import wilson

Correction = Literal["clip 0.01", "clip 0.001", "log-linear"]
"""What is done with rates of 0 and 1, whose z is infinite. ``clip 0.01`` holds rates inside
0.01 and 0.99: P2's d'. ``clip 0.001`` holds them inside 0.001 and 0.999, as P2 does with the
probabilities of its choice models. ``log-linear`` adds half a response and one trial to each type.
"""
CLIPS: dict[Correction, float] = {"clip 0.01": 0.01, "clip 0.001": 0.001, "log-linear": 0.0}


def outcome_rates(trials: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return counts of outcomes and rates with their 95 % score intervals (Wilson).

    Parameters
    ----------
    trials
        The trials of a session.
    by
        Columns whose values part the trials, such as ``["label_context"]``; rows in which one is
        missing are a part of their own.

    Returns
    -------
    pandas.DataFrame
        A row for each part: ``hits``, ``misses``, ``false_alarms``, ``correct_rejections``,
        ``go``, ``nogo`` (trials of either type); ``hit_rate``, ``false_alarm_rate`` and
        ``correct``, each with ``_low`` and ``_high``. A rate without trials is NaN. Catch trials
        whose outcome is their own do not count.

    Raises
    ------
    ModelError
        If there is no completed trial, or a column is missing.
    """
    return _by_part(trials, by, _rates)


def sensitivity(
    trials: pd.DataFrame, by: Sequence[str] = (), correction: Correction = "clip 0.01"
) -> pd.DataFrame:
    """Return d' and criterion, with the numbers of trials that they are of.

    d' = z(hit rate) - z(false-alarm rate), criterion = -(z(hit rate) + z(false-alarm rate)) / 2.

    Parameters
    ----------
    trials, by
        As in `outcome_rates`.
    correction
        What is done with rates of 0 and 1.

    Returns
    -------
    pandas.DataFrame
        A row for each part: ``d_prime``, ``criterion``, ``go``, ``nogo``. Both are NaN below 10
        go or 10 nogo trials.

    Raises
    ------
    ModelError
        As `outcome_rates`; or if there is no such correction.
    """
    if correction not in CLIPS:
        raise UnknownNameError(f"no correction {correction!r}", f"There are {', '.join(CLIPS)}.")

    def of_part(outcomes: Counter[str]) -> dict[str, float]:
        return _sensitivity(outcomes, correction)

    return _by_part(trials, by, of_part)


def reaction_times(trials: pd.DataFrame) -> pd.Series[float]:
    """Return the time from the onset of the stimulus to the first lick, in s, by trial.

    NaN where there was no lick, or no stimulus. Trials that were cut short are left out. A trial
    without a response in its window can have a lick before or behind it: choose by ``outcome``.

    Raises
    ------
    ModelError
        As `outcome_rates`.
    """
    kept = completed(trials, "first_lick_time", "stimulus_time")
    return (kept["first_lick_time"] - kept["stimulus_time"]).rename("reaction_time")


def _by_part(
    trials: pd.DataFrame, by: Sequence[str], of_part: Callable[[Counter[str]], dict[str, float]]
) -> pd.DataFrame:
    """Return what a function gives for the outcomes of each part."""
    kept = completed(trials, *by)
    if not by:
        return pd.DataFrame([of_part(Counter(kept["outcome"]))])
    parts = kept.groupby(list(by), dropna=False, sort=False)["outcome"]
    rows = [dict(zip(by, key, strict=True)) | of_part(Counter(own)) for key, own in parts]
    return pd.DataFrame(rows).set_index(list(by))


def _rates(outcomes: Counter[str]) -> dict[str, float]:
    done = performance_of(outcomes)
    go, nogo = done.hits + done.misses, done.false_alarms + done.correct_rejections
    found: dict[str, float] = {
        "hits": done.hits,
        "misses": done.misses,
        "false_alarms": done.false_alarms,
        "correct_rejections": done.correct_rejections,
        "go": go,
        "nogo": nogo,
    }
    for name, part, whole in (
        ("hit_rate", done.hits, go),
        ("false_alarm_rate", done.false_alarms, nogo),
        ("correct", done.hits + done.correct_rejections, go + nogo),
    ):
        low, high = wilson(part, whole) if whole else (np.nan, np.nan)
        share = part / whole if whole else np.nan
        found |= {name: share, f"{name}_low": low, f"{name}_high": high}
    return found


def _sensitivity(outcomes: Counter[str], correction: Correction) -> dict[str, float]:
    hits, false_alarms = outcomes["hit"], outcomes["false_alarm"]
    go, nogo = hits + outcomes["miss"], false_alarms + outcomes["correct_rejection"]
    half, one = (0.5, 1) if correction == "log-linear" else (0.0, 0)
    rates: tuple[float | None, float | None] = (None, None)
    if min(go, nogo) >= MIN_TRIALS:
        rates = (hits + half) / (go + one), (false_alarms + half) / (nogo + one)
    clip = CLIPS[correction]
    found = {"d_prime": d_prime(*rates, clip), "criterion": criterion(*rates, clip)}
    numbers = {name: np.nan if value is None else value for name, value in found.items()}
    return {**numbers, "go": go, "nogo": nogo}
