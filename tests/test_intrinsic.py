"""Maps of intrinsic signals: planted responses are found, and none are made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.intrinsic import Settings, tone_maps
from hardware.emulators.cortex.tones import Filmed, Imaging, filmed_tones
from rig.errors import ConfigError
from rig.picture import Disk

PLACES = {
    4000.0: (-700.0, 300.0),
    8000.0: (-200.0, -350.0),
    16000.0: (500.0, 150.0),
    32000.0: (900.0, -400.0),
}
IMAGING = Imaging()


@pytest.fixture(scope="module")
def filmed() -> Filmed:
    return filmed_tones(PLACES, IMAGING, np.random.default_rng(1))


def test_each_tone_darkens_the_cortex_where_it_was_planted(filmed: Filmed) -> None:
    rng = np.random.default_rng(2)
    maps = tone_maps(filmed.frames, filmed.times, filmed.onsets, IMAGING.um_per_px, rng)
    for found in maps:
        assert found.peak_um is not None
        away = np.hypot(*np.subtract(found.peak_um, PLACES[found.frequency_hz]))
        assert away <= 125, found.words
        assert found.spread_um is not None
        assert found.spread_um < 125
        assert found.trials == 10
        assert found.disk(360.0) == Disk(*found.peak_um, 360.0)
        assert "kHz: " in found.words
        assert 1 - found.ratio.min() == pytest.approx(7.5e-4, abs=2e-4)
        assert np.median(found.ratio) == pytest.approx(1, abs=1e-4)


def test_where_nothing_responds_no_place_is_named() -> None:
    nowhere = dict.fromkeys(PLACES)
    places = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        film = filmed_tones(nowhere, replace(IMAGING, shape=(18, 24), trials=8), rng)
        maps = tone_maps(film.frames, film.times, film.onsets, 100.0, rng)
        places += sum(each.peak_um is not None for each in maps)
        quiet = next(each for each in maps if each.peak_um is None)
        assert "no response" in quiet.words
        assert quiet.disk(360.0) is None
    assert places <= 2


def test_a_place_that_brightens_is_no_response() -> None:
    rng = np.random.default_rng(3)
    film = filmed_tones({4000.0: (0.0, 0.0)}, replace(IMAGING, depth=-2e-3), rng)
    (found,) = tone_maps(film.frames, film.times, film.onsets, IMAGING.um_per_px, rng)
    assert found.peak_um is None


def test_the_ratio_is_that_of_the_mean_pictures_after_and_before(filmed: Filmed) -> None:
    bare = Settings(smoothed_um=1e-3)
    rng = np.random.default_rng(4)
    onsets = {4000.0: filmed.onsets[4000.0]}
    (found,) = tone_maps(filmed.frames, filmed.times, onsets, IMAGING.um_per_px, rng, bare)
    logs = []
    for onset in onsets[4000.0]:
        first = int(onset * IMAGING.rate_hz)
        before, after = filmed.frames[first - 4 : first], filmed.frames[first : first + 8]
        each = np.log(after.mean(axis=0) / before.mean(axis=0))
        logs.append(each - np.median(each))
    assert found.ratio == pytest.approx(np.exp(np.mean(logs, axis=0)), rel=1e-12)


def test_films_that_tell_nothing_are_refused(filmed: Filmed) -> None:
    rng = np.random.default_rng(5)
    few = {tone: onsets[:5] for tone, onsets in filmed.onsets.items()}
    with pytest.raises(ConfigError, match="4000 Hz has 5 trials and 7 are needed"):
        tone_maps(filmed.frames, filmed.times, few, 60.0, rng)
    late = {4000.0: [1e6] * 10}
    with pytest.raises(ConfigError, match="no frames around the onset at 1e"):
        tone_maps(filmed.frames, filmed.times, late, 50.0, rng)
    with pytest.raises(ConfigError, match="a part of the picture is black"):
        tone_maps(filmed.frames * 0, filmed.times, filmed.onsets, 50.0, rng)
    with pytest.raises(ConfigError, match="at the camera's full scale, 65535"):
        bright = np.maximum(filmed.frames, 65535)
        tone_maps(bright, filmed.times, filmed.onsets, 50.0, rng)
