"""A speaker's calibration: the level at the ear at full scale, by frequency."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydantic
from numpy.typing import NDArray

from calibration.valid_range import outside
from rig.calibration_record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items


class SpeakerPoint(FrozenModel):
    """One measurement: a tone of one frequency, played at full scale."""

    frequency_hz: float = pydantic.Field(gt=0)
    full_scale_db_spl: float = pydantic.Field(ge=0, le=150)


class SpeakerFit(FrozenModel):
    """How well the points of a speaker are known, and what correcting by them leaves.

    Attributes
    ----------
    lowest_db_spl, highest_db_spl
        The 95 % interval of each point's level, (points,) each.
    floor_db_spl
        The noise around each point, in the third of an octave, (points,).
    flatness_db
        Half the way from the weakest to the loudest frequency, measured again, by correction.
    linearity_db
        How far a tone lay beside the line of its frequency, at the most.
    distortion_db
        The strongest harmonics, relative to their tone; none if the noise hides them.
    sensitivity_v_per_pa
        Volts that the microphone gave for a pascal.
    """

    lowest_db_spl: Items[float]
    highest_db_spl: Items[float]
    floor_db_spl: Items[float]
    flatness_db: dict[str, float]
    linearity_db: float = pydantic.Field(ge=0)
    distortion_db: float | None = None
    sensitivity_v_per_pa: float = pydantic.Field(gt=0)


class SpeakerFile(Calibration):
    """The file of a speaker's calibration; one that was typed by hand has no `fit`."""

    kind = "speaker"
    microphone: str
    points: Items[SpeakerPoint] = pydantic.Field(min_length=2)
    fit: SpeakerFit | None = None


class SpeakerCalibration:
    """Full-scale level over frequency, interpolated linearly over the logarithm of frequency.

    Parameters
    ----------
    folder, name
        The lab's folder and the file in it.

    Raises
    ------
    ConfigError
        If the file is missing or wrong, or its frequencies do not rise.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        file = read_calibration(folder, name, SpeakerFile)
        self._frequencies = np.array([point.frequency_hz for point in file.points])
        self._levels = np.array([point.full_scale_db_spl for point in file.points])
        if np.any(np.diff(self._frequencies) <= 0):
            raise CheckFailed(
                [
                    Problem(
                        "the frequencies do not rise",
                        str(self.path),
                        "Order the points by frequency, each one once.",
                    )
                ]
            )

    @property
    def band_hz(self) -> tuple[float, float]:
        """The lowest and the highest frequency that was measured."""
        return float(self._frequencies[0]), float(self._frequencies[-1])

    def refuse(self, frequency_hz: float) -> str | None:
        """Return why a frequency cannot be played at a known level, or None if it can."""
        return outside(frequency_hz, *self.band_hz, "Hz")

    def amplitude(self, frequency_hz: float, level_db_spl: float) -> float:
        """Return the peak amplitude (1 is full scale) of a tone with that level at the ear."""
        return float(self._amplitudes(np.array([frequency_hz]))[0] * 10 ** (level_db_spl / 20))

    def noise_rms(self, low_hz: float, high_hz: float, level_db_spl: float) -> float:
        """Return the RMS (1 is full scale) of a noise that is flat at the ear, with that level."""
        steps = np.linspace(low_hz, high_hz, 1001)
        power = np.mean(self._amplitudes((steps[1:] + steps[:-1]) / 2) ** 2) / 2
        return float(np.sqrt(power) * 10 ** (level_db_spl / 20))

    def drive(
        self, heard: NDArray[np.complex128], frequencies_hz: NDArray[np.floating[Any]]
    ) -> NDArray[np.complex128]:
        """Return the spectrum to be played for another one to be heard.

        Parameters
        ----------
        heard
            The spectrum at the ear, shape (frequencies,); a tone of peak amplitude 1 has 0 dB SPL.
        frequencies_hz
            Its frequencies, shape (frequencies,). What lies outside the calibration is not played.
        """
        lowest, highest = self.band_hz
        inside = (frequencies_hz >= lowest) & (frequencies_hz <= highest)
        played = np.zeros_like(heard)
        played[inside] = heard[inside] * self._amplitudes(frequencies_hz[inside])
        return played

    def _amplitudes(self, frequencies_hz: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the peak amplitudes of tones that have 0 dB SPL at the ear."""
        levels = np.interp(np.log(frequencies_hz), np.log(self._frequencies), self._levels)
        return np.asarray(10 ** (-levels / 20))
