"""Turns a `Sound` into samples, at the true rate of the output and by the speaker's calibration.

A tone has its level at the ear if it has the amplitude that the calibration says. The level of
any part is that of a tone with the same mean power at the ear.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.speaker import SpeakerCalibration
from hardware.sound.envelope import gates, modulation, modulation_db, refuse_gates
from hardware.sound.noise import refuse_noise, render_noise
from hardware.sound.wav_file import refuse_wav, render_wav
from rig.sound import Chord, Noise, Part, Silence, Sound, WavFile


def refuse_sound(
    sound: Sound, rate_hz: float, calibration: SpeakerCalibration, folder: Path
) -> str | None:
    """Return why a sound cannot be played as it is meant, or None if it can.

    Frequencies must lie below half the rate and within the calibration, gates must fit, and
    nothing must clip: the sum of all tones of a chord, the largest peak that a noise may have.
    Files, which lie in the lab's `folder`, are read.
    """
    for part in sound.played:
        reason = _refuse_part(part, rate_hz, calibration, folder)
        if reason:
            return reason
    return None


def render(
    sound: Sound, rate_hz: float, calibration: SpeakerCalibration, folder: Path
) -> NDArray[np.float32]:
    """Return the samples of a sound, shape (samples,), full scale at 1.

    The borders between parts fall on the sample nearest to their time, so that errors do not
    add up over the parts. A file that is a sample too long or too short for its place is cut
    or followed by silence.

    Raises
    ------
    ConfigError
        If a file cannot be read, or is not what the sound says.
    """
    ends = np.cumsum([0.0, *(part.duration for part in sound.played)])
    borders = np.rint(ends * rate_hz).astype(int)
    samples = np.zeros(borders[-1], dtype=np.float32)
    for part, start, stop in zip(sound.played, borders[:-1], borders[1:], strict=True):
        made = _render_part(part, stop - start, rate_hz, calibration, folder)[: stop - start]
        samples[start : start + len(made)] = made
    return samples


def _refuse_part(
    part: Part, rate_hz: float, calibration: SpeakerCalibration, folder: Path
) -> str | None:
    """Return why a part cannot be played as it is meant, or None if it can."""
    match part:
        case Silence():
            return None
        case Chord():
            return _refuse_chord(part, rate_hz, calibration)
        case Noise():
            return refuse_noise(part, rate_hz, calibration)
        case WavFile():
            return refuse_wav(part, rate_hz, calibration, folder)


def _render_part(
    part: Part, count: int, rate_hz: float, calibration: SpeakerCalibration, folder: Path
) -> NDArray[np.float64]:
    """Return the samples of one part: `count`, or as many as its file has."""
    match part:
        case Silence():
            return np.zeros(count)
        case Chord():
            return _render_chord(part, count, rate_hz, calibration)
        case Noise():
            return render_noise(part, count, rate_hz, calibration)
        case WavFile():
            return render_wav(part, rate_hz, calibration, folder)


def _refuse_chord(chord: Chord, rate_hz: float, calibration: SpeakerCalibration) -> str | None:
    """Return why a chord cannot be played as it is meant, or None if it can."""
    reason = refuse_gates(chord.gate, chord.duration)
    if reason:
        return reason
    for frequency_hz in chord.frequencies_hz:
        if frequency_hz >= rate_hz / 2:
            return f"{frequency_hz:g} Hz needs a rate above {2 * frequency_hz:g} Hz"
        reason = calibration.refuse(frequency_hz)
        if reason:
            return reason
    if sum(_amplitudes(chord, calibration)) > 1:
        return f"{chord.level_db_spl:g} dB SPL is more than the speaker can give"
    return None


def _render_chord(
    chord: Chord, count: int, rate_hz: float, calibration: SpeakerCalibration
) -> NDArray[np.float64]:
    """Return `count` samples of a chord."""
    time = np.arange(count) / rate_hz
    wave = np.zeros(count)
    # Golden-angle phases keep the tones from adding up to one peak at the onset.
    for number, (frequency_hz, amplitude) in enumerate(
        zip(chord.frequencies_hz, _amplitudes(chord, calibration), strict=True)
    ):
        wave += amplitude * np.sin(2 * np.pi * frequency_hz * time + 2.399963 * number)
    envelope = modulation(chord.modulation_hz, count, rate_hz)
    return wave * envelope * gates(chord.gate, count, rate_hz)


def _amplitudes(chord: Chord, calibration: SpeakerCalibration) -> list[float]:
    """Return the amplitude of each tone: equal powers that add up to the level of the whole."""
    share_db = 10 * math.log10(len(chord.frequencies_hz))
    modulated_db = modulation_db(chord.modulation_hz, chord.gate, chord.duration - chord.gate)
    level = chord.level_db_spl - share_db - modulated_db
    return [calibration.amplitude(frequency_hz, level) for frequency_hz in chord.frequencies_hz]
