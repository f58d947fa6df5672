"""Instantaneous firing rates around events, as the decoders take them.

Source: Hajnal et al. 2024, Methods: counts in bins of 10 ms, smoothed by a Gaussian of 100 ms; for
decoders as z scores with the mean of the baseline and the SD over the whole trial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.ndimage import convolve1d, correlate1d, gaussian_filter1d

from analysis.neural.recording import Spikes, one_of
from models.errors import (
    EmptyDataError,
    Floats,
    ImpossibleOutcomeError,
    OutOfBoundsError,
    floats,
)

Smoothing = Literal["gaussian", "boxcar ahead", "none"]
"""How counts become rates: by a Gaussian, as the text of Hajnal et al. 2024 says; by what their
program does (`boxcar_ahead`); or not at all."""
TRUNCATE = 4.0
"""SDs to each side at which the Gaussian ends."""
HALF_BOXCAR = 10
"""Bins to each side of the window of the authors' program."""


@dataclass(frozen=True)
class Window:
    """Which time around an event, in bins.

    Attributes
    ----------
    begin, end
        Seconds from the event.
    bin
        Width of a bin, seconds. The time of a bin is that at which it begins.
    """

    begin: float = -1.5
    end: float = 4.5
    bin: float = 0.01

    def __post_init__(self) -> None:
        if not (self.bin > 0 and self.end >= self.begin + self.bin):
            raise OutOfBoundsError(f"no window has {self}", "Let it have a bin or more.")

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return round((self.end - self.begin) / self.bin)

    @property
    def times(self) -> Floats:
        """When the bins begin, (bins,), in seconds from the event, to the microsecond."""
        return np.round(self.begin + self.bin * np.arange(self.bins), 6) + 0.0


USUAL = Window()
"""600 bins of 10 ms from 1.5 s before the stimulus on: 3 s of stimulus, and 1.5 s after it."""


def event_rates(
    spikes: Spikes,
    events: ArrayLike,
    window: Window = USUAL,
    smoothing: Smoothing = "gaussian",
    sigma: float = 0.1,
) -> xr.DataArray:
    """Return firing rates around events, (trial, time, neuron), in Hz.

    The Gaussian sees the spikes around the window, too. The variant of the program takes those
    inside alone, and not those on a border of two bins.

    Parameters
    ----------
    spikes
        On the clock of the events.
    events
        Seconds, (trials,), such as the `time` of `trial_facts`.
    window
        Which bins.
    smoothing
        How counts become rates.
    sigma
        SD of the Gaussian, in seconds.

    Raises
    ------
    ModelError
        If an event is missing, or no spike falls into any window: then the clocks do not agree.
    """
    one_of("smoothing", smoothing, get_args(Smoothing))
    onsets = floats("events", events, 1)
    if not sigma > 0:
        raise OutOfBoundsError(f"sigma is {sigma} s", "Give a positive number.")
    beyond = int(np.ceil(TRUNCATE * sigma / window.bin)) if smoothing == "gaussian" else 0
    counts = _counts(spikes, onsets, window, beyond, smoothing == "boxcar ahead")
    if not counts.any():
        raise EmptyDataError(
            f"no spike falls into any of {onsets.size} trials "
            f"(events {onsets.min():g} to {onsets.max():g} s)",
            "Bring spikes and events to one clock.",
        )
    rates = counts / window.bin
    if smoothing == "gaussian":
        rates = gaussian_filter1d(rates, sigma / window.bin, axis=1, truncate=TRUNCATE)
        rates = rates[:, beyond : beyond + window.bins]
    elif smoothing == "boxcar ahead":
        rates = boxcar_ahead(rates, axis=1)
    coordinates = {"trial": np.arange(onsets.size), "time": window.times, "neuron": spikes.units}
    return xr.DataArray(rates, coordinates, ("trial", "time", "neuron"))


