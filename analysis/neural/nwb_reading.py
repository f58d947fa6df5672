"""Reads spikes, traces of ROIs and tables of trials from NWB files, of whatever program."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from analysis.neural.recording import Spikes, Traces
from models.errors import ModelError, ShapeError
from rig.errors import RecordingError

Made = TypeVar("Made", Spikes, Traces)
SPIKE_COLUMNS = ("spike_times", "waveform_mean", "waveform_sd", "waveforms", "electrodes")
"""Columns of a units table that are no facts about a unit: they hold lists."""


@dataclass(frozen=True)
class Inside:
    """What an NWB file holds.

    Attributes
    ----------
    counts_from
        When its times are 0: `timestamps_reference_time`, which is the start of its session unless
        the file says otherwise.
    has_units, has_traces
        Whether it has a table of units, and series of traces of ROIs.
    """

    counts_from: datetime
    has_units: bool
    has_traces: bool


def look_inside(path: Path) -> Inside:
    """Return what an NWB file holds.

    Raises
    ------
    RecordingError
        If it is no NWB file.
    """
    with opened(path) as file:
        return Inside(
            file.timestamps_reference_time, file.units is not None, bool(_series_in(file))
        )


def read_spikes(path: Path) -> Spikes:
    """Return the spikes of the units table of an NWB file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    RecordingError
        If it is no NWB file, has no units or no spikes, or times that cannot be used.
    """
    with opened(path) as file:
        table = file.units
        if table is None or not len(table):
            raise RecordingError("the file holds no units", str(path), _LOOK)
        if "spike_times" not in table.colnames:
            raise RecordingError("the units have no spike times", f"{path}, units", _LOOK)
        times = tuple(
            np.asarray(table.get_unit_spike_times(place), dtype=np.float64)
            for place in range(len(table))
        )
        units = np.asarray(table.id[:], dtype=np.int64)
        return _made(lambda: Spikes(times, units, _about(table)), f"{path}, units")


def read_traces(path: Path, series: str | None = None) -> Traces:
    """Return a series of traces of ROIs of an NWB file, in the unit that the file tells.

    Parameters
    ----------
    path
        The file.
    series
        The name of the series, or its path in the file; it need not be told if there is one only.

    Raises
    ------
    RecordingError
        If it is no NWB file, has no such series, several by that name, or no times.
    """
    with opened(path) as file:
        found = _series_in(file)
        place = _chosen(found, series, path)
        return _made(lambda: _traces(found[place]), f"{path}, {place}")


def read_trials(path: Path) -> pd.DataFrame:
    """Return the table of trials of an NWB file, with the columns that the file has.

    Raises
    ------
    RecordingError
        If it is no NWB file, or has no trials.
    """
    with opened(path) as file:
        if file.trials is None or not len(file.trials):
            raise RecordingError("the file holds no trials", str(path), _LOOK)
        table: pd.DataFrame = file.trials.to_dataframe()
    return table


_LOOK = "Name the file that holds them; `h5ls -r FILE` lists what is in a file."


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an NWB file of whatever program; what cannot be read is told as a `RecordingError`."""
    from pynwb import NWBHDF5IO

    if not path.is_file():
        raise RecordingError("there is no such file", str(path), "Name an NWB file.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about versions of schemas: files of all years are read
        try:
            io = NWBHDF5IO(str(path), "r")
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise _no_nwb(path, error) from error
        with io:
            try:
                file = io.read()
            except Exception as error:  # hdmf raises errors of many kinds, and its own
                raise _no_nwb(path, error) from error
            try:
                yield file
            except OSError as error:  # numbers are read when they are asked for
                raise _no_nwb(path, error) from error


def _no_nwb(path: Path, error: Exception) -> RecordingError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return RecordingError(
        f"that cannot be read as NWB: {reason}", str(path), "Name an NWB file that is whole."
    )


def _made(make: Callable[[], Made], where: str) -> Made:
    """Return what is made of what was read; what is wrong with it is told with its place."""
    try:
        return make()
    except ModelError as error:
        raise RecordingError(error.what, where, error.do) from error


def _about(table: Any) -> pd.DataFrame:
    """Return what a units table tells of each unit in a single word or number."""
    lists = {name.removesuffix("_index") for name in table.colnames if _is_list(table, name)}
    names = [name for name in table.colnames if name not in {*lists, *SPIKE_COLUMNS}]
    columns = {name: np.asarray(table[name][:]) for name in names}
    plain = {name: values for name, values in columns.items() if values.ndim == 1}
    return pd.DataFrame(plain, index=pd.Index(np.asarray(table.id[:]), name="unit"))


def _is_list(table: Any, name: str) -> bool:
    from hdmf.common import VectorIndex

    return isinstance(table[name], VectorIndex)


def _series_in(file: Any) -> dict[str, Any]:
    """Return the series of traces of ROIs, by their places."""
    from pynwb.ophys import RoiResponseSeries

    return {
        _place(each): each for each in file.objects.values() if isinstance(each, RoiResponseSeries)
    }


def _place(series: Any) -> str:
    """Return where in its file a series is, such as ``/processing/ophys/Fluorescence/Roi``."""
    return str(series.data.name).removesuffix("/data")


def _chosen(found: dict[str, Any], series: str | None, path: Path) -> str:
    if not found:
        raise RecordingError("the file holds no traces of ROIs", str(path), _LOOK)
    places = list(found)
    if series is not None:
        places = [place for place in places if series in (place, place.rsplit("/", 1)[-1])]
    if len(places) != 1:
        count = "no" if not places else "more than one"
        what = f"there is {count} series of traces"
        raise RecordingError(
            what + (f" called {series!r}" if series is not None else ""),
            str(path),
            f"Name one of: {', '.join(found)}.",
        )
    return places[0]


def _traces(series: Any) -> Traces:
    data = np.asarray(series.data[:], dtype=np.float64) * series.conversion + series.offset
    values = data if data.ndim == 2 else data[:, None]
    if series.timestamps is not None:
        times = np.asarray(series.timestamps[:], dtype=np.float64)
    else:
        times = series.starting_time + np.arange(len(values)) / series.rate
    rois = np.asarray(series.rois.data[:], dtype=np.int64)
    if rois.size != values.shape[1] or times.size != len(values):
        raise ShapeError(
            f"{rois.size} ROIs and {times.size} times for numbers of shape {values.shape}",
            "Let the file have frames in rows and ROIs in columns.",
        )
    coordinates = {"time": times, "neuron": rois}
    return Traces(xr.DataArray(values, coordinates, ("time", "neuron")), str(series.unit))
