"""A rig whose devices are tried one check after the other: opened, heard, and turned off again."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hardware.acceptance.results import NotApplicable
from hardware.analog_input import AnalogInputSettings
from rig.clock import SystemClock
from rig.devices import AnalogInput, Context, Device
from rig.errors import DeviceError
from rig.inbox import Failure, Inbox, Report
from rig.lab import Lab
from rig.rig_plan import RigPlan
from rig.room import Room
from rig.streams import Samples, StreamSpec

Kind = TypeVar("Kind", bound=Device)
Floats = NDArray[np.floating[Any]]
_SLICE = 0.02


@dataclass(frozen=True)
class Place:
    """A rig and what the person at it brings along.

    Attributes
    ----------
    lab, plan
        The lab and the rig.
    pulses
        How many pulses, drops or stimuli a check makes.
    weigh
        Returns what stands on the balance, in mg; None if there is no balance.
    """

    lab: Lab
    plan: RigPlan
    pulses: int
    weigh: Callable[[], float] | None = None

    def names(self, kind: type[Device]) -> list[str]:
        """Return the names of the rig's devices of a kind."""
        return [name for name, driver in self.plan.drivers.items() if issubclass(driver, kind)]

    def real(self, name: str) -> None:
        """Raise `NotApplicable` if a device is simulated."""
        if self.plan.drivers[name].simulated:
            raise NotApplicable(f"'{name}' is simulated")

    def made(self, name: str, ears: Ears) -> Any:
        """Return a device of the rig, unopened."""
        context = ears.context(self.lab.folder)
        return self.plan.drivers[name](name, self.plan.settings[name], context)

    def channel(self, name: str) -> tuple[str, int]:
        """Return which analog input has a channel of that name, and its number.

        Raises
        ------
        NotApplicable
            If no analog input of the rig has one, or it is simulated.
        """
        for device in self.names(AnalogInput):
            settings = self.plan.settings[device]
            if isinstance(settings, AnalogInputSettings):
                names = [channel.name for channel in settings.channels]
                if name in names:
                    self.real(device)
                    return device, names.index(name)
        raise NotApplicable(f"no analog input of the rig has a channel '{name}'")


class Ears:
    """What devices that are open tell: reports and samples, on one clock."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.reports: list[Report] = []
        self._inbox = Inbox()
        self._lock = threading.Lock()
        self._blocks: dict[str, list[tuple[float, Samples]]] = defaultdict(list)

    def context(self, folder: Path) -> Context:
        """Return the surroundings of devices in a lab's folder."""
        return Context(self.clock, self._inbox, Room(), folder, self)

    def write(self, stream: str, samples: Samples, time: float) -> None:
        """Keep rows of a stream."""
        with self._lock:
            self._blocks[stream].append((time, samples))

    def heard(self, spec: StreamSpec, channel: int) -> tuple[Floats, Floats]:
        """Return times and values of a channel so far, each of shape (rows,)."""
        rate_hz = spec.rate_hz or 1.0
        with self._lock:
            blocks = list(self._blocks[spec.name])
        if not blocks:
            return np.zeros(0), np.zeros(0)
        times = [time + np.arange(len(rows)) / rate_hz for time, rows in blocks]
        values = [rows[:, channel] for _, rows in blocks]
        scale, offset = spec.channels[channel].scale, spec.channels[channel].offset
        return np.concatenate(times), np.concatenate(values) * scale + offset

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until something is done; return whether it was, within so many seconds.

        Raises
        ------
        DeviceError
            If a device tells that it failed.
        """
        end = self.clock.now() + seconds
        while not done() and self.clock.now() < end:
            message = self.clock.receive(self._inbox, min(end, self.clock.now() + _SLICE))
            match message:
                case Failure():
                    raise DeviceError(message.what, f"device '{message.device}'", message.do)
                case Report():
                    self.reports.append(message)
        return done()

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.wait(lambda: False, seconds)


@contextlib.contextmanager
def opened(place: Place, ears: Ears, *names: str) -> Iterator[dict[str, Any]]:
    """Open devices of the rig, in their order; each is off and closed on every way out.

    Raises
    ------
    DeviceError
        If one does not open, or does not go off.
    """
    context = ears.context(place.lab.folder)
    with contextlib.ExitStack() as stack:
        devices: dict[str, Any] = {}
        for name in names:
            device = place.plan.drivers[name](name, place.plan.settings[name], context)
            stack.callback(device.close)
            stack.callback(device.off)
            device.open()
            devices[name] = device
        yield devices
