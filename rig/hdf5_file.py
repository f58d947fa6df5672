"""The HDF5 file of a session: one compound dataset a stream, appended in batches, then sealed.

Names are stored once, in ``/names``; streams hold their numbers (`NO_NAME` where there is
none). Missing numbers are NaN. A file is trusted only if its attribute ``sealed`` is true; one
that is not is built anew from the journal.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, Self

import h5py
import msgspec
import numpy as np

from rig.errors import RecordingError
from rig.events import (
    ActionDone,
    CommandGiven,
    Definition,
    DeviceReported,
    Fault,
    GraphDefined,
    Happened,
    Header,
    InputChanged,
    ParameterChanged,
    QuestionAsked,
    Record,
    SessionEnded,
    StateEntered,
    TrialEnded,
    TrialStarted,
    as_json,
)
from rig.journal import read_records
from rig.trials import TrialRow, TrialTable

LAYOUT_VERSION = 2
NO_NAME = 65535
BATCH_ROWS = 4096
CHUNK_ROWS = 1024

_TIMES = [("seq", "u8"), ("hardware_time", "f8"), ("engine_time", "f8"), ("trial", "u4")]
_STREAMS = {
    "inputs": np.dtype([*_TIMES, ("device", "u2"), ("level", "?")]),
    "states": np.dtype([*_TIMES, ("state", "u2"), ("requested", "f8"), ("cause", "u2")]),
    "actions": np.dtype(
        [
            *_TIMES,
            ("device", "u2"),
            ("verb", "u2"),
            ("detail", "u2"),
            ("value", "f8"),
            ("author", "u2"),
        ]
    ),
    "reports": np.dtype(
        [
            *_TIMES,
            ("device", "u2"),
            ("what", "u2"),
            ("detail", "u2"),
            ("requested", "f8"),
            ("achieved", "f8"),
            ("volume_ul", "f8"),
            ("author", "u2"),
        ]
    ),
}
_TRIALS = np.dtype(
    [
        ("trial", "u4"),
        ("trial_type", "u2"),
        ("stimulus", "u2"),
        ("outcome", "u2"),
        ("aborted", "?"),
        ("start_time", "f8"),
        ("end_time", "f8"),
        ("stimulus_time", "f8"),
        ("first_lick_time", "f8"),
        ("lick_count", "u4"),
        ("dwell", "f8"),
        ("licks", "f8"),
        ("reward_ul", "f8"),
        ("removed_ul", "f8"),
        ("block", "u4"),
        ("labels", "u2"),
    ]
)


class Hdf5File:
    """A session's HDF5 file while it is written.

    Parameters
    ----------
    path
        The file; one that exists is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._file = h5py.File(path, "w", track_order=True)
        self._file.attrs["layout_version"] = LAYOUT_VERSION
        self._file.attrs["sealed"] = False
        self._names: dict[str, int] = {}
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _STREAMS}
        self._documents: dict[str, list[str]] = {"graphs": [], "other_events": []}
        self._trials = TrialTable()
        for name, dtype in _STREAMS.items():
            dataset = self._file.create_dataset(
                name, (0,), dtype, maxshape=(None,), chunks=(CHUNK_ROWS,), fletcher32=True
            )
            dataset.attrs["units"] = _units(dtype)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(self, record: Record) -> None:
        """Take in one record; it reaches the file with the next flush."""
        if isinstance(record, Header | Definition):
            self._describe(record)
            return
        code = self._code
        match record:
            case InputChanged():
                self._add_row("inputs", record, code(record.device), record.level)
            case StateEntered():
                requested = _number(record.requested)
                self._add_row("states", record, code(record.state), requested, code(record.cause))
            case ActionDone(device=device, verb=verb, detail=detail):
                values = code(detail), _number(record.value), code(record.author)
                self._add_row("actions", record, code(device), code(verb), *values)
            case DeviceReported(device=device, what=what, detail=detail):
                names = code(device), code(what), code(detail)
                durations = record.requested, record.achieved
                drop = _number(record.volume_ul), code(record.author)
                self._add_row("reports", record, *names, *durations, *drop)
            case GraphDefined():
                self._documents["graphs"].append(as_json(record))
            case (
                TrialStarted()
                | TrialEnded()
                | CommandGiven()
                | ParameterChanged()
                | QuestionAsked()
                | Fault()
                | SessionEnded()
            ):
                self._documents["other_events"].append(as_json(record))
        self.count += 1
        self._trials.add(record)

    def flush(self) -> None:
        """Bring all rows into the file and the file to the operating system."""
        for stream in _STREAMS:
            self._flush_stream(stream)
        self._file.flush()

    def seal(self, journal_digest: str) -> None:
        """Write what is only known at the end, and mark the file as complete."""
        self.flush()
        rows = [self._trial_row(row) for row in self._trials.rows]
        trials = self._file.create_dataset("trials", data=np.array(rows, dtype=_TRIALS))
        trials.attrs["units"] = _units(_TRIALS)
        for name, documents in self._documents.items():
            self._file.create_dataset(name, data=_texts(documents))
        self._file.create_dataset("names", data=_texts(list(self._names)))
        self._file.attrs["events"] = self.count
        self._file.attrs["journal_sha256"] = journal_digest
        self._file.attrs["sealed"] = True
        self._file.flush()

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        self._file.close()

    def _describe(self, record: Header | Definition) -> None:
        """Store the header or the definition as JSON, and its texts as they are."""
        text = as_json(record)
        kind = json.loads(text)["type"]
        self._file.create_dataset(kind, data=np.bytes_(text.encode()))
        if isinstance(record, Definition):
            for name in ("rig_toml", "protocol_toml", "subject_toml"):
                toml: str = msgspec.to_builtins(record)[name]
                self._file.create_dataset(name, data=np.bytes_(toml.encode()))

    def _code(self, name: str) -> int:
        """Return the number of a name, a new one if it is new."""
        if not name:
            return NO_NAME
        code = self._names.get(name)
        if code is None:
            code = self._names[name] = len(self._names)
        return code

    def _add_row(self, stream: str, event: Happened, *values: float) -> None:
        """Add the times of an event and its values to a stream."""
        rows = self._rows[stream]
        rows.append((event.seq, event.hardware_time, event.engine_time, event.trial, *values))
        if len(rows) >= BATCH_ROWS:
            self._flush_stream(stream)

    def _flush_stream(self, stream: str) -> None:
        rows = self._rows[stream]
        if rows:
            dataset = self._file[stream]
            dataset.resize((len(dataset) + len(rows),))
            dataset[-len(rows) :] = np.array(rows, dtype=_STREAMS[stream])
            rows.clear()

    def _trial_row(self, row: TrialRow) -> tuple[float, ...]:
        """Return a row with names as numbers and what is missing as NaN."""
        values: list[float] = []
        for name, value in zip(row.__struct_fields__, msgspec.structs.astuple(row), strict=True):
            if isinstance(value, dict):
                value = msgspec.json.encode(value, order="deterministic").decode() if value else ""
            is_name = isinstance(value, str) or name == "outcome"
            values.append(self._code(value or "") if is_name else _number(value))
        return tuple(values)


