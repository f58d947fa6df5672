"""Files that are replaced as a whole, so that nobody meets half a file."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator
from pathlib import Path

import filelock

from rig.errors import RecordingError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the path of a file to write, which takes the place of `path` when all is written.

    What a process that was killed has left behind of the same file goes, too.

    Raises
    ------
    RecordingError
        If it cannot be written; what was there stays as it was.
    """
    partial = path.with_name(_partial_name(path, str(os.getpid())))
    lock = _lock_of(partial)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_behind(path)
        with lock:
            yield partial
            partial.replace(path)
    except (OSError, RuntimeError) as error:  # HDF5 has both for a disk that is full
        raise RecordingError(
            f"the file cannot be written: {error}",
            str(path),
            "Check the rights on the folder and the space on the disk, close programs that have "
            "the file open, or choose another place with --out.",
        ) from error
    finally:
        _remove(partial, lock)


def _remove_left_behind(path: Path) -> None:
    """Remove what is half written by processes that are no more: they hold no lock on it."""
    name = _partial_name(Path(glob.escape(path.name)), "*")
    for partial in path.parent.glob(name):
        lock = _lock_of(partial)
        with contextlib.suppress(OSError):  # another process writes it now
            with lock.acquire(timeout=0):
                partial.unlink(missing_ok=True)
            _remove(partial, lock)


def _partial_name(path: Path, writer: str) -> str:
    return f".{path.stem}.{writer}.partial{path.suffix}"


def _lock_of(partial: Path) -> filelock.FileLock:
    """Return the lock that a process holds while it writes; it ends with the process."""
    return filelock.FileLock(partial.with_name(f"{partial.name}.lock"))


def _remove(partial: Path, lock: filelock.FileLock) -> None:
    for path in (partial, Path(lock.lock_file)):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
