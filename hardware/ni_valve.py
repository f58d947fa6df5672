"""Valves on a counter of an NI card: each opening is one pulse that the card itself ends.

Tried on the emulator only (`hardware.emulators`), not on a physical card. Whether a pulse ends
when the program is killed in the middle of it has to be proved on the rig.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Literal

from calibration.valve import ValveCalibration
from hardware.common.valve_limits import ValveLimits
from hardware.ni.card import card_of, force, missing, twice
from hardware.ni.counter import PulseCounter
from hardware.ni.errors import in_words, told
from hardware.ni.opening import Opening
from hardware.ni.trigger import TRIGGER_WITHIN, no_trigger, wrong_trigger
from hardware.ni.watches import LineWatch
from hardware.valve import ValveSettings, ValveTwin
from rig.devices import Context, Valve
from rig.errors import Problem
from rig.inbox import Failure, Report

ASK_EVERY = 0.001
OVERDUE = 1.0
"""Seconds after its end at which an opening that still lasts is a failure."""
SEEN_WITHIN = 0.5
"""Seconds of samples after its end in which the read-back shows an opening."""
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
    it shows is recorded as the opening. `trigger` is a terminal, such as ``/Dev1/PFI0``: an opening
    that is armed begins its delay at the next rising edge there, one that is not begins at once.
    `address` is ``host:port`` of the NI gRPC device server
    that has the card; empty if this computer has it.
    """

    read_back: str = ""
    trigger: str = ""
    address: str = ""


