"""Observers of light on the cortex: of a projector's picture, whoever draws it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.rig.senses import Observed, Onset
from hardware.emulators.screen_grab import ScreenGrab

BRIGHT = 128
LEAST_SHARED = 0.5
"""Share of the light that must fall where it is expected."""
BETWEEN = 0.2
"""Seconds of darkness after which flashes are over: longer than half a period."""

Lit = NDArray[np.bool_]


class FlashedField:
    """Tells flashes from each other by where the light falls.

    Parameters
    ----------
    expected
        By name, where it is bright while the disks are shown, shape (height, width).
    """

    def __init__(self, expected: Mapping[str, Lit]) -> None:
        self._expected = expected
        self._bright_at = float("-inf")

    def seen(self, lit: Lit, time: float) -> list[Observed]:
        """Return the flashes that begin with this light, if they do."""
        if not lit.any():
            return []
        is_new, self._bright_at = time > self._bright_at + BETWEEN, time
        shared = {name: _shared(lit, each) for name, each in self._expected.items()}
        best = max(shared, key=lambda name: shared[name], default=None)
        if not is_new or best is None or shared[best] < LEAST_SHARED:
            return []
        return [Onset("flashes", best, time)]


class VideoEye:
    """Sees the picture of a projector at a video output."""

    def __init__(self, grab: ScreenGrab, field: FlashedField) -> None:
        self._grab = grab
        self._field = field

    def look(self) -> list[Observed]:
        """Return the flashes that have begun since the last look, if any did."""
        picture = self._grab.grab()
        return self._field.seen(picture.levels.max(axis=2) >= BRIGHT, picture.after)


class LightCrafterEye:
    """Sees what an emulated LightCrafter throws on the cortex."""

    def __init__(self, unit: EmulatedLightCrafter, field: FlashedField) -> None:
        self._unit = unit
        self._field = field
        self._since = 0.0

    def look(self) -> list[Observed]:
        """Return the flashes that have begun since the last look, if any did."""
        seen: list[Observed] = []
        for change in self._unit.light(self._since):
            if change.time <= self._since:
                continue
            self._since = change.time
            if change.is_bright:
                seen += self._field.seen(self._unit.picture(change.picture), change.time)
        return seen


class TriggerWire:
    """Leads a line of an emulated card to the trigger input of an emulated LightCrafter."""

    def __init__(
        self, wires: CardWires, line: str, unit: EmulatedLightCrafter, since: float
    ) -> None:
        self._wires = wires
        self._line = line
        self._unit = unit
        self._since = since

    def look(self) -> list[Observed]:
        """Hand on the edges that have come since the last look; nothing is sensed by it."""
        for at, level in self._wires.history(self._line, self._since):
            self._since = at + 1e-9
            if level:
                self._unit.rise(at + time.perf_counter() - time.monotonic())
        return []


def _shared(one: Lit, other: Lit) -> float:
    """Return the share of two lit fields that they have in common."""
    either = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / either) if either else 0.0
