"""Dots in a camera's picture: found, placed to fractions of a pixel, and told from each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calibration.dot_grid import DotGrid
from calibration.homography import Places, fitted, mapped
from rig.errors import CheckFailed, Problem

WHERE = "the camera's picture of the dots"
SMOOTHED_PX = 2.0
LEAST_CONTRAST = 8.0
"""How many SD of the noise the dots must stand out by."""
FULL_SCALES = (255, 1023, 4095, 16383, 65535)
"""What cameras with 8, 10, 12, 14 and 16 bits give for too much light."""
MOST_SATURATED = 0.02
"""Share of the dots' pixels that may be at full scale."""
LEAST_AREA = 12
LEAST_SHARE = 0.4
"""Share of the grid's dots that must be found."""
LEAST_DOTS = 20
NEAR = 0.3
"""How far a dot may lie from where its neighbours expect it, in distances between dots."""


@dataclass(frozen=True, eq=False)
class Blobs:
    """Bright spots: their places, ``(blobs, 2)`` in pixels, and areas, ``(blobs,)``."""

    places_px: Places
    areas_px: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoundDots:
    """Dots of a grid in a picture: `numbers` in the grid, ``(dots,)``, and places, ``(dots, 2)``.

    `shape` is height and width of the picture.
    """

    numbers: NDArray[np.int64]
    places_px: Places
    shape: tuple[int, int]


def find_dots(picture: NDArray[Any], grid: DotGrid) -> FoundDots:
    """Return the dots of a grid in a picture, ``(height, width)``, however the camera is turned.

    Raises
    ------
    CheckFailed
        If the picture is blank or has too much light, if the three large dots cannot be told from
        the others, or if too few dots are found.
    """
    blobs = find_blobs(picture)
    least = max(LEAST_DOTS, int(np.ceil(LEAST_SHARE * len(grid.steps()))))
    if len(blobs.areas_px) < least:
        raise _too_few(len(blobs.areas_px), least)
    numbers, chosen = _told_apart(blobs, grid)
    if len(numbers) < least:
        raise _too_few(len(numbers), least)
    height, width = picture.shape
    return FoundDots(numbers, blobs.places_px[chosen], (height, width))


def find_blobs(picture: NDArray[Any]) -> Blobs:
    """Return the bright spots of a picture, ``(height, width)``, that do not touch its rim.

    Raises
    ------
    CheckFailed
        If the picture is blank, or has too much light.
    """
    grey = picture.astype(float)
    smooth = ndimage.gaussian_filter(grey, SMOOTHED_PX)
    background = float(np.median(smooth))
    noise = 1.4826 * float(np.median(np.abs(smooth - background)))
    peak = float(np.percentile(smooth, 99.8)) - background
    if peak <= LEAST_CONTRAST * noise or peak <= 0:
        raise _refused(
            "no dots are to be seen",
            "Look at lamp, focus and cover; make the room dark and the exposure longer.",
        )
    lit = smooth > background + 0.35 * peak
    _refuse_saturated(grey, lit)
    labels, count = ndimage.label(lit)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:].astype(float)
    boxes = ndimage.find_objects(labels)
    whole = np.array([_is_inside(box, grey.shape) for box in boxes], dtype=bool)
    chosen = np.flatnonzero(whole & (areas >= LEAST_AREA))
    middles = np.array(ndimage.center_of_mass(smooth - background, labels, chosen + 1))
    places = [
        _centroid(grey - background, middle[::-1], np.sqrt(area / np.pi))
        for middle, area in zip(middles, areas[chosen], strict=True)
    ]
    return Blobs(np.array(places).reshape(-1, 2), areas[chosen])


def _centroid(picture: Places, place: Places, radius: float) -> Places:
    """Return the middle of a spot, found by a Gaussian window that follows it.

    As SExtractor's XWIN_IMAGE and YWIN_IMAGE: nothing jumps where a pixel enters the window, and a
    light that is even all round does not draw it. It is narrower than the spot, so that the next
    spot does not draw it either.
    """
    sigma = max(0.7 * radius, 1.5)
    reach = int(np.ceil(3 * sigma))
    place = np.array(place, dtype=float)
    for _ in range(30):
        column, row = np.rint(place).astype(int)
        top, left = max(row - reach, 0), max(column - reach, 0)
        part = picture[top : row + reach + 1, left : column + reach + 1]
        rows, columns = np.indices(part.shape)
        away = np.stack([columns + left, rows + top], axis=-1) - place
        light = part * np.exp(-np.sum(away**2, axis=-1) / (2 * sigma**2))
        step = np.tensordot(light, away, axes=2) / light.sum()
        place = place + step
        if np.abs(step).max() < 1e-4:
            break
    return place


def _told_apart(blobs: Blobs, grid: DotGrid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of dots in the grid, and of the blobs that they are."""
    by_area = np.argsort(-blobs.areas_px)
    large, next_one = blobs.areas_px[by_area[2]], blobs.areas_px[by_area[3]]
    if large < 1.15 * next_one:
        raise _refused(
            "the three large dots cannot be told from the others",
            "Bring all three into the picture, and focus the camera.",
        )
    marks = np.array(grid.marks())
    tries = [
        _grown(blobs.places_px, grid, marks, np.array(order)) for order in permutations(by_area[:3])
    ]
    return max(tries, key=lambda each: len(each[0]))


def _grown(
    places: Places, grid: DotGrid, numbers: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the dots that are found from some of them outwards, neighbours by neighbours."""
    plane, steps = grid.places(), grid.steps()
    while True:
        matrix = fitted(plane[numbers], places[chosen])
        expected = mapped(matrix, plane)
        field = expected.reshape(grid.down, grid.across, 2)
        pitch = min(
            np.median(np.linalg.norm(np.diff(field, axis=axis), axis=-1)) for axis in (0, 1)
        )
        apart = np.abs(steps[:, None] - steps[None, numbers]).max(axis=-1).min(axis=1)
        near = np.flatnonzero(apart <= 1)
        away = np.linalg.norm(expected[near, None] - places[None], axis=-1)
        nearest = away.argmin(axis=1)
        fits = away[np.arange(len(near)), nearest] < NEAR * pitch
        _, first = np.unique(nearest[fits], return_index=True)
        found, blobs = near[fits][first], nearest[fits][first]
        if len(found) <= len(numbers):
            return numbers, chosen
        numbers, chosen = found, blobs


def _is_inside(box: tuple[slice, slice], shape: tuple[int, ...]) -> bool:
    """Whether a box touches no rim of the picture."""
    return all(side.start > 0 and side.stop < size for side, size in zip(box, shape, strict=True))


def _refuse_saturated(picture: Places, lit: NDArray[np.bool_]) -> None:
    """Refuse a picture with too much light."""
    highest = picture.max()
    share = float((picture[lit] == highest).mean())
    if highest in FULL_SCALES and share > MOST_SATURATED:
        raise _refused(
            f"{share:.0%} of the dots' light is at the camera's full scale, {highest:.0f}",
            "Take less light or a shorter exposure.",
        )


def _too_few(found: int, least: int) -> CheckFailed:
    return _refused(
        f"{found} dots are found and {least} are needed",
        "Bring more of the grid into the picture; look at focus and light.",
    )


def _refused(what: str, do: str) -> CheckFailed:
    return CheckFailed([Problem(what, WHERE, do)])
