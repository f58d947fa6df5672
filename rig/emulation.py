"""Emulated rigs: what stands in for the hardware, so that the real drivers run without it.

An `Emulation` lives in a process of its own (`rig.emulation_process`). It starts what the devices
of a rig file need, says by which settings and environment variables the drivers find it, and keeps
the virtual mouse, which meets the rig through what comes out of it alone. A rig file names the
class in its table ``[simulation]``. The messages are those between that process and the one that
has started it: one line of JSON each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import msgspec

from rig.errors import Problem
from rig.lab import Lab
from rig.picture import Flashes, Grating
from rig.rig_plan import RigPlan
from rig.room import Mouse
from rig.sound import Sound
from rig.stimuli import Stimuli


class MouseOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The virtual mouse: its class as a rig file names it, and what `rig.room.Mouse` is made of.

    `parts` is how many sessions the running one goes on with; the mouse's chance depends on it.
    """

    name: str
    settings: dict[str, Any]
    memory: dict[str, Any]
    seed: int
    parts: int


class EmulationOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="order"):
    """What is to be emulated: the rig file of a lab, for these stimuli, with or without a mouse."""

    lab: str
    rig: str
    sounds: dict[str, Sound]
    gratings: dict[str, Grating]
    flashes: dict[str, Flashes]
    mouse: MouseOrder | None

    def stimuli(self) -> Stimuli:
        """Return the stimuli that the rig may present."""
        return Stimuli(self.sounds, self.gratings, self.flashes, ())


class LetMouseIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="let mouse in"):
    """The session begins."""


class TellMemory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="tell memory"):
    """It is asked what the mouse has learned."""


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stop"):
    """It is to end at once: nobody needs what it emulates any more."""


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="progress"):
    """What is being started, in words."""

    text: str


class Ways(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ready"):
    """All is started, and this is how it is reached.

    Attributes
    ----------
    settings
        By device, the settings that lead its driver to the emulator, in place of the rig file's.
    environment
        Environment variables that lead client libraries to it.
    started
        By device, what stands in for it, in words.
    observed
        By what is emulated, where others can look at what comes out of it.
    """

    settings: dict[str, dict[str, Any]]
    environment: dict[str, str]
    started: dict[str, str]
    observed: dict[str, str] = {}


class MouseIsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mouse is in"):
    """The mouse has begun its session."""


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="memory"):
    """What the mouse has learned."""

    memory: dict[str, Any]


class Failed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="failed"):
    """It cannot go on, by a mistake in the lab's files or by something else."""

    problems: tuple[Problem, ...]
    is_mistake: bool


Order = EmulationOrder | LetMouseIn | TellMemory | Stop
Answer = Progress | Ways | MouseIsIn | Memory | Failed


class Emulation(ABC):
    """What stands in for the hardware of one rig, and the virtual mouse in it.

    Parameters
    ----------
    lab, rig
        The lab, and its rig file with the real drivers.
    stimuli
        All that the rig may present, so that the mouse can tell one from another.
    mouse
        The virtual mouse; None if none comes.
    """

    @abstractmethod
    def __init__(self, lab: Lab, rig: RigPlan, stimuli: Stimuli, mouse: Mouse | None) -> None: ...

    @abstractmethod
    def start(self, tell: Callable[[str], object]) -> Ways:
        """Start all that the devices need; return how it is reached.

        Parameters
        ----------
        tell
            Is told in words what is being started.

        Raises
        ------
        RigError
            If a device has no emulator, or one does not start; `CheckFailed` with all of them.
        """

    @abstractmethod
    def let_mouse_in(self) -> None:
        """Begin the mouse's session; all devices of the rig are open by now."""

    @abstractmethod
    def memory(self) -> dict[str, Any]:
        """Return what the mouse has learned; raise `RigError` if its life has come to an end."""

    @abstractmethod
    def stop(self) -> None:
        """End all that was started; it may be called again, and before `start`."""
