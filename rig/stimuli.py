"""All that the trials of a protocol present, by name, loaded before the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rig.picture import Flashes, Grating
from rig.sound import Sound

Stimulus = Sound | Grating | Flashes


@dataclass(frozen=True)
class Stimuli:
    """What a protocol presents: sounds on speakers, gratings on screens, flashes by projectors.

    `outputs` names the digital outputs that are on throughout the session.
    """

    sounds: Mapping[str, Sound]
    gratings: Mapping[str, Grating]
    flashes: Mapping[str, Flashes]
    outputs: tuple[str, ...]

    @property
    def announcements(self) -> dict[str, float]:
        """By sound, the seconds for which it is announced before it tells which one it is."""
        return {name: sound.announcement for name, sound in self.sounds.items()}
