"""Sounds as data: what is to be heard, not how it is made."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0)]
LevelDbSpl = Annotated[float, msgspec.Meta(ge=0, le=120)]


class Silence(msgspec.Struct, frozen=True, tag="silence", forbid_unknown_fields=True):
    """A pause of `duration` seconds."""

    duration: Seconds


class Chord(msgspec.Struct, frozen=True, tag="chord", forbid_unknown_fields=True):
    """Pure tones played together, with cosine gates at both ends.

    Parameters
    ----------
    frequencies_hz
        One or more frequencies; one makes a pure tone.
    duration
        Seconds, gates included.
    level_db_spl
        Level of the whole sound at the ear, dB SPL.
    modulation_hz
        Rate of a full sinusoidal amplitude modulation; 0 for none.
    gate
        Seconds of the rise and of the fall.
    """

    frequencies_hz: tuple[float, ...]
    duration: Seconds
    level_db_spl: LevelDbSpl
    modulation_hz: float = 0.0
    gate: float = 0.005


Part = Silence | Chord


class Sound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parts played one after the other, from one buffer, so that their timing is exact.

    Examples
    --------
    >>> pip = Chord((4000.0,), duration=0.05, level_db_spl=73)
    >>> round(Sound((pip, Silence(0.375), pip)).duration, 6)
    0.475
    """

    parts: tuple[Part, ...]

    @property
    def duration(self) -> float:
        """Seconds from the first sample to the last."""
        return math.fsum(part.duration for part in self.parts)
