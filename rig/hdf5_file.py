"""The HDF5 file of a session: one compound dataset a stream, appended in batches, then sealed.

Names are stored once, in ``/names``; streams hold their numbers (`NO_NAME` where there is
none). Missing numbers are NaN. A file is trusted only if its attribute ``sealed`` is true; one
that is not is built anew from the journal.
"""

from __future__ import annotations

import itertools
import json
import math
import struct
from collections import defaultdict
from pathlib import Path
from typing import Any, Self

import h5py
import msgspec
import numpy as np

from rig.events import (
    ActionDone,
    Definition,
    DeviceReported,
    GraphDefined,
    Header,
    InputChanged,
    Record,
    StateEntered,
    as_json,
)
from rig.hdf5_disk import Hdf5Disk
from rig.hdf5_layout import (
    ACTIONS,
    INPUTS,
    LAYOUT_VERSION,
    NO_NAME,
    REPORTS,
    STATES,
    STREAMS,
    TRIALS,
    struct_format,
    units,
)
from rig.hdf5_signals import Hdf5Signals
from rig.trials import TrialRow, TrialTable

BATCH_EVENTS = 8192
"""Events that wait at most to be brought into the file together."""
CHUNK_ROWS = 1024
_pack_input = struct.Struct(struct_format(INPUTS)).pack
_pack_state = struct.Struct(struct_format(STATES)).pack
_pack_action = struct.Struct(struct_format(ACTIONS)).pack
_pack_report = struct.Struct(struct_format(REPORTS)).pack


