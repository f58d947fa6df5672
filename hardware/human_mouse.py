"""A virtual mouse that a person leads: every touch of a sensor comes from outside."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from rig.room import Mouse, MouseSettings, Room


class HumanMouse(Mouse):
    """A mouse that does nothing by itself and remembers nothing.

    Who leads it hears and sees the stimuli, and hands in a `rig.inbox.Touch` for each lick.
    """

    led_by_hand: ClassVar[bool] = True
    Settings = MouseSettings

    def __init__(
        self, settings: MouseSettings, memory: dict[str, Any], rng: np.random.Generator
    ) -> None: ...

    def enter(self, room: Room) -> None:
        """Wait for whoever leads it."""

    def attend(self, time: float) -> None:
        """Leave it to whoever leads it."""

    def hear(self, sound: str, time: float) -> None:
        """Leave it to whoever leads it."""

    def see(self, grating: str, time: float) -> None:
        """Leave it to whoever leads it."""

    def feel(self, flashes: str, time: float) -> None:
        """Leave it to whoever leads it."""

    def drink(self, volume_ul: float, time: float) -> None:
        """Drink, and do nothing about it."""

    def memory(self) -> dict[str, Any]:
        """Return nothing."""
        return {}
