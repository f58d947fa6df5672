"""Trials and states of a session as intervals of NWB.

What took no time is no interval there: such states are events, and such trials stand in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from rig.events import Event, GraphDefined, StateEntered, TrialEnded, TrialStarted
from rig.export.nwb_columns import FEWEST_ROWS, Column, Kind, Table
from rig.export.nwb_events import ENGINE_TIME, SEQ, TIMESTAMP, TRIAL, row_of
from rig.trials import TrialRow

ABORTED = "Aborted"
_MEASURED = ("dwell", "licks")
"""Measures that have columns of their own."""
_BEGAN = Column("start_time", "when it began, in seconds since the session started", "number")
_ENDED = Column("stop_time", "when it ended, in seconds since the session started", "number")
_TRIALS = (
    Column("trial", "number of the trial: 1, 2, ...", "count"),
    Column("trial_type", "the type of trial in the words of the task: go, nogo, ...", "text"),
    Column("stimulus", "what was presented, in the words of the task", "text"),
    Column("outcome", "Hit, Miss, False alarm, Correct rejection, another word of the task, or "
           "Aborted", "text"),
    Column("is_aborted", "whether the trial was cut short", "flag"),
    Column("block", "number of the block; 0 in a task without blocks", "count"),
    Column("stimulus_time", "onset of the stimulus, in seconds since the session started; NaN if "
           "the trial did not get there", "number"),
    Column("first_lick_time", "first lick at or after that onset, in seconds since the session "
           "started; NaN if there was none", "number"),
    Column("lick_count", "licks in the whole trial", "count"),
    Column("dwell", "seconds that the beam was broken in the response window; NaN if not measured",
           "number"),
    Column("licks", "licks in the response window; NaN if not measured", "number"),
    Column("reward_ul", "volume that the task delivered for the trial, in microliters; NaN if no "
           "valve opened", "number"),
    Column("removed_ul", "how much of it the vacuum removed, in microliters; NaN if the vacuum did "
           "not run", "number"),
)  # fmt: skip
_STATE = (
    Column("state", "name of the state", "text"),
    TRIAL,
    Column("meaning", "what the state is, in a sentence of the task", "text"),
    Column("requested", "its timeout in seconds; NaN if it waited for an event or decided",
           "number"),
    Column("cause", "what led to it: an event such as lick_on, timeout, decision or start", "text"),
    ENGINE_TIME,
    SEQ,
)  # fmt: skip


def outcome_words(outcome: str | None) -> str:
    """Return an outcome as a reader of the file meets it.

    It begins with a capital: nwbinspector would have a column of nothing but ``hit`` and ``miss``
    turned into one of true and false.

    Examples
    --------
    >>> outcome_words("false_alarm"), outcome_words(None)
    ('False alarm', 'Aborted')
    """
    if outcome is None:
        return ABORTED
    text = outcome.replace("_", " ")
    return text[:1].upper() + text[1:]


def trials_table(trials: Sequence[TrialRow], events: Iterable[Event]) -> Table | None:
    """Return the trials that ended, aborted ones too; None if they are too few for a table."""
    rows, extras = [], dict[str, Column]()
    for trial, (started, ended) in zip(trials, _begins_and_ends(events), strict=True):
        own = _extras(started, ended, extras)
        rows.append(
            msgspec.structs.asdict(trial)
            | {
                "stop_time": trial.end_time,
                "outcome": outcome_words(trial.outcome),
                "is_aborted": trial.aborted,
                "seq": started.seq,
                "end_seq": ended.seq,
            }
            | own
        )
    numbers = (
        Column("seq", "number of the event in the journal that began the trial", "count"),
        Column("end_seq", "number of the event in the journal that ended it", "count"),
    )
    return _intervals(
        "trials",
        "Trials that ended, aborted ones too. Columns label_*, draw_* and measure_* hold what sets "
        "a trial apart, what was drawn for it, and what was measured in it.",
        (_BEGAN, _ENDED, *_TRIALS, *(extras[name] for name in sorted(extras)), *numbers),
        rows,
        ("seq", "end_seq"),
    )


def _begins_and_ends(events: Iterable[Event]) -> Iterable[tuple[TrialStarted, TrialEnded]]:
    """Return the events that began and ended each trial."""
    started = None
    for event in events:
        if isinstance(event, TrialStarted):
            started = event
        elif isinstance(event, TrialEnded) and started is not None:
            yield started, event
            started = None


def _extras(started: TrialStarted, ended: TrialEnded, columns: dict[str, Column]) -> dict[str, Any]:
    """Return the values that trials of this task have; add columns that are not there yet."""
    measures = {name: value for name, value in ended.measures.items() if name not in _MEASURED}
    told: tuple[tuple[str, Mapping[str, Any], Kind, str], ...] = (
        ("label", started.labels, "text", "the label '{}' of the task"),
        ("draw", started.draws, "number", "what the task drew as '{}' for the trial"),
        ("measure", measures, "number", "the measure '{}' of the task"),
    )
    values: dict[str, Any] = {}
    for prefix, own, kind, text in told:
        for name, value in own.items():
            column = f"{prefix}_{name}"
            columns.setdefault(column, Column(column, text.format(name), kind))
            values[column] = value
    return values


def state_tables(events: Iterable[Event]) -> tuple[Table | None, Table | None]:
    """Return the states that lasted, as intervals, and those that took no time, as events.

    A state in which the record ends is in neither.
    """
    rows = list(_states(events))
    lasted = _intervals(
        "states",
        "States of the trials that took time, in the order in which they were entered.",
        (_BEGAN, _ENDED, *_STATE,
         Column("exit_seq", "number of the event in the journal that left it", "count")),
        rows,
        ("seq",),
    )  # fmt: skip
    instant = [row for row in rows if row["stop_time"] <= row["start_time"]]
    if len(instant) < FEWEST_ROWS:
        return lasted, None
    seqs = frozenset(row["seq"] for row in instant)
    text = "States of the trials that took no time: what was decided, and when."
    return lasted, Table("instant_states", text, (TIMESTAMP, *_STATE), instant, seqs)


def _states(events: Iterable[Event]) -> Iterable[dict[str, Any]]:
    """Return the states that were left, a row each."""
    meanings: dict[int, Mapping[str, str]] = {}
    running: Mapping[str, str] = {}
    entered: StateEntered | None = None
    for event in events:
        match event:
            case GraphDefined(graph=graph, states=states):
                meanings[graph] = {state["name"]: state.get("meaning", "") for state in states}
            case TrialStarted(graph=graph):
                running = meanings.get(graph, {})
            case StateEntered() | TrialEnded():
                if entered is not None:
                    yield row_of(
                        entered,
                        start_time=entered.hardware_time,
                        stop_time=event.hardware_time,
                        state=entered.state,
                        meaning=running.get(entered.state, ""),
                        requested=entered.requested,
                        cause=entered.cause,
                        exit_seq=event.seq,
                    )
                entered = event if isinstance(event, StateEntered) else None
            case _:
                pass


def _intervals(
    name: str,
    description: str,
    columns: tuple[Column, ...],
    rows: Iterable[dict[str, Any]],
    told: tuple[str, ...],
) -> Table | None:
    """Return a table of the rows that took time; None if these are too few."""
    lasted = [row for row in rows if row["stop_time"] > row["start_time"]]
    if len(lasted) < FEWEST_ROWS:
        return None
    seqs = frozenset(row[key] for row in lasted for key in told)
    return Table(name, description, columns, lasted, seqs)
