"""Looks at single devices outside a session: what each kind reads, gives, plays or films."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from rig.clock import Clock
from rig.devices import (
    AnalogInput,
    Camera,
    Context,
    Device,
    DigitalInput,
    DigitalOutput,
    Speaker,
    Valve,
)
from rig.errors import DeviceError
from rig.inbox import Failure, Inbox, Report
from rig.room import Room
from rig.signals import signals_told_later
from rig.sound import Chord, Sound
from rig.streams import Samples
from rig.sync_lines import PULSE

State = Literal["good", "warn", "bad"]
PATIENCE = 2.0
"""Seconds within which frames, samples and reports must come."""
BETWEEN_DROPS = 0.3
"""Seconds between two drops."""
TONE_HZ, TONE_DB_SPL, TONE_DURATION = 4000.0, 73.0, 0.5
_SLICE = 0.02
_TENTHS_UL = range(1, 1001)


@dataclass(frozen=True)
class Wanted:
    """What is asked of devices beside opening them: drops of each valve, a tone of each speaker."""

    drops: int = 0
    tone: bool = False


@dataclass(frozen=True)
class Look:
    """What was found: the state, a sentence, what was read, and what to do about it."""

    state: State
    words: str
    value: str = ""
    do: str = ""


class Bench:
    """A place where one device is tried: clock, inbox, an empty room, no record.

    Parameters
    ----------
    clock
        That of the computer for real devices; a twin may be tried in virtual time.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rows: Counter[str] = Counter()
        self.reports: list[Report] = []
        self.onset: DigitalOutput | None = None
        self._inbox = Inbox()
        self._room = Room()

    def give_onset(self) -> None:
        """Give a pulse on the onset line, at which devices with a trigger begin."""
        if self.onset is not None:
            self.onset.switch_on()
            self.wait(lambda: False, PULSE)
            self.onset.switch_off()

    def context(self, folder: Path) -> Context:
        """Return the surroundings of a device in a lab's folder."""
        return Context(self.clock, self._inbox, self._room, folder, self)

    def write(self, stream: str, samples: Samples, time: float) -> None:
        """Count rows of a stream; nothing is kept."""
        self.rows[stream] += len(samples)

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until something is done; return whether it was, within so many seconds.

        Raises
        ------
        DeviceError
            If the device tells that it failed.
        """
        end = self.clock.now() + seconds
        while not done() and self.clock.now() < end:
            until = min(end, self.clock.now() + _SLICE, self._room.agenda.next_time)
            message = self.clock.receive(self._inbox, until)
            if isinstance(message, Failure):
                raise DeviceError(message.what, f"device '{message.device}'", message.do)
            if isinstance(message, Report):
                self.reports.append(message)
            self._room.agenda.run_until(self.clock.now())
        return done()


class Told(Protocol):
    """Where reports of devices arrive."""

    reports: list[Report]

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until something is done; return whether it was within so many seconds."""


def report_of(bench: Told, order: Callable[[], None], seconds: float) -> Report:
    """Give an order to the device on a bench, and return what it tells when it has done it.

    Raises
    ------
    DeviceError
        If it fails, or tells nothing within so many seconds.
    """
    known = len(bench.reports)
    order()
    if not bench.wait(lambda: len(bench.reports) > known, seconds):
        raise DeviceError(
            f"it was given an order, and told nothing within {seconds:g} s",
            "the device",
            "Close the tap; look at the device and its wiring.",
        )
    return bench.reports[known]


@contextlib.contextmanager
def opened(device: Device, folder: Path) -> Iterator[None]:
    """Open a device; turn it off and close it on every way out.

    A camera films into `folder`.

    Raises
    ------
    DeviceError
        If it did not open, or did not go off.
    """
    if isinstance(device, Camera):
        device.record_to(folder)
    try:
        device.open()
    except BaseException:
        for act in (device.off, device.close):  # why it did not open says more than these could
            _failure(act)
        raise
    try:
        yield
    finally:
        with signals_told_later():  # who ends it must not keep the device from going off
            failed = list(filter(None, (_failure(device.off), _failure(device.close))))
        if failed:
            raise DeviceError(
                f"it could not be turned off: {failed[0]}",
                "its driver",
                "Cut the rig's power by hand now.",
            )


