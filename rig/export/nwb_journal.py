"""The original record of a session, out of its NWB file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import h5py

from rig.errors import RecordingError
from rig.export.whole_file import whole_file

JOURNAL = "journal"
JOURNAL_SHA256 = "journal_sha256"
"""Names in the scratch space of an NWB file."""


def read_journal(nwb: Path) -> bytes:
    """Return the bytes of the journal that an NWB file was made from.

    Raises
    ------
    RecordingError
        If the file cannot be read, holds no journal, or another one than its SHA-256 tells.
    """
    try:
        with h5py.File(nwb, "r") as file:
            journal = bytes(file["scratch"][JOURNAL][()])
            sha256 = file["scratch"][JOURNAL_SHA256].asstr()[()]
    except (OSError, KeyError) as error:
        raise RecordingError(
            "no journal of mouserig can be read from this file",
            str(nwb),
            "Name an NWB file that `rig export` has written.",
        ) from error
    if hashlib.sha256(journal).hexdigest() != sha256:
        raise RecordingError(
            "the journal in this file has been changed or damaged: its SHA-256 is another one",
            str(nwb),
            "Take another copy of the file, or the journal in the session's own folder.",
        )
    return journal


def write_journal(nwb: Path, out: Path | None = None) -> Path:
    """Write the journal that an NWB file was made from, byte for byte.

    Parameters
    ----------
    nwb
        The NWB file.
    out
        The file to write; by default the NWB file's name with the ending ``.journal``. It must not
        exist.

    Returns
    -------
    Path
        The journal.

    Raises
    ------
    RecordingError
        If the journal cannot be read or written.
    """
    path = (out or nwb.with_suffix(".journal")).absolute()
    journal = read_journal(nwb)
    if path.exists():
        raise RecordingError(
            "the file exists already, and a journal is never overwritten",
            str(path),
            "Choose another name with --out.",
        )
    with whole_file(path) as partial:
        partial.write_bytes(journal)
    return path
