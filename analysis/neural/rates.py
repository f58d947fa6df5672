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
        If an event is missing, or trials lie before the first or after the last spike of all units:
        then the recorder did not run, or the clocks do not agree.
    """
    one_of("smoothing", smoothing, get_args(Smoothing))
    onsets = floats("events", events, 1)
    if not sigma > 0:
        raise OutOfBoundsError(f"sigma is {sigma} s", "Give a positive number.")
    beyond = int(np.ceil(TRUNCATE * sigma / window.bin)) if smoothing == "gaussian" else 0
    steps = np.arange(-beyond, window.bins + beyond + 1)
    edges = onsets[:, None] + np.round(window.begin + window.bin * steps, 9)
    _check_covered(spikes, edges)
    found = np.empty((len(spikes.units), onsets.size, window.bins))
    for place, times in enumerate(spikes.times):
        rates = _counts(times, edges, smoothing) / window.bin
        if smoothing == "gaussian":
            rates = gaussian_filter1d(rates, sigma / window.bin, axis=1, truncate=TRUNCATE)
        elif smoothing == "boxcar ahead":
            rates = boxcar_ahead(rates, axis=1)
        found[place] = rates[:, beyond : beyond + window.bins]
    coordinates = {"trial": np.arange(onsets.size), "time": window.times, "neuron": spikes.units}
    return xr.DataArray(found.transpose(1, 2, 0), coordinates, ("trial", "time", "neuron"))


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
    others = [name for name in spread.dims if name != "neuron"]
    still = activity["neuron"].values[(spread == 0).any(others).values]
    if still.size:
        said = ", ".join(map(str, still[:5])) + (", ..." if still.size > 5 else "")
        where = "at all" if per == "neuron" else "in some trial"
        raise ImpossibleOutcomeError(
            f"{still.size} neurons do not change their rate {where} ({said})",
            "Leave them out; `changing` leaves out those that never change it.",
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


def _check_covered(spikes: Spikes, edges: Floats) -> None:
    """Refuse trials, (trials, edges), that lie wholly outside what was recorded."""
    ends = [(times[0], times[-1]) for times in spikes.times if times.size]
    first, last = min(begin for begin, _ in ends), max(end for _, end in ends)
    outside = (edges[:, -1] <= first) | (edges[:, 0] > last)
    if outside.any():
        raise EmptyDataError(
            f"{int(outside.sum())} of {len(edges)} trials lie outside the spikes, which last from "
            f"{first:g} to {last:g} s",
            "Leave them out, or bring spikes and events to one clock.",
        )


def _counts(times: Floats, edges: Floats, smoothing: Smoothing) -> Floats:
    """Return counts between edges, (trials, bins); the program's leave out spikes on an edge."""
    upper = np.searchsorted(times, edges, side="left")
    lower = np.searchsorted(times, edges, side="right") if smoothing == "boxcar ahead" else upper
    return np.asarray(np.maximum(upper[:, 1:] - lower[:, :-1], 0), dtype=np.float64)
