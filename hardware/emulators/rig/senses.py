"""What a virtual mouse meets in an emulated rig: onsets of stimuli and drops, seen from outside.

All times are seconds of `time.perf_counter`, which the programs of one computer share; the
emulated card's `time.monotonic` is the same clock on Linux.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol


class Onset(NamedTuple):
    """A stimulus began."""

    sense: Literal["sound", "grating", "flashes"]
    name: str
    time: float


class Audible(NamedTuple):
    """Something began to sound; it cannot be told yet what it is."""

    time: float


class Drop(NamedTuple):
    """A drop came out of the spout."""

    volume_ul: float
    time: float


class Rinse(NamedTuple):
    """Water ran through the spout for so many seconds, led away from the mouse."""

    duration: float
    time: float


Observed = Onset | Audible | Drop | Rinse


class Observer(Protocol):
    """Looks at what comes out of the rig, by itself: no driver tells it anything."""

    def look(self) -> list[Observed]:
        """Return what has happened since the last look; does not wait."""
