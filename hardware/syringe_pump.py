"""A syringe pump as a valve: a drop is one run over a set volume, at one rate.

The pump ends each run by itself. In its safe mode it stops, too, when it has heard nothing for a
second: a computer that hangs cannot let it run. Tried on the emulator alone
(`hardware.emulators.serial.ne1000`), never on a physical pump.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pydantic

from calibration.syringe import SyringeCalibration
from hardware.common.valve_limits import over_limit
from hardware.serial.address import UsbKind, address_of, problems
from hardware.serial.link import SerialLink
from hardware.serial.port import PortLost, SerialPort
from hardware.serial.pump_protocol import (
    ANYTHING,
    PUMPING,
    PumpLine,
    PumpReply,
    PumpSilent,
    enter_safe_mode,
    number,
    pack,
)
from hardware.valve import ValveSettings, ValveTwin
from rig.devices import LONGEST_FLUSH, Context, Valve
from rig.errors import ConfigError, DeviceError, Problem
from rig.inbox import Failure, Report

SILENCE = 1
"""Seconds without a command after which the pump stops: the shortest that it knows."""
BEAT = 0.1
"""Seconds between two questions while it rests."""
LOOK = 0.01
"""Seconds between two questions while it pumps."""
_PATIENCE = 2.0
UNARMED = "a pump cannot be armed: it runs when it is told to"
LARGEST_UL = 9999
"""Microlitres: the pump takes four digits."""
DISPENSED = re.compile(r"I([\d.]+)W([\d.]+)(UL|ML)")


class SyringePumpSettings(ValveSettings):
    """Settings of a syringe pump; `line` is the serial number of its USB adapter.

    `calibration` is the file of its syringe. The rest is as in
    `hardware.serial.address.SerialSettings`.
    """

    rate_ml_min: float = pydantic.Field(gt=0, le=9999)
    usb: UsbKind = ""
    port: str = ""
    baud_rate: int = pydantic.Field(default=19_200, ge=300, le=115_200)
    log: str = ""


class SyringeTimes:
    """How long a pump runs for a volume: by its rate, within what its syringe's file promises."""

    def __init__(self, folder: Path, settings: SyringePumpSettings) -> None:
        self.syringe = SyringeCalibration(folder, settings.calibration)
        self.path = self.syringe.path
        self.rate = float(number(settings.rate_ml_min)) * 1000 / 60
        self._where = f"rate_ml_min = {settings.rate_ml_min:g}"
        if self.rate == 0:
            raise ConfigError("the pump's rate is too small for it", self._where, "Raise it.")

    def refuse(self, volume_ul: float) -> str | None:
        """Return why a volume cannot be promised, or None if it can."""
        return self.syringe.refuse(volume_ul)

    def open_time(self, volume_ul: float) -> float:
        """Return the seconds that the pump runs for a volume."""
        return volume_ul / self.rate

    def volume_ul(self, open_time: float) -> float:
        """Return what the pump gives in so many seconds."""
        return open_time * self.rate


class SyringePumpTwin(ValveTwin):
    """A syringe pump whose drops the virtual mouse drinks."""

    Settings = SyringePumpSettings

    def __init__(self, name: str, settings: SyringePumpSettings, context: Context) -> None:
        super().__init__(name, settings, context, SyringeTimes(context.folder, settings))

    def refuse_delay(self, delay: float) -> str | None:
        """Refuse to be armed: the pump has no such order."""
        return UNARMED if delay else None


@dataclass(frozen=True)
class _Order:
    """What a run is for, for how many seconds, and over which volume."""

    what: Literal["opening", "flush"]
    duration: float
    volume_ul: float


@dataclass(frozen=True)
class _Run:
    """A run that lasts: the session's seconds at which it began, and what it is for."""

    began: float
    order: _Order


