"""Folders that are replaced as a whole, so that nobody meets half an export."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rig.errors import RecordingError


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder, which takes the place of `path` when all is written into it.

    Parameters
    ----------
    path
        Where the files will be. If that folder is there, it may hold nothing but files of the
        same names, which are those of an earlier export; they go.

    Raises
    ------
    RecordingError
        If other files are there, or it cannot be written; what was there stays as it was.
    """
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as aside:
            new = Path(aside) / "new"
            new.mkdir()
            yield new
            _check_alike(path, new)
            _replace(path, new, Path(aside) / "old")
    except OSError as error:
        raise RecordingError(
            f"the export cannot be written: {error.strerror or error}",
            str(path),
            "Check the rights on the folder and the space on the disk, close programs that have "
            "its files open, or choose another folder with --out.",
        ) from error


def _check_alike(path: Path, new: Path) -> None:
    """Raise `RecordingError` if `path` holds what is not replaced by a file of the same name."""
    if not path.exists():
        return
    there = {each.name for each in path.iterdir()} if path.is_dir() else {path.name}
    others = sorted(there - {each.name for each in new.iterdir()})
    if others:
        raise RecordingError(
            f"files are there that do not come from this export: {', '.join(others[:3])}",
            str(path),
            "Remove them if they are of an earlier export, or choose another folder with --out. "
            "Nothing was written.",
        )


def _replace(path: Path, new: Path, old: Path) -> None:
    """Put `new` in the place of `path`; if that fails, what was there comes back."""
    if not path.exists():
        new.rename(path)
        return
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        raise
