"""Series over time as blocks that are about independent of each other.

Source: Hajnal et al. 2024, Fig. 2k, l: accuracies at bins 0.6 s apart are about uncorrelated, so
tests take means of 60 bins. A paired test over blocks is `scipy.stats.ttest_rel` of two of them.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from analysis.neural.rates import between
from models.errors import EmptyDataError, OneClassError, OutOfBoundsError, floats

BLOCK = 0.6
"""Seconds."""
SUPPRESSION = (0.6, 3.0)
"""Where a suppression of what is irrelevant is looked for: four blocks, in seconds."""


def autocorrelation(series: xr.DataArray) -> xr.DataArray:
    """Return the correlation of a series over time with itself, by lag in seconds, (lag,).

    The mean is taken off. The sum at each lag is divided by that at lag 0, so that few pairs at
    long lags count little.

    Raises
    ------
    OneClassError
        If the series is constant.
    """
    values = floats("series", series.values, 1)
    if values.size < 2:
        raise EmptyDataError("a series of one bin", "Give more of them.")
    centred = values - values.mean()
    sums = np.correlate(centred, centred, "full")[values.size - 1 :]
    if sums[0] == 0:
        raise OneClassError("the series is constant", "Nothing can be correlated with it.")
    lags = series["time"].values - series["time"].values[0]
    return xr.DataArray(sums / sums[0], {"lag": lags}, ("lag",))


def first_zero(correlation: xr.DataArray) -> float:
    """Return the first lag at which an autocorrelation is zero or less, in seconds.

    Raises
    ------
    EmptyDataError
        If it stays above zero.
    """
    below = np.flatnonzero(correlation.values <= 0)
    if not below.size:
        raise EmptyDataError("the autocorrelation stays above zero", "Give a longer series.")
    return float(correlation["lag"][below[0]])


def block_means(
    series: xr.DataArray, begin: float, end: float, length: float = BLOCK
) -> xr.DataArray:
    """Return means over blocks of time; `time` is when each begins.

    Bins that are NaN are left out of their block.

    Parameters
    ----------
    series
        With the dimension time, and any others.
    begin, end, length
        Seconds; a whole number of blocks.

    Raises
    ------
    OutOfBoundsError
        If blocks do not fit into the stretch, or bins not into blocks.

    Examples
    --------
    >>> series = xr.DataArray([1.0, 3.0, 5.0, 7.0], {"time": [0.0, 0.3, 0.6, 0.9]}, ("time",))
    >>> block_means(series, 0.0, 1.2).values
    array([2., 6.])
    """
    part = between(series, begin, end)
    blocks = round((end - begin) / length)
    bins = part.sizes["time"]
    if blocks < 1 or abs(blocks * length - (end - begin)) > 1e-6 or bins % blocks:
        raise OutOfBoundsError(
            f"{bins} bins from {begin:g} to {end:g} s do not make blocks of {length:g} s",
            "Give a stretch of whole blocks, all of it inside the series.",
        )
    return part.coarsen(time=bins // blocks, coord_func="min").mean()