def _failure(act: Callable[[], None]) -> str:
    """Do something; return how it failed, in words, empty if it did not."""
    try:
        act()
    except Exception as error:  # the next step must come all the same
        return f"{type(error).__name__}: {error}"
    return ""


def look_at(device: Device, bench: Bench, wanted: Wanted) -> Look:
    """Return what an open device shows, and what it does of what is wanted."""
    match device:
        case DigitalInput():
            return _input(device)
        case DigitalOutput():
            return _output(device)
        case Valve():
            return _valve(device, bench, wanted.drops)
        case Speaker():
            return _speaker(device, bench, tone=wanted.tone)
        case AnalogInput() | Camera():
            return _sampler(device, bench)
        case _:
            return Look("good", "It can be opened.")


def _input(device: DigitalInput) -> Look:
    if not device.level():
        return Look("good", "It is off: nothing touches it.", "off")
    return Look(
        "warn",
        "It is on: something touches it, or it is stuck.",
        "on",
        "Take away what breaks the beam or touches the spout, dry it, and try again.",
    )


def _output(device: DigitalOutput) -> Look:
    if not device.level():
        return Look("good", "It is off, as it should be without a session.", "off")
    return Look("bad", "It is on, though nobody switched it on.", "on", "Look at its wiring.")


def _valve(valve: Valve, bench: Bench, drops: int) -> Look:
    if valve.is_busy():
        return Look("bad", "It is open, though nobody opened it.", "open", "Close the tap now.")
    volumes = [tenths / 10 for tenths in _TENTHS_UL if valve.refuse_volume(tenths / 10) is None]
    if not volumes:
        return Look("bad", "It refuses every volume.", "", "Calibrate it, or raise `max_open_ms`.")
    value = f"{volumes[0]:g} to {volumes[-1]:g} uL"
    if not drops:
        return Look("good", "It is closed.", value)
    volume_ul = volumes[len(volumes) // 2]
    for drop in range(1, drops + 1):
        valve.deliver(volume_ul)
        if not bench.wait(_has_reported(bench, drop), PATIENCE):
            return Look(
                "bad",
                f"Drop {drop} of {drops} was ordered, and it did not tell that it closed.",
                value,
                "Close the tap; look at the valve and its wiring.",
            )
        bench.wait(lambda: False, BETWEEN_DROPS)
    total_ul = f"{drops * volume_ul:g} uL in all"
    many = "1 drop" if drops == 1 else f"{drops} drops"
    return Look("good", f"It gave {many} of {volume_ul:g} uL, {total_ul}: did they fall?", value)


def _has_reported(bench: Bench, times: int) -> Callable[[], bool]:
    """Return the question whether a device has told so many times what it did."""
    return lambda: len(bench.reports) >= times


def _speaker(speaker: Speaker, bench: Bench, *, tone: bool) -> Look:
    if not tone:
        return Look("good", "It can be opened.")
    sound = Sound((Chord((TONE_HZ,), TONE_DURATION, TONE_DB_SPL),))
    reason = speaker.refuse_stimulus(sound)
    if reason:
        do = "Calibrate it over the frequencies that you play."
        return Look("warn", f"It cannot play the tone: {reason}.", "", do)
    speaker.load({"tone": sound})
    speaker.present("tone")
    bench.give_onset()
    value = f"{TONE_HZ / 1000:g} kHz, {TONE_DB_SPL:g} dB SPL"
    if not bench.wait(_has_reported(bench, 1), TONE_DURATION + PATIENCE):
        do = "Look at the amplifier and the sound card."
        return Look("bad", "A tone was ordered, and it did not tell that it ended.", value, do)
    return Look("good", "It played a tone: did you hear it?", value)


def _sampler(device: AnalogInput | Camera, bench: Bench) -> Look:
    what = "frames" if isinstance(device, Camera) else "samples"
    name = device.stream().name
    if bench.wait(lambda: bench.rows[name] > 0, PATIENCE):
        return Look("good", f"Its {what} come.", f"{bench.rows[name]} {what}")
    do = "Look at its cable and its power; restart it."
    return Look("bad", f"No {what} came within {PATIENCE:g} s.", f"0 {what}", do)
