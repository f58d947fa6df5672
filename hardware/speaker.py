"""Speakers: sounds are rendered before the session and played from memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pydantic

from calibration.speaker import SpeakerCalibration
from hardware.synthesis import refuse_sound
from rig.devices import Context, DeviceSettings, Line, Speaker
from rig.errors import DeviceError, Problem
from rig.inbox import Report
from rig.sound import Sound


class SpeakerSettings(DeviceSettings):
    """Settings of a speaker."""

    line: Line
    rate_hz: float = pydantic.Field(gt=0, le=1_000_000)
    calibration: str


class SpeakerTwin(Speaker):
    """A speaker that the virtual mouse hears; each sound is reported when it has ended."""

    simulated = True
    Settings = SpeakerSettings

    def __init__(self, name: str, settings: SpeakerSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._inbox = context.inbox
        self._room = context.room
        self._folder = context.folder
        self._calibration = SpeakerCalibration(context.folder, settings.calibration)
        self._durations: dict[str, float] = {}
        self._ready = False
        self._playing: tuple[str, float] | None = None
        self._play = 0

    def open(self) -> None:
        """Take hold of the output; it is silent."""
        self._ready = True

    def off(self) -> None:
        """Be silent; a sound that this cuts short is reported with its true length."""
        self._cut()

    def close(self) -> None:
        """Be silent and let go of the output."""
        self.off()
        self._ready = False

    def check(self) -> list[Problem]:
        """Return no problems: the calibration was read when the twin was made."""
        return []

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return (self._calibration.path,)

    def refuse_sound(self, sound: Sound) -> str | None:
        """Return why that sound cannot be played as it is meant, or None if it can."""
        return refuse_sound(sound, self._settings.rate_hz, self._calibration, self._folder)

    def load(self, sounds: Mapping[str, Sound]) -> None:
        """Make these the sounds that can be played."""
        for name, sound in sounds.items():
            reason = self.refuse_sound(sound)
            if reason:
                raise DeviceError(
                    reason, f"device '{self._name}', sound '{name}'", "Change the sound."
                )
        self._durations = {name: sound.duration for name, sound in sounds.items()}

    def loaded(self) -> frozenset[str]:
        """Return the names of the sounds that can be played."""
        return frozenset(self._durations)

    def play(self, sound: str) -> None:
        """Begin to play a sound, in place of any that still sounds."""
        if not self._ready or sound not in self._durations:
            raise DeviceError(
                f"it cannot play '{sound}'",
                f"device '{self._name}'",
                "Open the speaker and load the sound first.",
            )
        now = self._clock.now()
        self._cut()
        self._play += 1
        play = self._play
        self._playing = (sound, now)
        self._room.agenda.at(now + self._durations[sound], lambda _: self._end(play))
        self._room.sound(sound, now)

    def _end(self, play: int) -> None:
        """End that sound after its whole length, unless it was cut short before."""
        if play == self._play and self._playing is not None:
            self._stop(self._durations[self._playing[0]])

    def _cut(self) -> None:
        """End the sound that plays, if one does."""
        if self._playing is not None:
            self._stop(self._clock.now() - self._playing[1])

    def _stop(self, achieved: float) -> None:
        """Be silent, and report the sound."""
        if self._playing is None:
            return
        (sound, began), self._playing = self._playing, None
        requested = self._durations[sound]
        self._inbox.put(Report(self._name, "sound", sound, began, requested, achieved))
