"""Sounds as they are heard: levels, spectra and envelopes, measured on the rendered samples.

A sound is played through the speaker of the template: what is measured is what that speaker
would make of the samples at the ear.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from ear import BAND_HZ, RATES_HZ, heard, inner, level, played, refused
from hypothesis import given
from hypothesis import strategies as st

from hardware.sound.noise import CREST_FACTOR
from protocols.sounds import BUILT_IN, COMPLEX_SOUNDS
from rig.sound import Chord, Noise, Silence

UP = Noise(*BAND_HZ, 2.0, 60.0, seed=1, end_level_db_spl=85.0)
DOWN = Noise(*BAND_HZ, 2.0, 85.0, seed=1, end_level_db_spl=60.0)

every_rate = pytest.mark.parametrize("rate_hz", RATES_HZ)


def levels(pressure: np.ndarray, pieces: int) -> np.ndarray:
    """Return the levels of equal pieces, one after the other, dB SPL."""
    return np.array([level(piece) for piece in np.array_split(pressure, pieces)])


@every_rate
@pytest.mark.parametrize("modulation_hz", [0.0, 1.0, 20.0])
def test_noise_has_its_mean_level(rate_hz: float, modulation_hz: float) -> None:
    noise = Noise(*BAND_HZ, 2.0, 70.0, seed=5, modulation_hz=modulation_hz)
    pressure = heard(noise, rate_hz=rate_hz)
    assert len(pressure) == round(2.0 * rate_hz)
    assert level(inner(pressure, rate_hz)) == pytest.approx(70.0, abs=0.01)


@every_rate
@pytest.mark.parametrize("duration", [0.1, 2.0])
def test_noise_is_flat_within_its_band_and_silent_outside(rate_hz: float, duration: float) -> None:
    noise = Noise(4000.0, 40_000.0, duration, 70.0, seed=2)
    pressure = inner(heard(noise, rate_hz=rate_hz), rate_hz)
    power = np.abs(np.fft.rfft(pressure * np.hanning(len(pressure)))) ** 2
    frequencies = np.fft.rfftfreq(len(pressure), 1 / rate_hz)
    centres = 4000.0 * 2 ** (np.arange(1, 20) / 6)
    densities = []
    for centre in centres[centres < 40_000 / 2 ** (1 / 6)]:
        third = (frequencies >= centre / 2 ** (1 / 6)) & (frequencies < centre * 2 ** (1 / 6))
        densities.append(10 * np.log10(power[third].mean()))
    assert len(densities) > 15
    assert np.ptp(densities) < 2.0
    assert np.abs(np.array(densities) - np.mean(densities)).max() < 1.0
    outside = (frequencies < 3900) | (frequencies > 40_100)
    assert power[outside].sum() / power.sum() < 1e-4


@every_rate
@pytest.mark.parametrize("ramp", [UP, DOWN])
def test_a_ramp_is_straight_in_db_from_its_start_to_its_end(rate_hz: float, ramp: Noise) -> None:
    found = levels(heard(ramp, rate_hz=rate_hz)[round(0.005 * rate_hz) :], 40)
    assert ramp.end_level_db_spl is not None
    step = (ramp.end_level_db_spl - ramp.level_db_spl) / 40
    assert found[0] - step / 2 == pytest.approx(ramp.level_db_spl, abs=0.5)
    assert found[-2] + 3 * step / 2 == pytest.approx(ramp.end_level_db_spl, abs=0.5)
    straight = ramp.level_db_spl + step * (np.arange(40) + 0.5)
    assert np.abs(found - straight)[:-1].max() < 0.5


@every_rate
def test_the_envelopes_of_ramps_up_and_down_mirror_each_other(rate_hz: float) -> None:
    up, down = (played(ramp, rate_hz=rate_hz) for ramp in (UP, DOWN))
    flat = played(Noise(*BAND_HZ, 2.0, 60.0, seed=1, gate=0.0), rate_hz=rate_hz)
    carried = np.abs(flat) > 0.1 * np.abs(flat).max()
    carried &= carried[::-1]
    rising = up[carried] / flat[carried]
    falling = down[carried] / flat[carried]
    scale = 10 ** (25 / 20)
    assert rising.max() == pytest.approx(scale, rel=0.05)
    ratio = rising / falling[::-1]
    assert np.ptp(ratio) / np.mean(ratio) < 1e-3
    assert level(up) == pytest.approx(level(down), abs=0.2)


@every_rate
@pytest.mark.parametrize("modulation_hz", [1.0, 20.0])
def test_noise_is_modulated_fully_at_its_rate(rate_hz: float, modulation_hz: float) -> None:
    noise = Noise(*BAND_HZ, 2.0, 70.0, seed=3, modulation_hz=modulation_hz)
    pressure = heard(noise, rate_hz=rate_hz)
    pieces = np.array_split(pressure**2, 2000)
    envelope = np.sqrt([2 * piece.mean() for piece in pieces])
    spectrum = np.abs(np.fft.rfft(envelope - envelope.mean())) / len(envelope)
    rates = np.fft.rfftfreq(len(envelope), 0.001)
    assert rates[np.argmax(spectrum)] == pytest.approx(modulation_hz)
    depth = 2 * spectrum.max() / envelope.mean()
    assert depth == pytest.approx(1.0, abs=0.05)


@every_rate
def test_slow_and_fast_modulation_have_the_same_energy(rate_hz: float) -> None:
    slow, fast = (
        heard(Noise(*BAND_HZ, 2.0, 60.0, seed=1, modulation_hz=modulation_hz), rate_hz=rate_hz)
        for modulation_hz in (1.0, 20.0)
    )
    energy_db = 10 * np.log10(np.sum(slow**2) / np.sum(fast**2))
    assert energy_db == pytest.approx(0.0, abs=0.1)


def test_a_seed_gives_one_noise_and_another_seed_another() -> None:
    one, again, other = (played(Noise(*BAND_HZ, 0.5, 60.0, seed=seed)) for seed in (7, 7, 8))
    assert np.array_equal(one, again)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05


@given(
    low_hz=st.floats(2000, 20_000),
    width=st.floats(1000, 40_000),
    duration=st.floats(0.03, 0.3),
    seed=st.integers(0, 2**63 - 1),
    modulation_hz=st.sampled_from([0.0, 1.0, 7.3, 20.0]),
    step_db=st.floats(-20, 20),
)
def test_any_noise_is_refused_or_has_its_level_and_does_not_clip(
    low_hz: float, width: float, duration: float, seed: int, modulation_hz: float, step_db: float
) -> None:
    noise = Noise(low_hz, low_hz + width, duration, 70.0, None, modulation_hz, seed=seed)
    if refused(noise) is None:
        pressure = heard(noise)
        assert level(inner(pressure, RATES_HZ[0])) == pytest.approx(70.0, abs=0.1)
    ramp = Noise(low_hz, low_hz + width, duration, 80.0, 80.0 + step_db, modulation_hz, seed=seed)
    if refused(ramp) is None:
        played(ramp)


def test_the_loudest_noise_that_is_not_refused_fits_just_in() -> None:
    loudest = max(
        level_db_spl
        for level_db_spl in np.arange(80, 110, 0.1)
        if refused(Noise(*BAND_HZ, 2.0, float(level_db_spl), seed=1)) is None
    )
    samples = played(Noise(*BAND_HZ, 2.0, float(loudest), seed=1))
    assert 0.9 < np.abs(samples).max() <= 1
    assert np.abs(samples).max() <= CREST_FACTOR * np.std(samples) * 1.01
    assert loudest > 90


def test_the_speaker_of_the_template_plays_what_the_paper_needs() -> None:
    loud = (UP, DOWN, Noise(*BAND_HZ, 2.0, 85.0, seed=1, modulation_hz=1.0))
    tones = [Chord((frequency,), 0.5, 90.0) for frequency in (4000.0, 16_000.0, 64_000.0)]
    assert [refused(part) for part in (*loud, *tones)] == [None] * 6


@pytest.mark.parametrize(
    ("noise", "reason"),
    [
        (Noise(1000.0, 9000.0, 1.0, 60.0), "1000 Hz lies outside its calibration"),
        (Noise(9000.0, 70_000.0, 1.0, 60.0), "70000 Hz lies outside its calibration"),
        (Noise(9000.0, 96_000.0, 1.0, 60.0), "96000 Hz needs a rate above 192000 Hz"),
        (Noise(9000.0, 9000.0, 1.0, 60.0), "there is no band from 9000 to 9000 Hz"),
        (Noise(9000.0, 9100.0, 0.1, 60.0), "noise of 0.1 s needs a band of 223 Hz or more"),
        (Noise(9000.0, 20_000.0, 0.01, 60.0), "two gates of 0.005 s do not fit into 0.01 s"),
        (Noise(9000.0, 20_000.0, 1.0, 105.0), "105 dB SPL is more than the speaker can give"),
        (Noise(9000.0, 20_000.0, 1.0, 60.0, 105.0), "105 dB SPL is more than the speaker can"),
        (Noise(9000.0, 20_000.0, 1.0, 90.0, 60.0, 0.05), "90 dB SPL is more than the speaker"),
    ],
)
def test_noise_that_cannot_be_played_true_is_refused(noise: Noise, reason: str) -> None:
    assert reason in str(refused(Silence(0.1), noise))


@every_rate
def test_parts_of_all_kinds_begin_on_their_sample(rate_hz: float) -> None:
    pip = Chord((4000.0,), 0.05, 73.0)
    noise = Noise(10_000.0, 30_000.0, 0.0701, 73.0, seed=4)
    pressure = heard(pip, Silence(0.3751), noise, Silence(0.1), UP, rate_hz=rate_hz)
    samples = played(pip, Silence(0.3751), noise, Silence(0.1), UP, rate_hz=rate_hz)
    assert len(samples) == round((0.05 + 0.3751 + 0.0701 + 0.1 + 2.0) * rate_hz)
    borders = [round(time * rate_hz) for time in (0.05, 0.4251, 0.4952, 0.5952)]
    assert not samples[borders[0] : borders[1]].any()
    assert not samples[borders[2] : borders[3]].any()
    assert samples[borders[1] + 1 :][:9].any()
    assert samples[borders[3] + 1 :][:9].any()
    part = inner(pressure[borders[1] : borders[2]], rate_hz)
    assert level(part) == pytest.approx(73.0, abs=0.1)


@every_rate
def test_the_complex_sounds_have_one_mean_level(rate_hz: float) -> None:
    """It is taken between the gates, over 60 of the 70 ms; over all 70 it is equal to 0.3 dB."""
    cues = {name: heard(BUILT_IN[name].part(73.0), rate_hz=rate_hz) for name in "ABC"}
    assert tuple(cues) == COMPLEX_SOUNDS
    for name, pressure in cues.items():
        assert level(inner(pressure, rate_hz)) == pytest.approx(73.0, abs=0.05), name
    whole = [level(pressure) for pressure in cues.values()]
    assert max(whole) - min(whole) < 0.3


def test_the_complex_sounds_have_different_spectra_within_10_to_30_khz() -> None:
    spectra = {}
    for name in COMPLEX_SOUNDS:
        pressure = heard(BUILT_IN[name].part(73.0))
        spectra[name] = np.abs(np.fft.rfft(pressure)) ** 2
        frequencies = np.fft.rfftfreq(len(pressure), 1 / RATES_HZ[0])
        inside = (frequencies >= 10_000) & (frequencies <= 30_000)
        assert spectra[name][inside].sum() / spectra[name].sum() > 0.999
    for one, other in combinations(spectra.values(), 2):
        assert np.corrcoef(one, other)[0, 1] < 0.1


def test_the_complex_sounds_have_different_modulations() -> None:
    """Each envelope is the one of its own recipe, and of no other."""
    time = (np.arange(70) + 0.5) / 1000
    recipes = {
        "A": np.ones(70),
        "B": (1 - np.cos(2 * np.pi * 28 * time)) / 2,
        "C": (1 - np.cos(2 * np.pi * 57 * time)) / 2,
    }
    for name in COMPLEX_SOUNDS:
        pressure = inner(heard(BUILT_IN[name].part(73.0)), RATES_HZ[0], gate=0.005)
        envelope = np.sqrt([piece.mean() for piece in np.array_split(pressure**2, 60)])
        errors = {}
        for recipe, wanted in recipes.items():
            shape = wanted[5:65]
            scale = shape @ envelope / (shape @ shape)
            errors[recipe] = np.std(envelope - scale * shape) / envelope.mean()
        assert errors.pop(name) < 0.1
        assert min(errors.values()) > 0.3
