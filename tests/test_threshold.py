"""Touches found in a voltage: hysteresis, and a time in which nothing more counts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardware.sampling.threshold import Threshold

VOLTS = st.floats(-2.0, 2.0, allow_nan=False, width=32)


def sample_by_sample(
    volts: list[float], on_v: float, off_v: float, refractory: int
) -> list[tuple[bool, int]]:
    """Return the changes as the words of `Threshold` have them, one sample after the other."""
    found: list[tuple[bool, int]] = []
    level, last = False, None
    for sample, value in enumerate(volts):
        if last is not None and sample - last < refractory:
            continue
        reached_on = value >= on_v if on_v > off_v else value <= on_v
        reached_off = value <= off_v if on_v > off_v else value >= off_v
        if reached_off if level else reached_on:
            level, last = not level, sample
            found.append((level, sample))
    return found


@given(
    volts=st.lists(VOLTS, max_size=80),
    thresholds=st.tuples(VOLTS, VOLTS).filter(lambda pair: pair[0] != pair[1]),
    refractory=st.integers(0, 12),
    cuts=st.lists(st.integers(0, 80), max_size=6),
)
def test_it_finds_what_one_sample_after_the_other_shows_in_any_chunks(
    volts: list[float], thresholds: tuple[float, float], refractory: int, cuts: list[int]
) -> None:
    on_v, off_v = thresholds
    touch = Threshold(on_v, off_v, refractory)
    chunks = np.split(np.array(volts), sorted(min(cut, len(volts)) for cut in cuts))
    found = [change for chunk in chunks for change in touch.take(chunk)]
    expected = sample_by_sample(volts, on_v, off_v, refractory)
    assert found == expected
    assert touch.level is (bool(expected) and expected[-1][0])


def test_a_contact_that_bounces_is_one_touch() -> None:
    """Both its beginning and its end bounce for less than the refractory time."""
    volts = np.zeros(1000)
    volts[100:600] = 0.8
    volts[[103, 110, 598]] = 0.0
    volts[[605, 612]] = 0.8
    assert Threshold(0.5, 0.2, refractory=30).take(volts) == [(True, 100), (False, 598)]
    assert len(Threshold(0.5, 0.2, refractory=0).take(volts)) == 12
