"""How a camera sees the mirrors of a projector, as the projector's file tells it."""

from __future__ import annotations

import pydantic

from rig.frozen import FrozenModel, Items

LEAST_DOTS = 8
"""The fit has eleven numbers; each dot gives two."""


class SeenDot(FrozenModel):
    """One measurement: where the dot around a mirror is seen in the camera's picture."""

    x_px: float
    y_px: float
    column: int = pydantic.Field(ge=0)
    row: int = pydantic.Field(ge=0)


class CameraView(FrozenModel):
    """What the daily check compares with, and what turns pixels of pictures into micrometres.

    Map and lens are fitted to the dots anew whenever it is read.

    Attributes
    ----------
    camera
        Which camera it was.
    width_px, height_px
        Of its pictures.
    pitch_um
        From line to line of the stage micrometer.
    um_per_px, um_per_px_low, um_per_px_high
        The scale without distortion, and the ends of its 95 % interval.
    k1
        Of the lens (`calibration.lens.Lens`).
    mean_px, worst_px
        Mean and largest distance of the dots from where the fit puts them.
    dots
        As they were seen.
    """

    camera: str
    width_px: int = pydantic.Field(ge=1)
    height_px: int = pydantic.Field(ge=1)
    pitch_um: float = pydantic.Field(gt=0)
    um_per_px: float = pydantic.Field(gt=0)
    um_per_px_low: float = pydantic.Field(gt=0)
    um_per_px_high: float = pydantic.Field(gt=0)
    k1: float
    mean_px: float = pydantic.Field(ge=0)
    worst_px: float = pydantic.Field(ge=0)
    dots: Items[SeenDot] = pydantic.Field(min_length=LEAST_DOTS)
