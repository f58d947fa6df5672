"""Lines in NWB files: tables of events, intervals, and series of samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analysis.clocks.pulses import Pulses, pulses_of_edges, pulses_of_samples
from analysis.neural.nwb_reading import opened
from models.errors import Floats

MOST_VALUES, LONGEST_NAME = 32, 40
"""A column of texts names lines if it has no more values, and none with more characters; of a
series, so many columns are lines."""
Reader = Callable[[], Pulses]


def read_nwb_line(path: Path, choose: Callable[[list[str]], str]) -> Pulses:
    """Return the pulses of a line of an NWB file.

    Parameters
    ----------
    path
        The file.
    choose
        Returns one of the names of all lines: ``TABLE`` or ``TABLE/VALUE`` of a table of events
        (its rows with that text), ``INTERVALS``, ``SERIES`` or ``SERIES/COLUMN``.

    Raises
    ------
    RecordingError
        If it is no NWB file.
    ModelError
        If the line has no pulses, or they cannot be used.
    """
    with opened(path) as file:
        lines: dict[str, Reader] = {}
        for each in file.objects.values():
            lines |= _lines_of(each)
        return lines[choose(list(lines))]()


def _lines_of(each: Any) -> dict[str, Reader]:
    """Return the lines of an object of a file, by name."""
    from pynwb import TimeSeries
    from pynwb.epoch import TimeIntervals
    from pynwb.event import EventsTable
    from pynwb.image import ImageSeries
    from pynwb.misc import IntervalSeries

    match each:
        case EventsTable():
            return _events(each)
        case TimeIntervals():
            return {each.name: lambda: _intervals(each)}
        case IntervalSeries():
            return {each.name: lambda: pulses_of_edges(each.timestamps[:], each.data[:] > 0)}
        case ImageSeries():
            return {}
        case TimeSeries() if each.data is not None and len(each.data.shape) == 1:
            return {each.name: lambda: _samples(each, lambda rows: each.data[rows])}
        case TimeSeries() if each.data is not None and len(each.data.shape) == 2:
            columns = range(min(each.data.shape[1], MOST_VALUES))
            return {f"{each.name}/{column}": _column(each, column) for column in columns}
        case _:
            return {}


def _events(table: Any) -> dict[str, Reader]:
    """Return a table of events as a line and, if a column of texts names lines, each of these."""
    found: dict[str, Reader] = {table.name: lambda: _rows(table, slice(None))}
    for name in table.colnames:
        values = np.asarray(table[name][:])
        if values.ndim != 1 or values.dtype.kind not in "OUS":
            continue
        texts = values.astype(str)
        kinds = np.unique(texts)
        if len(kinds) <= MOST_VALUES and max(map(len, kinds)) <= LONGEST_NAME:
            for kind in kinds:
                found[f"{table.name}/{kind}"] = _chosen(table, np.flatnonzero(texts == kind))
    return found


def _chosen(table: Any, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Reader:
    return lambda: _rows(table, rows)


def _rows(table: Any, rows: Any) -> Pulses:
    on = np.asarray(table["timestamp"][:], dtype=np.float64)[rows]
    if "duration" not in table.colnames:
        return Pulses.at(on)
    return Pulses.at(on, on + np.asarray(table["duration"][:], dtype=np.float64)[rows])


def _intervals(table: Any) -> Pulses:
    on, off = (np.asarray(table[name][:], dtype=np.float64) for name in ("start_time", "stop_time"))
    return Pulses.at(on, off)


def _column(series: Any, column: int) -> Reader:
    return lambda: _samples(series, lambda rows: series.data[rows, column])


def _samples(series: Any, samples: Callable[[slice], Any]) -> Pulses:
    count = series.data.shape[0]
    if series.timestamps is None:
        return pulses_of_samples(
            samples, count, lambda numbers: series.starting_time + numbers / series.rate
        )
    stamps = np.asarray(series.timestamps[:], dtype=np.float64)
    rows = np.arange(count)

    def times(numbers: Floats) -> Floats:
        return np.asarray(np.interp(numbers, rows, stamps))

    return pulses_of_samples(samples, count, times)
