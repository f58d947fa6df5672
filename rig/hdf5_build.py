"""Builds the sealed HDF5 file of a session from its journal and its streams' files."""

from __future__ import annotations

import os
from pathlib import Path

from rig.errors import RecordingError
from rig.hdf5_file import Hdf5File
from rig.journal import read_records


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
    partial = path.with_suffix(".h5.partial")
    try:
        with Hdf5File(partial, streams) as file:
            for record in read_records(journal):
                file.add(record)
            file.seal(journal_digest)
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except OSError as error:
        raise RecordingError(
            f"the HDF5 file cannot be written: {error}",
            str(path),
            "Free space on the disk; `rig recover` builds it then. The journal beside it holds "
            "the whole session.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
