"""How often the intervals of a valve's calibration hold the truth, on simulated valves.

``python -m benchmarks.valve_calibration``: drops that scatter by 3 %, 100 of each opening time,
on a balance that shows whole milligrams.
"""

from __future__ import annotations

import numpy as np

from calibration.valve import ValvePoint
from calibration.valve_fit import WATER_MG_PER_UL, line_of
from hardware.calibrating.simulated import SCATTER, TRUTH_UL, TRUTH_UL_PER_MS
from hardware.calibrating.valve import Openings

CALIBRATIONS, SEED = 10_000, 4
BETWEEN_MS = (15.0, 30.0, 75.0)


def coverage(calibrations: int, seed: int) -> dict[str, float]:
    """Return the share of simulated calibrations whose 95 % interval holds the truth."""
    rng = np.random.default_rng(seed)
    times = np.array(Openings.open_ms)
    truth = TRUTH_UL + TRUTH_UL_PER_MS * times
    held = dict.fromkeys(["slope", *(f"drop at {each:g} ms" for each in BETWEEN_MS)], 0)
    for _ in range(calibrations):
        drops = truth[:, None] * rng.normal(1, SCATTER, (len(truth), Openings.drops))
        came_mg = np.cumsum(drops.sum(axis=1)) * WATER_MG_PER_UL
        shown_mg = np.round(rng.uniform(0, 1) + np.concatenate([[0.0], came_mg]))
        line = line_of(_points(times, np.diff(shown_mg)))
        margin = line.quantile * float(np.sqrt(line.covariance[1, 1]))
        held["slope"] += abs(line.slope_ul_per_ms - TRUTH_UL_PER_MS) <= margin
        for open_ms in BETWEEN_MS:
            wrong = float(line.volume_ul(open_ms)) - (TRUTH_UL + TRUTH_UL_PER_MS * open_ms)
            held[f"drop at {open_ms:g} ms"] += abs(wrong) <= float(line.margin_ul(open_ms))
    return {name: count / calibrations for name, count in held.items()}


def _points(times: np.ndarray, weights_mg: np.ndarray) -> list[ValvePoint]:
    return [
        ValvePoint(
            open_ms=float(time),
            volume_ul=float(weight) / Openings.drops / WATER_MG_PER_UL,
            drops=Openings.drops,
            weight_mg=float(weight),
        )
        for time, weight in zip(times, weights_mg, strict=True)
    ]


def main() -> None:
    """Print the shares."""
    print(f"{CALIBRATIONS} simulated calibrations; 95 % intervals that hold the truth:")
    for name, share in coverage(CALIBRATIONS, SEED).items():
        print(f"  {name:<16} {100 * share:.1f} %")


if __name__ == "__main__":
    main()
