"""A dish under a simulated valve, on a simulated balance: what a calibration is tried with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.valve_fit import WATER_MG_PER_UL
from rig.bench import Bench

SCATTER = 0.03
"""Of a drop, as a share of it (standard deviation)."""
DIGIT_MG = 1.0
"""The last digit of the balance."""
TRUTH_UL, TRUTH_UL_PER_MS = -0.24, 0.14
"""What a simulated valve gives: nothing in the first 1.7 ms, and then so much each."""


def simulated_line(open_time: float) -> float:
    """Return the mean volume in uL that an opening of so many seconds gives."""
    return max(0.0, TRUTH_UL + TRUTH_UL_PER_MS * 1000 * open_time)


def dish(bench: Bench, gives: Callable[[float], float], seed: int) -> Callable[[], float]:
    """Return what weighs the drops of the device on a bench, in mg, as a balance shows them.

    Parameters
    ----------
    bench
        Whose reports say how long the valve was open.
    gives
        Returns the mean volume of an opening of so many seconds.
    seed
        Of the scatter of drops.
    """
    rng = np.random.default_rng(seed)
    seen, lies_mg = 0, float(rng.uniform(0, 500))

    def weigh() -> float:
        nonlocal seen, lies_mg
        for report in bench.reports[seen:]:
            share = rng.normal(1, SCATTER)
            lies_mg += WATER_MG_PER_UL * gives(report.achieved) * share
        seen = len(bench.reports)
        return DIGIT_MG * round(lies_mg / DIGIT_MG)

    return weigh
