"""A recorded session as a tape: what came in from outside, and how far a replay has come.

Inputs are edges, reports of devices, commands of persons, errors of devices, and the clock at
moments that nothing else determines. All other events are what the session made of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, cast

from rig.errors import RigError
from rig.event_log import TOO_LATE
from rig.events import (
    MILD,
    ActionDone,
    ClockRead,
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    InputChanged,
    QuestionAsked,
    SessionEnded,
    StateEntered,
    StimuliStarted,
    StreamEnded,
    SyncSwitched,
    TrialEnded,
)
from rig.inbox import Command, Edge, Failure, Message, Notice, Report, Verb
from rig.loop import LONGEST, NEVER_RUN
from rig.water_orders import VALVE_FAILED, VALVE_IS_OPEN

_PROTOCOL = ("protocol '", "question '", "trial graph")
"""Where errors arise that the protocol makes; all others come from outside."""
_UNPLAYED = ClockRead | SyncSwitched | StreamEnded
"""Events that nothing depends on."""
DEVICE = "device '"
"""How the place of what a device tells begins: such faults came in by the inbox."""


class RecordedError(RigError):
    """An error that came from outside, as it was recorded."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what, fault.where, fault.do)

    def __str__(self) -> str:
        if self.where != "engine":
            return super().__str__()
        kind, _, words = self.what.partition(": ")
        return words or kind


