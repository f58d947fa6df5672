"""Stand-ins for the devices and the clock of a recorded session: they say what is recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rig.clock import Clock
from rig.devices import Device, DigitalInput, Valve
from rig.errors import DeviceError, Problem
from rig.graph import Action
from rig.inbox import Inbox, Message
from rig.tape import Tape


class NothingMoreError(Exception):
    """A replay has nothing left to go on with."""


class ReplayClock(Clock):
    """A clock that shows the time of the next recorded event, and hands in what came then.

    Parameters
    ----------
    tape
        The record.
    paced
        Whether the session's clock was paced: then its speed could be changed.
    """

    def __init__(self, tape: Tape, *, paced: bool = False) -> None:
        self._tape = tape
        self._paced = paced

    def start(self) -> None:
        """Do nothing: the record begins at zero."""

    def now(self) -> float:
        """Return the time of the next recorded event."""
        return self._tape.now()

    def since(self, time: float) -> float:
        """Return how long after their state stimuli were started."""
        return self._tape.started_after()

    def pace(self, speed: float) -> bool:
        """Return whether the session's clock was paced; nothing passes faster here."""
        return self._paced

    def receive(self, inbox: Inbox, until: float) -> Message | None:
        """Return what came in next, or None if the next event follows from a deadline.

        Raises
        ------
        RecordedError
            If the next event is an error that ended the session.
        NothingMoreError
            If the record ends here, or nothing leads to its next event.
        """
        message = self._tape.message()
        if message is None and (self._tape.next is None or until == math.inf):
            raise NothingMoreError
        return message


def stand_ins(twins: Mapping[str, Device], tape: Tape) -> dict[str, Device]:
    """Return stand-ins for all devices, by name; what they refuse is what their twins refuse."""
    return {name: _stand_in(name, twin, tape) for name, twin in twins.items()}


def _stand_in(name: str, twin: Device, tape: Tape) -> Device:
    match twin:
        case DigitalInput():
            return InputStandIn(name, tape)
        case Valve():
            return ValveStandIn(twin, tape)
        case _:
            return StandIn(twin, tape)


class StandIn(Device):
    """Takes the orders of any device and does nothing."""

    kind = "stand-in"

    def __init__(self, twin: Device, tape: Tape) -> None:
        self._twin = twin
        self._tape = tape

    def open(self) -> None:
        """Do nothing."""

    def off(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def refuse(self, action: Action) -> str | None:
        """Return why the device could not do that, or None if it could."""
        return self._twin.refuse(action)

    def act(self, action: Action) -> None:
        """Take the order; raise `RecordedError` where the device failed in it."""
        self._tape.check_order()


class InputStandIn(DigitalInput):
    """An input whose edges come from the record."""

    def __init__(self, name: str, tape: Tape) -> None:
        self._name = name
        self._tape = tape

    def open(self) -> None:
        """Do nothing."""

    def off(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def level(self) -> bool:
        """Return the level at which the session found the input."""
        return self._tape.level(self._name)


class ValveStandIn(Valve):
    """A valve that is open, or fails, when the record says that it was or did."""

    def __init__(self, twin: Valve, tape: Tape) -> None:
        self._twin = twin
        self._tape = tape

    def open(self) -> None:
        """Do nothing."""

    def off(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def is_busy(self) -> bool:
        """Return whether a person's drop found the valve open."""
        return self._tape.valve_is_open()

    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one opening, or None if it can."""
        return self._twin.refuse_volume(volume_ul)

    def refuse_delay(self, delay: float) -> str | None:
        """Return why an opening cannot be armed `delay` seconds ahead, or None if it can."""
        return self._twin.refuse_delay(delay)

    def deliver(self, volume_ul: float, delay: float = 0.0) -> None:
        """Take the order; raise where the valve failed in it."""
        self._fail_as_recorded()
        self._tape.check_order()

    def refuse_flush(self, duration: float) -> str | None:
        """Return why the valve cannot be flushed for `duration` seconds, or None if it can."""
        return self._twin.refuse_flush(duration)

    def flush(self, duration: float) -> None:
        """Take the order; raise where the valve failed in it."""
        self._fail_as_recorded()
        self._tape.check_order()

    def end_flush(self) -> None:
        """Do nothing; raise where the valve failed in it."""
        self._fail_as_recorded()

    def _fail_as_recorded(self) -> None:
        failure = self._tape.valve_failure()
        if failure:
            raise DeviceError(failure, "the valve", "See what was answered.")
