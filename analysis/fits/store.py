"""The folder of a fit: ``fits/NAME`` in the lab. The sessions stay as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from analysis.fits.results import Fit
from rig.errors import RecordingError
from rig.lab import Lab

FOLDER = "fits"
FIT_JSON = "fit.json"
MOST_NAMES = 3
"""So many mice stand in the name of a folder; of more, their number and a digest."""
REMEDY = "Check the rights on the folder, or name another one with --out."


def folder_for(lab: Lab, model: str, subjects: Sequence[str]) -> Path:
    """Return where the fit of a model to some mice is kept: the same place for the same mice."""
    names = sorted(subjects)
    told = "-".join(names)
    if len(names) > MOST_NAMES:
        told = f"{len(names)}-mice-{hashlib.sha256('/'.join(names).encode()).hexdigest()[:8]}"
    return lab.folder / FOLDER / f"{model}-{told}"


def make_room(folder: Path) -> None:
    """Make the folder of a fit, and remove an earlier fit from it.

    Raises
    ------
    RecordingError
        If it holds other files and no fit, or cannot be written.
    """
    earlier = folder / FIT_JSON
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if earlier.is_file():
            for name in _figures_of(earlier):
                (folder / name).unlink(missing_ok=True)
            earlier.unlink()
        elif any(folder.iterdir()):
            raise RecordingError(
                "the folder holds other files, and no fit", str(folder), "Name another with --out."
            )
    except OSError as error:
        raise RecordingError(
            f"the folder cannot be written: {error.strerror}", str(folder), REMEDY
        ) from error


def write_fit(folder: Path, fit: Fit) -> Path:
    """Write ``fit.json``, the last of the files: where it is, the fit is whole."""
    path, partial = folder / FIT_JSON, folder / f"{FIT_JSON}.partial"
    try:
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(fit), indent=2))
        partial.replace(path)
    except OSError as error:
        raise RecordingError(
            f"the fit cannot be written: {error.strerror}", str(path), REMEDY
        ) from error
    return path


def read_fit(path: Path) -> Fit:
    """Return a fit from its file.

    Raises
    ------
    RecordingError
        If it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Fit)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordingError(f"the fit cannot be read: {error}", str(path), "Fit again.") from error


def _figures_of(path: Path) -> list[str]:
    """Return the names of the figures beside a fit; a name that leads elsewhere is left out."""
    try:
        names = read_fit(path).figures
    except RecordingError:
        return []
    return [name for name in names if Path(name).name == name]
