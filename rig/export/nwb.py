"""A session as one NWB file that anyone can read, with its original record inside.

The tables are those of the core of NWB: trials and states as intervals, licks, rewards, stimuli,
actions and what persons asked as tables of events. Each row carries the number of its event in
the journal, and the journal itself is in the file, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import h5py
from pynwb import NWBHDF5IO, NWBFile

from rig.errors import Problem, RecordingError
from rig.export.about import record_warnings
from rig.export.nwb_columns import events_table, intervals_table, plain_table
from rig.export.nwb_devices import add_devices
from rig.export.nwb_documents import add_documents, parameters_table, stimuli_table
from rig.export.nwb_events import event_tables
from rig.export.nwb_facts import facts_of
from rig.export.nwb_intervals import state_tables, trials_table
from rig.export.nwb_log import log_table
from rig.export.nwb_metadata import new_file, session_description
from rig.export.nwb_signals import add_signals
from rig.export.nwb_structured import add_structured, too_short
from rig.export.nwb_survey import surveys_of
from rig.export.whole_file import whole_file
from rig.session_record import SessionRecord

SUFFIX = ".nwb"
CACHE_BYTES = 1 << 20


class Form(StrEnum):
    """In which form the task is told."""

    CORE = "core"
    STRUCTURED = "structured"
    """Trials that refer to their states, events and actions: ndx-structured-behavior."""


@dataclass(frozen=True)
class Exported:
    """What an export came to: the file, and what of the session could not be exported."""

    path: Path
    problems: list[Problem]


def default_path(record: SessionRecord) -> Path:
    """Return where a session is exported to: into its own folder, under a name of its own."""
    return record.folder.path / f"{record.header.session.replace('/', '-')}{SUFFIX}"


def export_nwb(record: SessionRecord, out: Path | None = None, form: Form = Form.CORE) -> Exported:
    """Write a session as an NWB file; one that is there already is replaced as a whole.

    Parameters
    ----------
    record
        The session, as far as its journal can be read.
    out
        The file to write; by default one in the session's folder.
    form
        In which form the task is told.

    Raises
    ------
    RecordingError
        If the file cannot be written, or too little happened for the structured form.
    """
    path = (out or default_path(record)).absolute()
    if path.suffix != SUFFIX:
        raise RecordingError(
            "that is no name of an NWB file", str(path), f"Let it end in {SUFFIX}."
        )
    with whole_file(path) as partial:
        problems = _write(record, partial, path.parent, form)
    return Exported(path, [*record_warnings(record, record.folder.path), *problems])


def _write(record: SessionRecord, path: Path, beside: Path, form: Form) -> list[Problem]:
    """Write the file; return what is wrong with the signals."""
    facts = facts_of(record)
    file = new_file(record, facts, form.value, _PROGRAMS[form])
    devices = add_devices(file, record.definition)
    _add_tables(file, record, form)
    add_documents(file, record)
    surveys, problems = surveys_of(record)
    rooms = add_signals(file, surveys, devices, beside)
    # By default HDF5 keeps up to 8 MB of each signal in memory, and there may be many.
    with (
        h5py.File(path, "w", rdcc_nbytes=CACHE_BYTES) as opened,
        NWBHDF5IO(file=opened, mode="w") as io,
    ):
        io.write(file)
        for room in rooms:
            room.fill()
    return problems


_PROGRAMS = {Form.CORE: ("pynwb",), Form.STRUCTURED: ("pynwb", "ndx-structured-behavior")}


def _add_tables(file: NWBFile, record: SessionRecord, form: Form) -> None:
    """Add trials, states, events and parameters."""
    trials = trials_table(record.rows, record.events)
    states, instant = state_tables(record.events)
    events = [*filter(None, [instant]), *event_tables(record.events)]
    parameters = parameters_table(record)
    told = frozenset().union(*(each.seqs for each in (trials, states, *events) if each))
    log = log_table(record.events, told, session_description(record))
    for table in (*events, *filter(None, [log])):
        file.add_events_table(events_table(table, f"mouserig {record.header.mouserig_version}"))
    if states is not None:
        file.add_time_intervals(intervals_table(states))
    if form is Form.STRUCTURED:
        if trials is None or states is None or parameters is None:
            raise too_short(record)
        add_structured(file, record, trials, states, parameters)
    elif trials is not None:
        file.trials = intervals_table(trials)
    if parameters is not None:
        file.add_acquisition(plain_table(parameters))
    stimuli = stimuli_table(record.definition)
    if stimuli is not None:
        file.add_stimulus(plain_table(stimuli))
