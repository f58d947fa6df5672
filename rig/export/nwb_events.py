"""The events of a session as tables of NWB: licks, rewards, stimuli, actions, orders, faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import asdict

from rig.events import (
    ActionDone,
    ClockRead,
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    Happened,
    InputChanged,
    ParameterChanged,
    QuestionAsked,
    SyncSwitched,
    is_stimulus,
)
from rig.export.nwb_columns import FEWEST_ROWS, Column, Table, as_json
from rig.trials import LICK_INPUT

SEQ = Column("seq", "number of the event in the journal", "count")
TRIAL = Column("trial", "number of the trial that it belongs to; 0 before the first one", "count")
ENGINE_TIME = Column("engine_time", "when the program dealt with it, in seconds", "number")
AUTHOR = Column("author", "the person who asked for it; empty if it was no person", "text")
TIMESTAMP = Column("timestamp", "when it happened, in seconds since the session started", "number")
_DEVICE = Column("device", "name of the device", "text")
_END_SEQ = Column("end_seq", "number of the event in the journal that ended it", "count")
_ON_PERIOD = (Column("duration", "until it went off, in seconds", "number"), _DEVICE)
_REQUESTED = Column("requested", "how long it was to last, in seconds", "number")


def event_tables(events: Sequence[Event]) -> list[Table]:
    """Return the tables of events that have rows enough to be tables."""
    tables = [
        _licks(events),
        _inputs(events),
        _sync_lines(events),
        _rewards(events),
        _stimuli(events),
        _actions(events),
        _commands(events),
        _parameters(events),
        _questions(events),
        _faults(events),
        _clocks(events),
    ]
    return [table for table in tables if len(table.rows) >= FEWEST_ROWS]


def row_of(event: Happened, **values: Any) -> dict[str, Any]:
    """Return a row about an event, with its times and numbers and these values."""
    return {
        "timestamp": event.hardware_time,
        "engine_time": event.engine_time,
        "trial": event.trial,
        "seq": event.seq,
        **values,
    }


def _table(
    name: str,
    description: str,
    columns: tuple[Column, ...],
    rows: list[dict[str, Any]],
    last: tuple[Column, ...] = (),
) -> Table:
    """Return a table of events: its own columns, those that all have, and its last ones."""
    ends = {row["end_seq"] for row in rows if row.get("end_seq") is not None}
    seqs = frozenset({row["seq"] for row in rows} | ends)
    every = (TIMESTAMP, *columns, TRIAL, ENGINE_TIME, SEQ, *last)
    return Table(name, description, every, rows, seqs)


def _licks(events: Iterable[Event]) -> Table:
    rows = [
        row | {"lick_times": row["timestamp"], "spout": row["device"]}
        for row in _on_periods(each for each in _inputs_changed(events) if _is_lick(each))
    ]
    columns = (
        Column("duration", "until the tongue left the spout, in seconds", "number"),
        Column("spout", "the input that saw it", "text"),
    )
    last = (_END_SEQ, _times("lick_times"))
    return _table("licks", "Contacts of the tongue with a spout.", columns, rows, last)


def _inputs(events: Iterable[Event]) -> Table:
    rows = _on_periods(each for each in _inputs_changed(events) if not _is_lick(each))
    text = "Digital inputs that were on, but for licks: a port that was visited, a broken beam."
    return _table("inputs", text, _ON_PERIOD, rows, (_END_SEQ,))


def _sync_lines(events: Iterable[Event]) -> Table:
    rows = _on_periods(each for each in events if isinstance(each, SyncSwitched))
    text = "Sync lines that were on: pulses and levels that other recorders saw."
    return _table("sync_lines", text, _ON_PERIOD, rows, (_END_SEQ,))


def _inputs_changed(events: Iterable[Event]) -> Iterator[InputChanged]:
    return (event for event in events if isinstance(event, InputChanged))


def _is_lick(event: InputChanged) -> bool:
    return event.device.startswith(LICK_INPUT)


def _on_periods(changes: Iterable[InputChanged | SyncSwitched]) -> list[dict[str, Any]]:
    """Return when lines went on, and how long they stayed so."""
    rows: list[dict[str, Any]] = []
    lasting: dict[str, dict[str, Any]] = {}
    for event in changes:
        if event.level:
            rows.append(row_of(event, device=event.device))
            lasting[event.device] = rows[-1]
        elif event.device in lasting:
            begun = lasting.pop(event.device)
            begun["duration"] = event.hardware_time - begun["timestamp"]
            begun["end_seq"] = event.seq
    return rows


def _rewards(events: Iterable[Event]) -> Table:
    rows = [
        _report(event, reward_times=event.hardware_time)
        for event in events
        if isinstance(event, DeviceReported) and event.volume_ul is not None
    ]
    columns = (
        Column("duration", "how long the valve was open, in seconds", "number"),
        Column("volume_ul", "volume by the valve's calibration, in microliters", "number"),
        _DEVICE,
        _REQUESTED,
        AUTHOR,
    )
    text = "Drops of water, as the valves reported them."
    return _table("rewards", text, columns, rows, (_times("reward_times"),))


def _stimuli(events: Iterable[Event]) -> Table:
    rows = [
        _report(event, kind=event.what, stimulus=event.detail, stimulus_times=event.hardware_time)
        for event in events
        if isinstance(event, DeviceReported) and is_stimulus(event)
    ]
    columns = (
        Column("duration", "how long it lasted, in seconds; shorter if it was cut", "number"),
        Column("kind", "sound, grating or flashes", "text"),
        Column("stimulus", "its name; stimulus_definitions says what it is", "text"),
        _DEVICE,
        _REQUESTED,
        AUTHOR,
    )
    text = "Stimuli, as the devices that presented them reported their onsets and durations."
    return _table("stimuli", text, columns, rows, (_times("stimulus_times"),))


def _report(event: DeviceReported, **values: Any) -> dict[str, Any]:
    return row_of(
        event,
        duration=event.achieved,
        device=event.device,
        requested=event.requested,
        volume_ul=event.volume_ul,
        author=event.author,
        **values,
    )


def _times(name: str) -> Column:
    return Column(name, "the same as timestamp, for tools that look for times by name", "number")


def _actions(events: Iterable[Event]) -> Table:
    rows = _all_of(ActionDone, events)
    columns = (
        _DEVICE,
        Column("verb", "the order: deliver, play, show, flash, on or off", "text"),
        Column("detail", "name of the stimulus", "text"),
        Column("value", "volume of the drop that was ordered, in microliters", "number"),
        AUTHOR,
    )
    return _table("actions", "Orders to devices; rewards and stimuli tell what came of them.",
                  columns, rows)  # fmt: skip


def _commands(events: Iterable[Event]) -> Table:
    rows = [
        row
        | {
            "annotation": row["reason"],
            "is_accepted": row["accepted"],
            "value": "" if row["value"] is None else as_json(row["value"]),
        }
        for row in _all_of(CommandGiven, events)
    ]
    columns = (
        Column("verb", "what was asked: note, reward, set, stop_now, ...", "text"),
        Column("annotation", "its words: a note, a reason, an answer", "text"),
        AUTHOR,
        Column("key", "the parameter to set", "text"),
        Column("value", "the value to set, or the volume of a drop in microliters; JSON", "text"),
        Column("is_accepted", "whether the session obeyed", "flag"),
        Column("reply", "what it answered", "text"),
    )
    text = "What persons, signals and limits asked of the session, notes of persons too."
    return _table("commands", text, columns, rows)


def _parameters(events: Iterable[Event]) -> Table:
    rows = [
        row | {"before": as_json(row["before"]), "after": as_json(row["after"])}
        for row in _all_of(ParameterChanged, events)
    ]
    columns = (
        Column("key", "name of the parameter", "text"),
        Column("before", "its value before, as JSON", "text"),
        Column("after", "its value from here on, as JSON", "text"),
        AUTHOR,
        Column("when", "whether it acts from the next trial or the next block on", "text"),
    )
    text = "Parameters of the task that got another value in the session."
    return _table("parameter_changes", text, columns, rows)


def _questions(events: Iterable[Event]) -> Table:
    rows = [
        row | {"annotation": row["text"], "choices": as_json(row["choices"])}
        for row in _all_of(QuestionAsked, events)
    ]
    columns = (
        Column("annotation", "what was asked", "text"),
        Column("choices", "what could be answered, as JSON", "text"),
        Column("default", "the answer that is taken if none comes", "text"),
        Column("patience", "how long it was waited for, in seconds", "number"),
    )
    text = "Questions of the task to the operator; the answers are among the commands."
    return _table("questions", text, columns, rows)


def _faults(events: Iterable[Event]) -> Table:
    rows = [row | {"annotation": row["what"]} for row in _all_of(Fault, events)]
    columns = (
        Column("annotation", "what happened", "text"),
        Column("where", "file and key, or device", "text"),
        Column("do", "what to do about it", "text"),
        Column("level", "error if it ended the session, warning or notice if it went on", "text"),
    )
    return _table("faults", "What failed in the session.", columns, rows)


def _clocks(events: Iterable[Event]) -> Table:
    columns = (
        Column("clock", "whose clock was read: utc is the wall clock", "text"),
        Column("reading", "what it showed, in seconds; utc counts from 1970", "number"),
        Column("uncertainty", "how far off the reading may be, in seconds", "number"),
    )
    text = "Other clocks, read beside that of the session."
    return _table("clock_readings", text, columns, _all_of(ClockRead, events))


def _all_of(kind: type[Happened], events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return rows about all events of a kind, with their own fields."""
    return [row_of(event, **asdict(event)) for event in events if isinstance(event, kind)]
