"""What is to be seen, as data: gratings on a screen, and disks of light on the cortex."""

from __future__ import annotations

from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Grating(msgspec.Struct, frozen=True, tag="grating", forbid_unknown_fields=True):
    """A drifting sine grating that fills the screen, which is grey before and after.

    Parameters
    ----------
    orientation_deg
        Orientation of the stripes in degrees, counter-clockwise from horizontal. They drift
        upwards, vertical ones to the left.
    duration
        Seconds.
    spatial_frequency_cpd
        Cycles per degree of visual angle.
    drift_hz
        Cycles per second that pass a point.
    contrast
        Michelson contrast, 0 to 1.
    """

    orientation_deg: float
    duration: Seconds
    spatial_frequency_cpd: Annotated[float, msgspec.Meta(gt=0)] = 0.04
    drift_hz: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    contrast: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class Disk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A round spot of light on the cortex.

    Parameters
    ----------
    x_um, y_um
        Its centre, in micrometres from the centre of the reference image of the blood vessels: x to
        the right, y downwards.
    diameter_um
        Its diameter in micrometres.
    """

    x_um: float
    y_um: float
    diameter_um: Annotated[float, msgspec.Meta(gt=0)]


class Flashes(msgspec.Struct, frozen=True, tag="flashes", forbid_unknown_fields=True):
    """Disks that flash together, half of each period on; dark before and after.

    Parameters
    ----------
    disks
        One or more.
    duration
        Seconds from the first flash to the end of the last period.
    rate_hz
        Flashes per second.
    """

    disks: Annotated[tuple[Disk, ...], msgspec.Meta(min_length=1)]
    duration: Seconds
    rate_hz: Annotated[float, msgspec.Meta(gt=0)] = 20.0
