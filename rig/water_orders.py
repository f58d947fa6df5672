"""What persons ask of the valves of a running session: drops, and flushes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rig.config import Limits
from rig.devices import LONGEST_FLUSH, Device, Valve
from rig.errors import DeviceError
from rig.event_log import EventLog
from rig.graph import Action, Flush, Pulse
from rig.inbox import Command, Reply, Report
from rig.room import Room
from rig.trial_source import TrialSource
from rig.trials import TrialTable

VALVE_IS_OPEN = Reply(False, "the valve is open right now: ask again")
VALVE_FAILED = "the valve failed: "
"""What a refusal begins with in which the valve itself failed."""


class WaterOrders:
    """Opens valves for persons, and lets the drops of the protocol wait meanwhile.

    A drop that was to be armed while a person's ran is given by the loop, as soon as it is due.

    Parameters
    ----------
    source
        The protocol's trials.
    devices
        All devices of the rig, by name.
    room
        Is told of flushes.
    limits
        How much water a session may give.
    table
        The trials and the water so far.
    log
        Where drops and flushes that a person orders are recorded.
    before_ul
        Water of the sessions that this one goes on with.

    Attributes
    ----------
    flushing
        The valve that is being flushed; empty if none is.
    """

    def __init__(
        self,
        source: TrialSource,
        devices: Mapping[str, Device],
        room: Room,
        limits: Limits,
        table: TrialTable,
        log: EventLog,
        before_ul: float,
    ) -> None:
        self.flushing = ""
        self._source = source
        self._devices = devices
        self._room = room
        self._limits = limits
        self._table = table
        self._log = log
        self._before_ul = before_ul
        self._busy: set[str] = set()
        self._postponed: list[tuple[float, Pulse]] = []

    @property
    def due(self) -> float:
        """Seconds of session time from which on a drop that has waited can be given."""
        if not self._postponed:  # as nearly always: the loop asks at every turn
            return math.inf
        free = (due for due, pulse in self._postponed if pulse.device not in self._busy)
        return min(free, default=math.inf)

    def postpones(self, action: Action, now: float) -> bool:
        """Whether a drop of the protocol must wait: the valve is open for one that a person gave.

        It is kept until `waited` returns it.
        """
        if action.device not in self._busy or not isinstance(action, Pulse):
            return False
        self._postponed.append((now + action.delay, Pulse(action.device, action.volume_ul)))
        return True

    def reported(self, report: Report) -> None:
        """Take in that a valve has closed."""
        if report.what == "flush":
            self.flushing = ""
            self._room.flush(report.achieved)
        self._busy.discard(report.device)

    def waited(self, now: float) -> Pulse | None:
        """Return a drop that has waited and is due now; it waits no more."""
        for due, pulse in self._postponed:
            if due <= now and pulse.device not in self._busy:
                self._postponed.remove((due, pulse))
                return pulse
        return None

    def give(self, command: Command, now: float) -> Reply:
        """Give a drop now, of the usual volume or of the one that is named.

        Parameters
        ----------
        command
            The command; its value is a volume in uL, or None.
        now
            Seconds of session time.
        """
        pulse = self._drop(command.value)
        if isinstance(pulse, Reply):
            return pulse
        valve = self._devices.get(pulse.device)
        if not isinstance(valve, Valve):
            return _no_valve(pulse.device)
        reason = valve.refuse(pulse)
        if reason:
            return Reply(False, f"the valve refuses: {reason}")
        if valve.is_busy():
            return VALVE_IS_OPEN
        total_ul = self._before_ul + self._table.water_ul + pulse.volume_ul
        if total_ul > self._limits.max_water_ul:
            limit = self._limits.max_water_ul
            return Reply(False, f"{total_ul:g} uL would be over the session's {limit:g} uL")
        try:
            valve.act(pulse)
        except DeviceError as error:
            return Reply(False, VALVE_FAILED + error.what)
        self._busy.add(pulse.device)
        self._log.action_done(pulse, now, command.author or "operator")
        return Reply(True, f"gives {pulse.volume_ul:g} uL")

    def flush(self, command: Command, now: float) -> Reply:
        """Open the rig's first valve for some seconds.

        Parameters
        ----------
        command
            The command; its value is the number of seconds.
        now
            Seconds of session time.
        """
        duration = command.value
        if isinstance(duration, bool) or not isinstance(duration, int | float):
            return Reply(False, f"a flush lasts a number of seconds, not {duration!r}")
        if not 0 < duration <= LONGEST_FLUSH:
            return Reply(False, f"a flush lasts up to {LONGEST_FLUSH:g} s, not {duration:g} s")
        name = self._valve()
        valve = self._devices.get(name)
        if not isinstance(valve, Valve):
            return _no_valve(name)
        reason = valve.refuse_flush(duration)
        if reason:
            return Reply(False, f"the valve refuses: {reason}")
        if valve.is_busy():
            return VALVE_IS_OPEN
        try:
            valve.flush(duration)
        except DeviceError as error:
            return Reply(False, VALVE_FAILED + error.what)
        self.flushing = name
        self._busy.add(name)
        self._log.action_done(Flush(name), now, command.author or "operator")
        return Reply(True, f"flushes for {duration:g} s")

    def stop_flush(self) -> Reply:
        """Close the valve that is being flushed.

        Raises
        ------
        DeviceError
            If it does not close: the session ends then, and tells to cut the power.
        """
        valve = self._devices.get(self.flushing)
        if not isinstance(valve, Valve):
            return Reply(False, "no valve is being flushed")
        valve.end_flush()
        return Reply(True, "stops the flush")

    def _drop(self, volume_ul: object) -> Pulse | Reply:
        """Return the drop of that volume, or the protocol's usual one; a reply if there is none."""
        if volume_ul is not None:
            if isinstance(volume_ul, bool) or not isinstance(volume_ul, int | float):
                return Reply(False, f"a volume is a number of uL, not {volume_ul!r}")
            return Pulse(self._valve(), float(volume_ul))
        try:
            usual = self._source.protocol.reward()
        except Exception as error:  # a protocol of the lab's own may raise anything
            return raised(error)
        if usual is None:
            return Reply(False, "the protocol has no usual drop: name a volume in uL")
        return usual

    def _valve(self) -> str:
        """Return the valve of drops whose volume is named, and of flushes: the rig's first one."""
        valves = [name for name, device in self._devices.items() if isinstance(device, Valve)]
        return valves[0] if valves else "valve"


def raised(error: Exception) -> Reply:
    """Return the refusal of an order in which the protocol failed."""
    return Reply(False, f"the protocol raised {type(error).__name__}: {error}")


def _no_valve(name: str) -> Reply:
    return Reply(False, f"the rig has no valve '{name}'")
