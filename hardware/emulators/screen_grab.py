"""Looks at a virtual screen from outside, as a photodiode and a camera would.

Times are seconds of `time.perf_counter`, which all processes of a computer share. Nothing here
knows what was drawn, or when.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.x_connection import XConnection

CHANGE = 40.0
"""Levels by which the mean of a patch must change to be noticed."""
LOOK_EVERY = 0.002
FLAT = 4.0
"""Levels of standard deviation below which a screen shows nothing."""


@dataclass(frozen=True)
class Box:
    """A part of a screen, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """What a screen showed at some time between `after` and `before`, known no better.

    `levels` is ``(height, width, 3)``, highest row first.
    """

    after: float
    before: float
    levels: NDArray[np.uint8]


@dataclass(frozen=True)
class Stripes:
    """A grating that was seen.

    Attributes
    ----------
    orientation_deg
        Of the stripes, 0 to 180, counter-clockwise from horizontal.
    cycles_per_px
        In the middle of the screen, across the stripes.
    contrast
        Of the levels, 0 to 1: they are not luminances.
    """

    orientation_deg: float
    cycles_per_px: float
    contrast: float


@dataclass(frozen=True)
class Change:
    """A patch changed its mean level between `after` and `before`.

    `level` is its mean since then; `stripes` is what the screen showed right after, None if there
    were none.
    """

    after: float
    before: float
    level: float
    stripes: Stripes | None

    @property
    def time(self) -> float:
        """The middle of the time in which it happened."""
        return (self.after + self.before) / 2


class ScreenGrab:
    """Takes pictures of one screen of a display such as ``:99``; for a ``with`` block."""

    def __init__(self, display: str, screen: int = 0) -> None:
        self._server = XConnection(display)
        self._root = self._server.roots[screen]
        self.width_px, self.height_px = self._root.width_px, self._root.height_px

    def __enter__(self) -> ScreenGrab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the display."""
        self._server.close()

    def grab(self, box: Box | None = None) -> Picture:
        """Return what the screen, or a part of it, shows now."""
        part = box or Box(0, 0, self.width_px, self.height_px)
        after = time.perf_counter()
        levels = self._server.image(self._root, part.left, part.top, part.width, part.height)
        return Picture(after, time.perf_counter(), levels)


class ScreenWatch:
    """Watches a patch of a screen in a thread of its own, and looks at the whole when it changes.

    Parameters
    ----------
    display, screen
        Which screen.
    patch
        Where the photodiode is.
    notice
        Is given each change as it is seen, in that thread.
    """

    def __init__(
        self,
        display: str,
        screen: int,
        patch: Box,
        notice: Callable[[Change], None] = lambda change: None,
    ) -> None:
        self._eye = ScreenGrab(display, screen)
        self._patch = patch
        self._notice = notice
        self._over = threading.Event()
        self._first = self._eye.grab(patch)
        self._changes: list[Change] = []
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def __enter__(self) -> ScreenWatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def changes(self) -> list[Change]:
        """Return what was seen so far."""
        return list(self._changes)

    def close(self) -> None:
        """Look away."""
        self._over.set()
        self._thread.join()
        self._eye.close()

    def _watch(self) -> None:
        last, level = self._first, float(self._first.levels.mean())
        while not self._over.wait(LOOK_EVERY):
            try:
                seen = self._eye.grab(self._patch)
                mean = float(seen.levels.mean())
                if abs(mean - level) >= CHANGE:
                    stripes = find_stripes(self._eye.grab().levels)
                    change = Change(last.after, seen.before, mean, stripes)
                    self._changes.append(change)
                    self._notice(change)
                    level = mean
            except OSError:  # the screen is gone
                return
            last = seen


def find_stripes(levels: NDArray[np.uint8]) -> Stripes | None:
    """Return the grating that a picture shows, ``(height, width, 3)``; None if it shows none.

    The orientation is that of the gradients in the middle, where a flat screen bends no stripe;
    the frequency that of the sine that fits a line through the middle, across the stripes, best.
    """
    height, width = levels.shape[:2]
    size = int(min(height, width) * 0.6)
    top, left = (height - size) // 2, (width - size) // 2
    middle = levels[top : top + size, left : left + size].mean(axis=2)
    if middle.std() < FLAT:
        return None
    down, right = np.gradient(middle)
    angle = 0.5 * np.arctan2(-2 * np.mean(right * down), np.mean(right**2) - np.mean(down**2))
    across = np.arange(-size // 2, size // 2 + 1)
    rows = np.clip(np.rint(size / 2 - across * np.sin(angle)).astype(int), 0, size - 1)
    columns = np.clip(np.rint(size / 2 + across * np.cos(angle)).astype(int), 0, size - 1)
    orientation = float((np.degrees(angle) + 90) % 180)
    low, high = float(middle.min()), float(middle.max())
    frequency = _frequency(across, middle[rows, columns])
    return Stripes(orientation, frequency, (high - low) / max(high + low, 1.0))


def _frequency(across: NDArray[np.int_], line: NDArray[np.float64]) -> float:
    """Return the cycles per pixel of the sine that leaves the least of a line."""
    lowest, highest = 0.25 / len(line), 0.25
    for _ in range(3):
        tried = np.geomspace(lowest, highest, 60)
        best = min(tried, key=lambda cycles: _left_over(across, line, cycles))
        lowest, highest = best / 1.1, best * 1.1
    return float(best)


def _left_over(across: NDArray[np.int_], line: NDArray[np.float64], cycles: float) -> float:
    phase = 2 * np.pi * cycles * across
    waves = np.stack([np.ones_like(phase), np.sin(phase), np.cos(phase)], axis=1)
    fitted = waves @ np.linalg.lstsq(waves, line, rcond=None)[0]
    return float(np.sum((line - fitted) ** 2))
