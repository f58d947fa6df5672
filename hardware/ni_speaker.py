"""Speakers on an analogue output of an NI card: finite waveforms at the card's true rate.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydantic
from numpy.typing import NDArray

from calibration.speaker import SpeakerCalibration
from hardware.common.refused import require_all
from hardware.ni.card import card_of, force, missing, twice
from hardware.ni.errors import in_words, told
from hardware.ni.trigger import TRIGGER_WITHIN, no_trigger, wrong_trigger
from hardware.ni.watches import LineWatch
from hardware.ni.waveform import Waveform
from hardware.sound.synthesis import refuse_sound, render
from hardware.speaker import SpeakerSettings, SpeakerTwin
from rig.devices import Context, Speaker
from rig.errors import DeviceError, Problem, problems_of
from rig.inbox import Failure, Report
from rig.sound import Sound

ASK_EVERY = 0.002
OVERDUE = 1.0
"""Seconds after its end at which a sound that still lasts is a failure."""
SAME_RATE = 1e-6
"""Share by which the rate of the rig file may differ from the card's own."""
SEEN_WITHIN = 0.5
"""Seconds of samples after its end in which the read-back shows the edge that a sound began at."""
UNSEEN = (
    "the sound began, and its read-back line did not show the trigger",
    "Look at the wire from the trigger's terminal to the line of `read_back`.",
)
STUCK = ("the card did not tell that the sound ended", "Look at the card and its driver.")


class NiSpeakerSettings(SpeakerSettings):
    """Settings of a speaker on an NI card.

    `line` is an analogue output, such as ``Dev1/ao0``. `rate_hz` must be a rate that the card has:
    it divides its timebase by a whole number. `full_scale_v` is the voltage of a sample at full
    scale; the calibration must have been measured with it. `trigger` is a terminal, such as
    ``/Dev1/PFI0``: a sound that is ordered begins at the next rising edge there. `read_back` is a
    digital input on the same wire as the trigger: the edge that it shows is recorded as the onset.
    `address` is ``host:port`` of the NI gRPC device server that has the card; empty if this
    computer has it.
    """

    full_scale_v: float = pydantic.Field(gt=0, le=10)
    trigger: str = ""
    read_back: str = ""
    address: str = ""

    @pydantic.model_validator(mode="after")
    def _possible(self) -> NiSpeakerSettings:
        if self.read_back and not self.trigger:
            raise ValueError("read_back shows the edge of a trigger: name the trigger, too")
        return self


@dataclass(eq=False)
class _Playing:
    """A sound: its name, its order, its length, and its onset, None while it is waited for."""

    name: str
    ordered: float
    requested: float
    began: float | None = None
    seen: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


