"""Speakers: sounds are rendered before the session and played from memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pydantic

from calibration.speaker import SpeakerCalibration
from hardware.common.playback import Playback
from hardware.sound.synthesis import refuse_sound
from rig.devices import Context, DeviceSettings, Line, Speaker
from rig.errors import Problem
from rig.sound import Sound


class SpeakerSettings(DeviceSettings):
    """Settings of a speaker."""

    line: Line
    rate_hz: float = pydantic.Field(gt=0, le=1_000_000)
    calibration: str


class SpeakerTwin(Speaker):
    """A speaker that the virtual mouse hears; each sound is reported when it has ended.

    What announces a sound does not tell which one it is: the mouse hears that behind it.
    """

    simulated = True
    Settings = SpeakerSettings

    def __init__(self, name: str, settings: SpeakerSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._room = context.room
        self._folder = context.folder
        self._calibration = SpeakerCalibration(context.folder, settings.calibration)
        self._playback = Playback(name, "sound", context)
        self._announcements: Mapping[str, float] = {}

    def open(self) -> None:
        """Take hold of the output; it is silent."""
        self._playback.open()

    def off(self) -> None:
        """Be silent; a sound that this cuts short is reported with its true length."""
        self._playback.cut()

    def close(self) -> None:
        """Be silent and let go of the output."""
        self._playback.close()

    def check(self) -> list[Problem]:
        """Return no problems: the calibration was read when the twin was made."""
        return []

    def files(self) -> tuple[Path, ...]:
        """Return the calibration file."""
        return (self._calibration.path,)

    def refuse_stimulus(self, stimulus: Sound) -> str | None:
        """Return why that sound cannot be played as it is meant, or None if it can."""
        return refuse_sound(stimulus, self._settings.rate_hz, self._calibration, self._folder)

    def load(self, stimuli: Mapping[str, Sound]) -> None:
        """Make these the sounds that can be played."""
        self._playback.load(stimuli, self.refuse_stimulus)
        self._announcements = {name: sound.announcement for name, sound in stimuli.items()}

    def loaded(self) -> frozenset[str]:
        """Return the names of the sounds that can be played."""
        return self._playback.loaded()

    def present(self, stimulus: str) -> None:
        """Begin to play a sound, in place of any that still sounds."""
        began = self._playback.begin(stimulus)
        announcement = self._announcements[stimulus]
        if not announcement:
            self._room.sound(stimulus, began)
            return
        self._room.announcement(began)
        self._playback.then(announcement, lambda time: self._room.sound(stimulus, time))
