"""A TI LightCrafter (DLP3000, DM365 board, reached over TCP) that flashes disks on the cortex.

The unit shows patterns one after the other by its own clock, the disks and black in turn, each for
half a period. How flashes end is a setting:

- ``unit``: its memory gets one pattern for each half period, and the unit shows them once. The
  flashes end by themselves, whatever the computer does. All patterns of the disks are sent anew, 52
  kB each, when another stimulus than the last one is ordered: that delays its onset.
- ``driver``: its memory gets two patterns, which the unit shows again and again. The driver ends
  them with the current of the LED set to 0, in the middle of the last dark half. The number of
  flashes is exact unless the computer is late by a quarter of a period; what came then is reported.

A unit whose computer is gone shows on what it was told: **the LED needs an enable line of the DAQ
card**, see ``docs/how-to/projector.md``.

Tried on the emulator only (`hardware.emulators.lightcrafter`), never on a physical unit. To be
verified there, because public sources do not tell:

- how long a pattern takes to upload (the report holds the true onset);
- whether settings of 19 bytes are taken, and a repetition of 0 shows a sequence once;
- whether a rising edge at the trigger input starts the sequence, or shows one pattern. In the
  second case the line must carry an edge for each half period: then the card times the flashes;
- what the mirrors show between `stop` and the next start (here: the pattern that was shown last);
- which odd row of mirrors is shifted, and in which direction;
- the order of bytes of a solid colour (here: all of them 0), and the unit of the LED's current;
- whether it serves more than one connection: only then can another process make it dark while
  this one hangs.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import pydantic

from calibration.light_power import read_power
from calibration.projector import ProjectorCalibration
from hardware.common.refused import require_all
from hardware.projection.control import Light, LightCrafterControl
from hardware.projection.flashes import Prepared, Running
from hardware.projection.link import LightCrafterLink
from hardware.projection.protocol import (
    COLUMNS,
    HIGHEST_CURRENT,
    LONGEST_EXPOSURE_US,
    MOST_PATTERNS,
    ROWS,
    SHORTEST_EXPOSURE_US,
    Sequence,
    Trigger,
    bitmap,
)
from hardware.projector import (
    HoldingProjector,
    Lit,
    ProjectorSettings,
    ProjectorTwin,
    refuse_flashes,
)
from rig.devices import Context
from rig.errors import DeviceError, Problem, problems_of
from rig.inbox import Failure, Report
from rig.picture import Flashes

BEAT = 0.25
"""Seconds between two looks whether the projector is still there."""
_LEDS = ("red", "green", "blue")


class LightCrafterSettings(ProjectorSettings):
    """Settings of a LightCrafter; `line` is the name of its cable.

    `address` is ``host`` or ``host:port``. `calibration` is the file of its registration.
    `led_current` is what the LED gets while disks flash, 0 to 1023, and never more than
    `max_led_current`; above 274 a unit needs cooling. `trigger` is the line of the card that is
    wired to the trigger input: flashes are armed by their order, and begin at its next rising
    edge. Without one they begin at once. `ends` is ``unit`` or ``driver``, see this module.
    """

    trigger_is_line: ClassVar[bool] = True
    address: str = "192.168.1.100"
    calibration: str
    led: Literal["red", "green", "blue"] = "blue"
    led_current: int = pydantic.Field(ge=1, le=HIGHEST_CURRENT)
    max_led_current: int = pydantic.Field(default=274, ge=1, le=HIGHEST_CURRENT)
    trigger: str = ""
    ends: Literal["unit", "driver"] = "unit"

    @pydantic.model_validator(mode="after")
    def _within_limit(self) -> LightCrafterSettings:
        if self.led_current > self.max_led_current:
            raise ValueError(
                f"led_current {self.led_current} is over max_led_current {self.max_led_current}"
            )
        return self


class LightCrafter(HoldingProjector):
    """A LightCrafter in the mode of pattern sequences; dark in between."""

    twin = ProjectorTwin
    Settings = LightCrafterSettings

    def __init__(self, name: str, settings: LightCrafterSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._where = f"device '{name}'"
        self._clock = context.clock
        self._inbox = context.inbox
        self._registration = ProjectorCalibration(context.folder, settings.calibration)
        self._power = read_power(context.folder, settings.light) if settings.light else None
        self._light = Light(_LEDS.index(settings.led), settings.led_current)
        self._prepared: Mapping[str, Prepared] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._unit: LightCrafterControl | None = None
        self._running: Running | None = None

    def open(self) -> None:
        """Connect, make the projector dark, and see that it is."""
        with self._lock:
            if self._unit is None:
                self._unit = self._connected()
                watch = threading.Thread(
                    target=self._watch, args=(self._unit,), name=self._name, daemon=True
                )
                watch.start()

    def off(self) -> None:
        """Be dark, LED and mirrors; flashes that this cuts short are reported.

        A projector that is not open, or whose connection breaks now, is connected to for this.
        """
        with self._lock:
            cut = self._clock.now()
            try:
                if self._unit is not None:
                    self._unit.darken()
            except DeviceError:
                self._forget()
            if self._unit is None:
                self._connected().close()
            self._report(cut)

    def close(self) -> None:
        """Be dark and let go of the projector."""
        with self._lock:
            if self._unit is None:
                return
            try:
                self.off()
            finally:
                self._forget()

    def check(self) -> list[Problem]:
        """Return what keeps the projector from being reached, and whether its light is known."""
        return [*self._not_reached(), *self._unknown_light()]

    def _not_reached(self) -> list[Problem]:
        if self._unit is not None:
            return []
        try:
            LightCrafterLink(self._settings.address, self._where).close()
        except DeviceError as error:
            return problems_of(error)
        return []

    def _unknown_light(self) -> list[Problem]:
        """Return that the light of its current was not measured; nothing if there is no file."""
        why = self._power.refuse(self._settings.led_current) if self._power else None
        do = "Calibrate the light over that current, or change `led_current` in the rig file."
        return [Problem(why, f"{self._where}, led_current", do)] if why else []

    def files(self) -> tuple[Path, ...]:
        """Return the file of the registration, and that of the light if there is one."""
        light = (self._power.path,) if self._power else ()
        return (self._registration.path, *light)

    def mirrors(self) -> tuple[int, int]:
        """Return how many columns and rows of mirrors it has."""
        return COLUMNS, ROWS

    def highest_level(self) -> int:
        """Return the highest current of its LED."""
        return self._settings.max_led_current

    def hold(self, lit: Lit, level: int | None = None) -> None:
        """Show a picture until it is off, with a current of the LED."""
        with self._lock:
            if self._unit is None:
                raise DeviceError("it is closed", self._where, "Open it first.")
            self._cut(self._unit)
            current = self._settings.led_current if level is None else level
            self._unit.hold(bitmap(lit), min(current, self.highest_level()))

    def refuse_stimulus(self, stimulus: Flashes) -> str | None:
        """Return why these flashes cannot be projected as they are meant, or None if they can."""
        reason = refuse_flashes(stimulus, self._settings)
        if reason:
            return reason
        half_us = 5e5 / stimulus.rate_hz
        if abs(half_us - round(half_us)) > 1e-6:
            return f"half a period of {stimulus.rate_hz:g} Hz is no whole number of microseconds"
        if not SHORTEST_EXPOSURE_US <= half_us <= LONGEST_EXPOSURE_US:
            return f"half a period of {half_us:g} us is none that it can show a pattern for"
        patterns = round(2 * stimulus.duration * stimulus.rate_hz)
        if self._settings.ends == "unit" and patterns > MOST_PATTERNS:
            return f"its memory holds {MOST_PATTERNS} half periods, not {patterns}"
        reasons = [self._registration.refuse(disk) for disk in stimulus.disks]
        return next((each for each in reasons if each), None)

    def load(self, stimuli: Mapping[str, Flashes]) -> None:
        """Make these the flashes that can be projected; their patterns are drawn now."""
        require_all(stimuli, self.refuse_stimulus, self._where, "flashes")
        self._prepared = {name: self._prepare(flashes) for name, flashes in stimuli.items()}

    def loaded(self) -> frozenset[str]:
        """Return the names of the flashes that can be projected."""
        return frozenset(self._prepared)

    def present(self, stimulus: str) -> None:
        """Begin to project flashes, or arm them, in place of any that still last."""
        with self._lock:
            unit = self._unit
            if unit is None or stimulus not in self._prepared:
                do = "Open the device and load the stimulus first."
                raise DeviceError(f"it cannot present '{stimulus}'", self._where, do)
            prepared = self._prepared[stimulus]
            self._cut(unit)
            unit.arm(prepared.disks, prepared.sequence)
            before = self._clock.now()
            unit.start()
            began = (before + self._clock.now()) / 2
            self._running = Running(stimulus, began, prepared)
        self._wake.set()

    def _connected(self) -> LightCrafterControl:
        return LightCrafterControl(self._settings.address, self._where, self._light)

    def _prepare(self, flashes: Flashes) -> Prepared:
        trigger = Trigger.EXTERNAL if self._settings.trigger else Trigger.AUTO
        ends_itself = self._settings.ends == "unit"
        sequence = Sequence(
            patterns=round(2 * flashes.duration * flashes.rate_hz) if ends_itself else 2,
            exposure_us=round(5e5 / flashes.rate_hz),
            led=self._light.led,
            trigger=trigger,
            repeats=not ends_itself,
        )
        disks = bitmap(self._registration.render(flashes.disks))
        return Prepared(disks, sequence, flashes.duration)

    def _cut(self, unit: LightCrafterControl) -> None:
        """End the flashes that last, if any do, before their time."""
        if self._running is not None:
            cut = self._clock.now()
            unit.darken()
            self._report(cut)

    def _finish(self, unit: LightCrafterControl, running: Running) -> None:
        """Take the current from the LED: flashes have ended, or are in their last dark half.

        If the last dark half is over for flashes that go on by themselves, another one has begun.
        """
        unit.put_out()
        ended = self._clock.now()
        goes_on = running.prepared.sequence.repeats
        if goes_on and ended > running.end:
            unit.darken()  # the mirrors may hold the disks
        else:
            unit.stop()
        self._report(max(ended, running.end) if goes_on else running.end)

    def _report(self, ended: float) -> None:
        """Report the flashes that lasted, if any did."""
        running, self._running = self._running, None
        if running is not None:
            self._inbox.put(
                Report(
                    self._name,
                    "flashes",
                    running.name,
                    running.began,
                    running.prepared.duration,
                    running.achieved(ended),
                )
            )

    def _forget(self) -> None:
        """Let go of the connection, if there is one."""
        unit, self._unit = self._unit, None
        if unit is not None:
            unit.close()
        self._wake.set()

    def _watch(self, unit: LightCrafterControl) -> None:
        """End flashes when it is time, and see that the projector is there, until it is closed."""
        while self._unit is unit:
            running = self._running
            left = BEAT if running is None else running.due - self._clock.now()
            self._wake.wait(min(max(left, 0.0), BEAT))
            self._wake.clear()
            try:
                self._round(unit)
            except DeviceError as error:
                self._fail(unit, error.what, error.do)
            except Exception as error:  # whatever it is, the session must know
                self._fail(unit, f"its driver failed: {error}", "Switch the projector off.")

    def _round(self, unit: LightCrafterControl) -> None:
        with self._lock:
            running = self._running
            if self._unit is not unit:
                return
            if running is None:
                unit.look()
            elif self._clock.now() >= running.due:
                self._finish(unit, running)

    def _fail(self, unit: LightCrafterControl, what: str, do: str) -> None:
        """Tell once that the projector is lost; `off` connects again."""
        with self._lock:
            if self._unit is unit:
                self._forget()
                self._inbox.put(Failure(self._name, what, do))
