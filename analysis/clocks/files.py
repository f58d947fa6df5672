"""What another recorder saw of a line: files of edges, NWB files, and signals of a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from analysis.clocks.pulses import Pulses
from analysis.clocks.streams import lines_of, pulses_by_card
from models.errors import Floats, ModelError, NotFiniteError, ShapeError
from rig.errors import OptionError, RecordingError
from rig.streams import SUFFIX, read_stream

MOST_NAMED = 30
Choose = Callable[[list[str]], str]
"""Returns the line to read, of all that a file has."""


def read_pulses(path: Path, channel: str | None = None) -> Pulses:
    """Return the pulses of a file, in seconds of the clock of whoever recorded it.

    Parameters
    ----------
    path
        A table (``.csv``, ``.npy``) of one column with the time of each rising edge, or of two
        columns with begin and end of each pulse; an NWB file; or a signal that a session recorded
        (``.stream``), by the clock that samples it.
    channel
        Which line of an NWB file or a signal; it need not be told if there is one only.

    Raises
    ------
    RecordingError
        If the file cannot be read, or has no pulses that can be used.
    OptionError
        If it has no such line, or several.
    """
    ending = path.suffix.lower()
    if not path.is_file() or ending not in _READERS:
        what = "is none of the files that can be read" if path.is_file() else "is not there"
        raise RecordingError(f"the file {what}", str(path), f"Name one of {', '.join(_READERS)}.")
    if ending in (".csv", ".npy") and channel is not None:
        raise OptionError(
            f"a file {ending} has one line only", "--channel", "Leave the option out."
        )
    try:
        return _READERS[ending](path, lambda lines: _chosen(lines, channel, path))
    except ModelError as error:
        raise RecordingError(error.what, str(path), error.do) from error


def _chosen(lines: list[str], channel: str | None, path: Path) -> str:
    if channel in lines:
        return str(channel)
    if channel is None and len(lines) == 1:
        return lines[0]
    if not lines:
        raise RecordingError("the file holds no line", str(path), "Name another file.")
    named = ", ".join(sorted(lines)[:MOST_NAMED]) + (", ..." if len(lines) > MOST_NAMED else "")
    what = f"{path.name} has " + (
        f"{len(lines)} lines" if channel is None else f"no line '{channel}'"
    )
    raise OptionError(what, "--channel", f"Name one of: {named}.")


def _csv(path: Path) -> Floats:
    """Return the numbers of a file; a first line of words is its header."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"it cannot be read: {error}", str(path), "Name a CSV file.") from None
    rows = [(number, line.split(",")) for number, line in enumerate(lines, 1) if line.strip()]
    found = []
    for number, cells in rows:
        try:
            found.append([float(cell) if cell.strip() else np.nan for cell in cells])
        except ValueError:
            if number > rows[0][0]:
                raise NotFiniteError(
                    f"line {number} is no row of numbers: {lines[number - 1][:40]!r}",
                    "Write seconds with a point, and commas between the columns.",
                ) from None
    if not found:
        raise ShapeError("it holds no number", "Write a time in seconds on each line.")
    if len({len(row) for row in found}) > 1:
        raise ShapeError("its rows have different numbers of columns", "Write one or two columns.")
    return np.array(found, dtype=np.float64)


def _npy(path: Path) -> Floats:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise RecordingError(
            f"it cannot be read: {error}", str(path), "Name a file that numpy.save wrote."
        ) from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise ShapeError("it holds no array of numbers", "Save times in seconds.")
    return np.asarray(values, dtype=np.float64)


def _of_table(table: Floats) -> Pulses:
    """Return the pulses of one column of rising edges, or of two columns of begins and ends."""
    if table.ndim == 1:
        return Pulses.at(table)
    if table.ndim == 2 and table.shape[1] == 1:
        return Pulses.at(table[:, 0])
    if table.ndim == 2 and table.shape[1] == 2:
        return Pulses.at(table[:, 0], table[:, 1])
    raise ShapeError(
        f"it holds an array of the shape {table.shape}",
        "Give one column (begins of pulses) or two (begins and ends), in seconds.",
    )


def _stream(path: Path, choose: Choose) -> Pulses:
    stream = read_stream(path)
    return pulses_by_card(stream, choose(lines_of(stream.spec)))


def _nwb(path: Path, choose: Choose) -> Pulses:
    from analysis.clocks.nwb_lines import read_nwb_line  # xarray takes a second to load

    return read_nwb_line(path, choose)


_READERS: dict[str, Callable[[Path, Choose], Pulses]] = {
    ".csv": lambda path, _: _of_table(_csv(path)),
    ".npy": lambda path, _: _of_table(_npy(path)),
    ".nwb": _nwb,
    SUFFIX: _stream,
}