def boxcar_ahead(rates: Floats, axis: int = -1, half_width: int = HALF_BOXCAR) -> Floats:
    """Return rates smoothed as the program of Hajnal et al. 2024 smooths them, shape as given.

    Its weights are a density of SD 1 s seen over 0.1 s to each side (were they in bins of 10 ms):
    equal within 0.5 %. The window of a bin has the next bin as its middle. Beyond the ends there
    are the values at the ends.
    """
    weights = np.exp(-0.5 * (np.arange(-half_width, half_width + 1) * 0.01) ** 2)
    last = np.take(rates, [-1], axis=axis)
    longer = np.concatenate([rates, last], axis=axis)
    smooth = correlate1d(longer, weights / weights.sum(), axis=axis, mode="nearest")
    return np.delete(smooth, 0, axis=axis)


def moving_average(series: xr.DataArray, bins: int = 31) -> xr.DataArray:
    """Return a series over time as it is shown: a moving average of an odd number of bins.

    Hajnal et al. 2024 show curves by 31 bins, or 51 in the supplement; each average stands in the
    middle of its bins here. At the ends the values of the ends go on.
    """
    if bins < 1 or not bins % 2:
        raise OutOfBoundsError(f"an average of {bins} bins", "Give an odd number.")
    place = series.dims.index("time")
    smooth = convolve1d(series.values, np.full(bins, 1 / bins), axis=place, mode="nearest")
    return series.copy(data=smooth)


Per = Literal["neuron", "trial"]
"""Whether mean and SD are of a neuron in all trials, or of each of its trials alone. The latter
takes out of the baseline what a context or a past trial changes there."""


def z_scores(
    activity: xr.DataArray, begin: float = -1.5, end: float = 0.0, per: Per = "neuron"
) -> xr.DataArray:
    """Return activity less its mean in the baseline, in SDs over the whole trial.

    Source: Hajnal et al. 2024, Methods; their program leaves rates as they are.

    Parameters
    ----------
    activity
        (trial, time, neuron), in any order.
    begin, end
        The baseline, in seconds: the bins that begin in it.
    per
        Whose mean and SD.

    Raises
    ------
    ImpossibleOutcomeError
        If a neuron never changes, so that it has no SD: `changing` leaves such neurons out.
    """
    one_of("way", per, get_args(Per))
    over = ["trial", "time"] if per == "neuron" else ["time"]
    spread = activity.std(over, ddof=1)
    still = np.unique(activity["neuron"].values[np.argwhere(spread.values == 0)[:, -1]])
    if still.size:
        said = ", ".join(map(str, still[:5])) + (", ..." if still.size > 5 else "")
        raise ImpossibleOutcomeError(
            f"{still.size} neurons never change their rate ({said})",
            "Leave them out with `changing`.",
        )
    return (activity - between(activity, begin, end).mean(over)) / spread


def changing(activity: xr.DataArray) -> xr.DataArray:
    """Return the neurons whose activity is not the same throughout.

    Raises
    ------
    EmptyDataError
        If there is none.
    """
    spread = activity.max(["trial", "time"]) - activity.min(["trial", "time"])
    kept = activity[{"neuron": np.flatnonzero(spread.values > 0)}]
    if not kept.sizes["neuron"]:
        raise EmptyDataError("no neuron changes its rate", "Look whether there are spikes.")
    return kept


def between(activity: xr.DataArray, begin: float, end: float) -> xr.DataArray:
    """Return the bins that begin in a stretch of time, in seconds; the end does not belong to it.

    Raises
    ------
    EmptyDataError
        If no bin does.
    """
    time = activity["time"].values
    hair = 1e-9  # which times of bins may be off by rounding
    chosen = np.flatnonzero((time >= begin - hair) & (time < end - hair))
    if not chosen.size:
        raise EmptyDataError(
            f"no bin lies between {begin:g} and {end:g} s", "Look at the times of the bins."
        )
    return activity[{"time": chosen}]


def _counts(spikes: Spikes, onsets: Floats, window: Window, beyond: int, inside: bool) -> Floats:
    """Return counts of spikes, (trials, bins and some beyond at each end, units)."""
    steps = np.arange(-beyond, window.bins + beyond + 1)
    edges = onsets[:, None] + np.round(window.begin + window.bin * steps, 9)
    counts = np.empty((onsets.size, steps.size - 1, len(spikes.units)))
    for place, times in enumerate(spikes.times):
        before = np.searchsorted(times, edges, side="left")
        behind = np.searchsorted(times, edges, side="right") if inside else before
        counts[:, :, place] = np.maximum(before[:, 1:] - behind[:, :-1], 0)
    return counts
