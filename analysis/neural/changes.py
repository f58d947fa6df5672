"""Neurons whose rate differs between two stretches, two kinds of trials, or over the session.

Source: Hajnal et al. 2024, Fig. 2c to f and Methods (stationarity of the rate; no threshold is told
there).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike
from scipy.stats import spearmanr

from analysis.decoding.decoder import two_classes
from analysis.neural.rates import between
from models.errors import EmptyDataError, OneClassError

BEFORE, EARLY, LATE = (-1.5, 0.0), (0.0, 0.5), (1.0, 1.5)
"""Stretches whose mean rates are compared, in seconds from the stimulus."""
BANDS = 2.0
"""Standard errors to each side of a mean."""


def rate_change(
    activity: xr.DataArray,
    one: tuple[float, float] = EARLY,
    other: tuple[float, float] = BEFORE,
) -> xr.DataArray:
    """Return the mean rate in one stretch less that in another, (neuron,).

    Neurons are said to rise or to fall by its sign. Stretches are in seconds.
    """
    first, second = (between(activity, *each).mean(["trial", "time"]) for each in (one, other))
    return first - second


def differing(
    activity: xr.DataArray, labels: ArrayLike, stretch: tuple[float, float] = LATE
) -> xr.DataArray:
    """Return which neurons fire more in one class of trials than in the other: 1, 0 or -1.

    They do if the bands of two standard errors over trials around the two means do not overlap.

    Parameters
    ----------
    activity
        (trial, time, neuron).
    labels
        Of two classes, (trials,), such as whether the stimulus is relevant.
    stretch
        Seconds.

    Returns
    -------
    DataArray
        (neuron,): 1 where true labels have the higher rate.
    """
    told = two_classes(labels, activity.sizes["trial"])
    if min(told.sum(), (~told).sum()) < 2:
        raise OneClassError("a class has one trial", "Give two of each class, or more.")
    means = between(activity, *stretch).mean("time")
    low, high = {}, {}
    for flag in (True, False):
        part = means[{"trial": np.flatnonzero(told == flag)}]
        reach = BANDS * part.std("trial", ddof=1) / float(np.sqrt(part.sizes["trial"]))
        low[flag], high[flag] = part.mean("trial") - reach, part.mean("trial") + reach
    return (low[True] > high[False]).astype(int) - (low[False] > high[True]).astype(int)


def trend(activity: xr.DataArray, stretch: tuple[float, float] = BEFORE) -> pd.DataFrame:
    """Return how the rate of each neuron goes with the number of the trial.

    Parameters
    ----------
    activity
        (trial, time, neuron).
    stretch
        Of which rates are taken, in seconds.

    Returns
    -------
    DataFrame
        A row a neuron: Spearman's `rho`, its two-sided `p`, and the trials `n`. A neuron that does
        not change is NaN.
    """
    means = between(activity, *stretch).mean("time").transpose("trial", "neuron")
    count = means.sizes["trial"]
    if count < 3:
        raise EmptyDataError(f"{count} trials have no trend", "Give three or more.")
    found = [
        (np.nan, np.nan) if np.ptp(rates) == 0 else spearmanr(np.arange(count), rates)[:2]
        for rates in means.values.T
    ]
    index = pd.Index(activity["neuron"].values, name="neuron")
    return pd.DataFrame(found, index, ["rho", "p"], dtype=float).assign(n=count)
