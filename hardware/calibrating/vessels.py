"""The steps of the registration of a mouse's blood vessels, from the picture to the record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.camera_registration import camera_of
from calibration.vessel_registration import VesselRegistration
from calibration.vessels_reference import VesselsReference, reference_file
from hardware.calibrating.chosen import Meant
from hardware.calibrating.confirmed import confirmed
from hardware.calibrating.holding import projector_of
from hardware.calibrating.kept import DISCARDED, Calibrated, Result, head, put, show
from hardware.calibrating.projector import read_view
from hardware.calibrating.sight import Sight
from hardware.calibrating.simulated_sight import UM_PER_PX, seen_vessels
from hardware.calibrating.vessels_picture import Overlay, drawn_reference
from hardware.imaging.kept_pictures import Encoded, encoded, kept_picture
from hardware.imaging.pictures import mean_of
from hardware.imaging.registration import register_vessels
from rig.calibration_record import Points, read_calibration, sealed
from rig.errors import CheckFailed, Problem
from rig.picture import Disk
from rig.placement import Placement, placement_file

FILM = "Put the mouse under the camera, in green light, and focus on the blood vessels."


@dataclass(frozen=True)
class Window:
    """Whose blood vessels are looked at, and how.

    Attributes
    ----------
    subject
        The mouse.
    by, note
        Who does it, and what else should be known.
    camera
        Name of the camera in the rig file; empty for the only one.
    picture
        A file of pictures; None if they are taken now.
    disks
        What is drawn into the overlay, on the reference.
    confirmed
        Whether the overlay was looked at already.
    """

    subject: str
    by: str
    note: str
    camera: str
    picture: Path | None
    disks: tuple[Disk, ...]
    confirmed: bool


@dataclass(frozen=True, eq=False)
class _Today:
    """What is seen on the day: pictures without distortion, ``(pictures, height, width)``.

    `registration` is the id of the projector's record, `camera` what saw them.
    """

    pictures: NDArray[np.float64]
    um_per_px: float
    registration: str
    camera: str

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean picture, ``(height, width)``."""
        return mean_of(self.pictures)


def make_reference(meant: Meant, window: Window) -> Calibrated[VesselsReference]:
    """Make the picture of a mouse's vessels its reference; the cortex lies where it shows it.

    Raises
    ------
    RigError
        If the files, the camera or the picture are wrong. What was in force stays so.
    """
    today = _today(meant, window)
    seen = register_vessels(today.pictures[0], today.pictures[-1])
    height, width = today.mean.shape
    picture = encoded(window.subject, today.mean)
    reference = sealed(
        VesselsReference(
            **_head(VesselsReference.kind, meant, window, today),
            subject=window.subject,
            registration=today.registration,
            width_px=width,
            height_px=height,
            um_per_px=today.um_per_px,
            picture=picture.name,
            picture_sha256=picture.digest,
        )
    )
    says = f"{window.subject}: {seen.inliers} features are sharp. This is its reference."
    draw = drawn_reference(today.mean, window.disks, today.um_per_px)
    result = Result(reference, says, draw)
    found = _put(meant, window, reference_file(window.subject), result, picture)
    if found.kept is not None:
        still = VesselRegistration(np.eye(2, 3), np.eye(2, 3), (height, width), seen.inliers, 1.0)
        placement = _placement(meant, window, still, today, reference, picture)
        put(meant.lab, placement_file(window.subject), Result(placement, says, draw))
    return found


def place_window(meant: Meant, window: Window) -> Calibrated[Placement]:
    """Register a mouse's blood vessels to those of its reference; what a person confirms, holds.

    Raises
    ------
    RigError
        If the files or the camera are wrong, or it is another window. What was in force stays so.
    """
    lab = meant.lab
    reference = read_calibration(lab.folder, reference_file(window.subject), VesselsReference)
    before = kept_picture(lab.folder, reference.picture, reference.picture_sha256)
    today = _today(meant, window)
    picture = encoded(window.subject, today.mean)
    result = _placed(meant, window, before, today, reference, picture)
    return _put(meant, window, placement_file(window.subject), result, picture)


