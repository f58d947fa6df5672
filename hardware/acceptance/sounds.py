"""Checks of speakers: the card's true rate, and what a microphone hears of tones."""

from __future__ import annotations

from functools import partial

import numpy as np

from hardware.acceptance.place import Ears, Floats, Place, opened
from hardware.acceptance.results import NotApplicable, Result, Value, judged
from hardware.ni.card import card_of
from hardware.ni.errors import told
from hardware.ni.waveform import Waveform
from hardware.ni_speaker import NiSpeakerSettings
from rig.bench import report_of
from rig.devices import Speaker
from rig.sound import Chord, Sound
from rig.streams import StreamSpec

MICROPHONE = "microphone"
"""The channel of an analog input that a measuring microphone is wired to."""
PASCAL = "Pa"
TONES_HZ = (1000.0, 2000.0, 4000.0, 8000.0, 16_000.0, 32_000.0, 64_000.0)
TONE_DB_SPL, TONE_DURATION = 70.0, 0.6
QUIET = 0.1
"""Seconds at either end of a tone that are not looked at."""
RATE_LIMIT = 1e-6
LEVEL_LIMIT_DB, FREQUENCY_LIMIT = 3.0, 1e-3
PATIENCE = 2.0


def sound_rate(place: Place, name: str) -> Result:
    """Read back the rate at which the card would play, beside that of the rig file."""
    place.real(name)
    settings = place.plan.settings[name]
    if not isinstance(settings, NiSpeakerSettings):
        raise NotApplicable(f"'{name}' is on no card that tells its true rate")
    card = card_of(settings.line, settings.address, Ears().context(place.lab.folder))
    with told(f"device '{name}', {settings.line}"):
        true_hz = Waveform(card, settings.line, settings.rate_hz).true_rate_hz()
    asked = settings.rate_hz
    low, high = asked * (1 - RATE_LIMIT), asked * (1 + RATE_LIMIT)
    return judged(
        "sound-rate",
        name,
        f"Sounds are made for {asked:.10g} Hz.",
        (Value("rate of the card", "Hz", true_hz, low, high),),
    )


def microphone(place: Place, name: str) -> Result:
    """Play tones, and compare what the microphone hears with what was asked for."""
    place.real(name)
    device, channel = place.channel(MICROPHONE)
    ears = Ears()
    with opened(place, ears, name, device) as devices:
        spec = devices[device].stream()
        if spec.channels[channel].unit != PASCAL:
            raise NotApplicable(f"the channel '{MICROPHONE}' does not measure {PASCAL}")
        rate_hz = spec.rate_hz or 0.0
        tones = _tones(devices[name], rate_hz)
        if not tones:
            raise NotApplicable(f"'{name}' can play no tone that is sampled well at {rate_hz:g} Hz")
        devices[name].load({f"{each:g}": _tone(each) for each in tones})
        values: list[Value] = []
        for frequency_hz in tones:
            present = partial(devices[name].present, f"{frequency_hz:g}")
            began = report_of(ears, present, TONE_DURATION + PATIENCE).hardware_time
            end = began + TONE_DURATION - QUIET
            times, pascals = _heard_until(ears, spec, channel, end)
            part = pascals[(times > began + QUIET) & (times < end)]
            values += tone_values(part, rate_hz, frequency_hz, TONE_DB_SPL)
    words = f"{len(tones)} tones at {TONE_DB_SPL:g} dB SPL, heard at {rate_hz:g} Hz."
    return judged("microphone", name, words, values)


def tone_values(pascals: Floats, rate_hz: float, frequency_hz: float, db_spl: float) -> list[Value]:
    """Return level, frequency and harmonics of a tone that was recorded.

    Parameters
    ----------
    pascals
        Sound pressure, shape (rows,).
    rate_hz
        Rows a second.
    frequency_hz, db_spl
        What was asked for.
    """
    # Not at the top: SciPy takes time to load, which commands that list need not wait for.
    from calibration.microphone import Microphone
    from calibration.tones import MAX_DISTORTION_DB, hear_tone

    name = f"{frequency_hz:g} Hz"
    if len(pascals) < rate_hz * QUIET:
        return [Value(f"level at {name}", "dB SPL", None, db_spl)]
    peak_hz = _peak(pascals, rate_hz, frequency_hz)
    heard = hear_tone(pascals, rate_hz, peak_hz, db_spl, Microphone(MICROPHONE, 1.0))
    found = [
        Value(f"level at {name}", "dB SPL", heard.heard_db_spl, db_spl - LEVEL_LIMIT_DB,
              db_spl + LEVEL_LIMIT_DB),
        Value(f"frequency of {name}", "Hz", peak_hz, frequency_hz * (1 - FREQUENCY_LIMIT),
              frequency_hz * (1 + FREQUENCY_LIMIT)),
    ]  # fmt: skip
    if heard.harmonics_db is not None:
        highest = MAX_DISTORTION_DB
        found.append(Value(f"harmonics of {name}", "dB", heard.harmonics_db, highest=highest))
    return found


def _tone(frequency_hz: float) -> Sound:
    return Sound((Chord((frequency_hz,), TONE_DURATION, TONE_DB_SPL),))


def _tones(speaker: Speaker, rate_hz: float) -> list[float]:
    """Return the frequencies that the speaker can play and the microphone can hear."""
    from calibration.tones import HIGHEST_SHARE

    return [
        each
        for each in TONES_HZ
        if each < HIGHEST_SHARE * rate_hz and speaker.refuse_stimulus(_tone(each)) is None
    ]


def _heard_until(ears: Ears, spec: StreamSpec, channel: int, end: float) -> tuple[Floats, Floats]:
    """Return times and values of a channel, as soon as they reach a time."""

    def has_come() -> bool:
        times, _ = ears.heard(spec, channel)
        return len(times) > 0 and bool(times[-1] >= end)

    ears.wait(has_come, PATIENCE)
    return ears.heard(spec, channel)


def _peak(pascals: Floats, rate_hz: float, frequency_hz: float) -> float:
    """Return the frequency of the highest peak near another, between bins by a parabola."""
    spectrum = np.abs(np.fft.rfft((pascals - pascals.mean()) * np.hanning(len(pascals)))) ** 2
    bins_hz = np.fft.rfftfreq(len(pascals), 1 / rate_hz)
    near = np.flatnonzero(np.abs(bins_hz - frequency_hz) <= 0.1 * frequency_hz)
    top = int(near[np.argmax(spectrum[near])])
    if not 0 < top < len(spectrum) - 1:
        return float(bins_hz[top])
    left, middle, right = np.log(np.maximum(spectrum[top - 1 : top + 2], 1e-300))
    curve = left - 2 * middle + right
    shift = 0.5 * (left - right) / curve if curve else 0.0
    return float(bins_hz[top] + shift * bins_hz[1])
