"""The loop: the one thread that owns the engine.

It takes the earliest of {messages, plans of twins, the engine's timer, the session's limit},
tells the engine, carries out the actions, and then records what happened. At equal times the
order is: messages, twins, timer, limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Protocol

from rig.clock import Clock
from rig.config import Limits
from rig.devices import Device, describe
from rig.engine import Engine, Entered
from rig.errors import DeviceError, RigError
from rig.events import (
    ActionDone,
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    GraphDefined,
    InputChanged,
    SessionEnded,
    StateEntered,
    TrialEnded,
    TrialStarted,
)
from rig.graph import TrialGraph
from rig.inbox import Command, Edge, Failure, Inbox, Message, Report
from rig.protocol import Finished
from rig.recorder import Recorder
from rig.room import Room
from rig.trials import TrialRow

ABORTED = "aborted"


class Watcher(Protocol):
    """Is told what happens, for a progress line; must be quick and never fail."""

    def entered(self, trial: int, state: str) -> None:
        """A state was entered."""

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """A trial ended; `water_ul` is the water so far."""


class Nobody:
    """A watcher who does not look."""

    def entered(self, trial: int, state: str) -> None:
        """Look away."""

    def finished(self, row: TrialRow, water_ul: float) -> None:
        """Look away."""


class Loop:
    """Runs the trials of one session.

    Parameters
    ----------
    clock, inbox, room
        The session's.
    devices
        All devices of the rig, open, by name.
    next_trial
        Returns the graph of the trial with that number, checked, or `Finished`.
    limits
        When the session ends by itself.
    recorder
        Keeps the events.
    watcher
        Is told of states and trials.

    Attributes
    ----------
    reason
        Why the session ends, in words; empty while it runs.
    timed_out
        Whether it was the longest duration that ended it.
    """

    def __init__(
        self,
        clock: Clock,
        inbox: Inbox,
        room: Room,
        devices: Mapping[str, Device],
        next_trial: Callable[[int], TrialGraph | Finished],
        limits: Limits,
        recorder: Recorder,
        watcher: Watcher,
    ) -> None:
        self.reason = ""
        self.timed_out = False
        self._clock = clock
        self._inbox = inbox
        self._room = room
        self._agenda = room.agenda
        self._devices = devices
        self._next_trial = next_trial
        self._limits = limits
        self._recorder = recorder
        self._watcher = watcher
        self._engine = Engine()
        self._batch: list[Event] = []
        self._seq = 0
        self._trial = 0
        self._stop = False
        self._first_state = ""
        self._state = ""
        self._limit = limits.max_duration
        self._graphs: dict[object, int] = {}
        self._ordered_in: dict[str, int] = {}
        self._last_edge: dict[str, float] = {}

    def run(self) -> None:
        """Run trials until protocol, limit or command ends the session.

        Raises
        ------
        ProtocolError
            If the protocol raises, or returns what is no sound trial.
        DeviceError, RecordingError
            If a device or the recording fails.
        """
        engine, agenda, receive = self._engine, self._agenda, self._clock.receive
        self._start_trial()
        while not self._stop and (engine.running or not self.reason):
            until = min(engine.deadline, agenda.next_time, self._limit)
            message = receive(self._inbox, until)
            if message is not None:
                self._take(message)
            elif agenda.next_time <= until:
                agenda.run_until(until)
            elif engine.deadline <= until:
                self._follow(engine.expire())
            else:
                self._limit_reached()
            if not engine.running and not self.reason:
                self._start_trial()

    def fault(self, error: BaseException, detail: str) -> None:
        """Record the error that ends the session, with its traceback."""
        what, where, do = _told(error)
        self._add(Fault, self._clock.now(), what=what, where=where, do=do, detail=detail)
        self.reason = f"error: {what}"
        self._keep()

    def end(self) -> None:
        """Record the end of the session; a trial that still runs is ended as aborted.

        To be called when the devices are off: what they report of that is recorded too, and
        so is every change of an input that the engine had no more time for.
        """
        while (message := self._inbox.take()) is not None:
            if isinstance(message, Report):
                self._report(message)
            elif isinstance(message, Edge):
                fields = {"device": message.device, "level": message.level}
                self._add(InputChanged, message.hardware_time, **fields)
        self._keep()
        now = self._clock.now()
        if self._engine.running:
            self._engine.abort()
            self._end_trial(now, ABORTED)
        table = self._recorder.table
        trials = sum(not row.aborted for row in table.rows)
        self._add(
            SessionEnded,
            now,
            reason=self.reason,
            trials=trials,
            water_ul=table.water_ul,
            mouse_memory=self._room.memory(),
        )
        self._keep()

    def _take(self, message: Message) -> None:
        """Deal with one message."""
        match message:
            case Edge():
                self._edge(message)
            case Report():
                self._report(message)
                self._keep()
            case Command(verb=verb, reason=reason):
                self._add(CommandGiven, self._clock.now(), verb=verb, reason=reason)
                self.reason = self.reason or reason
                self._stop = self._stop or verb == "stop_now"
                self._keep()
            case Failure(device=device, what=what, do=do):
                raise DeviceError(what, f"device '{device}'", do)

    def _edge(self, edge: Edge) -> None:
        """Record that an input changed, and let the engine know."""
        device, time = edge.device, edge.hardware_time
        if time < self._last_edge.get(device, -math.inf):
            raise DeviceError(
                f"its clock went backwards, from {self._last_edge[device]:.6f} to {time:.6f} s",
                f"device '{device}'",
                "Run `rig check`; restart the device or its card.",
            )
        self._last_edge[device] = time
        entered = self._engine.sense(device, edge.level, time)
        self._add(InputChanged, time, device=device, level=edge.level)
        self._follow(entered)

    def _report(self, report: Report) -> None:
        self._seq += 1
        trial = self._ordered_in.get(report.device, self._trial)
        self._batch.append(
            DeviceReported(
                self._seq,
                report.hardware_time,
                self._clock.now(),
                trial,
                report.device,
                report.what,
                report.detail,
                report.requested,
                report.achieved,
                report.volume_ul,
            )
        )

    def _start_trial(self) -> None:
        """Get the next trial from the protocol and start it."""
        graph = self._next_trial(self._trial + 1)
        now = self._clock.now()
        if isinstance(graph, Finished):
            self.reason = graph.reason
            return
        self._trial += 1
        self._first_state = graph.states[0].name
        number = self._graph_number(graph, now)
        self._add(
            TrialStarted,
            now,
            graph=number,
            trial_type=graph.trial_type,
            stimulus=graph.stimulus,
            draws=dict(graph.draws),
        )
        self._follow(self._engine.start(graph, now))

    def _graph_number(self, graph: TrialGraph, now: float) -> int:
        """Return the number of the graph's shape; record a shape that is new."""
        shape = graph.shape()
        number = self._graphs.get(shape)
        if number is None:
            number = self._graphs[shape] = len(self._graphs) + 1
            self._add(
                GraphDefined,
                now,
                graph=number,
                states=graph.described(),
                first=graph.states[0].name,
            )
        return number

    def _follow(self, entered: tuple[Entered, ...]) -> None:
        """Carry out the actions of the states entered; then record all of it."""
        done = 0
        try:
            for step in entered:
                for action in step.state.enter if step.state else ():
                    self._devices[action.device].act(action)
                    done += 1
        finally:
            self._record(entered, done)

    def _record(self, entered: tuple[Entered, ...], done: int) -> None:
        """Record the states entered and the first `done` of their actions."""
        now = self._clock.now()
        for step in entered:
            state = step.state
            if state is None:
                self._end_trial(step.time, step.cause)
                continue
            self._seq += 1
            requested = state.timeout[0] if state.timeout else None
            self._batch.append(
                StateEntered(
                    self._seq, step.time, now, self._trial, state.name, requested, step.cause
                )
            )
            self._state = state.name
            self._watcher.entered(self._trial, state.name)
            for action in state.enter[:done]:
                verb, detail, value = describe(action)
                self._ordered_in[action.device] = self._trial
                self._add(
                    ActionDone,
                    step.time,
                    device=action.device,
                    verb=verb,
                    detail=detail,
                    value=value,
                )
            done -= len(state.enter[:done])
        self._keep()

    def _end_trial(self, time: float, cause: str) -> None:
        """Record the end of the running trial, and see whether a limit is reached."""
        engine = self._engine
        self._add(
            TrialEnded,
            time,
            cause=cause,
            outcome=None if cause == ABORTED else engine.outcome,
            aborted=cause == ABORTED,
            measures=dict(engine.measures),
        )
        self._keep()
        table = self._recorder.table
        self._watcher.finished(table.rows[-1], table.water_ul)
        if self._trial >= self._limits.max_trials:
            self.reason = self.reason or f"{self._limits.max_trials} trials"
        if table.water_ul >= self._limits.max_water_ul:
            self.reason = self.reason or f"{self._limits.max_water_ul:g} uL of water"

    def _limit_reached(self) -> None:
        """End the session after the running trial; a trial that still waits ends now."""
        self._limit = math.inf
        self.timed_out = True
        self.reason = self.reason or f"{self._limits.max_duration:g} s"
        self._add(CommandGiven, self._clock.now(), verb="stop_after_trial", reason=self.reason)
        self._stop = self._state == self._first_state
        self._keep()

    def _add(self, kind: Callable[..., Event], time: float, **fields: object) -> None:
        """Add one event to the batch of this step."""
        self._seq += 1
        self._batch.append(kind(self._seq, time, self._clock.now(), self._trial, **fields))

    def _keep(self) -> None:
        """Hand the batch to the recorder."""
        if self._batch:
            batch, self._batch = self._batch, []
            self._recorder.keep(batch)


def _told(error: BaseException) -> tuple[str, str, str]:
    """Return an error as what, where and what to do."""
    if isinstance(error, RigError):
        return error.what, error.where, error.do
    return f"{type(error).__name__}: {error}", "engine", "Report it with traceback.txt."