def place_simulated(meant: Meant, window: Window) -> Calibrated[Placement]:
    """Register what a simulated camera sees of a mouse on two days; nothing is kept."""
    first, second = (
        _Today(np.asarray(seen_vessels(day), np.float64), UM_PER_PX, "", "simulated")
        for day in range(2)
    )
    nothing = Encoded("", "", b"")
    result = _placed(meant, window, first.mean, second, None, nothing)
    return show(result, meant.person)


def _placed(
    meant: Meant,
    window: Window,
    before: NDArray[np.float64],
    today: _Today,
    reference: VesselsReference | None,
    picture: Encoded,
) -> Result[Placement]:
    """Return where the cortex lies today, with its overlay over a reference's picture."""
    found = register_vessels(before, today.pictures)
    made = _placement(meant, window, found, today, reference, picture)
    overlay = Overlay(before, today.mean, found, window.disks, today.um_per_px)
    sure = f"{found.inliers} features agree, likeness {found.likeness:.2f}"
    return Result(made, f"{window.subject}: {made.words}; {sure}.", overlay.draw)


def _put(
    meant: Meant, window: Window, file: str, result: Result[Points], picture: Encoded
) -> Calibrated[Points]:
    """Put a record in force with its picture, if a person confirms it."""
    folder = meant.lab.folder
    overlay = folder / "calibration" / f"{window.subject}-overlay.png"
    taken = window.confirmed or confirmed(meant.person, result.says, result.picture, overlay)
    if not taken:
        return Calibrated(result.record, result.says, DISCARDED)
    picture.keep(folder)
    return put(meant.lab, file, result)


def _today(meant: Meant, window: Window) -> _Today:
    """Return what the camera sees, or a file holds, without the lens's distortion."""
    which = projector_of(meant)
    file, view = read_view(meant.lab, which.file(meant))
    sight = Sight(meant, window.camera)
    frames = sight.prepared(window.picture, FILM, "--picture")
    _, height, width = frames.shape
    if (height, width) != (view.height_px, view.width_px):
        what = (
            f"the picture has {width} x {height} px, and the camera that was registered "
            f"{view.width_px} x {view.height_px}"
        )
        do = "Film with all pixels of that camera, or register it again."
        raise CheckFailed([Problem(what, str(window.picture or "the camera"), do)])
    half = len(frames) // 2
    lens = camera_of(file, view).lens
    halves = (frames[:half], frames[half:]) if half else (frames,)
    pictures = np.stack([lens.straightened(mean_of(each)) for each in halves])
    id_ = file.record.id if file.record else ""
    return _Today(pictures, view.um_per_px, id_, sight.name(window.picture))


def _placement(
    meant: Meant,
    window: Window,
    found: VesselRegistration,
    today: _Today,
    reference: VesselsReference | None,
    picture: Encoded,
) -> Placement:
    """Return the sealed record of where the cortex lies today."""
    one, two, _ = found.in_um(today.um_per_px)
    x, y = found.shift_px
    return sealed(
        Placement(
            **_head(Placement.kind, meant, window, today),
            subject=window.subject,
            reference=reference.record.id if reference and reference.record else "",
            registration=today.registration,
            um_per_px=today.um_per_px,
            matrix=(_row(one), _row(two)),
            shift_um=(x * today.um_per_px, y * today.um_per_px),
            turn_deg=found.turn_deg,
            scale=found.scale,
            shear=found.shear,
            inliers=found.inliers,
            likeness=found.likeness,
            picture=picture.name,
            picture_sha256=picture.digest,
        )
    )


def _row(values: NDArray[np.float64]) -> tuple[float, float, float]:
    a, b, c = (float(each) for each in values)
    return a, b, c


def _head(kind: str, meant: Meant, window: Window, today: _Today) -> dict[str, Any]:
    return head(kind, meant.rig, window.subject, today.camera, window.by, window.note)
