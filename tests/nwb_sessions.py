"""Sessions whose NWB files are tested: recorded ones, and journals that are written by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import h5py
import msgspec
import numpy as np
from hdmf.build import BuildManager
from helpers import plan_for, put_mouse

from rig.events import (
    ActionDone,
    Definition,
    DeviceRecord,
    DeviceReported,
    Event,
    GraphDefined,
    Header,
    InputChanged,
    StateEntered,
    TrialEnded,
    TrialStarted,
)
from rig.frames import FrameWriter
from rig.inbox import Command
from rig.journal import frame, new_journal, read_frames
from rig.lab import Lab
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord, load_session
from rig.streams import STREAM_MAGIC, SUFFIX, Samples, StreamSpec, pack_block, pack_spec

HEADER = Header(
    3, "M1/2026-01-31/1", "2026-01-31T09:00:00+01:00", "pc", "3.11", "0.1.0", None, None, ""
)
DEFINITION = Definition(
    "box1", "M1", "odd", "protocols/odd.py:Odd", "", 'name = "The lab"\ninstitution = "Its house"',
    "", "", "", {}, {}, {}, {},
    {"species": "Mus musculus", "sex": "M", "date_of_birth": "2025-11-01", "weight_g": 24.5,
     "description": "mouse 1"},
    (), {}, None, {}, {}, 1, "system", description="An odd task.", experimenters=("Doe, Jane",),
)  # fmt: skip
ODD = 'a/b: "{x: 1}" \0'
"""A name that HDF5, NWB and nwbinspector all have something against."""


def reading_once(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return pynwb's reader of the schemas that files hold, which reads equal ones only once.

    A validation spends three quarters of its time on them, and all of our files hold the same.
    """
    known: dict[bytes, Any] = {}

    def read_again(*, path: str, **where: None) -> Any:
        found = hashlib.sha256()
        with h5py.File(path) as file:
            file["specifications"].visititems(
                lambda name, item: found.update(
                    name.encode() + (item[()] if isinstance(item, h5py.Dataset) else b"")
                )
            )
        if found.digest() not in known:
            known[found.digest()] = read(path=path, **where)
        names, manager, needed = known[found.digest()]
        return names, BuildManager(manager.type_map), needed

    return read_again


def with_orders(lab: Lab, orders: dict[float, Command]) -> SessionRecord:
    """Return a session of Go/NoGo that persons gave orders to, at these times of it."""
    put_mouse(lab, policy="random")
    with Session(plan_for(lab), "virtual") as session:
        for time, command in orders.items():
            session._context.room.agenda.at(
                time, lambda _, command=command: session.hand_in(command)
            )
        session.run()
    return load_session(session.folder)


def write_session(
    folder: Path, events: Iterable[Event], definition: Definition = DEFINITION
) -> SessionRecord:
    """Return a session whose journal is written by hand; the events are numbered here."""
    path = folder / "data/M1/2026-01-31/1"
    path.mkdir(parents=True)
    writer = new_journal(path / "session.journal", frame(HEADER))
    writer.append(frame(definition))
    for seq, event in enumerate(events, start=1):
        writer.append(frame(msgspec.structs.replace(event, seq=seq)))
    writer.close()
    return load_session(SessionFolder(path))


def write_stream(
    record: SessionRecord, spec: StreamSpec, blocks: Iterable[tuple[float, Samples]]
) -> Path:
    """Write the file of a stream into a session's folder; blocks are times and rows."""
    record.folder.streams.mkdir(exist_ok=True)
    path = record.folder.streams / f"{spec.name}{SUFFIX}"
    writer = FrameWriter(path, STREAM_MAGIC, pack_spec(spec))
    row = 0
    for time, samples in blocks:
        writer.append(pack_block(row, time, np.asarray(samples, dtype=spec.dtype)))
        row += len(samples)
    writer.close()
    return path


def odd_definition() -> Definition:
    """Return a session in which hardly anything has a decent name."""
    devices = (
        DeviceRecord(ODD, "digital input", "d:D", "D", False, {"line": ODD, "model": ODD}),
        DeviceRecord("..", "valve", "d:V", "V", False, {"model": "", "calibration": "c.toml"}),
        DeviceRecord("v", "valve", "d:V", "VTwin", True, {"model": "V1", "manufacturer": ODD}),
    )
    sounds = {ODD: {"parts": [{"type": "silence", "duration": 1.0}]}, "yes": {"parts": []}}
    return changed(
        DEFINITION,
        devices=devices,
        sounds=sounds,
        params={"yes": "no", "tables": {ODD: [{"a": {"b": 1}}]}, "empty": {}, "none": None},
        session={"max_trials": 1},
        calibration_toml={"c.toml": "measured_on = 2026-01-01\nmeasured_by = 'x'", ODD: ""},
        own_files={"protocols/odd.py": 'PARAMS = {"a": 1}\n'},
        description=f"An odd task: {ODD}",
        protocol_toml='protocol = "x"\n',
        protocol_source='PARAMS = {"a": 1}\n',
        streams=(),
    )


def changed(definition: Definition, **values: object) -> Definition:
    """Return a definition with other values."""
    return msgspec.structs.replace(definition, **values)


def odd_events(trials: int = 300) -> Iterable[Event]:
    """Return the events of trials that nwbinspector would misunderstand column by column.

    Outcomes are hit and miss alone, licks 0 or 1 in the first 200 trials, values are nearly all
    missing, stimuli are called yes and no, and so on.
    """
    states = ({"name": "hit", "meaning": ODD}, {"name": "miss", "meaning": "{a: b}"})
    yield GraphDefined(0, 0.0, 0.0, 1, 1, states, "hit")
    for trial in range(1, trials + 1):
        begin = float(trial)
        name = "hit" if trial % 2 else "miss"
        word = "yes" if trial % 2 else "no"
        yield TrialStarted(
            0, begin, begin, trial, 1, word, word, {ODD: trial % 2, "id": 1.0}, "hit",
            labels={ODD: "t" if trial % 2 else "f", "tags": ODD},
        )  # fmt: skip
        yield StateEntered(0, begin, begin, trial, name, float(trial % 2), "true")
        yield StateEntered(0, begin, begin, trial, name, None, "false")
        for lick in range(300 if trial == 250 else trial % 2):
            time = begin + 0.1 + lick * 1e-3
            yield InputChanged(0, time, time, trial, "lick", True)
            yield InputChanged(0, time + 5e-4, time + 5e-4, trial, "lick", False)
        yield ActionDone(0, begin, begin, trial, "v", word, ODD, 2.0 if trial == 256 else None)
        if trial == 256:
            yield DeviceReported(
                0, begin + 0.5, begin + 0.6, trial, "v", "opening", "", 0.1, 0.1, 2.0
            )
        yield DeviceReported(0, begin, begin + 1.0, trial, ODD, "sound", word, 1.0, 1.0, None)
        yield TrialEnded(
            0, begin + 0.9, begin + 0.9, trial, "x", name, False, {"licks": trial % 2, ODD: 1.0}
        )


def cut_behind(record: SessionRecord, events: int) -> SessionRecord:
    """Return the session as if its program had been killed after so many events."""
    reader = read_frames(record.folder.journal)
    ends = [reader.sound for _ in reader]
    data = record.folder.journal.read_bytes()
    # A frame is counted when the next one is asked for.
    record.folder.journal.write_bytes(data[: [*ends, len(data)][events + 2]])
    return load_session(record.folder)
