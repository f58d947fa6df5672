"""Licks around an event of each trial: raster and peri-stimulus time histogram (PSTH)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from analysis.behaviour.trials import need
from models.errors import EmptyDataError, Floats, OutOfBoundsError, floats

BIN = 0.1
"""Seconds of a bin of a PSTH."""
ONSET = "stimulus_time"
ROUNDING = 1e-9


def lick_raster(
    trials: pd.DataFrame,
    licks: pd.DataFrame,
    align: str | pd.Series[float] = ONSET,
    before: float = 1.0,
    after: float = 4.0,
) -> pd.DataFrame:
    """Return the licks around an event of each trial.

    Parameters
    ----------
    trials, licks
        Of one session (`rig.load`). Trials that were cut short, and those without the event, are
        left out.
    align
        The event: a column of the trials that holds times, or times (s) by the number of the
        trial, such as `state_entries` returns.
    before, after
        Seconds before and after the event.

    Returns
    -------
    pandas.DataFrame
        A row for each lick: ``trial``, ``time`` (s, from the event), ``trial_type``, ``outcome``.
        A lick that lies in the windows of two trials has a row in each.

    Raises
    ------
    ModelError
        If no trial has the event, or a time of a lick is missing.
    """
    kept, events = _aligned(trials, align, before, after)
    times = _lick_times(licks)
    first = np.searchsorted(times, events - before)
    behind = np.searchsorted(times, events + after)
    counts = behind - first
    rows = np.repeat(np.arange(len(events)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return pd.DataFrame(
        {
            "trial": kept.index.to_numpy()[rows],
            "time": times[np.repeat(first, counts) + within] - events[rows],
            "trial_type": kept["trial_type"].to_numpy()[rows],
            "outcome": kept["outcome"].to_numpy()[rows],
        }
    )


def lick_psth(
    trials: pd.DataFrame,
    licks: pd.DataFrame,
    align: str | pd.Series[float] = ONSET,
    before: float = 1.0,
    after: float = 4.0,
    width: float = BIN,
) -> xr.DataArray:
    """Return the rate of licks around an event of each trial, (trial, time), in licks per second.

    Parameters
    ----------
    trials, licks, align, before, after
        As in `lick_raster`.
    width
        Seconds of a bin. Bins begin at the event, on both sides of it.

    Returns
    -------
    xarray.DataArray
        ``time`` is the middle of each bin (s, from the event); ``trial_type`` and ``outcome``
        lie along ``trial``. Bins before the start of the session, and behind the end of its last
        trial, are NaN.

    Raises
    ------
    ModelError
        As `lick_raster`; or if the window has no whole bin.
    """
    if not width > 0:
        raise OutOfBoundsError(f"bins of {width:g} s", "Give a width above 0.")
    kept, events = _aligned(trials, align, before, after)
    numbers = np.arange(
        -int(before / width + ROUNDING), int(after / width + ROUNDING), dtype=np.int64
    )
    if not numbers.size:
        raise OutOfBoundsError(
            f"no bin of {width:g} s between {-before:g} and {after:g} s", "Take narrower bins."
        )
    edges = np.append(numbers, numbers[-1] + 1) * width
    times = _lick_times(licks)
    passed = np.searchsorted(times, (events[:, None] + edges).ravel())
    rates = np.diff(passed.reshape(len(events), -1), axis=1) / width
    recorded_until = trials["end_time"].max()
    starts, ends = events[:, None] + edges[:-1], events[:, None] + edges[1:]
    outside = (starts < -ROUNDING) | (ends > recorded_until + ROUNDING)
    return xr.DataArray(
        np.where(outside, np.nan, rates),
        {
            "trial": kept.index.to_numpy(),
            "time": (edges[:-1] + edges[1:]) / 2,
            "trial_type": ("trial", kept["trial_type"].astype(object).to_numpy()),
            "outcome": ("trial", kept["outcome"].astype(object).to_numpy()),
        },
        ("trial", "time"),
        "lick_rate",
        {"units": "licks/s"},
    )


def mean_psth(psth: xr.DataArray, by: str = "outcome") -> xr.Dataset:
    """Return the mean PSTH of the trials that are alike, with its standard error.

    Parameters
    ----------
    psth
        As `lick_psth` returns it.
    by
        What parts the trials: ``outcome`` or ``trial_type``.

    Returns
    -------
    xarray.Dataset
        ``mean`` and ``sem`` (licks/s), and ``trials`` (how many have the bin); all (by, time).
        The standard error is NaN with one trial.
    """
    groups = psth.groupby(by)
    trials = groups.count("trial")
    mean = groups.mean("trial")
    spread = ((psth.groupby(by) - mean) ** 2).groupby(by).sum("trial")
    sem = np.sqrt(spread / (trials - 1).where(trials > 1) / trials)
    return xr.Dataset({"mean": mean, "sem": sem, "trials": trials})


def state_entries(states: pd.DataFrame, state: str) -> pd.Series[float]:
    """Return when each trial entered a state first, in s, by the number of the trial.

    Parameters
    ----------
    states
        The `states` of a session.
    state
        Its name.

    Raises
    ------
    EmptyDataError
        If no trial entered it.
    """
    entries = states[states["state"] == state].groupby("trial")["enter_time"].min()
    if entries.empty:
        raise EmptyDataError(
            f"no trial entered a state {state!r}",
            f"There are {', '.join(sorted(states['state'].dropna().unique()))}.",
        )
    return entries


def _aligned(
    trials: pd.DataFrame, align: str | pd.Series[float], before: float, after: float
) -> tuple[pd.DataFrame, Floats]:
    """Return the trials that have the event, and its times, (trials,)."""
    need(trials, "trial_type", "outcome", "aborted", "end_time")
    if not (before >= 0 and after >= 0 and 0 < before + after < np.inf):
        raise OutOfBoundsError(f"a window of {before:g} s and {after:g} s", "Give seconds above 0.")
    if isinstance(align, str):
        need(trials, align)
        events = trials[align]
    else:
        events = align.reindex(trials.index)
    kept: NDArray[np.bool_] = (~trials["aborted"].astype(bool) & events.notna()).to_numpy()
    if not kept.any():
        raise EmptyDataError(
            "no trial has the event that licks are aligned on", "Align on another one."
        )
    return trials[kept], events[kept].to_numpy(dtype=np.float64)


def _lick_times(licks: pd.DataFrame) -> Floats:
    """Return when the licks began, in order, (licks,); a session can have none."""
    times = licks["time"].to_numpy(dtype=np.float64)
    return np.sort(floats("the lick table", times, 1)) if times.size else times
