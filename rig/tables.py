"""Makes the tables of a session, as pandas keeps them, from its events.

Columns are made as lists and become arrays as a whole, by the types in `rig.table_columns`. An
empty text, by which records say that there is none, is missing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from rig.events import (
    CommandGiven,
    DeviceReported,
    Event,
    GraphDefined,
    Happened,
    InputChanged,
    StateEntered,
    TrialEnded,
    TrialStarted,
    is_stimulus,
)
from rig.table_columns import EVENTS, TABLES, Type
from rig.timing import REPORT, Lateness
from rig.trials import LICK_INPUT, TrialRow

_RENAMED = {
    ("fault", "level"): "fault_level",
    ("command", "value"): "command_value",
    ("command", "id"): "command_id",
}
"""Fields of rare events whose name means another thing in a frequent one."""
_NEVER_MEASURED: Mapping[str, Lateness] = MappingProxyType({})


def trials_table(rows: Sequence[TrialRow], events: Iterable[Event]) -> pd.DataFrame:
    """Return the trials that ended, a row each, with the number of the trial as index."""
    fields = [field for field in TrialRow.__struct_fields__ if field != "labels"]
    values = zip(*(msgspec.structs.astuple(row) for row in rows), strict=True)
    every = dict(zip(TrialRow.__struct_fields__, values, strict=False))
    table = _table("trials", {field: list(every.get(field, ())) for field in fields})
    drawn, measured = _drawn_and_measured(events)
    own = ("dwell", "licks")
    measures = [
        {name: value for name, value in measured.get(row.trial, {}).items() if name not in own}
        for row in rows
    ]
    extras = {
        **_spread("label", [row.labels for row in rows], "text"),
        **_spread("draw", [drawn.get(row.trial, {}) for row in rows], "number"),
        **_spread("measure", measures, "number"),
    }
    return table.assign(**extras).set_index("trial")


def _drawn_and_measured(
    events: Iterable[Event],
) -> tuple[dict[int, dict[str, float]], dict[int, dict[str, float]]]:
    """Return what was drawn for each trial, and what was measured in it."""
    drawn, measured = {}, {}
    for event in events:
        match event:
            case TrialStarted(draws=draws):
                drawn[event.trial] = draws
            case TrialEnded(measures=measures):
                measured[event.trial] = measures
            case _:
                pass
    return drawn, measured


def _spread(prefix: str, told: Sequence[Mapping[str, Any]], type_: Type) -> dict[str, Any]:
    """Return a column ``PREFIX_NAME`` for each name that occurs."""
    names = sorted({name for each in told for name in each})
    return {f"{prefix}_{name}": _array([each.get(name) for each in told], type_) for name in names}


def events_table(
    events: Sequence[Event], lateness: Mapping[str, Lateness] = _NEVER_MEASURED
) -> pd.DataFrame:
    """Return all events, a row each, with the fields of all kinds as columns.

    Parameters
    ----------
    events
        Of the session.
    lateness
        How late each output of the rig is, as it was measured: a report has no uncertainty of its
        own, and gets the one of its device.
    """
    places: dict[type[Event], list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        places[type(event)].append(place)
    found: dict[str, tuple[list[int], list[Any]]] = defaultdict(lambda: ([], []))
    for kind, where in places.items():
        tag = str(kind.__struct_config__.tag)
        columns = zip(*(msgspec.structs.astuple(events[place]) for place in where), strict=True)
        told = dict(zip(kind.__struct_fields__, columns, strict=True))
        for field, values in {"kind": [tag] * len(where), **told}.items():
            column = found[_RENAMED.get((tag, field), field)]
            column[0].extend(where)
            column[1].extend(values)
    for place in places[DeviceReported] if lateness else ():
        event = events[place]
        known = lateness.get(event.device) if isinstance(event, DeviceReported) else None
        if known is not None and known.since == REPORT:
            found["uncertainty"][0].append(place)
            found["uncertainty"][1].append(known.uncertainty)
    return pd.DataFrame(
        {each.name: _at(*found[each.name], each.type, len(events)) for each in EVENTS}
    )


def _at(places: list[int], values: list[Any], type_: Type, size: int) -> Any:
    """Return a column of `size` rows that has values at some places, and none elsewhere."""
    if type_ == "object":
        column = np.full(size, None)
        column[places] = _objects(values)
        return column
    order = np.full(size, -1)
    order[places] = np.arange(len(places))
    return pd.api.extensions.take(_array(values, type_), order, allow_fill=True)


def states_table(events: Iterable[Event]) -> pd.DataFrame:
    """Return the stays in states, in the order in which they began."""
    meanings: dict[int, dict[str, str]] = {}
    running: dict[str, str] = {}
    entered: list[StateEntered] = []
    told: list[str | None] = []
    exits: list[float | None] = []
    for event in events:
        match event:
            case GraphDefined(graph=graph, states=states):
                meanings[graph] = {state["name"]: state["meaning"] for state in states}
            case TrialStarted(graph=graph):
                running = meanings.get(graph, {})
            case StateEntered(state=state):
                _leave(exits, event)
                entered.append(event)
                exits.append(None)
                told.append(running.get(state))
            case TrialEnded():
                _leave(exits, event)
            case _:
                pass
    return _table(
        "states",
        {
            "trial": [event.trial for event in entered],
            "state": [event.state for event in entered],
            "meaning": told,
            "enter_time": [event.hardware_time for event in entered],
            "exit_time": exits,
            "requested": [event.requested for event in entered],
            "cause": [event.cause for event in entered],
        },
    )


def _leave(exits: list[float | None], event: Happened) -> None:
    """Let the state that was entered last end with an event, if it lasts."""
    if exits and exits[-1] is None:
        exits[-1] = event.hardware_time


def licks_table(events: Iterable[Event]) -> pd.DataFrame:
    """Return the licks, ordered by time."""
    licks: list[InputChanged] = []
    durations: list[float | None] = []
    lasting: dict[str, int] = {}
    for event in events:
        if not isinstance(event, InputChanged) or not event.device.startswith(LICK_INPUT):
            continue
        begun = lasting.pop(event.device, None)
        if event.level:
            lasting[event.device] = len(licks)
            licks.append(event)
            durations.append(None)
        elif begun is not None:
            durations[begun] = event.hardware_time - licks[begun].hardware_time
    columns = {
        **_moments(licks),
        "spout": [lick.device for lick in licks],
        "duration": durations,
    }
    return _by_time(_table("licks", columns))


def water_table(events: Iterable[Event]) -> pd.DataFrame:
    """Return the drops that valves reported, ordered by time."""
    drops = _reports(events, lambda report: report.volume_ul is not None)
    columns = {
        **_moments(drops),
        "volume_ul": [drop.volume_ul for drop in drops],
        "author": [drop.author for drop in drops],
        "device": [drop.device for drop in drops],
        "duration": [drop.achieved for drop in drops],
    }
    return _by_time(_table("water", columns))


def stimuli_table(events: Iterable[Event]) -> pd.DataFrame:
    """Return the stimuli that devices reported, ordered by time."""
    shown = _reports(events, is_stimulus)
    columns = {
        **_moments(shown),
        "device": [report.device for report in shown],
        "what": [report.what for report in shown],
        "stimulus": [report.detail for report in shown],
        "requested": [report.requested for report in shown],
        "duration": [report.achieved for report in shown],
    }
    return _by_time(_table("stimuli", columns))


def notes_table(events: Iterable[Event]) -> pd.DataFrame:
    """Return the notes of persons."""
    notes = [event for event in _commands(events) if event.verb == "note" and event.accepted]
    columns = {
        **_moments(notes),
        "author": [note.author for note in notes],
        "text": [note.reason for note in notes],
    }
    return _table("notes", columns)


def commands_table(events: Iterable[Event]) -> pd.DataFrame:
    """Return all that persons, signals and limits asked of the session, notes too."""
    commands = _commands(events)
    columns = {
        **_moments(commands),
        "verb": [command.verb for command in commands],
        "author": [command.author for command in commands],
        "key": [command.key for command in commands],
        "value": [command.value for command in commands],
        "reason": [command.reason for command in commands],
        "accepted": [command.accepted for command in commands],
        "reply": [command.reply for command in commands],
    }
    return _table("commands", columns)


def _moments(events: Sequence[Happened]) -> dict[str, list[Any]]:
    """Return when events happened, and in which trial."""
    return {
        "time": [event.hardware_time for event in events],
        "trial": [event.trial for event in events],
    }


def _reports(
    events: Iterable[Event], wanted: Callable[[DeviceReported], bool]
) -> list[DeviceReported]:
    return [event for event in events if isinstance(event, DeviceReported) and wanted(event)]


def _commands(events: Iterable[Event]) -> list[CommandGiven]:
    return [event for event in events if isinstance(event, CommandGiven)]


def _table(name: str, columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Return a table with the columns that are described for it."""
    described = TABLES[name]
    return pd.DataFrame({each.name: _array(columns[each.name], each.type) for each in described})


def _by_time(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table ordered by time: devices report what has ended, not what has begun."""
    return table.sort_values("time", kind="stable", ignore_index=True)


def _array(values: list[Any], type_: Type) -> Any:
    """Return values as an array of a type; None among them is what is missing."""
    match type_:
        case "number":
            return np.array(values, dtype=np.float64)
        case "count":
            return np.array(values, dtype=np.int64)
        case "boolean":
            return np.array(values, dtype=bool)
        case "text":
            return pd.array([value or None for value in values], dtype="str")
        case "boolean or none":
            return pd.array(values, dtype="boolean")
        case "count or none":
            return pd.array(values, dtype="Int64")
        case "object":
            return _objects(values)


def _objects(values: list[Any]) -> npt.NDArray[Any]:
    """Return values as an array of objects, lists and dicts too."""
    return np.fromiter(values, dtype=object, count=len(values))
