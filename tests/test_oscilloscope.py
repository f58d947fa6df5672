"""An emulated set-shifting session under an oscilloscope: what came out, against its record.

Three observers look at it from outside, on one clock: at the card's lines, at the voltage of its
output, and at the screen. What is logic must be so in each trial; times are judged by their
medians, since other programs run beside.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.oscilloscope import STATED, Findings, compare, run, told
from benchmarks.oscilloscope_lab import SHORT, oscilloscope_lab

pytestmark = pytest.mark.realtime

BUSY = 3.0
"""By how much a median may be worse than what is stated, on a computer that is busy."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Return what the oscilloscope saw of twelve short trials."""
    lab = oscilloscope_lab(tmp_path_factory.mktemp("scope") / "lab", persistence=0.5)
    return compare(*run(lab, SHORT, seed=3), lab)


def test_every_trial_is_what_the_record_says(found: Findings) -> None:
    assert found.wrong == [], told(found)
    assert found.trials == 12


def test_sounds_and_drops_are_timed_by_the_card(found: Findings) -> None:
    sounds = np.array(found.seen["sound after the onset pulse"])
    assert len(sounds) == 12
    assert np.all((sounds >= 0) & (sounds < 1e-4)), "triggered, but for the gate's first samples"
    drops = np.array(found.seen["drop after the onset pulse"])
    assert len(drops) == 6
    assert drops == pytest.approx(0.5, abs=1e-6)


def test_recorded_times_are_what_was_seen(found: Findings) -> None:
    assert found.recorded.keys() == STATED.keys()
    for what, offs in found.recorded.items():
        assert np.median(np.abs(offs)) < BUSY * np.median(found.stated[what]), told(found)
    assert found.within("sync line") > 0.9, told(found)
