"""How late a rig's outputs are, and how well that is known: their ends, looped back to an input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rig.errors import CheckFailed, Problem
from rig.timing import MIN_PULSES, Since, TimingPath

CENTRAL = (2.5, 97.5)
"""Percentiles between which the central 95 % of lags lie."""


def path_of(
    device: str, kind: str, seen_by: str, since: Since, lags_ms: Sequence[float], pulses: int
) -> TimingPath:
    """Return a path with the numbers that its lags give.

    Parameters
    ----------
    device, kind, seen_by, since
        As in `TimingPath`.
    lags_ms
        Of each pulse that was seen, shape (pulses,).
    pulses
        How many there were.

    Raises
    ------
    CheckFailed
        If one was not seen, or there are fewer than three.
    """
    if len(lags_ms) < pulses:
        what = f"{seen_by} saw {len(lags_ms)} of {pulses} pulses of '{device}'"
        do = "Look at the wire, the sensor and its range, and measure again."
        raise CheckFailed([Problem(what, f"device '{device}'", do)])
    if pulses < MIN_PULSES:
        what = f"{pulses} pulses of '{device}' say nothing of its jitter"
        raise CheckFailed([Problem(what, f"device '{device}'", "Give 20 or more.")])
    lags = np.asarray(lags_ms, dtype=float)
    median = float(np.median(lags))
    low, high = np.percentile(lags, CENTRAL)
    return TimingPath(
        device=device,
        kind=kind,
        seen_by=seen_by,
        since=since,
        lag_ms=median,
        jitter_ms=float(np.std(lags, ddof=1)),
        uncertainty_ms=float(max(median - low, high - median)),
        lags_ms=tuple(lags.tolist()),
    )
