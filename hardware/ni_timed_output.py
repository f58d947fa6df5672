"""Digital outputs on a counter of an NI card, which ends what nobody switches off: a vacuum.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

import threading

import pydantic

from hardware.digital_output import DigitalOutputSettings, DigitalOutputTwin
from hardware.ni.card import card_of, force, missing
from hardware.ni.counter import PulseCounter
from hardware.ni.errors import told
from rig.devices import Context, DigitalOutput
from rig.errors import DeviceError, Problem


class NiTimedOutputSettings(DigitalOutputSettings):
    """Settings of a digital output on a counter of an NI card.

    `line` is a counter, such as ``Dev1/ctr1``; what is switched is wired to its output, PFI13 for
    ctr1 on most cards. It is on for `longest` seconds at most. `address` is ``host:port`` of the
    NI gRPC device server that has the card; empty if this computer has it.
    """

    longest: float = pydantic.Field(default=1.0, gt=0, le=30)
    address: str = ""


class NiTimedOutput(DigitalOutput):
    """An output that is switched by a call of the program, within about a millisecond.

    Each time it is on is one finite pulse of the counter: switching it off cuts the pulse short,
    and the card ends it by itself when the time is up, whatever the computer does.
    """

    twin = DigitalOutputTwin
    Settings = NiTimedOutputSettings

    def __init__(self, name: str, settings: NiTimedOutputSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._where = f"device '{name}', {settings.line}"
        self._inbox = context.inbox
        self._card = card_of(settings.line, settings.address, context)
        self._counter = PulseCounter(self._card, settings.line)
        self._lock = threading.RLock()

    def open(self) -> None:
        """Take hold of the counter; its output is low."""
        with self._lock:
            if self._counter.is_held:
                return
            with told(self._where):
                self._counter.hold()
                output = self._counter.output()
        self._card.watchdog.guard(self._name, output, self._inbox.put)

    def off(self) -> None:
        """Set the output low; a counter that is not open is taken hold of for that."""
        with self._lock, told(self._where):
            if self._counter.is_held:
                self._counter.cut()
            else:
                self._counter.hold()
                self._counter.let_go()

    def force_off(self) -> None:
        """Set the output low, also if somebody else holds the counter."""
        force(self._card, self.off, self._where, self._let_go)

    def close(self) -> None:
        """Set the output low and let go of the counter."""
        try:
            with self._lock:
                if self._counter.is_held:
                    self.off()
        finally:
            self._let_go()

    def check(self) -> list[Problem]:
        """Return a problem if the card is not there, or has no such counter."""
        return missing(self._card, "counters", self._settings.line, f"device '{self._name}'")

    def level(self) -> bool:
        """Return whether the output is high."""
        with self._lock, told(self._where):
            return self._counter.is_held and self._counter.is_high()

    def switch_on(self) -> None:
        """Set the output high, for the longest time from now on."""
        with self._lock, told(self._where):
            if not self._counter.is_held:
                where = f"device '{self._name}'"
                raise DeviceError("the output is not open", where, "Open it first.")
            self._counter.begin(self._settings.longest, 0.0, "")

    def switch_off(self) -> None:
        """Set the output low."""
        self.off()

    def _let_go(self) -> None:
        """Let go of the counter, whatever the card answers."""
        self._card.watchdog.release(self._name)
        with self._lock:
            self._counter.let_go()
