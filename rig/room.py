"""The room of a simulated rig: what a virtual mouse senses and drinks, and what it touches.

Faults of the rig can be scripted here, for training and tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rig.agenda import Agenda
from rig.frozen import FrozenModel

BLOCKED_SPOUT = "blocked spout"
"""The fault in which drops no longer reach the mouse."""
FREED_BY = 1.0
"""Seconds of flushing that free a blocked spout."""


class MouseSettings(FrozenModel):
    """Base of the settings of virtual mice."""


class Mouse(ABC):
    """A virtual mouse: senses through the room, answers by touching its sensors.

    A mouse has a nested class ``Settings`` and is made with its settings, with the memory it
    left its last session with (empty for a naive mouse) and with a random generator. A person
    touches the sensors for a mouse that is `led_by_hand`. One that `lives_elsewhere` is in an
    emulated rig, and meets nothing of the room.
    """

    led_by_hand: ClassVar[bool] = False
    lives_elsewhere: ClassVar[bool] = False
    Settings: type[MouseSettings]

    @abstractmethod
    def __init__(self, settings: Any, memory: dict[str, Any], rng: np.random.Generator) -> None: ...

    @abstractmethod
    def enter(self, room: Room) -> None:
        """Begin the session in `room`: make the first appointments in its agenda."""

    @abstractmethod
    def attend(self, time: float) -> None:
        """Hear that a sound began at `time`, before it can be told which one it is."""

    @abstractmethod
    def hear(self, sound: str, time: float) -> None:
        """Hear the sound called `sound`: from `time` on it can be told from others."""

    @abstractmethod
    def see(self, grating: str, time: float) -> None:
        """See the grating of that name, which began at `time`."""

    @abstractmethod
    def feel(self, flashes: str, time: float) -> None:
        """Feel the flashes of that name on the cortex, which began at `time`."""

    @abstractmethod
    def drink(self, volume_ul: float, time: float) -> None:
        """Get a drop at the spout."""

    @abstractmethod
    def memory(self) -> dict[str, Any]:
        """Return what the mouse has learned, as plain data that JSON can hold."""


class Room:
    """Joins the twins of one rig and the mouse among them.

    Parameters
    ----------
    mouse
        The animal; None leaves the room empty (as in tests of a single twin).
    simulated
        Whether the session has a virtual mouse, also where none is here (as in a replay).

    Attributes
    ----------
    spout_is_blocked
        Whether drops do not reach the mouse.
    """

    def __init__(self, mouse: Mouse | None = None, *, simulated: bool = False) -> None:
        self.agenda = Agenda()
        self.mouse = mouse
        self.simulated = simulated or (mouse is not None and not mouse.lives_elsewhere)
        self.spout_is_blocked = False
        self._flushed = 0.0
        self._sensors: dict[str, Callable[[bool, float], None]] = {}

    def connect(self, sensor: str, sense: Callable[[bool, float], None]) -> None:
        """Let a twin know by ``sense(level, time)`` when the mouse touches its sensor."""
        self._sensors[sensor] = sense

    def disconnect(self, sensor: str) -> None:
        """Take a sensor away; the mouse touches it without effect from now on."""
        self._sensors.pop(sensor, None)

    def has(self, sensor: str) -> bool:
        """Whether the rig has a sensor of that name."""
        return sensor in self._sensors

    def sensors(self) -> tuple[str, ...]:
        """Return the names of the rig's sensors, in the order of the rig file."""
        return tuple(self._sensors)

    def let_mouse_in(self) -> None:
        """Begin the mouse's session; all twins are open by now."""
        if self.mouse is not None:
            self.mouse.enter(self)

    def touch(self, sensor: str, level: bool, time: float) -> None:
        """Let the mouse begin (True) or end (False) to touch a sensor."""
        sense = self._sensors.get(sensor)
        if sense is not None:
            sense(level, time)

    def announcement(self, time: float) -> None:
        """Let what announces a sound be heard."""
        if self.mouse is not None:
            self.mouse.attend(time)

    def sound(self, name: str, time: float) -> None:
        """Let a sound be heard; behind its announcement, if it has one."""
        if self.mouse is not None:
            self.mouse.hear(name, time)

    def grating(self, name: str, time: float) -> None:
        """Let a grating be seen."""
        if self.mouse is not None:
            self.mouse.see(name, time)

    def flashes(self, name: str, time: float) -> None:
        """Let flashes be felt."""
        if self.mouse is not None:
            self.mouse.feel(name, time)

    def drop(self, volume_ul: float, time: float) -> None:
        """Let a drop appear at the spout."""
        if self.mouse is not None and not self.spout_is_blocked:
            self.mouse.drink(volume_ul, time)

    def block_spout(self) -> None:
        """Block the spout until it has been flushed for long enough."""
        self.spout_is_blocked, self._flushed = True, 0.0

    def flush(self, seconds: float) -> None:
        """Take in that a valve was open for so long, to flush the spout."""
        self._flushed += seconds
        if self._flushed >= FREED_BY:
            self.spout_is_blocked = False

    def memory(self) -> dict[str, Any]:
        """Return the memory of the mouse; empty in an empty room."""
        return {} if self.mouse is None else self.mouse.memory()
