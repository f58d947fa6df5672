"""Flashes as a LightCrafter is given them, and as they run."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.projection.protocol import Sequence

AFTERWARDS = 0.05
"""Seconds after the end of flashes that end by themselves at which the LED loses its current."""


@dataclass(frozen=True)
class Prepared:
    """Flashes that can be projected: the bitmap of the disks, and how it is shown."""

    disks: bytes
    sequence: Sequence
    duration: float


@dataclass(frozen=True)
class Running:
    """Flashes that last, and the session's seconds of their begin."""

    name: str
    began: float
    prepared: Prepared

    @property
    def end(self) -> float:
        """When the last period is over."""
        return self.began + self.prepared.duration

    @property
    def due(self) -> float:
        """When the LED is to lose its current."""
        sequence = self.prepared.sequence
        return self.end + (-sequence.exposure_us / 2e6 if sequence.repeats else AFTERWARDS)

    def achieved(self, ended: float) -> float:
        """Return how long they lasted, exactly as asked for where it is."""
        return self.prepared.duration if ended == self.end else ended - self.began
