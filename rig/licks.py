"""Plays a protocol against the edges of recorded sessions: what it would have made of them.

No device runs. A trial begins when the recorded one of its number began, or at the end of the
one before it if that comes later, and drops count as delivered when they are ordered.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from rig.clock import VirtualClock
from rig.engine import Engine, Entered
from rig.errors import ProtocolError
from rig.event_log import ABORTED, EventLog
from rig.events import CommandGiven, Event, InputChanged, ParameterChanged, TrialStarted
from rig.graph import Action, Pulse, TrialGraph
from rig.inbox import Command, Edge, Report
from rig.protocol import Finished, Question
from rig.recorder import MemoryRecorder
from rig.trial_source import TrialSource
from rig.trials import TrialRow

MOST_QUESTIONS = 100
Order = ParameterChanged | CommandGiven


@dataclass(frozen=True)
class _Due:
    """A trial that is to begin: its number, when the recorded one began, and orders before it."""

    number: int
    time: float
    orders: Sequence[Order]


@dataclass
class _Orders:
    """Orders of persons that have been read: for the next trial, and for the one behind it."""

    next: list[Order] = field(default_factory=list)
    behind: list[Order] = field(default_factory=list)


class Licks:
    """Plays trials against recorded edges.

    Parameters
    ----------
    source
        The trials of the protocol.

    Attributes
    ----------
    finished
        Why the protocol says that the experiment is over; empty as long as it does not.
    refused
        Orders of persons that it does not take, and why, in words.
    """

    def __init__(self, source: TrialSource) -> None:
        self.finished = ""
        self.refused: list[str] = []
        self._source = source
        self._recorder = MemoryRecorder(lambda _: None)
        self._log = EventLog(VirtualClock(), self._recorder)
        self._engine = Engine()
        self._due: deque[_Due] = deque()
        self._orders = _Orders()
        self._free_at = 0.0
        source.rows = self._recorder.table.rows

    @property
    def rows(self) -> list[TrialRow]:
        """The trials that were played."""
        return self._recorder.table.rows

    def play(self, events: Sequence[Event], cut: int = 0) -> None:
        """Play a recorded session; one that went on with others is played behind them.

        Parameters
        ----------
        events
            What was recorded.
        cut
            Number of a trial that was begun again in the session behind this one; 0 for none.

        Raises
        ------
        ProtocolError
            If the protocol fails, or returns what is no sound trial.
        """
        self._engine.levels, self._free_at = {}, 0.0
        for event in events:
            match event:
                case InputChanged(device=device, level=level, hardware_time=time):
                    self._advance(math.nextafter(time, -math.inf))
                    self._sense(Edge(device, level, time))
                case TrialStarted(trial=number, hardware_time=time):
                    self._due.append(_Due(number, time, self._orders.next))
                    self._orders = _Orders(self._orders.behind)
                    self._advance(time)
                case ParameterChanged() | CommandGiven() if _is_order(event):
                    late = bool(cut) and event.trial == cut
                    (self._orders.behind if late else self._orders.next).append(event)
                case _:
                    pass
        self._end(events[-1].hardware_time if events else 0.0)

    def _advance(self, until: float) -> None:
        """Let timers act, and trials begin, up to and including a time."""
        while not self.finished:
            if self._engine.running:
                if self._engine.deadline > until:
                    return
                self._follow(self._engine.expire())
            elif self._due:
                self._begin(self._due.popleft())
            else:
                return

    def _begin(self, due: _Due) -> None:
        time = max(due.time, self._free_at)
        self._carry_out(due)
        graph = self._ask(due)
        if isinstance(graph, Finished):
            self.finished = graph.reason
            return
        self._log.trial_started(graph, time)
        self._follow(self._engine.start(graph, time))

    def _carry_out(self, due: _Due) -> None:
        """Let the orders of persons act that came before a trial."""
        for order in due.orders:
            if isinstance(order, ParameterChanged):
                change = Command("set", "", order.author, order.key, order.after)
                reply = self._source.change(change, due.number)
                if not reply.accepted:
                    self.refused.append(f"set {order.key} to {order.after}: {reply.text}")
            elif order.verb == "skip_block" and self._source.protocol.skip_block() is None:
                self.refused.append("skip_block: the protocol has no blocks to skip")
        self._source.apply_changes()

    def _ask(self, due: _Due) -> TrialGraph | Finished:
        """Return the trial; a question gets the recorded answer, else its default."""
        answers = deque(
            order.reason
            for order in due.orders
            if isinstance(order, CommandGiven) and order.verb == "answer"
        )
        for _ in range(MOST_QUESTIONS):
            found = self._source.trial(due.number)
            if not isinstance(found, Question):
                return found
            given = answers.popleft() if answers else found.default
            self._source.protocol.answer(given if given in found.choices else found.default)
        raise ProtocolError(
            "the protocol asks without end",
            f"protocol '{type(self._source.protocol).__name__}', trial {due.number}",
            "Let it go on when it has its answer.",
        )

    def _sense(self, edge: Edge) -> None:
        entered = self._engine.sense(edge.device, edge.level, edge.hardware_time)
        self._log.input_changed(edge)
        self._follow(entered)

    def _follow(self, entered: Sequence[Entered]) -> None:
        for step in entered:
            if step.state is None:
                outcome, measures = self._engine.outcome, self._engine.measures
                self._log.trial_ended(step.time, step.cause, outcome, measures)
                self._free_at = step.time
                continue
            self._log.state_entered(step.state, step.time, step.cause)
            for action in step.state.enter:
                self._act(action, step.time)
        self._log.keep()

    def _act(self, action: Action, time: float) -> None:
        self._log.action_done(action, time)
        if isinstance(action, Pulse):
            volume_ul = action.volume_ul
            self._log.reported(Report(action.device, "opening", "", time, 0.0, 0.0, volume_ul))

    def _end(self, time: float) -> None:
        """End the session that was recorded: a trial that still runs is aborted."""
        self._advance(time)
        if self._engine.running:
            self._engine.abort()
            self._log.trial_ended(time, ABORTED, None, self._engine.measures)
            self._log.keep()
        self._due.clear()


def _is_order(event: ParameterChanged | CommandGiven) -> bool:
    """Whether a protocol has to be told of an event."""
    return isinstance(event, ParameterChanged) or (
        event.accepted and event.verb in {"skip_block", "answer"}
    )
