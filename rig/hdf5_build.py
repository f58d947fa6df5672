"""Builds the sealed HDF5 file of a session from its journal and its streams' files."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from rig.errors import RecordingError
from rig.journal import read_records
from rig.session_folder import SessionFolder


def build_from_journal(journal: Path, journal_digest: str, path: Path, streams: Path) -> None:
    """Build the sealed HDF5 file of a session, in place of an unsealed one that may be there.

    Parameters
    ----------
    journal, journal_digest
        The journal, and its SHA-256 behind the header, which the file keeps.
    path
        The file to build; nothing of that name is touched until it is complete.
    streams
        Folder with the files of the session's streams.

    Raises
    ------
    RecordingError
        If the file cannot be written, or the journal or a stream is damaged; neither is touched.
    """
    from rig.hdf5_file import Hdf5File  # h5py takes a while to load, and the logger has its own

    partial = path.with_suffix(".h5.partial")
    try:
        with Hdf5File(partial, streams) as file:
            for record in read_records(journal):
                file.add(record)
            file.seal(journal_digest)
        put_in_place(partial, path)
    except RecordingError:
        raise
    except OSError as error:
        raise RecordingError(
            f"the HDF5 file cannot be written: {error}",
            str(path),
            "Free space on the disk; `rig recover` builds it then. The journal beside it holds "
            "the whole session.",
        ) from error
    except Exception as error:  # what can be decoded may still not fit into a table
        raise RecordingError(
            f"the HDF5 file cannot be built: {type(error).__name__}: {error}",
            str(journal),
            "Report it, with the journal, which is whole.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def remove_live(folder: SessionFolder) -> None:
    """Remove what a killed logger has left; one that still runs is about to remove it itself."""
    with contextlib.suppress(OSError):
        folder.live_hdf5.unlink(missing_ok=True)


def put_in_place(written: Path, path: Path) -> None:
    """Give a whole, closed file its name when it is on the disk; raise `OSError` if that fails."""
    with written.open("rb+") as file:
        os.fsync(file.fileno())
    written.replace(path)
