"""How long states were asked to last and how long they did, and how late the engine was."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

import msgspec

from rig.events import DeviceReported, GraphDefined, Record, StateEntered, TrialEnded

if TYPE_CHECKING:
    import pandas as pd


class StateTiming(msgspec.Struct, frozen=True):
    """The stays in one state in a session; durations in seconds.

    Achieved durations are taken between the moments at which the engine carried out the
    actions, not between the deadlines, which would agree with what was requested by definition.

    Attributes
    ----------
    state
        Its name.
    entered
        How often it was entered.
    requested
        The longest timeout that was asked for; None if it waits for an event.
    shortest, longest
        Of the stays; None if no stay was completed.
    error_ms
        Largest difference between requested and achieved, over stays that their timeout
        ended; None without such stays, and for states whose timeout events can restart.
    late_ms
        How late, at most, the engine dealt with the entry.
    """

    state: str
    entered: int
    requested: float | None
    shortest: float | None
    longest: float | None
    error_ms: float | None
    late_ms: float


class OutputTiming(msgspec.Struct, frozen=True):
    """What one device did for a time that was asked for, in a session; durations in seconds.

    Attributes
    ----------
    device, what
        Which device, and what it did, such as an opening.
    times
        How often.
    shortest, longest
        Of the durations that were asked for.
    mean_ms, most_ms
        Difference between requested and achieved duration, its mean (longer is positive) and its
        largest size.
    """

    device: str
    what: str
    times: int
    shortest: float
    longest: float
    mean_ms: float
    most_ms: float


def output_timing(records: Iterable[Record]) -> list[OutputTiming]:
    """Return the timing of what devices did, in the order in which it first appears."""
    found: dict[tuple[str, str], list[DeviceReported]] = {}
    for record in records:
        if isinstance(record, DeviceReported):
            found.setdefault((record.device, record.what), []).append(record)
    return [_output(*key, reports) for key, reports in found.items()]


def _output(device: str, what: str, reports: Sequence[DeviceReported]) -> OutputTiming:
    off = [(report.achieved - report.requested) * 1000 for report in reports]
    asked = [report.requested for report in reports]
    return OutputTiming(
        device, what, len(reports), min(asked), max(asked), fmean(off), max(map(abs, off))
    )


def state_timing(records: Iterable[Record]) -> list[StateTiming]:
    """Return the timing of every state, in the order in which the states first appear."""
    table = TimingTable()
    for record in records:
        table.take(record)
    return table.summary()


def timing_table(timings: Sequence[StateTiming | OutputTiming]) -> pd.DataFrame:
    """Return timings as a table: a row for each state, or for each thing that a device did."""
    import pandas as pd  # takes half a second, which commands that print need not wait

    return pd.DataFrame([msgspec.structs.asdict(each) for each in timings])


class TimingTable:
    """Collects the stays in all states, record by record."""

    def __init__(self) -> None:
        self._found: dict[str, _Stays] = {}
        self._restartable: set[str] = set()
        self._open: StateEntered | None = None

    def take(self, record: Record) -> None:
        """Take in the next record of a session."""
        if isinstance(record, GraphDefined):
            restarting = (state["name"] for state in record.states if state.get("restart"))
            self._restartable.update(restarting)
        if not isinstance(record, StateEntered | TrialEnded):
            return
        if self._open is not None and record.cause != "aborted":
            timed = record.cause == "timeout" and self._open.state not in self._restartable
            self._found[self._open.state].leave(self._open, record.engine_time, timed=timed)
        self._open = None
        if isinstance(record, StateEntered):
            self._open = record
            self._found.setdefault(record.state, _Stays()).enter(record)

    def summary(self) -> list[StateTiming]:
        """Return the timing of every state so far, in the order in which they first appeared."""
        return [stays.summary(state) for state, stays in self._found.items()]


class _Stays:
    """The stays in one state, while they are collected."""

    def __init__(self) -> None:
        self._entered = 0
        self._requested: float | None = None
        self._shortest, self._longest = math.inf, -math.inf
        self._error = -math.inf
        self._late = 0.0

    def enter(self, entry: StateEntered) -> None:
        self._entered += 1
        self._late = max(self._late, entry.engine_time - entry.hardware_time)
        if entry.requested is not None:
            self._requested = max(self._requested or 0.0, entry.requested)

    def leave(self, entry: StateEntered, time: float, *, timed: bool) -> None:
        lasted = time - entry.engine_time
        self._shortest = min(self._shortest, lasted)
        self._longest = max(self._longest, lasted)
        if entry.requested is not None and timed:
            self._error = max(self._error, abs(lasted - entry.requested))

    def summary(self, state: str) -> StateTiming:
        return StateTiming(
            state=state,
            entered=self._entered,
            requested=self._requested,
            shortest=None if math.isinf(self._shortest) else self._shortest,
            longest=None if math.isinf(self._longest) else self._longest,
            error_ms=None if math.isinf(self._error) else self._error * 1000,
            late_ms=self._late * 1000,
        )
