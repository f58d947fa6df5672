"""A speaker's calibration: the level at the ear at full scale, by frequency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydantic

from calibration.record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items


class SpeakerPoint(FrozenModel):
    """One measurement: a tone of one frequency, played at full scale."""

    frequency_hz: float = pydantic.Field(gt=0)
    full_scale_db_spl: float = pydantic.Field(ge=0, le=150)


class SpeakerFile(Calibration):
    """The file of a speaker's calibration."""

    microphone: str
    points: Items[SpeakerPoint] = pydantic.Field(min_length=2)


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

    def refuse(self, frequency_hz: float) -> str | None:
        """Return why a frequency cannot be played at a known level, or None if it can."""
        lowest, highest = self._frequencies[0], self._frequencies[-1]
        if lowest <= frequency_hz <= highest:
            return None
        return f"{frequency_hz:g} Hz lies outside its calibration, {lowest:g} to {highest:g} Hz"

    def amplitude(self, frequency_hz: float, level_db_spl: float) -> float:
        """Return the peak amplitude (1 is full scale) of a tone with that level at the ear."""
        full_scale = np.interp(np.log(frequency_hz), np.log(self._frequencies), self._levels)
        return float(10 ** ((level_db_spl - full_scale) / 20))
