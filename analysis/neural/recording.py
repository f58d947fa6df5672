"""What was recorded of neurons: spike times, or fluorescence of regions of interest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from models.errors import (
    EmptyDataError,
    Floats,
    NotFiniteError,
    ShapeError,
    UnknownNameError,
    UnsortedTrialsError,
    Whole,
)

Clock = Callable[[Floats], Floats]
"""Makes the seconds of one clock those of another."""


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of sorted units.

    Attributes
    ----------
    times
        Seconds, an array for each unit, rising.
    units
        Their names or numbers, (units,).
    about
        What else the file tells of them, a row a unit, such as the quality of the sorting; empty
        if nothing.

    Raises
    ------
    ModelError
        If there is no unit, or no spike at all; if times are missing or do not rise.

    Examples
    --------
    >>> Spikes((np.array([0.1, 0.4]), np.array([])), np.array([7, 8])).silent.tolist()
    [8]
    """

    times: tuple[Floats, ...]
    units: Whole
    about: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        if not self.times:
            raise EmptyDataError("there are no units", "Sort the spikes first.")
        if len(self.times) != len(self.units):
            raise ShapeError(
                f"{len(self.times)} trains of spikes for {len(self.units)} units",
                "Give each unit one.",
            )
        for unit, times in zip(self.units, self.times, strict=True):
            _check_train(f"unit {unit}", times)
        if self.silent.size == len(self.units):
            raise EmptyDataError(
                "no unit has a single spike", "Look whether the right table was read."
            )

    @property
    def silent(self) -> Whole:
        """Units without a spike, (units,)."""
        return self.units[[times.size == 0 for times in self.times]]

    def chosen(self, keep: ArrayLike) -> Spikes:
        """Return some of the units, by flags (units,), such as those of good quality."""
        places = np.flatnonzero(np.asarray(keep, dtype=bool))
        about = None if self.about is None else self.about.iloc[places]
        return Spikes(tuple(self.times[place] for place in places), self.units[places], about)

    def on_clock(self, clock: Clock) -> Spikes:
        """Return the spikes in the seconds of another clock, such as that of the session."""
        return replace(self, times=tuple(clock(times) for times in self.times))


@dataclass(frozen=True, eq=False)
class Traces:
    """Fluorescence of regions of interest (ROIs), or what was made of it.

    Attributes
    ----------
    values
        (time, neuron); `time` is in seconds, and rises.
    unit
        Of the values, as the file tells it.
    """

    values: xr.DataArray
    unit: str = ""

    def __post_init__(self) -> None:
        if self.values.dims != ("time", "neuron"):
            raise ShapeError(
                f"traces have the dimensions {self.values.dims}", "Give them time and neuron."
            )
        if not self.values.size:
            raise EmptyDataError("there are no traces", "Look whether the right series was read.")
        _check_train("the traces", self.times)

    @property
    def times(self) -> Floats:
        """When the frames were taken, (time,), in seconds."""
        return np.asarray(self.values["time"].values, dtype=np.float64)

    @property
    def rate_hz(self) -> float:
        """Frames in a second: the inverse of the median of the intervals."""
        if self.times.size < 2:
            raise EmptyDataError("a single frame has no rate", "Record more frames.")
        return float(1 / np.median(np.diff(self.times)))

    def on_clock(self, clock: Clock) -> Traces:
        """Return the traces in the seconds of another clock, such as that of the session."""
        return replace(self, values=self.values.assign_coords(time=clock(self.times)))


def _check_train(name: str, times: Floats) -> None:
    missing = np.flatnonzero(~np.isfinite(times))
    if missing.size:
        raise NotFiniteError(
            f"{name} has {missing.size} times that are missing (NaN) or infinite, "
            f"the first at entry {missing[0]}",
            "Leave them out in the program that wrote them.",
        )
    behind = np.flatnonzero(np.diff(times) < 0)
    if behind.size:
        raise UnsortedTrialsError(
            f"the times of {name} go back at entry {int(behind[0]) + 1}",
            "Sort them, once it is clear why they are not in order.",
        )


def one_of(kind: str, name: str, names: tuple[str, ...]) -> None:
    """Refuse the name of a variant that there is not."""
    if name not in names:
        raise UnknownNameError(f"no {kind} is called {name!r}", f"There are {', '.join(names)}.")
