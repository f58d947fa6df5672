"""The folder of a fit: ``fits/NAME`` in the lab. The sessions stay as they are."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
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


def folder_for(lab: Lab, model: str, subjects: Sequence[str], asked: str = "") -> Path:
    """Return where a fit is kept: the same place for the same mice, asked for in the same way.

    Parameters
    ----------
    lab, model, subjects
        Whose fit it is.
    asked
        What was asked for beside them, in any form; empty if all is as usual.
    """
    names = sorted(subjects)
    told = "-".join(names)
    if len(names) > MOST_NAMES:
        told = f"{len(names)}-mice-{_digest('/'.join(names))}"
    return lab.folder / FOLDER / f"{model}-{told}{f'-{_digest(asked)}' if asked else ''}"


def check_room(folder: Path) -> None:
    """Refuse a folder that holds other files and no fit.

    Raises
    ------
    RecordingError
        If it does, or cannot be read.
    """
    try:
        if folder.is_dir() and not (folder / FIT_JSON).is_file() and any(folder.iterdir()):
            raise RecordingError(
                "the folder holds other files, and no fit", str(folder), "Name another with --out."
            )
    except OSError as error:
        raise RecordingError(
            f"the folder cannot be read: {error.strerror}", str(folder), REMEDY
        ) from error


@contextlib.contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Lend a folder beside the one of a fit, to write into until `keep`; it is removed in the end.

    Raises
    ------
    RecordingError
        If nothing can be written there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(
            dir=folder.parent, prefix=f".{folder.name}-", ignore_cleanup_errors=True
        )
    except OSError as error:
        raise RecordingError(
            f"the folder cannot be written: {error.strerror}", str(folder), REMEDY
        ) from error
    with place as path:
        yield Path(path)


def keep(fit: Fit, drawn: Path, folder: Path) -> None:
    """Write ``fit.json`` beside the figures of a fit, and put all in place of an earlier fit.

    Until then the earlier one is whole.

    Parameters
    ----------
    fit
        The fit.
    drawn
        Where its figures are.
    folder
        Where it is to be kept.
    """
    earlier = folder / FIT_JSON
    try:
        text = msgspec.json.format(msgspec.json.encode(fit), indent=2)
        (drawn / FIT_JSON).write_bytes(text)
        folder.mkdir(exist_ok=True)
        gone = _files_of(_figures_of(earlier)) if earlier.is_file() else []
        here = _files_of(fit.figures)
        # The file first: a folder without it is refused as one that holds other files.
        for name in (FIT_JSON, *here):
            (drawn / name).replace(folder / name)
        for name in gone:
            if name not in here:
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise RecordingError(
            f"the fit cannot be written: {error.strerror}", str(earlier), REMEDY
        ) from error


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


def _files_of(figures: Iterable[str]) -> list[str]:
    """Return the names of figures, and of what stands beside each of them."""
    from analysis.figures import about_figure  # with matplotlib, by which they were drawn

    return [name for each in figures for name in (each, about_figure(Path(each)).name)]


def _figures_of(path: Path) -> list[str]:
    """Return the names of the figures beside a fit; a name that leads elsewhere is left out."""
    try:
        names = read_fit(path).figures
    except RecordingError:
        return []
    return [name for name in names if Path(name).name == name]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
