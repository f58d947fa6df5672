"""A speaker of simulated rigs that a person hears: for who wants to be the mouse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.speaker import SpeakerCalibration
from hardware.sound.loudspeaker import RATE_HZ, REMEDY, Loudspeaker, why_silent
from hardware.sound.synthesis import render
from hardware.speaker import SpeakerSettings, SpeakerTwin
from rig.clock import VirtualClock
from rig.devices import Context, Speaker
from rig.errors import Problem
from rig.sound import Sound

PEAK = 0.25
"""Share of full scale that the loudest sound of a session reaches: comfortable with headphones."""


class AudibleSpeaker(Speaker):
    """The twin of a speaker, and the computer's loudspeaker beside it.

    For the session it is the twin: settings, room, reports and refusals are the same. What is
    heard is for people, and never calibrated: the loudest sound reaches `PEAK`, the others keep
    their level relative to it, and nothing above half of `RATE_HZ` sounds. In virtual time
    nothing is played at all: rehearsals are silent.
    """

    simulated = True
    Settings = SpeakerSettings

    def __init__(self, name: str, settings: SpeakerSettings, context: Context) -> None:
        self._twin = SpeakerTwin(name, settings, context)
        self._name = name
        self._rate_hz = settings.rate_hz
        self._folder = context.folder
        self._calibration = SpeakerCalibration(context.folder, settings.calibration)
        self._is_heard = not isinstance(context.clock, VirtualClock)
        self._loudspeaker = Loudspeaker()
        self._samples: Mapping[str, NDArray[np.float32]] = {}

    def open(self) -> None:
        """Start the output, silent; raise `DeviceError` if the computer has none."""
        if self._is_heard:
            self._loudspeaker.open(f"device '{self._name}'")
        self._twin.open()

    def off(self) -> None:
        """Be silent; a sound that this cuts short is reported with its true length."""
        self._loudspeaker.silence()
        self._twin.off()

    def close(self) -> None:
        """Be silent and let go of the output."""
        self._loudspeaker.close()
        self._twin.close()

    def check(self) -> list[Problem]:
        """Return a warning if the computer cannot play sounds."""
        reason = why_silent()
        if reason is None:
            return self._twin.check()
        return [
            *self._twin.check(),
            Problem(f"nobody will hear it: {reason}", f"device '{self._name}'", REMEDY, "warning"),
        ]

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return self._twin.files()

    def refuse_stimulus(self, stimulus: Sound) -> str | None:
        """Return why that sound cannot be played as it is meant, or None if it can."""
        return self._twin.refuse_stimulus(stimulus)

    def load(self, stimuli: Mapping[str, Sound]) -> None:
        """Make these the sounds that can be played; they are rendered for people."""
        self._twin.load(stimuli)
        if self._is_heard:
            self._samples = self._rendered(stimuli)

    def loaded(self) -> frozenset[str]:
        """Return the names of the sounds that can be played."""
        return self._twin.loaded()

    def present(self, stimulus: str) -> None:
        """Begin to play a sound, in place of any that still sounds."""
        self._twin.present(stimulus)
        if self._is_heard:
            self._loudspeaker.play(self._samples[stimulus])

    def _rendered(self, stimuli: Mapping[str, Sound]) -> dict[str, NDArray[np.float32]]:
        """Return the samples that people hear of each sound."""
        true = {
            name: render(sound, self._rate_hz, self._calibration, self._folder)
            for name, sound in stimuli.items()
        }
        loudest = max((np.abs(samples).max(initial=0) for samples in true.values()), default=0)
        scale = PEAK / loudest if loudest else 0.0
        return {
            name: np.clip(scale * for_people(samples, self._rate_hz), -PEAK, PEAK)
            for name, samples in true.items()
        }


def for_people(samples: NDArray[np.float32], rate_hz: float) -> NDArray[np.float32]:
    """Return samples of another rate at `RATE_HZ`, without what lies above half of it.

    Parameters
    ----------
    samples
        Shape (samples,).
    rate_hz
        Their rate.
    """
    count = round(len(samples) * RATE_HZ / rate_hz)
    if count == 0:
        return np.zeros(0, dtype=np.float32)
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, count) * (count / len(samples)), dtype=np.float32)
