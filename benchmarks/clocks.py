"""Alignment of clocks: how far off with drift, losses and jitter, beside two plain matchers.

``python -m benchmarks.clocks``: sessions of an hour whose barcode another clock has seen. The error
is the largest one of the map from the first to the last pulse: the median of all sessions, and the
highest; then for how much of the time it is as small as the alignment states. The plain matchers
get short records, in processor time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.clocks.alignment import align_by_intervals
from analysis.clocks.pulses import Pulses
from models.errors import Floats, ModelError
from rig.sync_lines import barcode_gaps

HOUR, SESSIONS, PLAIN_SECONDS, ROUNDS = 3600.0, 20, 400, 3
OFFSET, TOLERANCE = 1234.5, 0.002


@dataclass(frozen=True)
class Case:
    """What goes wrong: drift in ppm, shares of pulses lost and made up, jitter, a bend in s."""

    drift_ppm: float = 50.0
    lost: float = 0.0
    spurious: float = 0.0
    jitter: float = 1e-4
    bend: float = 0.0

    def clock(self, times: Floats) -> Floats:
        """Return what the other clock shows."""
        bend = self.bend * np.sin(times / 900.0)
        return np.asarray(times * (1 + self.drift_ppm * 1e-6) + OFFSET + bend)

    @property
    def words(self) -> str:
        """What goes wrong, in a line."""
        bend = f", bends by {self.bend * 1e3:g} ms" if self.bend else ""
        lost, spurious = 100 * self.lost, 100 * self.spurious
        return (
            f"{self.drift_ppm:g} ppm, {lost:g} % lost, {spurious:g} % spurious, jitter "
            f"{self.jitter * 1e3:g} ms{bend}"
        )


CASES = (
    Case(0.0, jitter=0.0),
    Case(),
    Case(lost=0.05, spurious=0.05),
    Case(lost=0.4, spurious=0.4),
    Case(100.0, lost=0.2, spurious=0.2, jitter=1e-3),
    Case(-100.0, lost=0.05, jitter=3e-5),
    Case(lost=0.05, bend=5e-3),
)


def measure() -> list[tuple[str, str]]:
    """Return errors by case, and times and successes beside plain matchers."""
    return [row for case in CASES for row in [_accuracy(case)]] + _beside_plain()


def train(seconds: float, seed: int) -> Floats:
    """Return when the barcode of a session has its pulses."""
    gaps, times = barcode_gaps((seed,)), [0.0]
    while times[-1] < seconds:
        times.append(times[-1] + next(gaps))
    return np.array(times[1:])


def seen(case: Case, on: Floats, seed: int) -> Floats:
    """Return when the other clock saw pulses."""
    rng = np.random.default_rng(seed)
    there = case.clock(on) + case.jitter * rng.normal(size=len(on))
    made_up = rng.uniform(there[0], there[-1], int(case.spurious * len(on)))
    return np.union1d(there[rng.random(len(on)) >= case.lost], made_up)


def _accuracy(case: Case) -> tuple[str, str]:
    errors, within = [], []
    for seed in range(SESSIONS):
        on = train(HOUR, seed)
        found = align_by_intervals(Pulses.at(on), Pulses.at(seen(case, on, seed)))
        times = np.linspace(found.matched[0], found.matched[-1], 1000)
        there = case.clock(times)
        off = np.abs(found.to_session(there) - times)
        errors.append(off.max())
        within.append(np.mean(off <= found.uncertainty(there) + 1e-9))
    told = f"{np.median(errors) * 1e6:.1f} us, at most {max(errors) * 1e6:.1f} us"
    return case.words, f"{told}; as stated: {100 * np.mean(within):.0f} %"


def _beside_plain() -> list[tuple[str, str]]:
    """Compare with matchers that first come to mind, on the same short records."""
    matchers: dict[str, Callable[[Floats, Floats], float]] = {
        "this one": _ours,
        "rows of intervals compared in order": _in_order,
        "every shift tried": _every_shift,
    }
    case = Case(lost=0.05, spurious=0.05)
    records = []
    for seed in range(ROUNDS):
        on = train(PLAIN_SECONDS, seed)
        records.append((on, seen(case, on, seed)))
    times = dict.fromkeys(matchers, 0.0)
    right = dict.fromkeys(matchers, 0)
    for on, other in records:
        for name, matcher in matchers.items():
            begin = time.process_time()
            shift = matcher(on, other)
            times[name] += time.process_time() - begin
            right[name] += abs(shift - OFFSET) < 0.05
    return [
        (
            f"{PLAIN_SECONDS} s, 5 % lost and spurious: {name}",
            f"right {right[name]} of {ROUNDS}; {times[name] / times['this one']:.2f} x the time",
        )
        for name in matchers
    ]


def _ours(session: Floats, other: Floats) -> float:
    try:
        return float(align_by_intervals(Pulses.at(session), Pulses.at(other)).to_other(0.0))
    except ModelError:
        return np.nan


def _in_order(session: Floats, other: Floats) -> float:
    """Lay one row of intervals along the other one, and take the place where most are alike."""
    own, others = np.diff(session), np.diff(other)
    if len(own) > len(others):
        return -_in_order(other, session)
    alike = [
        np.count_nonzero(np.abs(others[place : place + len(own)] - own) < TOLERANCE)
        for place in range(len(others) - len(own) + 1)
    ]
    return float(other[int(np.argmax(alike))] - session[0])


def _every_shift(session: Floats, other: Floats) -> float:
    """Shift each pulse of the first minute onto each other one, and count how many then agree."""
    best, at = 0, np.nan
    for pulse in session[session < session[0] + 60.0]:
        for shift in other - pulse:
            place = np.clip(np.searchsorted(other, session + shift), 1, len(other) - 1)
            near = np.minimum(
                np.abs(other[place] - session - shift), np.abs(other[place - 1] - session - shift)
            )
            count = int(np.count_nonzero(near < 10 * TOLERANCE))
            if count > best:
                best, at = count, float(shift)
    return at


if __name__ == "__main__":
    for label, value in measure():
        print(f"{label:<66} {value}")