class SyringePump(Valve):
    """A pump of the NE-1000 series at a serial port.

    A run begins some ten milliseconds after its order; its onset is taken as the middle between
    order and reply. How much came is asked of the pump itself, and gives the length of the run.
    """

    twin = SyringePumpTwin
    Settings = SyringePumpSettings

    def __init__(self, name: str, settings: SyringePumpSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._inbox = context.inbox
        self._times = SyringeTimes(context.folder, settings)
        self._where = f"device '{name}'"
        self._address = address_of(settings, context.folder, self._where)
        self._link = SerialLink(self._address, self._greet, self._round, self._fail)
        self._run: _Run | None = None
        self._volume = ""
        self._state = "S"

    def open(self) -> None:
        """Find the pump, put it into its safe mode and tell it syringe and rate; it rests."""
        self._link.open()

    def off(self) -> None:
        """Stop the pump; a run that this cuts short is reported with what came."""
        if not self._link.is_open:
            return
        try:
            self._link.ask(self._stop, _PATIENCE)
        except PortLost as error:
            if self._run is not None:
                raise DeviceError(
                    f"the pump cannot be told to stop: {error.what}",
                    self._where,
                    f"It stops by itself at the end of the drop, or within {SILENCE} s.",
                ) from error

    def close(self) -> None:
        """Stop the pump, let it leave its safe mode, and let go of it."""
        try:
            self.off()
            if self._link.is_open:
                with contextlib.suppress(PortLost):
                    self._link.ask(lambda port: port.write(pack("SAF0")), _PATIENCE)
        finally:
            self._link.close()
            self._run = None

    def check(self) -> list[Problem]:
        """Return what is wrong with the pump's place."""
        return problems(self._address)

    def files(self) -> tuple[Path, ...]:
        """Return the file of the syringe."""
        return (self._times.path,)

    def is_busy(self) -> bool:
        """Return whether the pump is pumping, by what it told last."""
        return self._run is not None or self._state in PUMPING

    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one run, or None if it can."""
        return self._times.refuse(volume_ul) or over_limit(
            volume_ul, self._times.open_time(volume_ul), self._settings.max_open_ms
        )

    def refuse_delay(self, delay: float) -> str | None:
        """Refuse to be armed: the pump has no such order."""
        return UNARMED if delay else None

    def deliver(self, volume_ul: float, delay: float = 0.0) -> None:
        """Begin a run over that volume."""
        self._check(self.refuse_delay(delay) or self.refuse_volume(volume_ul))
        self._begin(_Order("opening", self._times.open_time(volume_ul), volume_ul))

    def refuse_flush(self, duration: float) -> str | None:
        """Return why the pump cannot run for `duration` seconds, or None if it can."""
        if not 0 < duration <= LONGEST_FLUSH:
            return f"a flush lasts up to {LONGEST_FLUSH:g} s, not {duration:g} s"
        volume_ul = self._times.volume_ul(duration)
        if volume_ul > LARGEST_UL:
            return f"a flush of {duration:g} s is {volume_ul:.0f} uL, over {LARGEST_UL} uL"
        return None

    def flush(self, duration: float) -> None:
        """Begin a run over the volume that comes in `duration` seconds."""
        self._check(self.refuse_flush(duration))
        self._begin(_Order("flush", duration, self._times.volume_ul(duration)))

    def end_flush(self) -> None:
        """Stop, if the pump runs for a flush; the flush is reported with its true length."""
        if self._run is not None and self._run.order.what == "flush":
            self.off()

    def _check(self, reason: str | None) -> None:
        """Raise `DeviceError` if the pump refuses an order, or cannot take one."""
        if reason:
            raise DeviceError(
                reason, self._where, "Ask for less, or change the limit in the rig file."
            )
        if not self._link.is_open:
            raise DeviceError(
                "the pump is not open for orders", self._where, "Open the device first."
            )
        if self.is_busy():
            raise DeviceError(
                "the pump is still open from the last order: it has not finished",
                self._where,
                "Let the protocol wait until the drop has fallen.",
            )

    def _begin(self, order: _Order) -> None:
        self._link.ask(lambda port: self._start(port, order), _PATIENCE)

    def _start(self, port: SerialPort, order: _Order) -> None:
        """Let the pump run over a volume; its dispensed volume stands at 0."""
        line = PumpLine(port, self._where)
        volume = number(order.volume_ul)
        if volume != self._volume:
            line.ask(f"VOL{volume}")
            self._volume = volume
        asked = self._clock.now()
        try:
            line.ask("RUN", tries=1)
        except PumpSilent:
            self._start_again(line)
        self._run = _Run((asked + self._clock.now()) / 2, order)

    def _start_again(self, line: PumpLine) -> None:
        """Find out whether a run has begun whose reply was lost; begin it if not."""
        reply = line.ask("DIS", expects=DISPENSED)
        if reply.state not in PUMPING and _infused_ul(reply) == 0:
            line.ask("RUN", tries=1)

    def _greet(self, port: SerialPort) -> None:
        """Make the pump ready; a run that was going on when it was lost is reported."""
        line = enter_safe_mode(port, SILENCE, self._where)
        self._stop(port)
        diameter = number(self._times.syringe.diameter_mm)
        if float(line.ask("DIA", expects=ANYTHING).data) != float(diameter):
            line.ask(f"DIA{diameter}")
        rate = number(self._settings.rate_ml_min)
        for command in ("PHN1", "FUNRAT", "DIRINF", "VOLUL", f"RAT{rate}MM", "CLDINF"):
            line.ask(command)
        self._volume, self._state = "", "S"

    def _round(self, port: SerialPort) -> float:
        """Give a sign of life; while the pump runs, see whether it has ended."""
        line = PumpLine(port, self._where)
        if self._run is None:
            self._state = line.ask("").state
            return BEAT
        reply = line.ask("DIS", expects=DISPENSED)
        if reply.state in PUMPING:
            return LOOK
        if reply.state != "S":
            line.stop()  # somebody has pressed a key of the pump
        self._finish(line, self._run)
        return 0.0

    def _stop(self, port: SerialPort) -> None:
        line = PumpLine(port, self._where)
        line.stop()
        if self._run is not None:
            self._finish(line, self._run)

    def _finish(self, line: PumpLine, run: _Run) -> None:
        """Report a run that has ended, with what the pump says that came."""
        came_ul = _infused_ul(line.ask("DIS", expects=DISPENSED))
        self._run, self._state = None, "S"
        order = run.order
        report = Report(
            self._name,
            order.what,
            "",
            run.began,
            order.duration,
            came_ul / self._times.rate,
            came_ul if order.what == "opening" else None,
        )
        self._inbox.put(report)
        line.ask("CLDINF")

    def _fail(self, error: DeviceError) -> None:
        self._inbox.put(Failure(self._name, error.what, error.do))


def _infused_ul(reply: PumpReply) -> float:
    """Return the volume that a reply to ``DIS`` tells of."""
    found = DISPENSED.fullmatch(reply.data)
    if found is None:
        raise ValueError(f"'{reply.data}' tells of no volume")
    return float(found[1]) * (1000 if found[3] == "ML" else 1)
