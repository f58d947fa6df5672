"""Sounds as data: what is to be heard, not how it is made."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0)]
LevelDbSpl = Annotated[float, msgspec.Meta(ge=0, le=120)]
FrequencyHz = Annotated[float, msgspec.Meta(gt=0)]
ModulationHz = Annotated[float, msgspec.Meta(ge=0)]
Gate = Annotated[float, msgspec.Meta(ge=0)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


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
        Mean level of the whole chord at the ear between its gates, modulation included, dB SPL.
    modulation_hz
        Rate of a full sinusoidal amplitude modulation; 0 for none.
    gate
        Seconds of the rise and of the fall.
    """

    frequencies_hz: Annotated[tuple[float, ...], msgspec.Meta(min_length=1)]
    duration: Seconds
    level_db_spl: LevelDbSpl
    modulation_hz: ModulationHz = 0.0
    gate: Gate = 0.005


class Noise(msgspec.Struct, frozen=True, tag="noise", forbid_unknown_fields=True):
    """White noise in a band, with cosine gates at both ends; the same for the same seed.

    Parameters
    ----------
    low_hz, high_hz
        The band: at the ear its power is spread evenly from one to the other.
    duration
        Seconds, gates included.
    level_db_spl
        Mean level at the ear between the gates, modulation included, dB SPL. In a ramp it is
        the level at the start.
    end_level_db_spl
        Level at the end: the level in dB goes there in a straight line. None: it stays.
    modulation_hz
        Rate of a full sinusoidal amplitude modulation; 0 for none.
    gate
        Seconds of the rise and of the fall.
    seed
        Chooses one noise of all those that there are.
    """

    low_hz: FrequencyHz
    high_hz: FrequencyHz
    duration: Seconds
    level_db_spl: LevelDbSpl
    end_level_db_spl: LevelDbSpl | None = None
    modulation_hz: ModulationHz = 0.0
    gate: Gate = 0.005
    seed: Seed = 0


class WavFile(msgspec.Struct, frozen=True, tag="wav", forbid_unknown_fields=True):
    """A recorded sound, from a WAV file of the lab.

    Parameters
    ----------
    file
        Its path relative to the lab's folder, with ``/``.
    duration
        Seconds that the protocol counts on; the file must be as long, to within a sample.
    level_db_spl
        Mean level at the ear over the whole file, dB SPL.
    """

    file: str
    duration: Seconds
    level_db_spl: LevelDbSpl


Part = Silence | Chord | Noise | WavFile


class Sound(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Parts played one after the other, from one buffer, so that their timing is exact.

    Parameters
    ----------
    parts
        What tells the sound from others.
    announced_by
        What is played before, and is the same before others.

    Examples
    --------
    >>> pip = Chord((4000.0,), duration=0.05, level_db_spl=73)
    >>> noise = Noise(2000.0, 60000.0, duration=0.2, level_db_spl=73)
    >>> sound = Sound((noise,), announced_by=(pip, Silence(0.375)))
    >>> sound.announcement, sound.duration
    (0.425, 0.625)
    """

    parts: tuple[Part, ...]
    announced_by: tuple[Part, ...] = ()

    @property
    def played(self) -> tuple[Part, ...]:
        """All that is played, in its order."""
        return (*self.announced_by, *self.parts)

    @property
    def announcement(self) -> float:
        """Seconds from the first sample to that of the parts that tell the sound from others."""
        return math.fsum(part.duration for part in self.announced_by)

    @property
    def duration(self) -> float:
        """Seconds from the first sample to the last."""
        return math.fsum(part.duration for part in self.played)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it is made of, each one once: paths relative to the lab's folder."""
        return tuple(dict.fromkeys(part.file for part in self.played if isinstance(part, WavFile)))
