"""A speaker and a probe microphone as they might be: what the microphone makes of what is played.

It stands in where sound would go through air: behind an output that nobody hears.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

from calibration.gains import REFERENCE_PA
from calibration.sweep import Floats
from hardware.calibrating.recorders import Recorder


@dataclass(frozen=True)
class SimulatedSpeaker:
    """A speaker of some loudness with ripples, and a microphone with noise.

    Attributes
    ----------
    full_scale_db_spl
        Mean level of a tone of amplitude 1 in the band.
    ripple_db
        The gain goes up and down by so much.
    low_hz, high_hz
        The band; beside it the gain falls by 24 dB an octave.
    distance
        Seconds that the sound is on its way.
    noise_db_spl
        Level of the microphone's white noise, up to half the rate.
    sensitivity_v_per_pa
        Volts that it gives for a pascal.
    second_harmonic
        Amplitude of the second harmonic of a tone of amplitude 1, as a share of it; that of
        weaker tones is a smaller share.
    clip_v
        The microphone's amplifier gives no more volts than that.
    """

    full_scale_db_spl: float = 100.0
    ripple_db: float = 7.5
    low_hz: float = 3000.0
    high_hz: float = 90_000.0
    distance: float = 0.0004
    noise_db_spl: float = 35.0
    sensitivity_v_per_pa: float = 0.01
    second_harmonic: float = 0.0
    clip_v: float = np.inf

    def level_db_spl(self, frequency_hz: Floats) -> NDArray[np.float64]:
        """Return the level of tones of amplitude 1, shape (frequencies,)."""
        frequency_hz = np.maximum(frequency_hz, 1.0)
        octave = np.log2(frequency_hz / self.low_hz)
        waves = 0.62 * np.sin(2 * np.pi * 0.41 * octave) + 0.38 * np.sin(2 * np.pi * 1.13 * octave)
        below = np.log2(1 + (0.8 * self.low_hz / frequency_hz) ** 4)
        above = np.log2(1 + (frequency_hz / (1.25 * self.high_hz)) ** 4)
        return np.asarray(self.full_scale_db_spl + self.ripple_db * waves - 6 * (below + above))

    def heard(
        self, played: Floats, rate_hz: float, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return the volts of the microphone for what is played, both of shape (..., frames)."""
        frames = played.shape[-1]
        count = int(next_fast_len(frames + round(0.05 * rate_hz), real=True))
        spectrum = rfft(played, count)
        if self.second_harmonic:
            # What is above a quarter of the rate has its harmonic above half of it.
            low = irfft(np.where(rfftfreq(count) < 0.25, spectrum, 0), count)
            spectrum += rfft(2 * self.second_harmonic * low**2)
        pascals = irfft(spectrum * self._response(count, rate_hz), count)[..., :frames]
        noise_pa = REFERENCE_PA * 10 ** (self.noise_db_spl / 20)
        pascals += noise_pa * rng.standard_normal(pascals.shape, dtype=np.float32)
        volts = self.sensitivity_v_per_pa * pascals
        return np.asarray(np.clip(volts, -self.clip_v, self.clip_v))

    def _response(self, count: int, rate_hz: float) -> NDArray[np.complex128]:
        """Return pascals for full scale by frequency, of minimum phase, with the delay."""
        frequencies = rfftfreq(count, 1 / rate_hz)
        levels = self.level_db_spl(frequencies)
        magnitude = np.sqrt(2) * REFERENCE_PA * 10 ** (np.maximum(levels, -60.0) / 20)
        # The phase of a minimum-phase system follows from its log magnitude by the cepstrum.
        cepstrum = irfft(np.log(magnitude), count)
        cepstrum[1 : (count + 1) // 2] *= 2
        cepstrum[count // 2 + 1 :] = 0
        delay = np.exp(-2j * np.pi * frequencies * self.distance)
        return np.asarray(np.exp(rfft(cepstrum)) * delay)


class SimulatedMicrophone:
    """Records what a recorder hears as a microphone in front of a simulated speaker would.

    Parameters
    ----------
    recorder
        Records what is played, full scale at 1.
    speaker
        The speaker and the microphone.
    rng
        Makes the noise.
    """

    def __init__(
        self, recorder: Recorder, speaker: SimulatedSpeaker, rng: np.random.Generator
    ) -> None:
        self._recorder = recorder
        self._speaker = speaker
        self._rng = rng

    @property
    def rate_hz(self) -> float:
        """Frames a second."""
        return self._recorder.rate_hz

    def begin(self) -> None:
        """Keep what is heard from now on."""
        self._recorder.begin()

    def end(self) -> NDArray[np.float64]:
        """Return the volts since `begin`, shape (frames,)."""
        return self._speaker.heard(self._recorder.end(), self._recorder.rate_hz, self._rng)