class NiSpeaker(Speaker):
    """A speaker whose sounds the card plays from its own memory.

    A sound is handed to the card when it is ordered; it begins some 10 to 50 ms later for each
    second that it lasts, or at the next edge of its trigger. With `read_back` its onset is known
    to one sample of the card's inputs. Without, it is known to the length of a call, 1 to 2 ms:
    the one that starts it, or one that asks how much of a triggered sound was given out.
    """

    twin = SpeakerTwin
    Settings = NiSpeakerSettings

    def __init__(self, name: str, settings: NiSpeakerSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._where = f"device '{name}', {settings.line}"
        self._folder = context.folder
        self._clock = context.clock
        self._inbox = context.inbox
        self._calibration = SpeakerCalibration(context.folder, settings.calibration)
        self._card = card_of(settings.line, settings.address, context)
        self._card.players.append(name)
        self._output = Waveform(self._card, settings.line, settings.rate_hz)
        if settings.read_back:
            self._card.sampler.watch_line(LineWatch(name, settings.read_back, self._see))
        self._sounds: Mapping[str, tuple[NDArray[np.float64], float]] = {}
        self._lock = threading.RLock()
        self._ready = False
        self._playing: _Playing | None = None

    def open(self) -> None:
        """Take hold of the output; it is silent."""
        with self._lock, told(self._where):
            if not self._ready:
                self._output.silence()
                self._ready = True
        if self._settings.read_back:
            self._card.sampler.open(self._name, self._inbox.put)

    def off(self) -> None:
        """Be silent; a sound that this cuts short is reported with its true length."""
        with self._lock, told(self._where):
            with contextlib.suppress(Exception):  # whatever it answers, it is silenced now
                if self._playing is not None:
                    self._find_onset(self._playing)
            cut = self._clock.now()
            self._output.silence()
            self._end(self._playing, cut=cut)

    def force_off(self) -> None:
        """Be silent, also if somebody else holds the output."""
        force(self._card, self.off, self._where)

    def close(self) -> None:
        """Be silent and let go of the output."""
        try:
            with self._lock:
                if self._ready:
                    self._ready = False
                    self.off()
        finally:
            self._card.sampler.close(self._name)

    def check(self) -> list[Problem]:
        """Return what keeps the card from playing as the rig file says."""
        where = f"device '{self._name}'"
        if len(self._card.players) > 1:
            names = "', '".join(self._card.players)
            do = "Keep one of them, or add a card."
            return [Problem(f"'{names}' would play on one card, which plays one", where, do)]
        settings, card = self._settings, self._card
        problems = missing(card, "analog outputs", settings.line, where)
        problems = problems or wrong_trigger(card, settings.trigger, where)
        if settings.read_back and not problems:
            problems = twice(card, self._name, settings.read_back)
            problems = problems or missing(card, "sampled", settings.read_back, where)
        return problems or self._wrong_rate(where)

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return (self._calibration.path,)

    def refuse_stimulus(self, stimulus: Sound) -> str | None:
        """Return why that sound cannot be played as it is meant, or None if it can."""
        return refuse_sound(stimulus, self._settings.rate_hz, self._calibration, self._folder)

    def load(self, stimuli: Mapping[str, Sound]) -> None:
        """Make these the sounds that can be played; they are rendered at the card's rate."""
        require_all(stimuli, self.refuse_stimulus, f"device '{self._name}'", "sound")
        self._sounds = {name: (self._volts(each), each.duration) for name, each in stimuli.items()}

    def loaded(self) -> frozenset[str]:
        """Return the names of the sounds that can be played."""
        return frozenset(self._sounds)

    def present(self, stimulus: str) -> None:
        """Begin to play a sound, or arm it, in place of any that still sounds."""
        if not self._ready or stimulus not in self._sounds:
            raise DeviceError(
                f"it cannot present '{stimulus}'",
                f"device '{self._name}'",
                "Open the device and load the stimulus first.",
            )
        volts, duration = self._sounds[stimulus]
        with self._lock, told(self._where):
            cut = self._clock.now()
            self._output.load(volts)
            self._end(self._playing, cut=cut)
            playing = self._playing = _Playing(stimulus, self._clock.now(), duration)
            self._output.begin(self._settings.trigger)
            if not self._settings.trigger:
                playing.began = (playing.ordered + self._clock.now()) / 2
        threading.Thread(target=self._wait, args=(playing,), daemon=True).start()

    def _volts(self, sound: Sound) -> NDArray[np.float64]:
        """Return the volts of a sound, shape (samples,)."""
        settings = self._settings
        samples = render(sound, settings.rate_hz, self._calibration, self._folder)
        return samples.astype(np.float64) * settings.full_scale_v

    def _wrong_rate(self, where: str) -> list[Problem]:
        """Return a problem if the card would play faster or slower than the rig file says."""
        asked = self._settings.rate_hz
        try:
            with told(where):
                true = self._output.true_rate_hz()
        except DeviceError as error:
            return problems_of(error)
        place = f"{where}, rate_hz"
        if true is None:
            return [Problem(f"the card cannot play at {asked:g} Hz", place, "Take a lower rate.")]
        if abs(true / asked - 1) <= SAME_RATE:
            return []
        return [
            Problem(
                f"the card would play at {true:.3f} Hz, not at {asked:g} Hz",
                place,
                f"Write rate_hz = {true:.3f}: it is the nearest rate that the card has.",
            )
        ]

    def _wait(self, playing: _Playing) -> None:
        """Wait for the end of a sound, and report it; in a thread of its own."""
        try:
            while playing.began is None and playing is self._playing:
                self._look_for_onset(playing)
            playing.over.wait(playing.requested)
            asked = self._clock.now()
            while not self._is_over(playing):
                if asked > (playing.began or 0.0) + playing.requested + OVERDUE:
                    self._inbox.put(Failure(self._name, *STUCK))
                    return
                playing.over.wait(ASK_EVERY)
                asked = self._clock.now()
            if self._settings.read_back and not playing.over.is_set():
                self._check_seen(playing)
            with self._lock:
                self._end(playing, cut=None)
        except Exception as error:  # whatever it is, the session must know
            self._inbox.put(Failure(self._name, *in_words(error)))

    def _check_seen(self, playing: _Playing) -> None:
        """Tell if the read-back did not show the edge that a sound began at."""
        if not self._card.sampler.shows(playing.seen, self._clock.now(), SEEN_WITHIN):
            self._inbox.put(Failure(self._name, *UNSEEN))

    def _look_for_onset(self, playing: _Playing) -> None:
        """See whether the trigger has come; disarm the sound if it does not come in time."""
        with self._lock:
            if playing is not self._playing:
                return
            self._find_onset(playing)
            now = self._clock.now()
            if playing.began is None and now > playing.ordered + TRIGGER_WITHIN:
                self._output.silence()
                self._end(playing, cut=now)
                self._inbox.put(Failure(self._name, *no_trigger(self._settings.trigger)))
        playing.over.wait(ASK_EVERY)

    def _find_onset(self, playing: _Playing) -> None:
        """Ask how much of a sound was given out, if its onset is not known; the lock is held."""
        if playing.began is None:
            before = self._clock.now()
            given = self._output.given()
            if given and not playing.seen.is_set():  # what the read-back shows is more exact
                playing.began = (before + self._clock.now()) / 2 - given

    def _see(self, level: bool, time: float, counted: float) -> None:
        """Take in an edge of the trigger's wire; the thread of the card calls."""
        playing = self._playing
        if playing is None or playing.seen.is_set():
            return
        if level and time >= playing.ordered:
            playing.began = time
            playing.seen.set()

    def _is_over(self, playing: _Playing) -> bool:
        with self._lock:
            return playing is not self._playing or self._output.is_done()

    def _end(self, playing: _Playing | None, *, cut: float | None) -> None:
        """Report a sound that is over, or was cut at a time, once; the lock is held."""
        if playing is None or playing is not self._playing:
            return
        self._playing = None
        began, requested = playing.began, playing.requested
        if began is not None and (cut is None or began <= cut):
            achieved = requested if cut is None else min(cut - began, requested)
            self._inbox.put(Report(self._name, "sound", playing.name, began, requested, achieved))
        playing.over.set()
