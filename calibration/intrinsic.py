"""Maps of intrinsic signals: where the cortex darkens after tones, and whether it does at all.

As Ceballo et al. 2019: the picture after the onset of a tone (mean over 2 s) divided by the mean
picture just before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from calibration.dots import FULL_SCALES
from calibration.lens import Lens, middle
from rig.errors import CheckFailed, Problem
from rig.picture import Disk

WHERE = "the frames of intrinsic imaging"
PAPER_TONES_HZ = (4000.0, 8000.0, 16000.0, 32000.0)
MOST_SIGNS = 4096
RESAMPLED = 200
MOST_SATURATED = 0.01
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """How maps are made.

    Parameters
    ----------
    before, after
        Seconds of frames before and after the onset.
    smoothed_um
        SD of the blur of the maps.
    chance
        Of a location although there is no response, over all tones together.
    """

    before: float = 1.0
    after: float = 2.0
    smoothed_um: float = 100.0
    chance: float = 0.05


@dataclass(frozen=True, eq=False)
class ToneMap:
    """What a tone does to the cortex.

    Attributes
    ----------
    frequency_hz
        Of the tone.
    ratio
        Picture after over picture before, mean over trials, smoothed, ``(height, width)``. What
        changes everywhere is taken out: the median of each trial's map is 1.
    trials
        How many there were.
    p
        Chance of a darkening that is as clear somewhere in the map, if there is no response.
    peak_um
        Where it is darkest, x right and y down from the picture's middle; None if there is no
        response.
    spread_um
        SD of that place, if trials are drawn anew; None if there is no response.
    """

    frequency_hz: float
    ratio: Floats
    trials: int
    p: float
    um_per_px: float
    peak_um: tuple[float, float] | None
    spread_um: float | None

    @property
    def words(self) -> str:
        """The response in words."""
        tone = f"{self.frequency_hz / 1000:g} kHz"
        if self.peak_um is None:
            return f"{tone}: no response (p = {self.p:.3f}, {self.trials} trials)"
        x, y = self.peak_um
        return (
            f"{tone}: {x:.0f}, {y:.0f} um, SD {self.spread_um:.0f} um (darker by "
            f"{1 - self.ratio.min():.2%}, p = {self.p:.3f}, {self.trials} trials)"
        )

    def disk(self, diameter_um: float) -> Disk | None:
        """Return a disk on the response, or None if there is none."""
        return None if self.peak_um is None else Disk(*self.peak_um, diameter_um)


def tone_maps(
    frames: NDArray[Any],
    times: ArrayLike,
    onsets: Mapping[float, Sequence[float]],
    um_per_px: float,
    rng: np.random.Generator,
    settings: Settings | None = None,
    lens: Lens | None = None,
) -> tuple[ToneMap, ...]:
    """Return the map of each tone.

    Parameters
    ----------
    frames
        ``(frames, height, width)``.
    times
        When each was exposed, seconds, ``(frames,)``, by the clock of the onsets.
    onsets
        By frequency in hertz, the onset of each trial, seconds.
    um_per_px
        Of the frames.
    rng
        Source of chance.
    settings
        If none are given, those of the paper.
    lens
        The camera's, whose distortion is taken out; None if there is none.

    Raises
    ------
    CheckFailed
        If a trial has no frames, there are too few trials, or a picture is black or has too much
        light.
    """
    settings = Settings() if settings is None else settings
    _refuse_light(frames)
    chance = settings.chance / len(onsets)
    return tuple(
        _tone_map(
            frequency_hz,
            ratios(frames, times, each, settings, lens),
            um_per_px,
            chance,
            settings,
            rng,
        )
        for frequency_hz, each in onsets.items()
    )


def ratios(
    frames: NDArray[Any],
    times: ArrayLike,
    onsets: Sequence[float],
    settings: Settings,
    lens: Lens | None = None,
) -> Floats:
    """Return the picture after over the picture before each onset, ``(trials, height, width)``."""
    at = np.asarray(times, dtype=float)
    found = []
    for onset in onsets:
        before = (at >= onset - settings.before) & (at < onset)
        after = (at >= onset) & (at < onset + settings.after)
        if not before.any() or not after.any():
            raise _refused(
                f"there are no frames around the onset at {onset:g} s",
                "Film from before the first tone until after the last one.",
            )
        ground = frames[before].mean(axis=0, dtype=np.float64)
        if ground.min() <= 0:
            raise _refused("a part of the picture is black", "Give more light, or a longer time.")
        light = frames[after].mean(axis=0, dtype=np.float64)
        if lens is not None:
            ground, light = lens.straightened(ground), lens.straightened(light)
        found.append(light / ground)
    return np.array(found)


def _tone_map(
    frequency_hz: float,
    changes: Floats,
    um_per_px: float,
    chance: float,
    settings: Settings,
    rng: np.random.Generator,
) -> ToneMap:
    """Return a tone's map from the ratios of its trials."""
    trials = len(changes)
    if 2.0**-trials > chance:
        least = int(np.ceil(-np.log2(chance)))
        raise _refused(
            f"{frequency_hz:g} Hz has {trials} trials and {least} are needed", "Record more trials."
        )
    sigma = settings.smoothed_um / um_per_px
    logs = np.array([gaussian_filter(np.log(each), sigma) for each in changes])
    logs -= np.median(logs, axis=(1, 2), keepdims=True)
    mean = logs.mean(axis=0)
    stride = max(1, int(sigma / 2))
    sparse = logs[:, ::stride, ::stride]
    lowest = _lowest(sparse.reshape(trials, -1), rng)
    p = float(np.mean(lowest <= lowest[0]))
    place, spread = None, None
    if p <= chance:
        threshold = np.quantile(lowest, chance)
        dark = np.where(_t(logs) <= threshold, mean, np.inf)
        row, column = np.unravel_index(int(np.argmin(dark)), mean.shape)
        x, y = np.array([column, row]) - middle((mean.shape[0], mean.shape[1]))
        place = (float(x * um_per_px), float(y * um_per_px))
        spread = _spread(sparse, rng) * stride * um_per_px
    return ToneMap(frequency_hz, np.exp(mean), trials, p, um_per_px, place, spread)


