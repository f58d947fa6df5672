"""The engine: given what happens and when, it says which states are entered. It is pure.

No clock, no threads, no devices: times come in as arguments, orders go out as the entry
actions of the states entered. That is what makes virtual time exact.
"""

from __future__ import annotations

import math

import msgspec

from rig.errors import ProtocolError
from rig.graph import END, State, TrialGraph

LONGEST_CHAIN = 1000
TOLERANCE = 1e-9
"""Seconds: sums of times that should be equal may differ by rounding."""


class Entered(msgspec.Struct, frozen=True):
    """A state was entered at `time` because of `cause`; `state` is None at the trial's end."""

    state: State | None
    time: float
    cause: str


NOTHING: tuple[Entered, ...] = ()


class Engine:
    """Runs one trial graph after the other.

    Attributes
    ----------
    deadline
        Seconds: when `expire` must be called; infinite if no timer runs.
    outcome
        Outcome of the running trial, None as long as it has none.
    measures
        What the running trial has counted and timed.
    levels
        Input name -> its last known level; outlives the trial.

    Examples
    --------
    >>> from rig.graph import State, TrialGraph
    >>> wait = State("wait", "waits for a lick", timeout=(2.0, "end"), to={"lick_on": "end"})
    >>> engine = Engine()
    >>> [entered.state.name for entered in engine.start(TrialGraph((wait,), "go", "A"), 0.0)]
    ['wait']
    >>> engine.deadline
    2.0
    >>> engine.sense("lick", True, 0.5)[0].cause
    'lick_on'
    """

    def __init__(self) -> None:
        self.deadline = math.inf
        self.outcome: str | None = None
        self.measures: dict[str, float] = {}
        self.levels: dict[str, bool] = {}
        self._states: dict[str, State] = {}
        self._state: State | None = None
        self._since = 0.0

    @property
    def running(self) -> bool:
        """Whether a trial is running."""
        return self._state is not None

    def start(self, graph: TrialGraph, time: float) -> tuple[Entered, ...]:
        """Start a trial at `time`; return the states entered."""
        self._states = {state.name: state for state in graph.states}
        self.outcome = None
        self.measures = {}
        return self._enter(graph.states[0].name, time, "start")

    def sense(self, device: str, level: bool, time: float) -> tuple[Entered, ...]:
        """Take in that an input changed its level; return the states entered."""
        time = max(time, self._since)
        state = self._state
        if state is None:
            self.levels[device] = level
            return NOTHING
        if state.dwell:
            self._add_dwell(state, time)
            self._since = time
        self.levels[device] = level
        return self._happen(state, f"{device}_on" if level else f"{device}_off", time)

    def expire(self) -> tuple[Entered, ...]:
        """Take in that the deadline has come; return the states entered."""
        state, time = self._state, self.deadline
        if state is None or state.timeout is None:
            return NOTHING
        return self._leave(state, state.timeout[1], time, "timeout")

    def begin_later(self, seconds: float) -> None:
        """Count the time of the running state from so many seconds later on."""
        self._since += seconds
        self.deadline += seconds

    def abort(self) -> None:
        """Forget the running trial; its measures remain readable."""
        self._state = None
        self.deadline = math.inf

    def _happen(self, state: State, event: str, time: float) -> tuple[Entered, ...]:
        """Let a named event act on the running state."""
        for count in state.count:
            if count.event == event:
                value = self.measures[count.measure] + 1
                self.measures[count.measure] = value
                if count.reaches is not None and value >= count.reaches and count.target:
                    return self._leave(state, count.target, time, event)
        target = state.to.get(event)
        if target is not None:
            return self._leave(state, target, time, event)
        if state.timeout is not None and event in state.restart:
            self.deadline = time + state.timeout[0]
        return NOTHING

    def _leave(self, state: State, target: str, time: float, cause: str) -> tuple[Entered, ...]:
        self._add_dwell(state, time)
        return self._enter(target, time, cause)

    def _enter(self, name: str, time: float, cause: str) -> tuple[Entered, ...]:
        """Enter a state, and through decisions, which take no time, the ones behind it."""
        entered: list[Entered] = []
        while name != END:
            state = self._states[name]
            entered.append(Entered(state, time, cause))
            if state.outcome is not None:
                self.outcome = state.outcome
            if state.otherwise is None:
                self._stay(state, time)
                return tuple(entered)
            name, cause = self._decide(state), "decision"
            if len(entered) > LONGEST_CHAIN:
                raise ProtocolError(
                    f"decisions follow each other without end at state '{state.name}'",
                    "trial graph",
                    "Let some state between them last.",
                )
        self.abort()
        entered.append(Entered(None, time, cause))
        return tuple(entered)

    def _stay(self, state: State, time: float) -> None:
        """Begin the stay in a state that lasts."""
        self._state = state
        self._since = time
        self.deadline = time + state.timeout[0] if state.timeout else math.inf
        for count in state.count:
            self.measures.setdefault(count.measure, 0)
        for dwell in state.dwell:
            self.measures.setdefault(dwell.measure, 0.0)

    def _add_dwell(self, state: State, time: float) -> None:
        """Add the time since the last look to the measures of inputs that are on."""
        for dwell in state.dwell:
            if self.levels.get(dwell.device, False):
                self.measures[dwell.measure] += time - self._since

    def _decide(self, state: State) -> str:
        """Return the target of the first rule that holds."""
        for rule in state.decide:
            if self.measures.get(rule.measure, 0.0) >= rule.at_least - TOLERANCE:
                return rule.target
        if state.otherwise is None:
            raise ProtocolError(
                f"state '{state.name}' decides without a last resort",
                "trial graph",
                "Give the state `otherwise=`.",
            )
        return state.otherwise
