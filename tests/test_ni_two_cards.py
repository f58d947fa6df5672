"""Two NI cards, whose clocks run fast and slow: nothing is lost, and times do not drift."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.two_cards import DRIFTS_PPM, FROM, RATE_HZ, WIDTH, virtual_cards

SECONDS = 25.0
SAMPLE = 1 / RATE_HZ


def test_licks_on_two_cards_keep_their_times_though_the_cards_clocks_drift() -> None:
    """`benchmarks.two_cards` runs the same for an hour."""
    for drift_ppm, card in zip(DRIFTS_PPM, virtual_cards(SECONDS), strict=True):
        told = card.told
        due = SECONDS * RATE_HZ * (1 + drift_ppm * 1e-6)
        assert told.line_rows == told.voltage_rows == pytest.approx(due, abs=2)
        begins = [at for level, at in told.edges if level]
        ends = [at for level, at in told.edges if not level]
        assert len(begins) == len(ends) == len(told.begins) > 2 * FROM
        assert np.subtract(ends, begins) == pytest.approx(WIDTH, abs=2 * SAMPLE)
        assert np.abs(told.errors()).max() < 2 * SAMPLE
