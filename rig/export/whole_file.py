"""Files that are replaced as a whole, so that nobody meets half a file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from rig.errors import RecordingError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the path of a file to write, which takes the place of `path` when all is written.

    Raises
    ------
    RecordingError
        If it cannot be written; what was there stays as it was.
    """
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
