"""The sounds of the Go/NoGo tasks, by name: those of Ceballo et al. 2019, and a lab's own.

The paper's complex sounds are not published as waveforms. A, B and C are made by recipe:
three 70 ms chords between 10 and 30 kHz, with different spectra and modulation and equal level.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Literal

import pydantic

from rig.protocol import Parameters
from rig.sound import Chord, Noise, Part, Silence, WavFile

COMPLEX_DURATION = 0.07
PIP_DURATION = 0.05
PIP_INTERVAL = 0.375
PIP_FREQUENCY_HZ = 4000.0
PIPS_DURATION = 2 * (PIP_DURATION + PIP_INTERVAL)
"""Seconds from the onset of the first pip to the onset of the sound that they announce."""

_SPECTRA_HZ = {
    "A": (10_200.0, 13_100.0, 16_900.0, 21_700.0),
    "B": (11_800.0, 15_300.0, 19_400.0, 27_600.0),
    "C": (12_600.0, 18_100.0, 23_900.0, 29_300.0),
}
_MODULATION_HZ = {"A": 0.0, "B": 28.0, "C": 57.0}

COMPLEX_SOUNDS = tuple(_SPECTRA_HZ)


class ComplexSound(Parameters):
    """One of the three complex sounds."""

    form: Literal["complex"] = "complex"
    name: Literal["A", "B", "C"] = pydantic.Field(description="which of the three")

    @property
    def duration(self) -> float:
        """Seconds."""
        return COMPLEX_DURATION

    def part(self, level_db_spl: float) -> Part:
        """Return the sound with that mean level."""
        return Chord(
            _SPECTRA_HZ[self.name], COMPLEX_DURATION, level_db_spl, _MODULATION_HZ[self.name]
        )


class Tone(Parameters):
    """A pure tone."""

    form: Literal["tone"] = "tone"
    frequency_hz: float = pydantic.Field(gt=0, le=100_000, description="frequency, Hz")
    duration: float = pydantic.Field(default=0.2, gt=0, le=10, description="length, s")

    def part(self, level_db_spl: float) -> Part:
        """Return the tone with that level."""
        return Chord((self.frequency_hz,), self.duration, level_db_spl)


class Ramp(Parameters):
    """White noise whose level rises or falls steadily; it has levels of its own."""

    form: Literal["ramp"] = "ramp"
    from_db_spl: float = pydantic.Field(ge=0, le=110, description="level at the start, dB SPL")
    to_db_spl: float = pydantic.Field(ge=0, le=110, description="level at the end, dB SPL")
    duration: float = pydantic.Field(default=2.0, gt=0, le=10, description="length, s")

    def part(self, level_db_spl: float) -> Part:
        """Return the ramp; `level_db_spl` does not touch it."""
        return Noise(
            *NOISE_BAND_HZ,
            self.duration,
            self.from_db_spl,
            end_level_db_spl=self.to_db_spl,
        )


class ModulatedNoise(Parameters):
    """White noise whose amplitude is modulated, fully and sinusoidally."""

    form: Literal["modulated_noise"] = "modulated_noise"
    modulation_hz: float = pydantic.Field(ge=0, le=200, description="modulation, Hz; 0 for none")
    duration: float = pydantic.Field(default=2.0, gt=0, le=10, description="length, s")

    def part(self, level_db_spl: float) -> Part:
        """Return the noise with that mean level."""
        return Noise(
            *NOISE_BAND_HZ,
            self.duration,
            level_db_spl,
            modulation_hz=self.modulation_hz,
        )


class Wav(Parameters):
    """A WAV file of the lab."""

    form: Literal["wav"] = "wav"
    file: str = pydantic.Field(min_length=1, description="path, relative to the lab's folder")
    duration: float = pydantic.Field(gt=0, le=60, description="length of the file, s")

    def part(self, level_db_spl: float) -> Part:
        """Return what is in the file, with that mean level."""
        return WavFile(self.file, self.duration, level_db_spl)


Recipe = Annotated[
    ComplexSound | Tone | Ramp | ModulatedNoise | Wav, pydantic.Field(discriminator="form")
]
NOISE_BAND_HZ = (2000.0, 60_000.0)
BUILT_IN: Mapping[str, ComplexSound | Tone | Ramp | ModulatedNoise | Wav] = {
    "A": ComplexSound(name="A"),
    "B": ComplexSound(name="B"),
    "C": ComplexSound(name="C"),
    "up": Ramp(from_db_spl=60, to_db_spl=85),
    "down": Ramp(from_db_spl=85, to_db_spl=60),
    "noise_1_hz": ModulatedNoise(modulation_hz=1),
    "noise_20_hz": ModulatedNoise(modulation_hz=20),
}
"""The sounds of the paper, by the names that parameters use."""


def find(name: str, own: Mapping[str, Recipe]) -> Recipe:
    """Return the sound of that name: one of the lab's own, or a built-in one.

    Raises
    ------
    ValueError
        If there is none.
    """
    known = {**BUILT_IN, **own}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
        raise ValueError(f"there is no sound '{name}': {hint}")
    return known[name]


def pips(level_db_spl: float) -> tuple[Part, ...]:
    """Return the announcement: two 4 kHz pips, each with 375 ms of silence behind it.

    Examples
    --------
    >>> from rig.sound import Sound
    >>> round(Sound((BUILT_IN["A"].part(73.0),), announced_by=pips(73.0)).duration, 6)
    0.92
    """
    pip = Chord((PIP_FREQUENCY_HZ,), PIP_DURATION, level_db_spl)
    pause = Silence(PIP_INTERVAL)
    return (pip, pause, pip, pause)
