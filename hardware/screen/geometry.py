"""Where the pixels of a flat screen lie in the visual field, and which phase a grating has there.

The eye is opposite the middle of the screen, and looks at it at a right angle; pixels are square.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rig.picture import Grating

Projection = Literal["spherical", "flat"]
"""How a grating is laid on the screen.

``spherical``: its phase is the angle by which a line of sight leaves the plane that holds the eye
and is spanned by the stripes in the middle of the screen and the line of sight to there. The
gradient of that angle is 1 everywhere on the sphere: a degree of the visual field holds as many
cycles at the edge of the screen as in its middle. Stripes are parallels of latitude.

``flat``: the phase is linear in pixels, and right in the middle of the screen only. Towards its
edges a degree covers more pixels, and so more cycles: ``1 + tan(e)**2`` times as many at e
degrees, in the direction away from the middle.
"""


def drift_direction(orientation_deg: float) -> tuple[float, float]:
    """Return where the stripes of a grating go, as a unit vector: rightwards, upwards.

    Stripes of 45 deg rise to the right and drift up and to the left, those of 135 deg rise to
    the left and drift up and to the right; vertical ones drift to the left.

    Examples
    --------
    >>> [round(each, 3) for each in drift_direction(45.0)]
    [-0.707, 0.707]
    >>> [round(each, 3) for each in drift_direction(135.0)]
    [0.707, 0.707]
    """
    angle = math.radians(orientation_deg % 180)
    right, up = -math.sin(angle), math.cos(angle)
    return (right, up) if up > -1e-12 else (-right, -up)


def cycles(
    grating: Grating,
    width_px: int,
    height_px: int,
    cm_per_px: float,
    distance_cm: float,
    projection: Projection,
) -> NDArray[np.float64]:
    """Return the phase of each pixel in cycles, shape (height_px, width_px), lowest row first.

    It is 0 in the middle of the screen and grows in the direction in which the grating drifts.
    """
    right = (np.arange(width_px) - (width_px - 1) / 2) * cm_per_px
    up = (np.arange(height_px) - (height_px - 1) / 2) * cm_per_px
    along_right, along_up = drift_direction(grating.orientation_deg)
    along = right[None, :] * along_right + up[:, None] * along_up
    if projection == "flat":
        degrees = along / (distance_cm * math.radians(1))
    else:
        away = np.sqrt(right[None, :] ** 2 + up[:, None] ** 2 + distance_cm**2)
        degrees = np.degrees(np.arcsin(along / away))
    return np.asarray(degrees * grating.spatial_frequency_cpd)
