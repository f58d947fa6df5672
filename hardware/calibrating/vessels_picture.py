"""Pictures of a mouse's blood vessels: the reference, and a day's over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.vessel_registration import VesselRegistration
from calibration.vessels_reference import VesselsReference
from rig.picture import Disk
from rig.placement import Placement


@dataclass(frozen=True, eq=False)
class Overlay:
    """A day's picture over the reference, both ``(height, width)``, with disks.

    The attributes are as in `calibration.cortex_figures.overlay_figure`.
    """

    reference: NDArray[np.float64]
    session: NDArray[np.float64]
    registration: VesselRegistration
    disks: tuple[Disk, ...]
    um_per_px: float

    def draw(self, record: Placement, title: str, path: Path) -> None:
        """Draw it under a title."""
        from calibration.cortex_figures import overlay_figure  # it loads Matplotlib

        figure = overlay_figure(
            self.reference, self.session, self.registration, self.disks, self.um_per_px
        )
        figure.suptitle(f"{title}\n{self.registration.words}", fontsize=8)
        figure.savefig(path)


def drawn_reference(
    picture: NDArray[np.float64], disks: Sequence[Disk], um_per_px: float
) -> Callable[[VesselsReference | Placement, str, Path], None]:
    """Return what draws a reference, ``(height, width)``, with its disks."""

    def draw(record: VesselsReference | Placement, title: str, path: Path) -> None:
        from calibration.cortex_figures import reference_figure  # it loads Matplotlib

        reference_figure(picture, disks, um_per_px, title).savefig(path)

    return draw
