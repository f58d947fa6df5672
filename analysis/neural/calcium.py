"""From fluorescence to activity: neuropil, dF/F0, deconvolution, and alignment to events.

Source: Ceballo et al. 2019, Methods (imaging at 31.5 Hz): F = Fm - 0.7 Fn; F0 is the lowest of the
low-pass-filtered trace in windows of about 40 s; r = f' + f / tau with tau = 2 s. The filter is not
told there: here it is Butterworth's of the second order, run in both directions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.ndimage import minimum_filter1d
from scipy.signal import butter, sosfiltfilt

from analysis.neural.rates import Window
from analysis.neural.recording import Traces, one_of
from models.errors import (
    EmptyDataError,
    ImpossibleOutcomeError,
    NotFiniteError,
    OutOfBoundsError,
    ShapeError,
    floats,
)

NEUROPIL = 0.7
"""Share of the neuropil's fluorescence that is taken off."""
TAU = 2.0
"""Decay of the indicator, s."""
Windows = Literal["moving", "one after the other"]
"""Whether each frame has a window of its own around it, or frames share windows in a row."""


def without_neuropil(cells: Traces, neuropil: Traces, share: float = NEUROPIL) -> Traces:
    """Return the fluorescence of cells less a share of that of the neuropil around them."""
    if cells.values.shape != neuropil.values.shape or not np.array_equal(
        cells.times, neuropil.times
    ):
        raise ShapeError(
            f"cells of shape {cells.values.shape}, neuropil of {neuropil.values.shape}, "
            "or other times",
            "Give the two series of the same cells and frames.",
        )
    return replace(cells, values=cells.values - share * neuropil.values.values)


def baseline(
    traces: Traces, window: float = 40.0, cutoff_hz: float = 1.0, windows: Windows = "moving"
) -> xr.DataArray:
    """Return F0: the lowest of the low-pass-filtered trace in windows, (time, neuron).

    Parameters
    ----------
    traces
        Fluorescence.
    window
        Seconds.
    cutoff_hz
        Of the filter.
    windows
        Where they lie.

    Raises
    ------
    ModelError
        If the traces are too short, or have missing numbers.
    """
    one_of("way", windows, get_args(Windows))
    values = _finite(traces)
    if not 0 < cutoff_hz < traces.rate_hz / 2:
        raise OutOfBoundsError(
            f"a cutoff of {cutoff_hz:g} Hz at {traces.rate_hz:.3g} frames/s",
            "Give one between 0 and half the rate.",
        )
    sections = butter(2, cutoff_hz, fs=traces.rate_hz, output="sos")
    if len(values) <= 9:
        raise EmptyDataError(f"{len(values)} frames cannot be filtered", "Give longer traces.")
    low = sosfiltfilt(sections, values, axis=0)
    frames = max(1, round(window * traces.rate_hz))
    if windows == "moving":
        return traces.values.copy(data=minimum_filter1d(low, frames, axis=0, mode="nearest"))
    found = np.empty_like(low)
    for begin in range(0, len(low), frames):
        found[begin : begin + frames] = low[begin : begin + frames].min(axis=0)
    return traces.values.copy(data=found)


def df_over_f(traces: Traces, f0: xr.DataArray) -> Traces:
    """Return (F - F0) / F0.

    Raises
    ------
    ImpossibleOutcomeError
        If an F0 is not above zero: too much neuropil was taken off, or the offset is wrong.
    """
    low = np.unique(np.argwhere(f0.values <= 0)[:, 1])
    if low.size:
        raise ImpossibleOutcomeError(
            f"{low.size} cells have an F0 of zero or less, such as neuron "
            f"{f0['neuron'].values[low[0]]}",
            "Leave them out, or take off a smaller share of the neuropil.",
        )
    return Traces((traces.values - f0) / f0, "dF/F0")


def deconvolved(traces: Traces, tau: float = TAU) -> Traces:
    """Return r = f' + f / tau, in the unit of the traces per second.

    The derivative is that of a parabola through three frames.

    Parameters
    ----------
    traces
        dF/F0.
    tau
        Decay of the indicator, in seconds.
    """
    if not tau > 0:
        raise OutOfBoundsError(f"tau is {tau} s", "Give a positive number.")
    values = _finite(traces)
    if len(values) < 2 or (np.diff(traces.times) == 0).any():
        raise EmptyDataError(
            "there is one frame only, or two frames have the same time", "Look at the times."
        )
    slopes = np.gradient(values, traces.times, axis=0)
    return Traces(traces.values.copy(data=slopes + values / tau), f"{traces.unit}/s")


def event_traces(traces: Traces, events: ArrayLike, window: Window) -> xr.DataArray:
    """Return traces around events, (trial, time, neuron), between frames by straight lines.

    Parameters
    ----------
    traces
        On the clock of the events.
    events
        Seconds, (trials,).
    window
        Which times; let a bin be about as long as a frame.

    Raises
    ------
    ModelError
        If a window reaches beyond the traces: a trial was not imaged, or the clocks do not agree.
    """
    onsets, times = floats("events", events, 1), traces.times
    wanted = onsets[:, None] + window.times
    outside = (wanted[:, 0] < times[0]) | (wanted[:, -1] > times[-1])
    if outside.any():
        raise EmptyDataError(
            f"{int(outside.sum())} of {onsets.size} trials reach beyond the traces, which last "
            f"from {times[0]:g} to {times[-1]:g} s",
            "Leave them out, or bring traces and events to one clock.",
        )
    values = _finite(traces)
    found = [np.interp(wanted, times, column) for column in values.T]
    coordinates = {
        "trial": np.arange(onsets.size), "time": window.times, "neuron": traces.values["neuron"],
    }  # fmt: skip
    return xr.DataArray(np.stack(found, axis=-1), coordinates, ("trial", "time", "neuron"))


def _finite(traces: Traces) -> np.ndarray:
    values = np.asarray(traces.values.values, dtype=np.float64)
    broken = np.unique(np.argwhere(~np.isfinite(values))[:, 1])
    if broken.size:
        raise NotFiniteError(
            f"{broken.size} traces have missing (NaN) or infinite numbers, such as that of neuron "
            f"{traces.values['neuron'].values[broken[0]]}",
            "Leave them out.",
        )
    return values
