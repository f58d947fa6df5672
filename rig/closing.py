"""Closes outputs by force, each with a limit of its own, and tells what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rig.devices import Device, DigitalOutput, Display, Presenter, Projector, Speaker, Valve

IN_ORDER = (Valve, DigitalOutput, Projector, Speaker, Display)
"""The kinds that give something out: water first, then light, sound, and the screen."""
FIRST_LIMIT = 0.25
"""Seconds that a valve or line may take before the next one is closed beside it."""
LAST_LIMIT = 2.0
"""Seconds that an output has for its second try, or to end a first one that hangs."""
NOT_CLOSED = "NOT CLOSED"
"""What a log says of an output that stayed on for all that was done."""


@dataclass(frozen=True)
class Closed:
    """What came of closing one output.

    Attributes
    ----------
    device
        Its name.
    seconds
        How long that took.
    wrong
        Why it is not closed, in words; empty if it is.
    reads
        What the driver says of it afterwards; empty if it cannot tell.
    """

    device: str
    seconds: float
    wrong: str
    reads: str


def is_output(driver: type[Device]) -> bool:
    """Whether devices of a class give something out."""
    return issubclass(driver, IN_ORDER)


def in_order(devices: Mapping[str, Device]) -> list[str]:
    """Return the names of those devices that are outputs, the first to be closed first."""
    return [
        name for kind in IN_ORDER for name, device in devices.items() if isinstance(device, kind)
    ]


def force_off(device: Device) -> str:
    """Force one device off; return why it is not off, empty if it is."""
    try:
        device.force_off()
    except Exception as error:  # the other outputs must be closed all the same
        return str(error) or type(error).__name__
    return ""


def close_all(devices: Mapping[str, Device]) -> list[Closed]:
    """Force all outputs off; one that fails is tried a second time.

    Valves and lines are closed one after the other, for most are on one card. What has hardware
    of its own, projectors, speakers and displays, is closed beside them.

    Parameters
    ----------
    devices
        Outputs by name.

    Returns
    -------
    list of Closed
        One for each, in the order of their kinds.
    """
    names = in_order(devices)
    beside = [name for name in names if isinstance(devices[name], Presenter)]
    wired = [name for name in names if name not in beside]
    tries = {name: _Try(name, devices[name]) for name in (*wired[:1], *beside)}
    for name in wired:
        if name not in tries:
            tries[name] = _Try(name, devices[name])
        tries[name].wait(FIRST_LIMIT)
    return [_again(tries[name]) for name in names]


def _again(first: _Try) -> Closed:
    """Return what came of a try, or of a second one if it failed; one that hangs gets none."""
    first.wait(LAST_LIMIT)
    if not first.ended or not first.wrong:
        return first.closed()
    second = _Try(first.name, first.device)
    second.wait(LAST_LIMIT)
    return second.closed()


def failed(closed: Iterable[Closed]) -> str:
    """Return the outputs that are not closed, with the reasons; empty if all are."""
    return "; ".join(f"{each.device}: {each.wrong}" for each in closed if each.wrong)


class _Try:
    """One try to close an output, in a thread of its own: a driver that hangs holds up nothing."""

    def __init__(self, name: str, device: Device) -> None:
        self.name = name
        self.device = device
        self.ended = False
        self.wrong = ""
        self._reads = ""
        self._began = self._done = time.perf_counter()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait for its end, at most so long."""
        self._thread.join(seconds)

    def closed(self) -> Closed:
        """Return what came of it so far."""
        if self.ended:
            return Closed(self.name, self._done - self._began, self.wrong, self._reads)
        taken = time.perf_counter() - self._began
        return Closed(self.name, taken, f"its driver did not return within {taken:.1f} s", "")

    def _run(self) -> None:
        try:
            self.device.force_off()
            self._reads, is_on = _read_back(self.device)
            self.wrong = f"it still reads {self._reads}" if is_on else ""
        except BaseException as error:  # whatever it is, it must be told
            self.wrong = str(error) or type(error).__name__
        self._done = time.perf_counter()
        self.ended = True


def _read_back(device: Device) -> tuple[str, bool]:
    """Return what an output's driver says of it, and whether that is on."""
    match device:
        case DigitalOutput():
            is_on = device.level()
            return ("on" if is_on else "off"), is_on
        case Valve():
            is_on = device.is_busy()
            return ("open or armed" if is_on else "closed"), is_on
    return "", False