def _lowest(logs: Floats, rng: np.random.Generator) -> Floats:
    """Return the lowest t of the map for each way to turn signs of trials; the first is as it was.

    Without a response a trial's map and its negative are equally likely. The lowest value of whole
    maps corrects for their many places (Nichols and Holmes 2002).
    """
    trials = len(logs)
    if 2**trials <= MOST_SIGNS:
        signs = np.array(list(product([1.0, -1.0], repeat=trials)))
    else:
        signs = rng.choice([1.0, -1.0], size=(MOST_SIGNS, trials))
        signs[0] = 1.0
    square = np.sum(logs**2, axis=0)
    lowest = []
    for some in np.array_split(signs, max(1, len(signs) // 256)):
        means = some @ logs / trials
        spread = np.sqrt(np.maximum(square - trials * means**2, 1e-30) / (trials - 1) / trials)
        lowest.append((means / spread).min(axis=1))
    return np.concatenate(lowest)


def _t(logs: Floats) -> Floats:
    """Return Student's t over trials, ``(height, width)``."""
    return np.asarray(logs.mean(axis=0) / (logs.std(axis=0, ddof=1) / np.sqrt(len(logs))))


def _spread(logs: Floats, rng: np.random.Generator) -> float:
    """Return the SD of the darkest place in pixels of maps, if trials are drawn anew."""
    trials, _, width = logs.shape
    weights = rng.multinomial(trials, np.full(trials, 1 / trials), size=RESAMPLED) / trials
    darkest = (weights @ logs.reshape(trials, -1)).argmin(axis=1)
    places = np.stack([darkest % width, darkest // width], axis=1)
    return float(np.sqrt(np.mean(np.var(places, axis=0))))


def _refuse_light(frames: NDArray[Any]) -> None:
    """Refuse frames with too much light."""
    some = frames[:: max(1, len(frames) // 20)]
    highest = some.max()
    share = float(np.mean(some == highest))
    if highest in FULL_SCALES and share > MOST_SATURATED:
        raise _refused(
            f"{share:.0%} of the picture is at the camera's full scale, {highest:.0f}",
            "Take less light or a shorter exposure.",
        )


def _refused(what: str, do: str) -> CheckFailed:
    return CheckFailed([Problem(what, WHERE, do)])
