"""How often the intervals of a screen's calibration hold the truth, on simulated screens.

``python -m benchmarks.screen_calibration``: guns of many kinds before a photometer whose readings
scatter by a share of them and are rounded to 0.01 cd/m2.
"""

from __future__ import annotations

import numpy as np

from calibration.gun_curve import GunCurve
from calibration.screen_fit import (
    MID_LEVELS,
    KnownCurve,
    excess,
    grating_of,
    isoluminance,
    known_curve,
)
from hardware.calibrating.screen import evenly
from hardware.calibrating.simulated import photometer

CALIBRATIONS, SEED, LEVELS, GREY = 1000, 4, 9, 0.5
FULL_CD_M2 = (40.0, 120.0, 15.0)
"""Of the guns."""


def coverage(calibrations: int, seed: int, levels: int) -> dict[str, float]:
    """Return the share of simulated calibrations of a gun whose 95 % intervals hold the truth."""
    rng = np.random.default_rng(seed)
    names = ["exponent", *(f"light of {level}" for level in MID_LEVELS)]
    held = np.zeros(len(names))
    for _ in range(calibrations):
        truth = _gun(rng, float(rng.choice(FULL_CD_M2)))
        known = _known(truth, rng, levels)
        wrong = np.abs(_asked(known.curve) - _asked(truth))
        held += wrong <= known.margin(_asked)
    return dict(zip(names, (held / calibrations).tolist(), strict=True))


def grey_coverage(calibrations: int, seed: int, levels: int) -> float:
    """Return the share of screens on which a grating is as bright beside the grey as was told."""
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(calibrations):
        truth = [_gun(rng, full) for full in FULL_CD_M2]
        known = [_known(each, rng, levels) for each in truth]
        low, high = isoluminance(known, GREY).excess_interval
        shown = grating_of([each.curve for each in known], GREY)
        held += low <= float(excess(truth, shown)) <= high
    return held / calibrations


def _asked(curve: GunCurve) -> np.ndarray:
    return np.append(curve.exponent, curve.light(MID_LEVELS))


def _gun(rng: np.random.Generator, full: float) -> GunCurve:
    """Return a gun of an ordinary screen."""
    offset, exponent = rng.uniform(-0.02, 0.03), rng.uniform(1.8, 2.5)
    return GunCurve(rng.uniform(0.05, 0.3), full, offset, exponent)


def _known(truth: GunCurve, rng: np.random.Generator, levels: int) -> KnownCurve:
    read = photometer({"red": truth}, int(rng.integers(2**32)))
    measured = evenly(levels)
    return known_curve(measured, [read("red", level) for level in measured])


def main() -> None:
    """Print the shares."""
    print(f"{CALIBRATIONS} simulated calibrations; 95 % intervals that hold the truth:")
    for name, share in coverage(CALIBRATIONS, SEED, LEVELS).items():
        print(f"  {name:<20} {100 * share:.1f} %")
    share = grey_coverage(CALIBRATIONS, SEED, LEVELS)
    print(f"  {'grating beside grey':<20} {100 * share:.1f} %")


if __name__ == "__main__":
    main()
