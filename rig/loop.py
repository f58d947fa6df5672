"""The loop: the one thread that owns the engine.

It takes the earliest of {messages, plans of twins, the engine's timer, the session's limit},
tells the engine, carries out the actions, and then records what happened. At equal times the
order is: messages, twins, timer, limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rig.chores import Chore, Chores
from rig.clock import Clock
from rig.config import Limits
from rig.devices import Device, DigitalInput
from rig.ending import Ending, reason_of
from rig.engine import Engine, Entered
from rig.errors import DeviceError, Problem, ProtocolError
from rig.event_log import ABORTED, EventLog
from rig.graph import TrialGraph, TurnOn
from rig.inbox import Command, Edge, Failure, Inbox, Message, Notice, Reply, Report, Request, Touch
from rig.orders import Orders
from rig.protocol import Finished, Question
from rig.recorder import Recorder
from rig.room import Room
from rig.sync_lines import NO_SYNC, Sync, SyncLines, sync_names
from rig.trial_source import TrialSource
from rig.trials import ALONE, Before
from rig.watcher import Watcher
from rig.water_orders import WaterOrders

GROUP = 64
"""Events that wait at most to be written together."""
LONGEST = Reply(True, "the session's longest duration")
NEVER_RUN = "never run"


class Loop:
    """Runs the trials of one session.

    Parameters
    ----------
    clock, inbox, room
        The session's.
    devices
        All devices of the rig, open, by name.
    source
        The protocol's trials.
    limits
        When the session ends by itself.
    recorder
        Keeps the events.
    watcher
        Is told of states and trials.
    before
        What the sessions came to that this one goes on with, if it does.
    sync
        The lines that tell other recorders what happens.
    chores
        What is to be done at times of its own.

    Attributes
    ----------
    ending
        Why the session ends, if anything has ended it.
    warnings
        What a person should know, though the session went on.
    """

    def __init__(
        self,
        clock: Clock,
        inbox: Inbox,
        room: Room,
        devices: Mapping[str, Device],
        source: TrialSource,
        limits: Limits,
        recorder: Recorder,
        watcher: Watcher,
        before: Before = ALONE,
        sync: Sync = NO_SYNC,
        chores: Sequence[Chore] = (),
    ) -> None:
        self.ending = Ending(limits, before.water_ul)
        self.warnings: list[Problem] = []
        self._clock = clock
        self._inbox = inbox
        self._room = room
        self._devices = devices
        self._source = source
        self._recorder = recorder
        self._watcher = watcher
        self._lost: DeviceError | None = None
        self._engine = Engine()
        self._log = EventLog(clock, recorder, before.trial)
        table = recorder.table
        self._water = WaterOrders(source, devices, room, limits, table, self._log, before.water_ul)
        self._orders = Orders(source, clock, room, self._water)
        self._sync = SyncLines(sync, devices, clock, self._log)
        self._chores = Chores((self._sync, *chores) if sync_names(sync.config) else chores)
        self._stop = False
        self._first_state = self._state = self._stimulus_state = ""
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
        engine, agenda, orders = self._engine, self._room.agenda, self._orders
        receive = self._clock.receive
        self._take_what_waits()
        self._log.read_clocks(self._clock.now())
        self._switch_on()
        self._go_on()
        while not self._stop and (engine.running or self.ending.reason is None):
            now = self._clock.now()
            if now >= self._recorder.attend_by:
                self._recorder.attend(now, self._log.trial)
            self._chores.run(now)
            until = min(engine.deadline, agenda.next_time, self.ending.at, orders.answer_by)
            until = min(until, self._recorder.attend_by, self._chores.due, self._water.due)
            message = receive(self._inbox, until)
            if message is not None:
                self._take(message)
            elif agenda.next_time <= until:
                agenda.run_until(until)
            elif engine.deadline <= until:
                self._follow(engine.expire())
            elif orders.question is not None and orders.answer_by <= until:
                self._take_default(orders.question)
            elif self.ending.at <= until:
                self._reach_limit()
            elif self._water.due <= until:
                self._give_what_waited()
            self._go_on()
        if self._lost is not None:
            raise self._lost

    @property
    def made(self) -> int:
        """How many events there were so far, those of the running step included."""
        return self._log.made

    def fault(self, error: BaseException) -> None:
        """Record the error that ends the session."""
        self._log.fault(error)
        self.ending.fail(error)
        self._log.keep()

    def end(self, streams: Sequence[tuple[str, int, str]] = ()) -> None:
        """Record the end of the session; a trial that still runs is ended as aborted.

        To be called when the devices are off: what they report of that is recorded too, and
        so is everything else that the engine had no more time for.

        Parameters
        ----------
        streams
            Name, number of rows and digest of each stream that was recorded.
        """
        while (message := self._inbox.take()) is not None:
            self._log.note(message)
        self._log.keep()
        if self._engine.running:
            self._engine.abort()
            self._end_trial(self._clock.now(), ABORTED)
        for stream, rows, sha256 in streams:
            self._log.stream_ended(stream, rows, sha256)
        self._log.read_clocks(math.inf)
        table = self._recorder.table
        trials = sum(not row.aborted for row in table.rows)
        reason = NEVER_RUN if self.ending.reason is None else self.ending.reason
        memory = self._room.memory()
        self._log.session_ended(reason, self.ending.how, trials, table.water_ul, memory)
        self._log.keep()

    def _go_on(self) -> None:
        """Start the next trial if none runs and nothing ends the session."""
        if self._engine.running or self.ending.reason is not None or self._orders.waiting:
            return
        for change in self._source.apply_changes():
            self._log.parameter_changed(change)
        match self._source.trial(self._log.trial + 1):
            case Finished(reason=reason):
                self.ending.finish(reason)
            case Question() as question:
                now = self._clock.now()
                self._orders.ask(question, now)
                self._log.question_asked(question, now)
                self._watcher.noticed(f"{question.text} ({' / '.join(question.choices)})")
            case TrialGraph() as graph:
                self._begin(graph)
        self._log.keep()

    def _begin(self, graph: TrialGraph) -> None:
        """Start a trial."""
        now = self._clock.now()
        self._first_state, self._stimulus_state = graph.states[0].name, graph.stimulus_state
        self._log.trial_started(graph, now)
        self._watcher.began(self._log.trial, graph)
        self._sync.trial_began(graph)
        self._follow(self._engine.start(graph, now))

    def _switch_on(self) -> None:
        """Switch on the outputs that are on throughout the session."""
        for name in self._source.outputs:
            order = TurnOn(name)
            self._devices[name].act(order)
            self._log.action_done(order, self._clock.now())
        self._log.keep()

    def _take_what_waits(self) -> None:
        """Before the first trial: deal with what has come already, and look at the inputs."""
        while (message := self._inbox.take()) is not None:
            self._take(message)
        for name, device in self._devices.items():
            if isinstance(device, DigitalInput):
                level = device.level()
                if level != self._engine.levels.get(name, False):
                    self._edge(Edge(name, level, self._clock.now()))

    def _take(self, message: Message) -> None:
        """Deal with one message."""
        match message:
            case Edge():
                self._edge(message)
                return
            case Command():
                self._obey(message)
                return
            case Request(order=Command() as command, replies=replies):
                replies.put(self._obey(command))
                return
            case Request(order=Touch() as touch, replies=replies):
                replies.put(self._orders.touch(touch, self._clock.now()))
                return
            case Failure(device=device, what=what, do=do, urgent=True):
                raise DeviceError(what, f"device '{device}'", do)
            case Failure():
                self._lose(message)
                return
            case Notice():
                self._watcher.warned(self._log.noticed(message))
                self._log.keep()
                return
        self._log.note(message)
        self._log.keep()
        if isinstance(message, Report):
            self._water.reported(message)
            self._give_what_waited()

    def _give_what_waited(self) -> None:
        """Give a drop of the protocol that had to wait for a person's."""
        waiting = self._water.waited(self._clock.now())
        if waiting is not None:
            self._devices[waiting.device].act(waiting)

    def _obey(self, command: Command) -> Reply:
        """Carry out a command; record it with what is answered."""
        self._log.keep()  # what was before it counts, the water above all
        match command.verb:
            case "stop_now":
                self.ending.because(reason_of(command), "aborted")
                self._stop = True
                reply = Reply(True, "stops now")
            case "stop_after_trial":
                self.ending.because(reason_of(command), "stopped")
                reply = Reply(True, f"stops after trial {self._log.trial}")
            case _:
                now, trial = self._clock.now(), self._log.trial
                reply = self._orders.obey(command, trial, now, running=not self._waits)
        self._log.command_given(command, reply)
        self._log.keep()
        self._recorder.attend(self._clock.now(), self._log.trial)  # time may pass faster or slower
        if command.author:
            refused = "" if reply.accepted else "refused: "
            self._watcher.noticed(f"{command.author}, {command.verb}: {refused}{reply.text}")
        return reply

    def _take_default(self, question: Question) -> None:
        """Answer a question that nobody has answered in time."""
        reply = self._obey(Command("answer", question.default))
        if not reply.accepted:
            raise ProtocolError(
                f"the protocol does not take its own default answer: {reply.text}",
                f"question '{question.text}'",
                "Mend its answer().",
            )

    def _edge(self, edge: Edge) -> None:
        """Record that an input changed, and let the engine know."""
        device, time = edge.device, edge.hardware_time
        last = self._last_edge.get(device, -math.inf)
        if time < last:
            raise DeviceError(
                f"its clock went backwards, from {last:.6f} to {time:.6f} s",
                f"device '{device}'",
                "Run `rig check`; restart the device or its card.",
            )
        self._last_edge[device] = time
        # A loop that was late must not let the edge act on a state whose time was up before.
        while self._engine.deadline < time:
            self._follow(self._engine.expire())
            self._go_on()
        self._follow(self._engine.sense(device, edge.level, time), edge)

    def _follow(self, entered: tuple[Entered, ...], edge: Edge | None = None) -> None:
        """Carry out the actions of the states entered; then record all, the edge first."""
        done, late = 0, 0.0
        try:
            for step in entered:
                for action in step.state.enter if step.state else ():
                    if not self._water.postpones(action, step.time):
                        self._devices[action.device].act(action)
                    done += 1
                if step.state is not None:
                    self._sync.entered(step.state)
            # Most edges lead nowhere: they ask no state.
            if entered and any(step.state and step.state.presents() for step in entered):
                late = self._clock.since(entered[-1].time)
                self._engine.begin_later(late)  # else what is timed from the stimuli came too early
            if edge is not None:
                self._sync.input_changed(edge.device, edge.level)
        finally:
            if edge is not None:
                self._log.input_changed(edge)
            self._record(entered, done, late)
            if self._water.flushing and not self._waits:
                self._water.stop_flush()  # the mouse has begun the trial that waited for it

    def _record(self, entered: tuple[Entered, ...], done: int, late: float) -> None:
        """Record the states entered, the first `done` of their actions, and what they started."""
        for step in entered:
            state = step.state
            if state is None:
                self._sync.trial_ended()
                self._end_trial(step.time, step.cause)
                continue
            self._log.state_entered(state, step.time, step.cause)
            self._state = state.name
            self._watcher.entered(self._log.trial, state.name)
            for action in state.enter[:done]:
                self._log.action_done(action, step.time)
            done -= len(state.enter[:done])
        if late:
            self._log.stimuli_started(entered[-1].time, late)
        self._sync.record()
        # While more has come already, some steps go to the disk together.
        if self._inbox.is_empty() or self._log.waiting >= GROUP:
            self._log.keep()

    def _end_trial(self, time: float, cause: str) -> None:
        """Record the end of the running trial, and see whether a limit is reached."""
        self._log.trial_ended(time, cause, self._engine.outcome, self._engine.measures)
        self._log.read_clocks(time)
        self._log.keep()
        trouble = self._recorder.trouble()
        if trouble is not None:
            self._warn(trouble)
        table = self._recorder.table
        self._watcher.finished(table.rows[-1], table.water_ul)
        self.ending.trial_ended(self._log.trial, table.water_ul)

    @property
    def _waits(self) -> bool:
        """Whether no trial runs, or the running one has presented nothing yet."""
        return not self._engine.running or (
            self._state == self._first_state and self._first_state != self._stimulus_state
        )

    def _lose(self, failure: Failure) -> None:
        """Let the running trial end, but no other one begin; one that waits ends now."""
        lost = self._lost = DeviceError(failure.what, f"device '{failure.device}'", failure.do)
        self._warn(Problem(lost.what, lost.where, lost.do, "warning"))
        self._log.keep()
        self._stop = self._waits
        self.ending.fail(lost)

    def _warn(self, problem: Problem) -> None:
        """Tell and record what a person should know, though the session goes on."""
        self.warnings.append(problem)
        self._watcher.warned(problem)
        self._log.fault(problem)

    def _reach_limit(self) -> None:
        """End the session at its longest duration."""
        command = self.ending.reach_limit(waits=self._waits)
        self._stop = command.verb == "stop_now"
        self._log.command_given(command, LONGEST)
        self._log.keep()