class NiValve(Valve):
    """A valve whose openings a counter times.

    With `read_back` the onset is known to about one sample. Without, it is known to about a
    millisecond, that of the call that starts the counter; that of an opening that a trigger
    started to some 3 ms, for the counter is asked again and again whether its output is high.
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
        self._opening: Opening | None = None

    def open(self) -> None:
        """Take hold of the counter; the valve is closed."""
        with self._lock:
            if self._counter.is_held:
                return
            with told(self._where):
                self._counter.hold()
                output = self._counter.output()
        self._card.watchdog.guard(self._name, output, self._inbox.put)
        if self._settings.read_back:
            self._card.sampler.open(self._name, self._inbox.put)

    def off(self) -> None:
        """Close and disarm the valve.

        An opening that this cuts short is reported with its true length; one that was armed only
        is not. A counter that is not open is taken hold of for that.
        """
        with self._lock, told(self._where):
            if not self._counter.is_held:
                self._counter.hold()
                self._counter.let_go()
                return
            opening, is_cut = self._opening, True
            with contextlib.suppress(Exception):  # whatever it answers, it is closed now
                is_cut = self._is_busy()
                if opening is not None:
                    self._find_begin(opening)
            self._counter.cut()
            if opening is not None:
                self._end(opening, cut=self._clock.now() if is_cut else None)

    def force_off(self) -> None:
        """Close the valve, also if somebody else holds the counter."""
        force(self._card, self.off, self._where, self._let_go)

    def close(self) -> None:
        """Close the valve and let go of the counter."""
        try:
            with self._lock:
                if self._counter.is_held:
                    self.off()
        finally:
            self._let_go()
            self._card.sampler.close(self._name)

    def check(self) -> list[Problem]:
        """Return what is wrong with the counter and the line that reads it back."""
        where = f"device '{self._name}'"
        found = missing(self._card, "counters", self._settings.line, where)
        found = found or wrong_trigger(self._card, self._settings.trigger, where)
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
            return self._is_busy()

    def refuse_volume(self, volume_ul: float) -> str | None:
        """Return why that volume cannot be delivered in one opening, or None if it can."""
        return self._limits.refuse_volume(volume_ul)

    def refuse_delay(self, delay: float) -> str | None:
        """Return why an opening cannot be armed `delay` seconds ahead, or None if it can."""
        return self._limits.refuse_delay(delay)

    def deliver(self, volume_ul: float, delay: float = 0.0) -> None:
        """Open for the time that the calibration gives: now, or armed `delay` seconds ahead."""
        reason = self.refuse_delay(delay) or self.refuse_volume(volume_ul)
        self._open_for(reason, self._calibration.open_time(volume_ul), volume_ul, delay)

    def refuse_flush(self, duration: float) -> str | None:
        """Return why the valve cannot be flushed for `duration` seconds, or None if it can."""
        return self._limits.refuse_flush(duration)

    def flush(self, duration: float) -> None:
        """Open now, for `duration` seconds."""
        self._open_for(self.refuse_flush(duration), duration, None, 0.0)

    def end_flush(self) -> None:
        """Close, if the valve is being flushed; the flush is reported with its true length."""
        opening = self._opening
        if opening is not None and opening.volume_ul is None:
            self.off()

    def _let_go(self) -> None:
        """Let go of the counter, whatever the card answers."""
        self._card.watchdog.release(self._name)
        with self._lock:
            self._counter.let_go()

    def _is_busy(self) -> bool:
        return self._opening is not None and not self._counter.is_done()

    def _open_for(
        self, reason: str | None, duration: float, volume_ul: float | None, delay: float
    ) -> None:
        """Begin or arm an opening, and have somebody wait for its end."""
        is_busy = self.is_busy()
        self._limits.require(reason, ready=self._counter.is_held, is_busy=is_busy)
        before = self._opening
        if before is not None:  # it has ended, and is about to be reported
            before.told.wait(SEEN_WITHIN + ASK_EVERY)
        trigger = self._settings.trigger if delay else ""
        with self._lock, told(self._where):
            if before is not None:
                self._end(before, cut=None)
            ordered = self._clock.now()
            opening = self._opening = Opening(ordered, duration, delay, volume_ul)
            try:
                self._counter.begin(duration, delay, trigger)
            except BaseException:
                self._opening = None
                raise
            if not trigger:
                opening.began = (ordered + self._clock.now()) / 2 + delay
        threading.Thread(target=self._wait, args=(opening,), daemon=True).start()

    def _wait(self, opening: Opening) -> None:
        """Wait for the end of an opening, and report it; in a thread of its own."""
        try:
            opening.cut.wait(opening.delay)
            while opening.began is None and opening is self._opening:
                self._look_for_begin(opening)
            opening.cut.wait(opening.requested)
            asked = self._clock.now()
            while not self._is_over(opening):
                if asked > (opening.began or 0.0) + opening.requested + OVERDUE:
                    self._inbox.put(Failure(self._name, *STUCK))
                    return
                opening.cut.wait(ASK_EVERY)
                asked = self._clock.now()
            if self._settings.read_back and not opening.cut.is_set():
                self._card.sampler.shows(opening.seen, self._clock.now(), SEEN_WITHIN)
            if self._settings.read_back and not opening.cut.is_set() and opening.width is None:
                self._inbox.put(Failure(self._name, *UNSEEN))
            with self._lock:
                self._end(opening, cut=None)
        except Exception as error:  # whatever it is, the session must know
            self._inbox.put(Failure(self._name, *in_words(error)))

    def _look_for_begin(self, opening: Opening) -> None:
        """See whether the trigger has come; disarm the counter if it does not come in time."""
        with self._lock:
            if opening is not self._opening:
                return
            now = self._clock.now()
            self._find_begin(opening)
            if opening.began is None and now > opening.ordered + opening.delay + TRIGGER_WITHIN:
                self._counter.cut()
                self._end(opening, cut=now)
                self._inbox.put(Failure(self._name, *no_trigger(self._settings.trigger)))
        opening.cut.wait(ASK_EVERY)

    def _find_begin(self, opening: Opening) -> None:
        """Look whether an opening that waits for its trigger has begun; the lock is held."""
        if opening.began is not None:
            return
        before = self._clock.now()
        if self._counter.is_high():
            opening.began = (before + self._clock.now()) / 2
        elif self._counter.is_done():
            opening.began = before - opening.requested

    def _is_over(self, opening: Opening) -> bool:
        with self._lock:
            return opening is not self._opening or self._counter.is_done()

    def _end(self, opening: Opening, *, cut: float | None) -> None:
        """Report an opening that is over, or was cut at a time, once; the lock is held."""
        if opening is not self._opening:
            return
        self._opening = None
        truth = opening.truth(self._counter.length(), cut)
        if truth is not None:
            self._report(opening, *truth, is_cut=cut is not None)
        opening.cut.set()
        opening.told.set()

    def _report(self, opening: Opening, began: float, achieved: float, *, is_cut: bool) -> None:
        volume_ul = opening.volume_ul
        if is_cut and volume_ul is not None:
            volume_ul = self._calibration.volume_ul(achieved)
        what: Literal["opening", "flush"] = "flush" if opening.volume_ul is None else "opening"
        self._inbox.put(Report(self._name, what, "", began, opening.requested, achieved, volume_ul))

    def _see(self, level: bool, time: float, counted: float) -> None:
        """Take in what the read-back line shows; the thread of the card calls."""
        opening = self._opening
        if opening is not None:
            opening.see(level, time, counted)
