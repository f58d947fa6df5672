"""Simulated valves, balances, screens and photometers: what a calibration is tried with."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from calibration.gun_curve import DIGIT_CD_M2, GunCurve
from calibration.screen_points import Gun
from calibration.valve_fit import WATER_MG_PER_UL
from rig.bench import Bench

SCATTER = 0.03
"""Of a drop, as a share of it (standard deviation)."""
DIGIT_MG = 1.0
"""The last digit of the balance."""
TRUTH_UL, TRUTH_UL_PER_MS = -0.24, 0.14
"""What a simulated valve gives: nothing in the first 1.7 ms, and then so much each."""

PHOTOMETER_SHARE = 0.005
"""Of a reading by which those of a photometer scatter (standard deviation)."""
TRUE_GUNS: Mapping[Gun, GunCurve] = {
    "red": GunCurve(0.21, 38.0, 0.01, 2.2),
    "green": GunCurve(0.21, 116.0, 0.0, 2.1),
    "blue": GunCurve(0.21, 14.0, -0.01, 2.3),
}
"""What the guns of a simulated screen give."""


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


def photometer(guns: Mapping[Gun, GunCurve], seed: int) -> Callable[[Gun, int], float]:
    """Return a photometer before a screen of such guns: it reads what a gun gives at a level.

    Readings scatter in proportion to the light, and are rounded to the last digit.
    """
    rng = np.random.default_rng(seed)

    def read(gun: Gun, level: int) -> float:
        luminance = float(guns[gun].luminance_cd_m2(level)) * rng.normal(1, PHOTOMETER_SHARE)
        return round(max(0.0, luminance) / DIGIT_CD_M2) * DIGIT_CD_M2

    return read
