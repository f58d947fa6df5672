"""Numbers the events of a session, collects those of one step, and hands them to the recorder."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from rig.changes import Change
from rig.clock import Clock
from rig.devices import describe
from rig.errors import Problem, RigError
from rig.events import (
    ActionDone,
    ClockRead,
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    GraphDefined,
    InputChanged,
    ParameterChanged,
    QuestionAsked,
    SessionEnded,
    StateEntered,
    StimuliStarted,
    StreamEnded,
    SyncSwitched,
    TrialEnded,
    TrialStarted,
)
from rig.graph import Action, Flash, Flush, Play, Pulse, Show, State, TrialGraph
from rig.inbox import Command, Edge, Failure, Message, Notice, Reply, Report, Request
from rig.protocol import Question
from rig.recorder import Recorder

ABORTED = "aborted"
TOO_LATE = Reply(False, "the session has ended")
CLOCKS_EVERY = 60.0
"""Seconds between two readings of the wall clock, at least; it is read between trials."""
_REPORTED = (Pulse, Play, Show, Flash, Flush)
"""What is ordered by these is reported by the device."""


class EventLog:
    """Turns what happens into events; all of it is kept when `keep` is called.

    Parameters
    ----------
    clock
        Gives the engine's time of each event.
    recorder
        Keeps the events.
    trial
        Number of the last trial of the session that this one goes on with; 0 in others.

    Attributes
    ----------
    trial
        Number of the running trial, or of the last one.
    """

    def __init__(self, clock: Clock, recorder: Recorder, trial: int = 0) -> None:
        self.trial = trial
        self._now = clock.now
        self._clock = clock
        self._clocks_by = 0.0
        self._recorder = recorder
        self._batch: list[Event] = []
        self._seq = 0
        self._graphs: dict[object, int] = {}
        self._orders: dict[str, deque[tuple[int, str]]] = {}

    @property
    def made(self) -> int:
        """How many events there were so far."""
        return self._seq

    @property
    def waiting(self) -> int:
        """How many events are not handed to the recorder yet."""
        return len(self._batch)

    def keep(self) -> None:
        """Hand everything since the last call to the recorder."""
        if self._batch:
            batch, self._batch = self._batch, []
            self._recorder.keep(batch)

    def trial_started(self, graph: TrialGraph, time: float) -> None:
        """Begin the next trial; a graph of a new shape is recorded before it."""
        self.trial += 1
        shape = graph.shape()
        number = self._graphs.get(shape)
        if number is None:
            number = self._graphs[shape] = len(self._graphs) + 1
            first = graph.states[0].name
            self._add(GraphDefined, time, graph=number, states=graph.described(), first=first)
        self._add(
            TrialStarted,
            time,
            graph=number,
            trial_type=graph.trial_type,
            stimulus=graph.stimulus,
            draws=dict(graph.draws),
            stimulus_state=graph.stimulus_state,
            block=graph.block,
            labels=dict(graph.labels),
        )

    def trial_ended(
        self, time: float, cause: str, outcome: str | None, measures: Mapping[str, float]
    ) -> None:
        """End the trial; `cause` is ``aborted`` if it was cut short."""
        aborted = cause == ABORTED
        self._add(
            TrialEnded,
            time,
            cause=cause,
            outcome=None if aborted else outcome,
            aborted=aborted,
            measures=dict(measures),
        )

    def state_entered(self, state: State, time: float, cause: str) -> None:
        """Record that a state was entered."""
        requested = state.timeout[0] if state.timeout else None
        self._seq += 1
        self._batch.append(
            StateEntered(self._seq, time, self._now(), self.trial, state.name, requested, cause)
        )

    def stimuli_started(self, entered: float, after: float) -> None:
        """Record that the stimuli of a state were started some time after it was entered."""
        self._add(StimuliStarted, entered + after, after=after)

    def action_done(self, action: Action | Flush, time: float, author: str = "") -> None:
        """Record that an order was given; the device will report openings and stimuli."""
        if type(action) in _REPORTED:
            self._orders.setdefault(action.device, deque()).append((self.trial, author))
        verb, detail, value = describe(action)
        self._seq += 1
        now, trial = self._now(), self.trial
        self._batch.append(
            ActionDone(self._seq, time, now, trial, action.device, verb, detail, value, author)
        )

    def input_changed(self, edge: Edge) -> None:
        """Record that an input changed its level."""
        self._seq += 1
        self._batch.append(
            InputChanged(
                self._seq, edge.hardware_time, self._now(), self.trial, edge.device, edge.level
            )
        )

    def reported(self, report: Report) -> None:
        """Record a report; it belongs to the trial of the oldest order not yet reported."""
        orders = self._orders.get(report.device)
        trial, author = orders.popleft() if orders else (self.trial, "")
        self._seq += 1
        self._batch.append(
            DeviceReported(
                self._seq,
                report.hardware_time,
                self._now(),
                trial,
                report.device,
                report.what,
                report.detail,
                report.requested,
                report.achieved,
                report.volume_ul,
                author,
            )
        )

    def command_given(self, command: Command, reply: Reply) -> None:
        """Record a command and what was answered."""
        self._add(
            CommandGiven,
            self._now(),
            verb=command.verb,
            reason=command.text,
            author=command.author,
            key=command.key,
            value=command.value,
            accepted=reply.accepted,
            reply=reply.text,
            id=command.id,
        )

    def parameter_changed(self, change: Change) -> None:
        """Record that a parameter has another value from here on."""
        self._add(ParameterChanged, self._now(), **msgspec.structs.asdict(change))

    def question_asked(self, question: Question, time: float) -> None:
        """Record that the protocol asked the operator."""
        self._add(QuestionAsked, time, **dataclasses.asdict(question))

    def note(self, message: Message) -> None:
        """Record a message that nothing else is done about; who waits for a reply gets one."""
        match message:
            case Edge():
                self.input_changed(message)
            case Report():
                self.reported(message)
            case Command():
                self.command_given(message, TOO_LATE)
            case Request(order=order, replies=replies):
                replies.put(TOO_LATE)
                if isinstance(order, Command):
                    self.command_given(order, TOO_LATE)
            case Failure():
                self.failed(message)
            case Notice():
                self.noticed(message)

    def noticed(self, notice: Notice) -> Problem:
        """Record what a device did not do; return it as a problem."""
        problem = Problem(notice.what, f"device '{notice.device}'", notice.do, "notice")
        self.fault(problem)
        return problem

    def failed(self, failure: Failure) -> None:
        """Record that a device failed; a failure that is not urgent is a warning."""
        where = f"device '{failure.device}'"
        level: Literal["error", "warning"] = "error" if failure.urgent else "warning"
        self.fault(Problem(failure.what, where, failure.do, level))

    def fault(self, error: BaseException | Problem) -> None:
        """Record an error or a problem."""
        if isinstance(error, RigError | Problem):
            what, where, do = error.what, error.where, error.do
        else:
            what, where = f"{type(error).__name__}: {error}", "engine"
            do = "Report it, with the file traceback.txt."
        level = error.level if isinstance(error, Problem) else "error"
        self._add(Fault, self._now(), what=what, where=where, do=do, level=level)

    def read_clocks(self, now: float) -> None:
        """Read the wall clock beside the session's, if that has not been done for a while."""
        reading = self._clock.utc() if now >= self._clocks_by else None
        if reading is not None:
            told = {"clock": "utc", "reading": reading.seconds, "uncertainty": reading.uncertainty}
            self._add(ClockRead, reading.time, **told)
            self._clocks_by = reading.time + CLOCKS_EVERY

    def sync_switched(self, device: str, level: bool, time: float, uncertainty: float) -> None:
        """Record that a sync line was switched."""
        self._add(SyncSwitched, time, device=device, level=level, uncertainty=uncertainty)

    def stream_ended(self, stream: str, rows: int, sha256: str) -> None:
        """Record that a stream has come to its end."""
        self._add(StreamEnded, self._now(), stream=stream, rows=rows, sha256=sha256)

    def session_ended(
        self, reason: str, how: str, trials: int, water_ul: float, memory: Mapping[str, Any]
    ) -> None:
        """Record the end of the session."""
        self._add(
            SessionEnded,
            self._now(),
            reason=reason,
            trials=trials,
            water_ul=water_ul,
            mouse_memory=dict(memory),
            how=how,
        )

    def _add(self, kind: Callable[..., Event], time: float, **fields: object) -> None:
        self._seq += 1
        self._batch.append(kind(self._seq, time, self._now(), self.trial, **fields))
