"""The record of a mouse's tone maps: where its cortex answers which tone, on its reference."""

from __future__ import annotations

import pydantic

from rig.calibration_record import Calibration
from rig.frozen import FrozenModel, Items
from rig.picture import Disk


class MappedTone(FrozenModel):
    """Where the cortex darkens after a tone.

    Attributes
    ----------
    frequency_hz, trials
        The tone, and how often it was played.
    p
        Chance of a darkening that is as clear somewhere in the map, if there is no response.
    x_um, y_um, spread_um
        The place on the reference, x right and y down from its middle, and the SD of that place if
        trials are drawn anew; None if there is no response.
    """

    frequency_hz: float = pydantic.Field(gt=0)
    trials: int = pydantic.Field(ge=1)
    p: float
    x_um: float | None = None
    y_um: float | None = None
    spread_um: float | None = None

    def disk(self, diameter_um: float) -> Disk | None:
        """Return a disk on the response, or None if there is none."""
        if self.x_um is None or self.y_um is None:
            return None
        return Disk(self.x_um, self.y_um, diameter_um)


class MapFile(Calibration):
    """The tones that were mapped in a mouse.

    Attributes
    ----------
    subject, reference, placement
        The mouse, the id of its reference, and that of the registration of the day.
    frames, frames_sha256, um_per_px
        The file of the film, its digest, and the size of its pixels.
    before, after, smoothed_um
        How the maps were made (`calibration.intrinsic.Settings`).
    diameter_um
        Of the disks that are drawn on them.
    tones
        What was found.
    """

    kind = "map"
    subject: str
    reference: str
    placement: str
    frames: str
    frames_sha256: str
    um_per_px: float = pydantic.Field(gt=0)
    before: float
    after: float
    smoothed_um: float
    diameter_um: float
    tones: Items[MappedTone] = pydantic.Field(min_length=1)


def map_file(subject: str) -> str:
    """Return where the map in force of a mouse is, relative to the lab's folder."""
    return f"calibration/{subject}-{MapFile.kind}.toml"
