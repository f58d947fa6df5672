"""The steps of a mouse's tone maps, from the film to the record."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.camera_registration import camera_of
from calibration.camera_view import CameraView
from calibration.intrinsic import Settings, ToneMap, tone_maps
from calibration.lens import Lens
from calibration.map_file import MapFile, MappedTone, map_file
from hardware.calibrating.chosen import Meant
from hardware.calibrating.holding import projector_of
from hardware.calibrating.kept import Calibrated, Result, finish, head
from hardware.calibrating.projector import read_view
from hardware.calibrating.readings import read_points
from hardware.calibrating.simulated_sight import filmed
from hardware.imaging.pictures import read_frames
from rig.calibration_record import sealed
from rig.errors import CheckFailed, ConfigError, OptionError, Problem
from rig.picture import Disk
from rig.placement import Placement, placement_of

SEED = 1


@dataclass(frozen=True)
class Filmed:
    """The film of a mouse's cortex, and how maps are made of it.

    Attributes
    ----------
    subject, by, note
        The mouse, who filmed it, and what else should be known.
    frames, onsets
        Files of the film and of the onsets of tones; None for a simulated one.
    times, rate_hz
        A file with the time of each frame, or the frames in a second, if the first one has the
        time 0.
    settings
        How maps are made.
    diameter_um
        Of the disks that are drawn on responses.
    """

    subject: str
    by: str
    note: str
    frames: Path | None
    onsets: Path | None
    times: Path | None
    rate_hz: float | None
    settings: Settings
    diameter_um: float


@dataclass(frozen=True, eq=False)
class _Film:
    """Frames, ``(frames, height, width)``, their times, the onsets, and the size of a pixel."""

    frames: NDArray[Any]
    times: NDArray[np.float64]
    onsets: Mapping[float, Sequence[float]]
    um_per_px: float
    lens: Lens | None
    name: str
    digest: str


def map_tones(meant: Meant, wanted: Filmed) -> Calibrated[MapFile]:
    """Find where the cortex answers tones, and put the places on the reference in force.

    Raises
    ------
    RigError
        If the files are wrong, or the cortex was not registered. What was in force stays so.
    """
    if meant.simulate:
        taken, um_per_px = filmed()
        film = _Film(taken.frames, taken.times, taken.onsets, um_per_px, None, "simulated", "")
        placement = None
    else:
        placement = _placement(meant, wanted.subject)
        film = _film(meant, wanted)
    meant.person.tell(f"{len(film.frames)} frames, {len(film.onsets)} tones ...")
    maps = tone_maps(
        film.frames,
        film.times,
        film.onsets,
        film.um_per_px,
        np.random.default_rng(SEED),
        wanted.settings,
        film.lens,
    )
    record = sealed(_record(meant, wanted, film, maps, placement))
    result = Result(record, _says(record), _drawn(maps, wanted.diameter_um))
    return finish(meant, map_file(wanted.subject), result)


def _placement(meant: Meant, subject: str) -> Placement:
    found = placement_of(meant.lab, subject, meant.rig.resolve().stem)
    if found is None:
        raise ConfigError(
            f"the blood vessels of '{subject}' were not registered at this rig",
            str(meant.rig),
            "Register the picture of the day of the film first, by `rig calibrate vessels`.",
        )
    return found


def _film(meant: Meant, wanted: Filmed) -> _Film:
    """Return the film of the files that were named."""
    if wanted.frames is None or wanted.onsets is None:
        do = "Name the film by --frames, and the onsets by --onsets."
        raise OptionError("there is no film", "--frames, --onsets", do)
    which = projector_of(meant)
    file, view = read_view(meant.lab, which.file(meant))
    frames = read_frames(wanted.frames)
    binned = _binning(frames, view, wanted.frames)
    lens = camera_of(file, view).lens
    with wanted.frames.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return _Film(
        frames,
        _times(wanted, len(frames)),
        read_onsets(wanted.onsets),
        view.um_per_px * binned,
        lens.binned(binned),
        wanted.frames.name,
        digest,
    )


def read_onsets(path: Path) -> dict[float, list[float]]:
    """Return the onsets of each tone, by its frequency, of a CSV file: frequency_hz,onset."""
    do = "Give a frequency in Hz, and the onset in s."
    columns = ("frequency_hz", "onset")
    pairs = read_points(path, columns, lambda row: (_number(row[0]), float(row[1])), do, "--onsets")
    if not pairs:
        raise CheckFailed([Problem("it holds no onset", str(path), do)])
    found: dict[float, list[float]] = {}
    for frequency_hz, onset in sorted(pairs):
        found.setdefault(frequency_hz, []).append(onset)
    return found


def _times(wanted: Filmed, frames: int) -> NDArray[np.float64]:
    """Return when each frame was exposed, in seconds."""
    if wanted.times is None:
        if wanted.rate_hz is None:
            do = "Give the rate, or a file with the time of each frame by --times."
            raise OptionError("nobody said when frames were exposed", "--rate-hz", do)
        return np.arange(frames) / wanted.rate_hz
    do = "Give one time in s for each frame."
    found = read_points(wanted.times, ("time",), lambda row: float(row[0]), do, "--times")
    if len(found) != frames:
        what = f"there are {len(found)} times for {frames} frames"
        raise CheckFailed([Problem(what, str(wanted.times), do)])
    return np.array(found)


def _binning(frames: NDArray[Any], view: CameraView, path: Path) -> int:
    """Return how many pixels of the camera a pixel of the film is wide."""
    _, height, width = (int(each) for each in frames.shape)
    binned = max(1, round(view.width_px / width))
    if (height * binned, width * binned) != (view.height_px, view.width_px):
        what = (
            f"frames of {width} x {height} px are no whole share of the camera's "
            f"{view.width_px} x {view.height_px}"
        )
        do = "Film with all of the camera's field; pixels may be put together, as 2 x 2."
        raise CheckFailed([Problem(what, str(path), do)])
    return binned


def _record(
    meant: Meant,
    wanted: Filmed,
    film: _Film,
    maps: Sequence[ToneMap],
    placement: Placement | None,
) -> MapFile:
    said = head(MapFile.kind, meant.rig, wanted.subject, film.name, wanted.by, wanted.note)
    return MapFile(
        **said,
        subject=wanted.subject,
        reference=placement.reference if placement else "",
        placement=placement.record.id if placement and placement.record else "",
        frames=film.name,
        frames_sha256=film.digest,
        um_per_px=film.um_per_px,
        before=wanted.settings.before,
        after=wanted.settings.after,
        smoothed_um=wanted.settings.smoothed_um,
        diameter_um=wanted.diameter_um,
        tones=tuple(_tone(each, placement) for each in maps),
    )


def _tone(found: ToneMap, placement: Placement | None) -> MappedTone:
    """Return a tone's map with its place on the reference."""
    tone = MappedTone(frequency_hz=found.frequency_hz, trials=found.trials, p=found.p)
    if found.peak_um is None:
        return tone
    disk = Disk(*found.peak_um, 1.0)
    there = placement.on_reference(disk) if placement else disk
    place = {"x_um": there.x_um, "y_um": there.y_um, "spread_um": found.spread_um}
    return tone.model_copy(update=place)


def _says(record: MapFile) -> str:
    """Return how many tones have a place."""
    found = sum(each.x_um is not None for each in record.tones)
    return f"{record.subject}: {found} of {len(record.tones)} tones have a place on its reference."


def _drawn(maps: Sequence[ToneMap], diameter_um: float) -> Callable[[MapFile, str, Path], None]:
    """Return what draws maps under a title."""

    def draw(record: MapFile, title: str, path: Path) -> None:
        from calibration.cortex_figures import tones_figure  # it loads Matplotlib

        figure = tones_figure(maps, diameter_um)
        figure.suptitle(f"{title}, as the camera saw it", fontsize=8)
        figure.savefig(path)

    return draw


def _number(text: str) -> float:
    """Return a frequency; raise `ValueError` if it is none."""
    value = float(text)
    if not 0 < value < np.inf:
        raise ValueError(text)
    return value
