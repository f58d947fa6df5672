"""An observer of a screen: which grating it shows, by the picture alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from hardware.display import DisplaySettings
from hardware.emulators.rig.senses import Observed, Onset
from hardware.emulators.screen_grab import FLAT, Picture, Stripes, find_stripes
from rig.picture import Grating

EVERY = 16
"""Every so many pixels of a row, and every so many rows, tell whether a screen is flat."""
MARGIN = 0.2
"""Share of the height, above and below, that is not looked at: the photodiode's patch is there."""
LIKE = 0.3
"""How unlike an expected grating stripes may be: 10 deg, or a tenth of the frequency, are 0.1."""


class Grab(Protocol):
    """Takes pictures of a screen, as `hardware.emulators.screen_grab.ScreenGrab` does."""

    height_px: int

    def grab(self) -> Picture:
        """Return what the screen shows now."""


class ScreenEye:
    """Sees gratings begin.

    Parameters
    ----------
    grab
        Looks at the screen.
    gratings
        Those that may be shown.
    settings
        Of the display: how far the pixels are apart, and how far the eye is away.
    """

    def __init__(
        self, grab: Grab, gratings: Mapping[str, Grating], settings: DisplaySettings
    ) -> None:
        self._grab = grab
        self._gratings = gratings
        px_per_deg = settings.distance_cm * math.radians(1) * settings.width_px / settings.width_cm
        self._px_per_deg = px_per_deg
        self._shows = False

    def look(self) -> list[Observed]:
        """Return the grating that has begun since the last look, if one did."""
        picture = self._grab.grab()
        rows = slice(int(MARGIN * self._grab.height_px), int((1 - MARGIN) * self._grab.height_px))
        shows = float(picture.levels[rows][::EVERY, ::EVERY].astype(np.float64).std()) >= FLAT
        began, self._shows = shows and not self._shows, shows
        stripes = find_stripes(picture.levels) if began else None
        name = self._name_of(stripes) if stripes is not None else None
        return [Onset("grating", name, picture.after)] if name is not None else []

    def _name_of(self, stripes: Stripes) -> str | None:
        """Return the grating that looks so, or None if none does."""
        unlike = {name: self._unlike(stripes, each) for name, each in self._gratings.items()}
        best = min(unlike, key=lambda name: unlike[name], default=None)
        return best if best is not None and unlike[best] < LIKE else None

    def _unlike(self, stripes: Stripes, grating: Grating) -> float:
        turned = abs(stripes.orientation_deg - grating.orientation_deg) % 180
        cycles_per_px = grating.spatial_frequency_cpd / self._px_per_deg
        finer = math.log(stripes.cycles_per_px / cycles_per_px)
        return min(turned, 180 - turned) / 100 + abs(finer)
