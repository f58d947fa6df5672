"""When the samples of a card were taken, and which changes of a line count."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.sampling.line_filter import LineFilter
from hardware.sampling.sample_clock import SampleClock

RATE_HZ = 10_000.0
SAMPLE = 1 / RATE_HZ


def test_the_times_of_samples_follow_a_card_that_runs_fast() -> None:
    """The card runs 40 millionths fast, and each look takes up to a millisecond."""
    rng = np.random.default_rng(1)
    start, rate_hz = 12.5, RATE_HZ * (1 + 40e-6)
    clock = SampleClock(RATE_HZ, start - 5e-4, start + 5e-4)
    errors = []
    for look in np.arange(0.01, 300.0, 0.01):
        before, after = look - rng.exponential(2e-4), look + rng.exponential(2e-4)
        clock.saw(int(look * rate_hz) + 1, start + before, start + after)
        sample = int(look * rate_hz)
        errors.append(clock.time(sample) - (start + sample / rate_hz))
    assert np.abs(errors).max() < 2 * SAMPLE
    assert np.abs(errors[len(errors) // 2 :]).max() < SAMPLE


def test_a_card_that_hands_over_packets_is_late_by_no_more_than_its_quickest() -> None:
    start, packet = 3.0, 64
    clock = SampleClock(RATE_HZ, start - 1e-3, start + 1e-3)
    for look in np.arange(0.01, 20.0, 0.0021):
        count = int(look * RATE_HZ) // packet * packet
        clock.saw(count, start + look, start + look + 1e-4)
    assert clock.time(150_000) == pytest.approx(start + 15.0, abs=1e-3)


@pytest.mark.parametrize("steady", [0, 1, 3])
def test_changes_do_not_depend_on_how_samples_come(steady: int) -> None:
    rng = np.random.default_rng(steady)
    samples = np.repeat(rng.random(200) < 0.5, rng.integers(1, 7, 200))
    whole = LineFilter(steady).take(samples)
    pieces, found = LineFilter(steady), []
    for piece in np.array_split(samples, 97):
        found += pieces.take(piece)
    assert found == whole
    assert [level for level, _ in whole] == [n % 2 == 0 for n in range(len(whole))]
