"""The sounds of Ceballo et al. 2019.

The paper's complex sounds are not published as waveforms. A, B and C are made by recipe:
three 70 ms chords between 10 and 30 kHz, with different spectra and modulation and equal level.
"""

from __future__ import annotations

from rig.sound import Chord, Silence, Sound

COMPLEX_DURATION = 0.07
PIP_DURATION = 0.05
PIP_INTERVAL = 0.375
PIP_FREQUENCY_HZ = 4000.0

_SPECTRA_HZ = {
    "A": (10_200.0, 13_100.0, 16_900.0, 21_700.0),
    "B": (11_800.0, 15_300.0, 19_400.0, 27_600.0),
    "C": (12_600.0, 18_100.0, 23_900.0, 29_300.0),
}
_MODULATION_HZ = {"A": 0.0, "B": 28.0, "C": 57.0}

COMPLEX_SOUNDS = tuple(_SPECTRA_HZ)


def cued_sound(name: str, level_db_spl: float) -> Sound:
    """Return two 4 kHz pips and the complex sound `name`, 375 ms between offset and onset.

    Examples
    --------
    >>> round(cued_sound("A", 73.0).duration, 6)
    0.92
    """
    pip = Chord((PIP_FREQUENCY_HZ,), PIP_DURATION, level_db_spl)
    pause = Silence(PIP_INTERVAL)
    cue = Chord(_SPECTRA_HZ[name], COMPLEX_DURATION, level_db_spl, _MODULATION_HZ[name])
    return Sound((pip, pause, pip, pause, cue))