def build_from_journal(journal: Path, journal_digest: str, path: Path) -> None:
    """Build the sealed HDF5 file of a session from its journal, in place of any that is there.

    Parameters
    ----------
    journal, journal_digest
        The journal, and its SHA-256 behind the header, which the file keeps.
    path
        The file to build; nothing of that name is touched until it is complete.

    Raises
    ------
    RecordingError
        If the file cannot be written. The journal is not touched.
    """
    partial = path.with_suffix(".h5.partial")
    try:
        with Hdf5File(partial) as file:
            for record in read_records(journal):
                file.add(record)
            file.seal(journal_digest)
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RecordingError(
            f"the HDF5 file cannot be written: {error}",
            str(path),
            "Free space on the disk. The journal beside it holds the whole session.",
        ) from error


def is_sealed(path: Path, journal_digest: str) -> bool:
    """Whether the file is complete and was made from the journal with that digest."""
    try:
        with h5py.File(path, "r") as file:
            return bool(file.attrs["sealed"]) and file.attrs["journal_sha256"] == journal_digest
    except (OSError, KeyError):
        return False


def read_trials(path: Path) -> list[TrialRow]:
    """Return the table of trials of a sealed file.

    Raises
    ------
    RecordingError
        If the file is missing, damaged or not sealed.
    """
    try:
        with h5py.File(path, "r") as file:
            if not file.attrs["sealed"]:
                raise RecordingError(
                    "the file is not sealed", str(path), "Read the session's journal instead."
                )
            names = [name.decode() for name in file["names"][()]]
            return [_row(values, names) for values in file["trials"][()]]
    except (OSError, KeyError) as error:
        raise RecordingError(
            f"the file cannot be read: {error}", str(path), "Read the session's journal instead."
        ) from error


def _row(values: np.void, names: list[str]) -> TrialRow:
    """Return a row of the file as a `TrialRow`."""
    fields: dict[str, Any] = {}
    for name in _TRIALS.names or ():
        value = values[name].item()
        if _TRIALS[name] == np.uint16:
            value = None if value == NO_NAME else names[value]
        elif isinstance(value, float) and math.isnan(value):
            value = None
        fields[name] = value
    fields["stimulus"] = fields["stimulus"] or ""
    fields["labels"] = json.loads(fields["labels"] or "{}")
    return TrialRow(**fields)


def _units(dtype: np.dtype[np.void]) -> str:
    """Return the unit of each field as JSON; what counts or names has none."""
    units = {name: "s" for name in dtype.names or () if dtype[name] == np.float64}
    units |= dict.fromkeys(("volume_ul", "reward_ul", "removed_ul", "value"), "uL")
    units |= {"licks": "licks"}
    return json.dumps({name: unit for name, unit in units.items() if name in (dtype.names or ())})


def _texts(texts: list[str]) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    """Return texts as an array of equally long UTF-8 strings."""
    return np.array([text.encode() for text in texts] or np.empty(0, "S1"), dtype=bytes)


def _number(value: float | None) -> float:
    """Return a number as the file holds it: NaN if it is missing."""
    return math.nan if value is None else value
