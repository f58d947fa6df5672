"""Takes a microphone's sensitivity by a pistonphone that sits on it."""

from __future__ import annotations

import time

from calibration.microphone import sensitivity
from hardware.calibrating.recorders import Recorder

DURATION = 2.0


def pistonphone_sensitivity(recorder: Recorder, level_db_spl: float, frequency_hz: float) -> float:
    """Return the volts that the microphone gives for a pascal; takes two seconds.

    Parameters
    ----------
    recorder
        Records the microphone.
    level_db_spl, frequency_hz
        What the pistonphone gives by its sheet: 94 dB is 1 Pa.

    Raises
    ------
    DeviceError
        If the microphone is silent or clipped, or hears no steady tone of that frequency.
    """
    recorder.begin()
    time.sleep(DURATION)
    return sensitivity(recorder.end(), recorder.rate_hz, level_db_spl, frequency_hz)