class Tape:
    """The recorded events that a replay has to come to, and the place that it has reached.

    Readings of other clocks, sync lines and the ends of streams are left out: nothing depends on
    them.

    Parameters
    ----------
    events
        What was recorded, in order.

    Attributes
    ----------
    events
        What a replay has to come to, in order.
    whole
        Whether the session's end is among them; else it was cut off.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        kept = [event for event in events if not isinstance(event, _UNPLAYED)]
        self.whole = bool(kept) and isinstance(kept[-1], SessionEnded)
        if kept and not self.whole and _is_by_person(kept[-1]):
            kept.pop()  # the command that goes with it was cut off
        self.events: Sequence[Event] = kept
        self._made: Callable[[], int] = lambda: 0
        self._asked_at = 0, 0
        self._edge = False
        self._tried = itertools.count()

    def follow(self, made: Callable[[], int]) -> None:
        """Learn from `made` how many events the replay has come to."""
        self._made = made

    @property
    def next(self) -> Event | None:
        """The recorded event that should come next; None behind the last one."""
        return self.at(self._made())

    def at(self, place: int) -> Event | None:
        """Return the event at a place (0, 1, ...); None behind the last one."""
        return self.events[place] if place < len(self.events) else None

    @property
    def was_run(self) -> bool:
        """Whether the session was run at all, and not opened and closed only."""
        match self.events[-1] if self.events else None:
            case SessionEnded(reason=reason, how="failed"):
                return reason != NEVER_RUN
            case _:
                return True

    @property
    def has_orders(self) -> bool:
        """Whether a person or a signal asked anything of the session."""
        return any(isinstance(e, CommandGiven) and not self._is_own(e) for e in self.events)

    def now(self) -> float:
        """Return what the clock showed: the time of the next event."""
        event = self.next or (self.events[-1] if self.events else None)
        return event.hardware_time if event else 0.0

    def message(self) -> Message | None:
        """Return what came in next; None if the session made the next event by itself.

        Raises
        ------
        RecordedError
            If an error ended the session here.
        """
        event = self.next
        if isinstance(event, Fault) and event.level not in MILD:
            raise RecordedError(event)
        message = self._message(self._made())
        self._edge = isinstance(message, Edge)
        return message

    def waiting(self) -> list[Message]:
        """Return what had come in before the session did anything."""
        found: list[Message] = []
        place = 0
        while (message := self._message(place)) is not None and not self._is_late(place):
            if isinstance(message, Failure):  # that of a session which ended at once
                break
            found.append(message)
            place += 2 if isinstance(self.events[place], ActionDone) else 1
        return found

    def level(self, device: str) -> bool:
        """Return the level of an input when the session began.

        Raises
        ------
        RecordedError
            If an error from outside ended the session there.
        """
        event = self.next
        if isinstance(event, Fault) and _is_from_outside(event):
            raise RecordedError(event)
        edges = [m for m in self.waiting() if isinstance(m, Edge) and m.device == device]
        return edges[-1].level if edges else False

    def rest(self) -> list[Message]:
        """Return what came in when the session had ended already."""
        found: list[Message] = []
        place = self._made()
        while (message := self._noted(place)) is not None:
            found.append(message)
            place += 1
        return found

    def last_fault(self) -> Fault | None:
        """Return the fault that came next when the devices were turned off, if one did."""
        event = self.next
        device = isinstance(event, Fault) and event.where.startswith(DEVICE)
        return (
            event if isinstance(event, Fault) and _is_from_outside(event) and not device else None
        )

    def check_order(self) -> None:
        """Take in that a device is given an order; raise `RecordedError` if it failed in that.

        The orders of a step are given before they are recorded, and before the edge that leads to
        them: those that are recorded behind this place were carried out.
        """
        place = self._made()
        _, given = self._asked_at if self._asked_at[0] == place else (place, 0)
        self._asked_at = place, given + 1
        carried_out = 0
        if self._edge and isinstance(self.at(place), InputChanged):
            place += 1
        while isinstance(event := self.at(place), StateEntered | ActionDone | TrialEnded):
            carried_out += isinstance(event, ActionDone)
            place += 1
        if isinstance(event, Fault) and _is_from_outside(event) and given == carried_out:
            raise RecordedError(event)

    def started_after(self) -> float:
        """Return how long after its state the stimuli were started that come next; 0 if none."""
        place = self._made()
        if self._edge and isinstance(self.at(place), InputChanged):
            place += 1
        while isinstance(event := self.at(place), StateEntered | ActionDone):
            place += 1
        return event.after if isinstance(event, StimuliStarted) else 0.0

    def valve_is_open(self) -> bool:
        """Return whether the valve was open when a person's drop was asked for."""
        command = self._command(self._made())
        return command is not None and command.reply == VALVE_IS_OPEN.text

    def valve_failure(self) -> str:
        """Return how the valve failed when a person's drop was asked for; empty if it did not."""
        command = self._command(self._made())
        reply = command.reply if command else ""
        return reply.removeprefix(VALVE_FAILED) if reply.startswith(VALVE_FAILED) else ""

    def pace(self) -> float:
        """Return seconds for trying a change out: no time at all if it was refused.

        So a change that was refused is tried on as many trials as it may be, and one that was
        taken on a single one, as on a slow computer.
        """
        command = self._command(self._made())
        return 0.0 if command and not command.accepted else float(next(self._tried))

    def _command(self, place: int) -> CommandGiven | None:
        """Return the command at a place; a person's drop is recorded before its command."""
        event = self.at(place)
        if event is not None and _is_by_person(event):
            event = self.at(place + 1)
        return event if isinstance(event, CommandGiven) else None

    def _message(self, place: int) -> Message | None:
        """Return what came in at a place; None if the session made that event by itself."""
        match self.at(place):
            case InputChanged(device=device, level=level, hardware_time=time):
                return Edge(device, level, time)
            case DeviceReported() as event:
                return _report(event)
            case ActionDone() | CommandGiven():
                command = self._command(place)
                given = command is not None and not self._is_own(command)
                return _order(command) if command and given else None
            case Fault(level="warning" | "notice") as event:
                return _told(event)
            case _:
                return None

    def _noted(self, place: int) -> Message | None:
        """Return what came in at a place behind the end; None if nothing did."""
        match self.at(place):
            case Fault() as event:
                return _told(event)
            case ActionDone():
                return None
            case _:
                return self._message(place)

    def _is_late(self, place: int) -> bool:
        command = self._command(place)
        return command is not None and command.reply == TOO_LATE.text

    def _is_own(self, command: CommandGiven) -> bool:
        """Whether the session gave a command itself: a limit, or an answer in nobody's name."""
        if command.author:
            return False
        if command.reply == LONGEST.text:
            return True
        asked = [e for e in self.events if isinstance(e, QuestionAsked) and e.seq < command.seq]
        return (
            command.verb == "answer"
            and bool(asked)
            and command.hardware_time >= asked[-1].hardware_time + asked[-1].patience
        )


def _is_by_person(event: Event) -> bool:
    return isinstance(event, ActionDone) and event.author != ""


def _is_from_outside(fault: Fault) -> bool:
    return fault.level not in MILD and not fault.where.startswith(_PROTOCOL)


def _told(event: Fault) -> Failure | Notice | None:
    """Return what a device told of itself; None if it is a fault of another sort."""
    if not event.where.startswith(DEVICE):
        return None
    device = event.where.removeprefix(DEVICE).rstrip("'")
    if event.level == "notice":
        return Notice(device, event.what, event.do)
    return Failure(device, event.what, event.do, urgent=event.level != "warning")


def _order(event: CommandGiven) -> Command:
    verb = cast("Verb", event.verb)
    return Command(verb, event.reason, event.author, event.key, event.value, event.id)


def _report(event: DeviceReported) -> Report:
    return Report(
        event.device,
        cast("Any", event.what),
        event.detail,
        event.hardware_time,
        event.requested,
        event.achieved,
        event.volume_ul,
    )