class Hdf5File:
    """A session's HDF5 file while it is written.

    Parameters
    ----------
    path
        The file; one that exists is replaced.
    streams
        Folder with the files of the session's streams.

    Attributes
    ----------
    count
        Events so far.
    """

    def __init__(self, path: Path, streams: Path) -> None:
        self.count = 0
        self._disk = Hdf5Disk(path)
        self._file = h5py.File(self._disk, "w", track_order=True)
        self._file.attrs["layout_version"] = LAYOUT_VERSION
        self._file.attrs["sealed"] = False
        # A name that is asked for the first time gets the next number.
        self._codes: defaultdict[str, int] = defaultdict(itertools.count().__next__)
        self._codes[""] = NO_NAME
        self._rows = {name: bytearray() for name in STREAMS}
        self._documents: dict[str, list[str]] = {"graphs": [], "other_events": []}
        self._trials = TrialTable()
        self._signals = Hdf5Signals(self._file, streams)
        for name, dtype in STREAMS.items():
            dataset = self._file.create_dataset(
                name, (0,), dtype, maxshape=(None,), chunks=(CHUNK_ROWS,), fletcher32=True
            )
            dataset.attrs["units"] = units(dtype)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def add(self, record: Record) -> None:
        """Take in one record; it reaches the file with the next flush."""
        # By the exact type: `isinstance` is slow where a class of msgspec does not fit.
        if type(record) is InputChanged:
            self._add_input(record)
        elif type(record) is StateEntered:
            self._add_state(record)
        elif type(record) is ActionDone:
            self._add_action(record)
        elif type(record) is DeviceReported:
            self._add_report(record)
        elif isinstance(record, Header | Definition):
            self._describe(record)
            return
        else:
            kind = "graphs" if isinstance(record, GraphDefined) else "other_events"
            self._documents[kind].append(as_json(record))
        self._trials.add(record)
        self.count += 1
        if self.count % BATCH_EVENTS == 0:
            self._bring_rows()

    def flush(self) -> None:
        """Bring all rows into the file and the file to the operating system.

        Raises
        ------
        OSError
            If the disk is full, or fails.
        """
        self._bring_rows()
        self._signals.take_new_blocks()
        self._file.flush()
        self._disk.check()

    def seal(self, journal_digest: str) -> None:
        """Write what is only known at the end, and mark the file as complete."""
        self.flush()
        rows = [self._trial_row(row) for row in self._trials.rows]
        trials = self._file.create_dataset("trials", data=np.array(rows, dtype=TRIALS))
        trials.attrs["units"] = units(TRIALS)
        for name, documents in self._documents.items():
            self._file.create_dataset(name, data=_texts(documents))
        self._file.create_dataset("names", data=_texts([name for name in self._codes if name]))
        self._signals.seal()
        self._file.attrs["events"] = self.count
        self._file.attrs["journal_sha256"] = journal_digest
        self._file.attrs["sealed"] = True
        self._file.close()
        self._disk.check()

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        self._file.close()
        self._disk.close()

    def _describe(self, record: Header | Definition) -> None:
        """Store the header or the definition as JSON, and its texts as they are."""
        text = as_json(record)
        kind = json.loads(text)["type"]
        self._file.create_dataset(kind, data=np.bytes_(text.encode()))
        if isinstance(record, Definition):
            for name in ("rig_toml", "protocol_toml", "subject_toml"):
                toml: str = msgspec.to_builtins(record)[name]
                self._file.create_dataset(name, data=np.bytes_(toml.encode()))
            self._signals.begin(record.streams)

    def _add_input(self, event: InputChanged) -> None:
        self._rows["inputs"] += _pack_input(
            event.seq,
            event.hardware_time,
            event.engine_time,
            event.trial,
            self._codes[event.device],
            event.level,
        )

    def _add_state(self, event: StateEntered) -> None:
        self._rows["states"] += _pack_state(
            event.seq,
            event.hardware_time,
            event.engine_time,
            event.trial,
            self._codes[event.state],
            _number(event.requested),
            self._codes[event.cause],
        )

    def _add_action(self, event: ActionDone) -> None:
        self._rows["actions"] += _pack_action(
            event.seq,
            event.hardware_time,
            event.engine_time,
            event.trial,
            self._codes[event.device],
            self._codes[event.verb],
            self._codes[event.detail],
            _number(event.value),
            self._codes[event.author],
        )

    def _add_report(self, event: DeviceReported) -> None:
        self._rows["reports"] += _pack_report(
            event.seq,
            event.hardware_time,
            event.engine_time,
            event.trial,
            self._codes[event.device],
            self._codes[event.what],
            self._codes[event.detail],
            event.requested,
            event.achieved,
            _number(event.volume_ul),
            self._codes[event.author],
        )

    def _bring_rows(self) -> None:
        """Bring the rows of all streams into the file."""
        for stream, packed in self._rows.items():
            if packed:
                rows = np.frombuffer(packed, dtype=STREAMS[stream])
                dataset = self._file[stream]
                dataset.resize((len(dataset) + len(rows),))
                dataset[-len(rows) :] = rows
                self._rows[stream] = bytearray()

    def _trial_row(self, row: TrialRow) -> tuple[float, ...]:
        """Return a row with names as numbers and what is missing as NaN."""
        values: list[float] = []
        for name, value in zip(row.__struct_fields__, msgspec.structs.astuple(row), strict=True):
            if isinstance(value, dict):
                value = msgspec.json.encode(value, order="deterministic").decode() if value else ""
            is_name = isinstance(value, str) or name == "outcome"
            values.append(self._codes[value or ""] if is_name else _number(value))
        return tuple(values)


def is_sealed(path: Path, journal_digest: str) -> bool:
    """Whether the file is complete and was made from the journal with that digest."""
    try:
        with h5py.File(path, "r") as file:
            return bool(file.attrs["sealed"]) and file.attrs["journal_sha256"] == journal_digest
    except (OSError, KeyError):
        return False


def _texts(texts: list[str]) -> np.ndarray[Any, np.dtype[np.bytes_]]:
    """Return texts as an array of equally long UTF-8 strings."""
    return np.array([text.encode() for text in texts] or np.empty(0, "S1"), dtype=bytes)


def _number(value: float | None) -> float:
    """Return a number as the file holds it: NaN if it is missing."""
    return math.nan if value is None else value
