"""Frames of a cortex that darkens after tones, where and by how much it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.lens import middle


@dataclass(frozen=True)
class Imaging:
    """How made-up frames are taken.

    Parameters
    ----------
    shape
        Height and width.
    um_per_px
        Of the frames.
    rate_hz
        Frames per second.
    trials
        Of each tone.
    interval
        Seconds from onset to onset.
    depth
        Share of the light that a response takes away at its darkest.
    width_um
        SD of a response.
    noise
        SD of the noise of a pixel, as a share of the light.
    drift
        SD of what the light of all pixels together does from trial to trial.
    """

    shape: tuple[int, int] = (36, 48)
    um_per_px: float = 60.0
    rate_hz: float = 4.0
    trials: int = 10
    interval: float = 6.0
    depth: float = 2e-3
    width_um: float = 250.0
    noise: float = 2e-3
    drift: float = 3e-3


@dataclass(frozen=True, eq=False)
class Filmed:
    """Frames, ``(frames, height, width)``, their times, ``(frames,)``, and the onsets of tones."""

    frames: NDArray[np.uint16]
    times: NDArray[np.float64]
    onsets: dict[float, list[float]]


def filmed_tones(
    places_um: Mapping[float, tuple[float, float] | None],
    imaging: Imaging,
    rng: np.random.Generator,
) -> Filmed:
    """Return frames of a cortex on which tones are played, in turn.

    Parameters
    ----------
    places_um
        By frequency in hertz, where it darkens, from the picture's middle; None is nowhere.
    imaging
        How it is filmed.
    rng
        Source of chance.
    """
    tones = [tone for _ in range(imaging.trials) for tone in places_um]
    onsets: dict[float, list[float]] = {tone: [] for tone in places_um}
    for number, tone in enumerate(tones):
        onsets[tone].append(imaging.interval * (number + 0.5))
    times = np.arange(int(imaging.interval * len(tones) * imaging.rate_hz)) / imaging.rate_hz
    rows, columns = np.indices(imaging.shape)
    centre = middle(imaging.shape)
    x = (columns - centre[0]) * imaging.um_per_px
    y = (rows - centre[1]) * imaging.um_per_px
    light = 30_000 * (1 - 0.2 * (columns / imaging.shape[1] - 0.5))
    dark = np.zeros((len(times), *imaging.shape), dtype=np.float32)
    for tone, place in places_um.items():
        if place is not None:
            square = (x - place[0]) ** 2 + (y - place[1]) ** 2
            shape = imaging.depth * np.exp(-square / (2 * imaging.width_um**2))
            dark += (_course(times, onsets[tone])[:, None, None] * shape).astype(np.float32)
    trial = (times // imaging.interval).astype(int)
    common = rng.normal(0, imaging.drift, len(tones))[trial][:, None, None]
    noise = imaging.noise * rng.standard_normal(dark.shape, dtype=np.float32)
    frames = np.rint(light * (1 + common + noise - dark))
    return Filmed(np.asarray(frames, dtype=np.uint16), times, onsets)


def _course(times: NDArray[np.float64], onsets: list[float]) -> NDArray[np.float64]:
    """Return how far responses are at each time: they rise for 2 s, and fall as slowly."""
    since = times[:, None] - np.array(onsets)
    return np.asarray(np.clip(1 - np.abs(since - 2) / 2, 0, 1).sum(axis=1))
