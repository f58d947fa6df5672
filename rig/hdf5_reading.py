"""Reads the HDF5 file of a session back into the records that it was made from.

Files of every layout up to `LAYOUT_VERSION` are read; what an older one lacks gets the default of
its record. A file that is not sealed lacks its names and documents, so only its signals can be
read.
"""

from __future__ import annotations

import contextlib
import json
import math
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import msgspec
import numpy as np
import numpy.typing as npt

from rig.errors import RecordingError
from rig.events import (
    ActionDone,
    Definition,
    DeviceReported,
    Event,
    Header,
    InputChanged,
    Record,
    StateEntered,
)
from rig.hdf5_disk import is_signed
from rig.hdf5_layout import LAYOUT_VERSION, NO_NAME, SIGNED_LAYOUT
from rig.streams import BlockTime, Stream, StreamSpec
from rig.trials import TrialRow

_Kind = type[InputChanged] | type[StateEntered] | type[ActionDone] | type[DeviceReported]
_KINDS: dict[str, _Kind] = {
    "inputs": InputChanged,
    "states": StateEntered,
    "actions": ActionDone,
    "reports": DeviceReported,
}
_DOCUMENTS = ("graphs", "other_events")
_decode_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def read_hdf5(path: Path) -> list[Record]:
    """Return the records of a sealed file: header, definition, then all events by `seq`.

    They equal those of the journal that the file was made from. (JSON, which holds the rare
    events, knows no infinity: a number that a protocol drew as one comes back as NaN.)

    Raises
    ------
    RecordingError
        If the file is missing, no recorded session, damaged, not sealed, or of a layout that is
        newer than this program.
    """
    with _reading(path) as file:
        _check_sealed(file, path)
        header = msgspec.json.decode(file["header"][()], type=Header)
        definition = msgspec.json.decode(file["definition"][()], type=Definition)
        names = _names(file)
        events = [_event(text) for name in _DOCUMENTS for text in file[name][()]]
        for stream, kind in _KINDS.items():
            events += _rows(file[stream][()], kind, names)
        events.sort(key=operator.attrgetter("seq"))
        wanted = range(1, file.attrs["events"] + 1)
        if [event.seq for event in events] != list(wanted):
            raise ValueError(f"it holds {len(events)} of {len(wanted)} events")
        return [header, definition, *events]


def read_trials(path: Path) -> list[TrialRow]:
    """Return the table of trials of a sealed file.

    Raises
    ------
    RecordingError
        As in `read_hdf5`.
    """
    with _reading(path) as file:
        _check_sealed(file, path)
        names = _names(file)
        return [_trial(values, names) for values in file["trials"][()]]


def read_signal(path: Path, name: str) -> Stream:
    """Return a signal of a file, sealed or not.

    Its `damage` says so if rows may lack because the file is not sealed.

    Raises
    ------
    RecordingError
        If there is no such signal, or the file cannot be read.
    """
    with _reading(path) as file:
        if name not in file.get("signals", {}):
            raise RecordingError(
                f"the file holds no signal '{name}'", str(path), "Check the signal's name."
            )
        group = file["signals"][name]
        samples = group["samples"]
        spec = msgspec.json.decode(samples.attrs["spec"], type=StreamSpec)
        blocks = tuple(BlockTime(row, time) for row, time in group["blocks"][()].tolist())
        damage = samples.attrs.get("damage", "the file is not sealed: its last rows may lack")
        return Stream(spec, samples[()], blocks, damage)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[h5py.File]:
    """Open a file whose layout is known; turn whatever is wrong in it into a `RecordingError`."""
    try:
        with h5py.File(path, "r") as file:
            version = file.attrs["layout_version"]
            if version > LAYOUT_VERSION:
                raise RecordingError(
                    f"the file has layout {version}, and this program knows those up to "
                    f"{LAYOUT_VERSION}",
                    str(path),
                    "Read it with a newer version of mouserig.",
                )
            yield file
    except (
        OSError,
        KeyError,
        ValueError,
        TypeError,
        RuntimeError,
        msgspec.MsgspecError,
    ) as error:
        raise RecordingError(
            f"the file cannot be read: {error}",
            str(path),
            "Check that it is the session.h5 of a session; if it is damaged, read the journal.",
        ) from error


def _check_sealed(file: h5py.File, path: Path) -> None:
    signed = file.attrs["layout_version"] >= SIGNED_LAYOUT
    if file.attrs["sealed"] and signed and not is_signed(path):
        raise RecordingError(
            "the file was damaged after it had been sealed",
            str(path),
            "Read the session's folder or its session.journal; `rig recover` builds the file anew.",
        )
    if not file.attrs["sealed"]:
        raise RecordingError(
            "the file is not sealed: what is written at the end of a session lacks",
            str(path),
            "Read the session's folder or its session.journal; `rig recover` seals the file.",
        )


def _names(file: h5py.File) -> dict[int, str]:
    """Return the names by their numbers; nothing is named by an empty text."""
    names = [name.decode() for name in file["names"][()]]
    return {NO_NAME: "", **dict(enumerate(names))}


def _event(text: bytes) -> Event:
    """Return an event that stands in the file as JSON."""
    try:
        return _decode_event.decode(text)
    except msgspec.ValidationError:
        # JSON writes NaN as null, which is no number.
        told = msgspec.json.decode(text)
        for field in {"draws", "measures"} & set(told):
            numbers = told[field].items()
            told[field] = {key: math.nan if value is None else value for key, value in numbers}
        return msgspec.convert(told, Event)  # type: ignore[no-any-return]


def _rows(rows: npt.NDArray[np.void], kind: _Kind, names: dict[int, str]) -> list[Event]:
    """Return the rows of a stream as events; fields that an older layout lacks are the last."""
    columns = [
        _column(rows[field.name], field.type, names)
        for field in msgspec.structs.fields(kind)
        if field.name in (rows.dtype.names or ())
    ]
    return [kind(*values) for values in zip(*columns, strict=True)]


def _column(values: npt.NDArray[Any], wanted: object, names: dict[int, str]) -> list[Any]:
    """Return a field of all rows as values of the wanted type."""
    plain: list[Any] = values.tolist()
    if values.dtype == np.uint16:
        return [names[code] for code in plain]
    if wanted == float | None:
        return [None if math.isnan(value) else value for value in plain]
    return plain


def _trial(values: np.void, names: dict[int, str]) -> TrialRow:
    """Return a row of the table of trials."""
    fields: dict[str, Any] = {}
    for name in values.dtype.names or ():
        value = values[name].item()
        if values.dtype[name] == np.uint16:
            value = names[value]
        elif isinstance(value, float) and math.isnan(value):
            value = None
        fields[name] = value
    fields["outcome"] = fields["outcome"] or None
    fields["labels"] = json.loads(fields.get("labels") or "{}")
    return TrialRow(**fields)
