"""The task in the form of ndx-structured-behavior: trials refer to states, events and actions.

It stands beside the tables of the core, so that who reads those finds everything in its place.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ndx_structured_behavior as ndx
import numpy as np
from hdmf.common import DynamicTable, DynamicTableRegion, VectorData, VectorIndex
from pynwb import NWBFile
from pynwb.event import EventsTable

from rig.errors import RecordingError
from rig.events import ActionDone, DeviceReported, Event, GraphDefined, InputChanged
from rig.export.nwb_columns import (
    FEWEST_ROWS,
    LOOKED_AT,
    Column,
    Row,
    Table,
    as_json,
    as_text,
    vectors,
)
from rig.export.nwb_events import SEQ, TIMESTAMP, TRIAL, row_of
from rig.session_record import SessionRecord

_VERBS = {
    "valve": ("deliver",), "speaker": ("play",), "display": ("show",), "projector": ("flash",),
    "digital output": ("on", "off"),
}  # fmt: skip
"""What devices of each kind can be told to do."""
_REPORTS = {"valve": "opening", "speaker": "sound", "display": "grating", "projector": "flashes"}
"""What devices of each kind report."""


def add_structured(
    file: NWBFile, record: SessionRecord, trials: Table, states: Table, parameters: Table
) -> None:
    """Add the task, its recording, and the trials that refer to it.

    Parameters
    ----------
    file, record
        The file and the session.
    trials, states, parameters
        Its tables in the form of the core.

    Raises
    ------
    RecordingError
        If so little happened that a table would have a single row or none.
    """
    state_rows = sorted(states.rows, key=lambda row: row["start_time"])
    event_rows = sorted(_events(record.events), key=lambda row: row["timestamp"])
    action_rows = sorted(_actions(record.events), key=lambda row: row["timestamp"])
    state_types = _types(ndx.StateTypesTable, "state", _state_types(record.events))
    event_types = _types(ndx.EventTypesTable, "event", _event_types(record, event_rows))
    action_types = _types(ndx.ActionTypesTable, "action", _action_types(record, action_rows))
    sizes = map(len, (state_types, event_types, action_types, event_rows, action_rows))
    if min(sizes) < FEWEST_ROWS:
        raise too_short(record)
    times = Table("states", "", states.columns[:2], state_rows)
    states_table = ndx.StatesTable(
        description="States of the trials that took time.",
        **_with_types(vectors(times, ""), state_types, "state_type", "state", state_rows),
    )
    events_table = EventsTable(
        name="events",
        description="Changes of inputs, openings of valves and stimuli.",
        **_with_types(_moments(event_rows), event_types, "event_type", "event", event_rows),
    )
    actions_table = ndx.ActionsTable(
        description="Orders to devices.",
        **_with_types(_moments(action_rows), action_types, "action_type", "action", action_rows),
    )
    task = ndx.Task(
        state_types=state_types,
        event_types=event_types,
        action_types=action_types,
        task_arguments=_arguments(parameters),
    )
    file.add_lab_meta_data(task)
    with warnings.catch_warnings():
        # Until it is in the file, it has no ancestor in common with the types.
        warnings.filterwarnings("ignore", ".*does not share an ancestor.*")
        recording = ndx.TaskRecording(
            states=states_table, events=events_table, actions=actions_table
        )
    file.add_acquisition(recording)
    referred = (
        ("states", states_table, state_rows),
        ("events", events_table, event_rows),
        ("actions", actions_table, action_rows),
    )
    file.trials = _trials(trials, referred)


def too_short(record: SessionRecord) -> RecordingError:
    """Return the error of a session in which too little happened for this form."""
    return RecordingError(
        "too little happened in the session for the structured form: each of its tables needs "
        f"{FEWEST_ROWS} rows",
        record.header.session,
        "Export it without --structured.",
    )


def _types(kind: type[DynamicTable], what: str, names: Mapping[str, str]) -> DynamicTable:
    """Return the table of the types of states, events or actions."""
    columns = [
        _column(f"{what}_name", f"name of the {what}", [as_text(name) for name in names]),
        _column("meaning", "what it is", [as_text(text) for text in names.values()]),
    ]
    return kind(description=f"All {what}s that the task knows.", **_columns(columns))


def _state_types(events: Iterable[Event]) -> dict[str, str]:
    """Return the names of all states that trials can have, with their meanings."""
    return {
        str(state["name"]): str(state.get("meaning", ""))
        for event in events
        if isinstance(event, GraphDefined)
        for state in event.states
    }


def _event_types(record: SessionRecord, rows: Sequence[Row]) -> dict[str, str]:
    """Return what can happen at the devices of the rig, with what it is.

    What did not happen comes first: nwbinspector would take a column that refers to the rows 0
    and 1 alone for one of yes and no.
    """
    types = {}
    for device in record.definition.devices:
        if device.kind == "digital input":
            types[f"{device.name}_on"] = f"the input {device.name} went on"
            types[f"{device.name}_off"] = f"the input {device.name} went off"
        elif device.kind in _REPORTS:
            what = _REPORTS[device.kind]
            types[f"{device.name}_{what}"] = f"{what} of the {device.kind} {device.name} began"
    happened = {row["type"]: row["type"] for row in rows}
    first = {row["type"] for row in rows[:LOOKED_AT]}
    return dict(sorted((happened | types).items(), key=lambda item: item[0] in first))


def _action_types(record: SessionRecord, rows: Sequence[Row]) -> dict[str, str]:
    """Return what the devices of the rig can be told to do, with what it is."""
    types = {
        f"{device.name}_{verb}": f"the {device.kind} {device.name} is told: {verb}"
        for device in record.definition.devices
        for verb in _VERBS.get(device.kind, ())
    }
    return {row["type"]: row["type"] for row in rows} | types


def _events(events: Iterable[Event]) -> Iterable[dict[str, Any]]:
    """Return what happened at the devices, a row each."""
    for event in events:
        match event:
            case InputChanged(device=device, level=level):
                kind = f"{device}_{'on' if level else 'off'}"
                yield row_of(event, type=kind, value="on" if level else "off")
            case DeviceReported(device=device, what=what, detail=detail, volume_ul=volume_ul):
                drop = volume_ul is not None
                value = f"{as_json(volume_ul)} uL" if drop else detail or what
                yield row_of(event, type=f"{device}_{what}", value=value)
            case _:
                pass


def _actions(events: Iterable[Event]) -> Iterable[dict[str, Any]]:
    """Return the orders to devices, a row each."""
    for event in events:
        if isinstance(event, ActionDone):
            volume = "" if event.value is None else f"{as_json(event.value)} uL"
            kind = f"{event.device}_{event.verb}"
            yield row_of(event, type=kind, value=event.detail or volume or event.verb)


def _moments(rows: Sequence[Row]) -> list[VectorData]:
    """Return the columns of events and actions that are not their types."""
    value = Column("value", "name of the stimulus, volume, or level", "text")
    return vectors(Table("", "", (TIMESTAMP, value), rows), "")


def _with_types(
    columns: list[VectorData], types: DynamicTable, name: str, what: str, rows: Sequence[Row]
) -> dict[str, Any]:
    """Return columns with the types, trials and numbers of these rows added."""
    places = {each: place for place, each in enumerate(types[f"{what}_name"].data)}
    kinds = [places[as_text(row["state" if what == "state" else "type"])] for row in rows]
    region = _region(name, f"the type of the {what}: a row of {what}_types", kinds, types)
    return _columns([*columns, region, *vectors(Table("", "", (TRIAL, SEQ), rows), "")])


def _trials(
    trials: Table, referred: Iterable[tuple[str, DynamicTable, Sequence[Row]]]
) -> ndx.TrialsTable:
    """Return the trials with lists of the states, events and actions of each."""
    columns = vectors(trials, "start_time")
    order = sorted(trials.rows, key=lambda row: row["start_time"])
    names = [column.name for column in columns]
    for name, table, rows in referred:
        own: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            own.setdefault(row["trial"], []).append(place)
        places = [own.get(trial["trial"], []) for trial in order]
        ends = np.cumsum([len(each) for each in places], dtype=np.uint32)
        flat = [place for each in places for place in each]
        region = _region(name, f"the {name} of the trial", flat, table)
        columns += [region, VectorIndex(name=f"{name}_index", data=ends, target=region)]
        names.append(name)
    return ndx.TrialsTable(description=trials.description, columns=columns, colnames=names)


def _arguments(parameters: Table) -> ndx.TaskArgumentsTable:
    """Return the parameters of the task."""
    told = {
        "argument_name": ("name of the parameter", "parameter"),
        "argument_description": ("what it means, in the words of the task", "meaning"),
        "expression": ("its value when the session began, as JSON", "value"),
    }
    columns = [
        _column(name, text, [as_text(row[key]) for row in parameters.rows])
        for name, (text, key) in told.items()
    ]
    for name, text in (("expression_type", "type of the expression"), ("output_type", "the same")):
        columns.append(_column(name, text, ["JSON"] * len(parameters.rows)))
    return ndx.TaskArgumentsTable(description=parameters.description, **_columns(columns))


def _column(name: str, description: str, data: list[str]) -> VectorData:
    return VectorData(name=name, description=description, data=data)


def _columns(columns: Sequence[VectorData]) -> dict[str, Any]:
    return {"columns": list(columns), "colnames": [column.name for column in columns]}


def _region(name: str, text: str, rows: list[int], table: DynamicTable) -> DynamicTableRegion:
    return DynamicTableRegion(
        name=name, description=text, data=np.array(rows, np.int32), table=table
    )
