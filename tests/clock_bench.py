"""Another device that sees a line by its own clock: some pulses are lost, some were never sent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.clocks.pulses import Pulses
from models.errors import Floats


@dataclass(frozen=True)
class Device:
    """Another clock, and what goes wrong on its wire."""

    drift_ppm: float = 50.0
    offset: float = -312.5
    lost: float = 0.0
    spurious: float = 0.0
    jitter: float = 0.0
    bend: float = 0.0
    """Seconds by which its drift makes it wander, over about an hour and a half."""

    def clock(self, times: Floats) -> Floats:
        """Return what it shows at seconds of the session."""
        wander = self.bend * np.sin(times / 900.0)
        return np.asarray(times * (1 + self.drift_ppm * 1e-6) + self.offset + wander)


@dataclass(frozen=True, eq=False)
class Seen:
    """What a device recorded; for each of its pulses which one of the session it is, else -1."""

    pulses: Pulses
    truth: np.ndarray[tuple[int], np.dtype[np.int64]]


def random_train(count: int, seed: int) -> Floats:
    """Return pulses as the barcode of a session sends them."""
    return np.cumsum(np.random.default_rng(seed).uniform(0.5, 1.5, count))


def seen_by(device: Device, on: Floats, seed: int = 0) -> Seen:
    """Return what a device records of pulses of the session."""
    rng = np.random.default_rng((seed, 1))
    times = device.clock(on) + rng.normal(0, device.jitter, len(on)) * (device.jitter > 0)
    kept = np.flatnonzero(rng.random(len(on)) >= device.lost)
    others = rng.uniform(times[0], times[-1], int(device.spurious * len(on)))
    together = np.concatenate([times[kept], others])
    truth = np.concatenate([kept, np.full(len(others), -1)])
    order = np.argsort(together)
    return Seen(Pulses.at(together[order]), truth[order])


def barcode_pulses(numbers: list[int], every: float = 31.0) -> Pulses:
    """Return the pulses of a generator: 20 ms on, 20 ms off, 32 bits of 29 ms, the lowest first."""
    on, off = [], []
    for place, number in enumerate(numbers):
        begin = 5.0 + place * every
        levels = [0, *((number >> bit) & 1 for bit in range(32)), 0]
        edges = begin + 0.04 + 0.029 * np.arange(33)
        on += [begin, *edges[np.flatnonzero(np.diff(levels) == 1)]]
        off += [begin + 0.02, *edges[np.flatnonzero(np.diff(levels) == -1)]]
    return Pulses.at(on, off)
