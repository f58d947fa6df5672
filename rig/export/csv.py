"""A session as CSV: a file for each table, one for each signal; for R, MATLAB and spreadsheets.

The first line names the columns. What is missing is an empty cell, yes and no are 1 and 0, and
what is no number and no text is JSON. Numbers have all their digits.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from rig.dataset import SessionData
from rig.export.about import heading, readable_signals, write_lines, write_meta
from rig.export.whole import whole_folder
from rig.streams import Stream
from rig.table_columns import TABLES, TRIAL_EXTRAS, Column

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "csv"
ROWS_AT_A_TIME = 100_000


def export(session: SessionData, out: Path | None = None) -> list[Path]:
    """Write a session as CSV files.

    Parameters
    ----------
    session
        The session.
    out
        The folder to write; ``csv`` in the session's folder by default.

    Returns
    -------
    list of Path
        The files: a table each, ``NAME.csv.gz`` for each signal, ``meta.json``, ``README.txt``.

    Raises
    ------
    RecordingError
        If they cannot be written, or the folder holds other files.
    """
    folder = out or session.source.parent / FOLDER
    signals, _ = readable_signals(session)
    with whole_folder(folder) as new:
        for name, table in session.tables().items():
            cells = _cells(table.reset_index() if name == "trials" else table)
            cells.to_csv(new / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
        for name, stream in signals.items():
            _write_signal(new / f"{name}.csv.gz", stream)
        write_meta(session, new / "meta.json")
        write_lines(new / "README.txt", _readme(session, signals))
        names = sorted(path.name for path in new.iterdir())
    return [folder / name for name in names]


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it stands in a file: yes and no as 1 and 0, objects as JSON."""
    changed: dict[str, Any] = {}
    for name, column in table.items():
        if column.dtype == object:
            changed[str(name)] = [_json(value) for value in column]
        elif column.dtype in ("bool", "boolean"):
            changed[str(name)] = column.astype("Int64")
    return table.assign(**changed)


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _write_signal(path: Path, stream: Stream) -> None:
    """Write a signal, compressed: the time of each row, then its channels."""
    import pandas as pd

    columns = [column.name for column in _signal_columns(stream)]
    times = stream.times()
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        pd.DataFrame(columns=columns).to_csv(text, index=False, lineterminator="\n")
        for begin in range(0, len(times), ROWS_AT_A_TIME):
            rows = slice(begin, begin + ROWS_AT_A_TIME)
            values = Stream(stream.spec, stream.samples[rows], ()).values()
            own = values if stream.spec.rate_hz is None else np.c_[times[rows], values]
            pd.DataFrame(own).to_csv(text, index=False, header=False, lineterminator="\n")


def _signal_columns(stream: Stream) -> list[Column]:
    """Return what the columns of a signal's file hold."""
    channels = [Column(each.name, "number", "", each.unit) for each in stream.spec.channels]
    time = Column("time", "number", "when the row was sampled", "s")
    return channels if stream.spec.rate_hz is None else [time, *channels]


def _readme(session: SessionData, signals: dict[str, Stream]) -> list[str]:
    """Return what the files and their columns are."""
    lines = [
        *heading(session, "as CSV"),
        "What is missing is an empty cell. Yes and no are 1 and 0. What is no number and no text",
        "is JSON. Files are UTF-8; those that end in .gz are compressed by gzip.",
        "",
        "meta.json: what the session was: subject, parameters, devices, seed, versions, end.",
    ]
    for name, columns in TABLES.items():
        extras = TRIAL_EXTRAS if name == "trials" else ()
        lines += ["", f"{name}.csv", *map(_described, (*columns, *extras))]
    for name, stream in signals.items():
        rate = "when they come" if stream.spec.rate_hz is None else f"{stream.spec.rate_hz:g} Hz"
        film = f", video {stream.spec.external_file}" if stream.spec.external_file else ""
        lines += ["", f"{name}.csv.gz: {stream.spec.meaning} (rows: {rate}{film})"]
        lines += map(_described, _signal_columns(stream))
    return lines


def _described(column: Column) -> str:
    """Return a column as a line."""
    unit = f" [{column.unit}]" if column.unit else ""
    return f"  {column.name}{unit}{': ' if column.meaning else ''}{column.meaning}"
