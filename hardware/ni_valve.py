"""Valves on a counter of an NI card: each opening is one pulse that the card itself ends.

Tried on the emulator only (`hardware.emulators`), not on a physical card. Whether a pulse ends
when the program is killed in the middle of it has to be proved on the rig.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from calibration.valve import ValveCalibration
from hardware.ni_card import card_of, missing, twice
from hardware.ni_counter import PulseCounter
from hardware.ni_errors import in_words, told
from hardware.ni_input_tasks import LineWatch
from hardware.valve import ValveSettings, ValveTwin
from hardware.valve_limits import ValveLimits
from rig.devices import Context, Valve
from rig.errors import DeviceError, Problem
from rig.inbox import Failure, Report

ASK_EVERY = 0.001
OVERDUE = 1.0
"""Seconds after its end at which an opening that still lasts is a failure."""
SEEN_WITHIN = 0.1
"""Seconds in which the read-back shows the end of an opening."""
UNSEEN = (
    "the valve was opened, and its read-back line did not show it",
    "Look at the wire from the counter's output to the line of `read_back`.",
)
STUCK = (
    "the counter did not tell that the opening ended",
    "Close the tap; look at the card and its driver.",
)


class NiValveSettings(ValveSettings):
    """Settings of a valve on an NI card.

    `line` is a counter, such as ``Dev1/ctr0``; the valve's driver is wired to its output, PFI12
    for ctr0 on most cards. `read_back` is a digital input that is wired to the same output: what
    it shows is recorded as the opening. `address` is ``host:port`` of the NI gRPC device server
    that has the card; empty if this computer has it.
    """

    read_back: str = ""
    address: str = ""


@dataclass(eq=False)
class _Opening:
    """An opening: when it began, for how long, the drop (None for a flush), and what was seen."""

    began: float
    requested: float
    volume_ul: float | None
    cut: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    seen: threading.Event = field(default_factory=threading.Event)
    rise: float | None = None
    fall: float | None = None


class NiValve(Valve):
    """A valve whose openings a counter times.

    Without `read_back` the onset is known to about a millisecond, that of the call that starts the
    counter; with it to about one sample.
    """

    twin = ValveTwin
    Settings = NiValveSettings

    def __init__(self, name: str, settings: NiValveSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._where = f"device '{name}', {settings.line}"
        self._clock = context.clock
        self._inbox = context.inbox
        self._calibration = ValveCalibration(context.folder, settings.calibration)
        self._limits = ValveLimits(name, self._calibration, settings.max_open_ms)
        self._card = card_of(settings.line, settings.address, context)
        self._counter = PulseCounter(self._card, settings.line)
        if settings.read_back:
            watch = LineWatch(name, settings.read_back, self._see)
            self._card.sampler.watch_line(watch)
        self._lock = threading.RLock()
        self._opening: _Opening | None = None

    def open(self) -> None:
        """Take hold of the counter; the valve is closed."""
        with self._lock:
            if self._counter.is_held:
                return
            with told(self._where):
                self._counter.hold()
        if self._settings.read_back:
            self._card.sampler.open(self._name, self._inbox.put)

    def off(self) -> None:
        """Close the valve; an opening that this cuts short is reported with its true length.

        A counter that is not open is taken hold of for that.
        """
        with self._lock, told(self._where):
            if not self._counter.is_held:
                self._counter.hold()
                self._counter.let_go()
                return
            is_cut = self._is_open()
            self._counter.cut()
            if self._opening is not None:
                self._end(self._opening, is_cut=is_cut)

    def force_off(self) -> None:
        """Stopgap."""
        try:
            self.off()
        except DeviceError:
            from nidaqmx.system import Device
            Device(self._card.name, grpc_options=self._card._way()).reset_device()
            self.off()

    def close(self) -> None:
        """Close the valve and let go of the counter."""
        try:
            with self._lock:
                if self._counter.is_held:
                    self.off()
        finally:
            with self._lock:
                self._counter.let_go()
            self._card.sampler.close(self._name)

    def check(self) -> list[Problem]:
        """Return what is wrong with the counter and the line that reads it back."""
        where = f"device '{self._name}'"
        found = missing(self._card, "counters", self._settings.line, where)
        line = self._settings.read_back
        if line and not found:
            found = twice(self._card, self._name, line) or missing(
                self._card, "sampled", line, where
            )
        return found

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return (self._calibration.path,)

    def is_busy(self) -> bool:
        """Return whether the valve is open, or armed to open."""
        with self._lock, told(self._where):
            return self._is_open()

    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one opening, or None if it can."""
        return self._limits.refuse_volume(volume_ul)

    def refuse_delay(self, delay: float) -> str | None:
        """Refuse to be armed."""
        return f"this valve cannot be armed {delay:g} s ahead" if delay else None

    def deliver(self, volume_ul: float, delay: float = 0.0) -> None:
        """Open now, for the time that the calibration gives."""
        self._open_for(
            self.refuse_delay(delay) or self.refuse_volume(volume_ul),
            self._calibration.open_time(volume_ul),
            volume_ul,
        )

    def refuse_flush(self, duration: float) -> str | None:
        """Return why the valve cannot be flushed for `duration` seconds, or None if it can."""
        return self._limits.refuse_flush(duration)

    def flush(self, duration: float) -> None:
        """Open now, for `duration` seconds."""
        self._open_for(self.refuse_flush(duration), duration, None)

    def end_flush(self) -> None:
        """Close, if the valve is being flushed; the flush is reported with its true length."""
        opening = self._opening
        if opening is not None and opening.volume_ul is None:
            self.off()

    def _is_open(self) -> bool:
        return self._opening is not None and not self._counter.is_done()

    def _open_for(self, reason: str | None, duration: float, volume_ul: float | None) -> None:
        """Begin an opening, and have somebody wait for its end."""
        is_busy = self.is_busy()
        self._limits.require(reason, ready=self._counter.is_held, is_busy=is_busy)
        before = self._opening
        if before is not None:  # it has ended, and is about to be reported
            before.told.wait(SEEN_WITHIN + ASK_EVERY)
        with self._lock, told(self._where):
            start = self._clock.now()
            opening = self._opening = _Opening(start, duration, volume_ul)
            try:
                self._counter.begin(duration)
            except BaseException:
                self._opening = None
                raise
            opening.began = (start + self._clock.now()) / 2
        threading.Thread(target=self._wait, args=(opening,), daemon=True).start()

    def _wait(self, opening: _Opening) -> None:
        """Wait for the end of an opening, and report it; in a thread of its own."""
        try:
            opening.cut.wait(opening.requested)
            while not self._is_over(opening):
                if self._clock.now() > opening.began + opening.requested + OVERDUE:
                    self._inbox.put(Failure(self._name, *STUCK))
                    return
                opening.cut.wait(ASK_EVERY)
            if self._settings.read_back and not opening.cut.is_set():
                opening.seen.wait(SEEN_WITHIN)
            if self._settings.read_back and not opening.cut.is_set() and opening.fall is None:
                self._inbox.put(Failure(self._name, *UNSEEN))
            with self._lock:
                self._end(opening, is_cut=False)
        except Exception as error:  # whatever it is, the session must know
            self._inbox.put(Failure(self._name, *in_words(error)))

    def _is_over(self, opening: _Opening) -> bool:
        with self._lock:
            return opening is not self._opening or self._counter.is_done()

    def _end(self, opening: _Opening, *, is_cut: bool) -> None:
        """Report an opening that is over, once; the lock is held."""
        if opening is not self._opening:
            return
        self._opening = None
        began, achieved = opening.began, self._counter.length()
        volume_ul = opening.volume_ul
        if opening.rise is not None and opening.fall is not None:
            began, achieved = opening.rise, opening.fall - opening.rise
        elif is_cut:
            began = opening.began if opening.rise is None else opening.rise
            achieved = min(self._clock.now() - began, opening.requested)
        if is_cut and volume_ul is not None:
            volume_ul = self._calibration.volume_ul(achieved)
        what: Literal["opening", "flush"] = "flush" if opening.volume_ul is None else "opening"
        self._inbox.put(Report(self._name, what, "", began, opening.requested, achieved, volume_ul))
        opening.cut.set()
        opening.told.set()

    def _see(self, level: bool, time: float) -> None:
        """Take in what the read-back line shows; the thread of the card calls."""
        opening = self._opening
        if opening is None:
            return
        if level and opening.rise is None:
            opening.rise = time
        elif not level and opening.rise is not None:
            opening.fall = time
            opening.seen.set()
