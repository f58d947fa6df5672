"""Blood vessels of a cortex that is made up: random trees, seen by a camera."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Picture = NDArray[np.float64]
MARGIN = 0.35
"""Share of the picture by which the cortex reaches beyond it, on each side."""
STEP_PX = 1.5
WIDEST, FINEST = 4.0, 0.7
"""Radii of vessels, in pixels of a picture 640 px wide."""


@dataclass(frozen=True)
class View:
    """How a camera is put over a cortex.

    Parameters
    ----------
    shift_px
        To the right and down, by which the vessels are seen moved.
    turn
        Radians by which they are seen turned around the picture's middle.
    scale
        By which they are seen enlarged.
    blur_px
        SD of the blur.
    noise
        SD of the noise of one frame, in levels of 8 bits.
    frames
        How many are taken.
    gradient
        Share by which the light falls from the middle to the right rim, and rises to the left.
    contrast
        1 is that of a good window.
    """

    shift_px: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    scale: float = 1.0
    blur_px: float = 1.0
    noise: float = 4.0
    frames: int = 8
    gradient: float = 0.3
    contrast: float = 1.0

    def matrix(self, shape: tuple[int, int]) -> Picture:
        """Return where places of the reference are seen, ``(2, 3)``, in pixels."""
        middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
        cos, sin = self.scale * np.cos(self.turn), self.scale * np.sin(self.turn)
        turned = np.array([[cos, -sin], [sin, cos]])
        return np.column_stack([turned, middle + self.shift_px - turned @ middle])


@dataclass(frozen=True, eq=False)
class Cortex:
    """The light that vessels take away, 0 to 1, ``(rows, columns)``, wider than a picture.

    `shape` is height and width of a picture of it.
    """

    absorbed: Picture
    shape: tuple[int, int]

    def frames(self, view: View, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return what a camera takes, ``(frames, height, width)``."""
        rows, columns = np.indices(self.shape)
        matrix = np.vstack([view.matrix(self.shape), [0, 0, 1]])
        back = np.linalg.inv(matrix)
        x = back[0, 0] * columns + back[0, 1] * rows + back[0, 2]
        y = back[1, 0] * columns + back[1, 1] * rows + back[1, 2]
        top, left = ((np.array(self.absorbed.shape) - self.shape) / 2).astype(int)
        soft = ndimage.gaussian_filter(self.absorbed, view.blur_px)
        seen = ndimage.map_coordinates(soft, [y + top, x + left], order=3, mode="reflect")
        light = 1 - view.gradient * (2 * columns / self.shape[1] - 1)
        light *= 1 - 0.3 * (2 * rows / self.shape[0] - 1) ** 2
        bright = 130 * light * (1 - 0.6 * view.contrast * seen)
        noise = rng.normal(0, view.noise, (view.frames, *self.shape))
        return np.asarray(np.clip(np.rint(bright + noise), 0, 255), dtype=np.uint8)


def grown_cortex(
    shape: tuple[int, int], seed: int, changed: float = 0.0, trees: int = 26
) -> Cortex:
    """Return an animal's cortex.

    Parameters
    ----------
    shape
        Height and width of a picture of it.
    seed
        The animal.
    changed
        Share of its vessels that are others than before.
    trees
        How many vessels come in from the rim, each with its branches.
    """
    size = (np.array(shape) * (1 + 2 * MARGIN)).astype(int)
    unit = shape[1] / 640
    seeds = [np.random.SeedSequence([seed, number]) for number in range(trees)]
    chosen = np.random.default_rng([seed, 1_000_000])
    for number in chosen.permutation(trees)[: round(changed * trees)]:
        seeds[number] = np.random.SeedSequence([seed, number, 1])
    paths = [part for each in seeds for part in _tree(np.random.default_rng(each), size, unit)]
    return Cortex(_drawn(paths, (int(size[0]), int(size[1])), unit), shape)


def _tree(
    rng: np.random.Generator, size: NDArray[np.int64], unit: float
) -> Iterable[tuple[Picture, float]]:
    """Return the paths of a vessel and its branches, each ``(places, 2)``, with their radii."""
    place = rng.uniform(0, size)
    side = rng.integers(2)
    place[side] = rng.choice([0, size[side] - 1])
    towards = size / 2 + rng.normal(0, 0.25, 2) * size - place
    radius = float(np.exp(rng.uniform(np.log(1.5), np.log(WIDEST))))
    waiting = [(place, float(np.arctan2(towards[1], towards[0])), radius)]
    while waiting:
        place, heading, radius = waiting.pop()
        steps = int(rng.uniform(60, 220) * unit / STEP_PX * np.sqrt(radius))
        bends = heading + np.cumsum(ndimage.gaussian_filter1d(rng.normal(0, 0.12, steps), 3))
        path = place + STEP_PX * np.cumsum(np.stack([np.cos(bends), np.sin(bends)], axis=1), axis=0)
        yield path, radius * unit
        if radius * 0.75 > FINEST:
            forks = float(bends[-1]) + np.array([1, -1]) * rng.uniform(0.2, 0.6, 2)
            waiting += [(path[-1], float(fork), radius * rng.uniform(0.6, 0.8)) for fork in forks]
            middle = int(rng.integers(steps))
            aside = bends[middle] + rng.choice([-1, 1]) * rng.uniform(0.7, 1.3)
            waiting.append((path[middle], float(aside), radius * 0.55))


def _drawn(paths: list[tuple[Picture, float]], size: tuple[int, int], unit: float) -> Picture:
    """Return the light that vessels take away, ``size``."""
    widths = np.geomspace(0.4, WIDEST, 9) * unit
    canvas = np.zeros(size)
    for width in widths:
        lit = np.ones(size, dtype=bool)
        for path, radius in paths:
            if np.argmin(np.abs(widths - radius)) == np.flatnonzero(widths == width)[0]:
                column, row = np.rint(path).astype(int).T
                inside = (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
                lit[row[inside], column[inside]] = False
        if lit.all():
            continue
        away = ndimage.distance_transform_edt(lit)
        depth = np.sqrt(width / (WIDEST * unit))
        canvas = np.maximum(canvas, depth * np.clip(width + 0.5 - away, 0, 1))
    return canvas
