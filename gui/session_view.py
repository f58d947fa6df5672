"""What is known of a session from what it has told: the one source of all that the window shows.

No Qt here, and nothing is remembered that no event confirms.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec

from analysis.timing import TimingTable
from gui.raster_data import RasterData
from rig.bus import Heartbeat
from rig.events import (
    MILD,
    ActionDone,
    CommandGiven,
    Definition,
    DeviceReported,
    Event,
    Fault,
    GraphDefined,
    Header,
    InputChanged,
    ParameterChanged,
    QuestionAsked,
    Record,
    SessionEnded,
    StateEntered,
    TrialEnded,
    TrialStarted,
)
from rig.psychometric import Psychometric
from rig.trials import LICK_INPUT, TrialRow, TrialTable

LOG_LINES = 500
_PAUSES = {"pause_after_trial": True, "resume": False}


class LogLine(msgspec.Struct, frozen=True):
    """A line of the log: when (session's seconds), how bad, and what, in words."""

    time: float
    level: str
    text: str


class Stay(msgspec.Struct, frozen=True):
    """The state that a session is in: its name, when it was entered, how long it is to last."""

    name: str
    meaning: str
    entered: float
    requested: float | None


class CountedFault(msgspec.Struct, frozen=True):
    """A fault: what happened where, what to do, how bad it is, and how often it happened."""

    what: str
    where: str
    do: str
    level: str
    times: int = 1

    @property
    def told(self) -> str:
        """What happened, and how often if it was more than once."""
        return self.what if self.times == 1 else f"{self.what} ({self.times} times)"


class SessionView:
    """A session, as far as it has told of itself.

    Attributes
    ----------
    header, definition
        Its first two records; None until they have come.
    beat, safe_until
        Its last heartbeat, and session's seconds up to which all that happened is on the disk.
    table
        Its trials and its water.
    raster
        Licks and drops around the stimulus.
    timing
        Requested and achieved durations, by state.
    psychometric, levels_counted
        Responses by level and in catch trials, and how many trials were counted there.
    trial
        The running trial; None between two.
    graph
        The graph of the running or the last trial; None before the first.
    stay
        The state that it is in.
    paused, stopping
        Whether no trial is begun until a person says so, or at all.
    resumed_at
        Session's seconds when a pause ended last; 0 without one.
    question
        What the protocol asks; None if it asks nothing.
    answers
        What was answered to commands, by their ids.
    params, pending
        The parameters as they are now, tables inside tables; and what changes have been accepted
        that do not act yet, by dotted key.
    log
        The last lines of the log.
    faults
        All faults so far; those of the same words at the same place are counted as one.
    fault_at
        The last fault at each place; the place of the latest one is the last.
    last_lick, last_drop, last_trial_end
        Session's seconds of the last lick, of the last drop, and of the end of the last trial; 0
        if none came.
    lit
        When each device was last heard of, and in which words.
    shown
        Name of the grating that is on the screen; empty if it is grey.
    by_hand_ul
        Water that persons gave.
    speed
        How many times faster than real time a paced session runs.
    flush_until
        Session's seconds when a flush ends by itself; None if no valve is flushed.
    events
        How many events there are.
    ended
        The last event; None while it runs.
    """

    def __init__(self) -> None:
        self.header: Header | None = None
        self.definition: Definition | None = None
        self.beat: Heartbeat | None = None
        self.safe_until = 0.0
        self.table = TrialTable()
        self.raster = RasterData()
        self.timing = TimingTable()
        self.psychometric = Psychometric()
        self.levels_counted = 0
        self.trial: TrialStarted | None = None
        self.graph: GraphDefined | None = None
        self.stay: Stay | None = None
        self.paused = self.stopping = False
        self.resumed_at = 0.0
        self.question: QuestionAsked | None = None
        self.answers: dict[str, CommandGiven] = {}
        self.params: dict[str, Any] = {}
        self.pending: dict[str, Any] = {}
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.logged = 0
        self.faults: list[CountedFault] = []
        self.fault_at: dict[str, CountedFault] = {}
        self.last_lick = 0.0
        self.last_drop = 0.0
        self.last_trial_end = 0.0
        self.lit: dict[str, tuple[float, str]] = {}
        self.shown = ""
        self.by_hand_ul = 0.0
        self.speed = 1.0
        self.flush_until: float | None = None
        self.events = 0
        self.ended: SessionEnded | None = None
        self.time = 0.0
        self._fault_places: dict[tuple[str, str], int] = {}
        self._unsafe: deque[Heartbeat] = deque()
        self._graphs: dict[int, GraphDefined] = {}
        self._meanings: dict[int, dict[str, str]] = {}

    @property
    def rows(self) -> list[TrialRow]:
        """The trials that have ended."""
        return self.table.rows

    @property
    def water_ul(self) -> float:
        """The water so far, with that of the sessions that this one goes on with."""
        before = self.definition.before_ul if self.definition else 0.0
        return before + self.table.water_ul

    @property
    def emulated(self) -> bool:
        """Whether emulators stand behind the drivers."""
        return self.definition is not None and self.definition.emulated

    @property
    def simulated(self) -> tuple[str, ...]:
        """The names of the devices that are simulated or emulated."""
        if self.definition is None:
            return ()
        devices = self.definition.devices
        return tuple(one.name for one in devices if one.simulated or self.emulated)

    def take_beat(self, beat: Heartbeat) -> None:
        """Take in a heartbeat."""
        self.beat = beat
        self.time = max(self.time, beat.time)
        self._unsafe.append(beat)
        while self._unsafe and self._unsafe[0].size <= beat.safe:
            self.safe_until = self._unsafe.popleft().time

    def take(self, record: Record) -> None:
        """Take in the next record."""
        if isinstance(record, Header):
            self.header = record
            return
        if isinstance(record, Definition):
            self.definition = record
            self.speed = record.speed
            self.params = msgspec.to_builtins(record.params)
            return
        self.time = max(self.time, record.engine_time)
        self.events = record.seq
        self.table.add(record)
        self.raster.take(record)
        self.timing.take(record)
        self.levels_counted += self.psychometric.add(record)
        self._note(record)

    def _note(self, event: Event) -> None:
        """Take in what neither table nor raster nor timing keep."""
        match event:
            case StateEntered():
                self._enter(event)
            case InputChanged():
                self._sense(event)
            case ActionDone():
                told = " ".join(filter(None, (event.verb, event.detail)))
                self.lit[event.device] = event.engine_time, told
                if event.verb == "show":
                    self.shown = event.detail
            case DeviceReported():
                self._report(event)
            case TrialStarted():
                self.trial = event
                self.graph = self._graphs.get(event.graph)
                self.question = None
            case TrialEnded():
                self.trial = None
                self.last_trial_end = event.engine_time
            case GraphDefined():
                self._graphs[event.graph] = event
                states = ((state["name"], state["meaning"]) for state in event.states)
                self._meanings[event.graph] = dict(states)
            case _:
                self._tell(event)

    def _tell(self, event: Event) -> None:
        """Take in what a person should read."""
        match event:
            case CommandGiven():
                self._command(event)
            case ParameterChanged(key=key, before=before, after=after, author=author):
                set_at(self.params, key, after)
                self.pending.pop(key, None)
                self._log(event, "note", f"{key}: {before} -> {after} ({author})")
            case QuestionAsked(text=text):
                self.question = event
                self._log(event, "warn", text)
            case Fault(what=what, level=level):
                self._count(event)
                self._log(event, "warn" if level in MILD else "bad", what)
            case SessionEnded(reason=reason):
                self.ended = event
                self.trial = self.stay = self.question = None
                self._log(event, "note", f"ended: {reason}")

    def _count(self, fault: Fault) -> None:
        """Count a fault among those of the same words at the same place."""
        place = self._fault_places.setdefault((fault.what, fault.where), len(self.faults))
        counted = CountedFault(fault.what, fault.where, fault.do, fault.level)
        if place == len(self.faults):
            self.faults.append(counted)
        else:
            counted = msgspec.structs.replace(counted, times=self.faults[place].times + 1)
            self.faults[place] = counted
        self.fault_at.pop(fault.where, None)
        self.fault_at[fault.where] = counted

    def _enter(self, event: StateEntered) -> None:
        meanings = self._meanings.get(self.trial.graph, {}) if self.trial else {}
        meaning = meanings.get(event.state, "")
        self.stay = Stay(event.state, meaning, event.engine_time, event.requested)

    def _sense(self, event: InputChanged) -> None:
        self.lit[event.device] = event.hardware_time, "on" if event.level else "off"
        if event.level and event.device.startswith(LICK_INPUT):
            self.last_lick = event.hardware_time

    def _report(self, event: DeviceReported) -> None:
        amount = "" if event.volume_ul is None else f"{event.volume_ul:g} uL, "
        lasted = f"{event.achieved * 1000:.0f} of {event.requested * 1000:.0f} ms"
        told = f"{event.what} {event.detail}".strip()
        self.lit[event.device] = event.engine_time, f"{told}, {amount}{lasted}"
        if event.what == "grating":
            self.shown = ""
        if event.what == "flush":
            self.flush_until = None
        if event.volume_ul is not None:
            self.last_drop = event.hardware_time + event.achieved
            self.by_hand_ul += event.volume_ul if event.author else 0.0

    def _command(self, event: CommandGiven) -> None:
        if event.id:
            self.answers[event.id] = event
        if event.accepted:
            self._obeyed(event)
        words = " ".join(filter(None, (event.verb.replace("_", " "), event.key, event.reason)))
        refused = "" if event.accepted else "refused: "
        who = f"{event.author}, " if event.author else ""
        level = "note" if event.accepted else "warn"
        self._log(event, level, f"{who}{words}: {refused}{event.reply}")

    def _obeyed(self, event: CommandGiven) -> None:
        """Take in what an order changes that no other event tells."""
        before, self.paused = self.paused, _PAUSES.get(event.verb, self.paused)
        if before and not self.paused:
            self.resumed_at = event.engine_time
        match event.verb, event.value:
            case "stop_after_trial" | "stop_now", _:
                self.stopping = True
            case "answer", _:
                self.question = None
            case "set", value:
                self.pending[event.key] = value
            case "speed", int() | float() as speed:
                self.speed = float(speed)
            case "flush", int() | float() as seconds:
                self.flush_until = event.engine_time + seconds

    def _log(self, event: Event, level: str, text: str) -> None:
        self.log.append(LogLine(event.engine_time, level, text))
        self.logged += 1


def set_at(tables: dict[str, Any], key: str, value: object) -> None:
    """Set the value at a dotted key; tables that lack are made.

    Examples
    --------
    >>> tables = {"trial": {"licks": 3}}
    >>> set_at(tables, "trial.licks", 5)
    >>> tables
    {'trial': {'licks': 5}}
    """
    *path, last = key.split(".")
    for name in path:
        tables = tables.setdefault(name, {})
    tables[last] = value


def flat(tables: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return values inside tables by their dotted keys.

    Examples
    --------
    >>> flat({"trial": {"licks": 5}, "blocks": 2})
    {'trial.licks': 5, 'blocks': 2}
    """
    found: dict[str, Any] = {}
    for name, value in tables.items():
        key = f"{before}{name}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{key}.")
        else:
            found[key] = value
    return found
