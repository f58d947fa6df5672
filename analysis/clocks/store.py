"""The file of an alignment: the map, what it rests on, and what it was made of."""

from __future__ import annotations

import hashlib
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from analysis.clocks.alignment import Alignment
from rig.errors import RecordingError
from rig.export.whole_file import whole_file

VERSION = 1


class AlignmentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alignment with what it was made of.

    Attributes
    ----------
    alignment_version
        Version of this layout.
    session, line
        SUBJECT/DATE/N, and the line of the session.
    file, file_sha256, channel
        The other record: its path, its digest, and the line in it (empty if it has one only).
    by
        ``pulses`` or ``barcode``.
    made_at, mouserig_version
        When, ISO 8601 with time zone, and by which version.
    alignment
        What it came to.
    """

    alignment_version: int
    session: str
    line: str
    file: str
    file_sha256: str
    channel: str
    by: str
    made_at: str
    mouserig_version: str
    alignment: Alignment


def write_alignment(
    path: Path, alignment: Alignment, *, session: str, line: str, file: Path, channel: str, by: str
) -> AlignmentFile:
    """Write an alignment with what it was made of; an earlier one is replaced.

    Raises
    ------
    RecordingError
        If it cannot be written, or the other record cannot be read.
    """
    made = AlignmentFile(
        alignment_version=VERSION,
        session=session,
        line=line,
        file=str(file.resolve()),
        file_sha256=_sha256(file),
        channel=channel,
        by=by,
        made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        mouserig_version=version("mouserig"),
        alignment=alignment,
    )
    with whole_file(path) as partial:
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    return made


def read_alignment(path: Path) -> Alignment:
    """Return an alignment from its file; errors are those of `read_alignment_file`.

    Its `to_session` makes seconds of the other clock those of the session, as `on_clock` of spikes
    and traces wants it.
    """
    return read_alignment_file(path).alignment


def read_alignment_file(path: Path) -> AlignmentFile:
    """Return an alignment with what it was made of.

    Raises
    ------
    RecordingError
        If the file is not there, or holds no alignment.
    """
    try:
        made = msgspec.json.decode(path.read_bytes(), type=AlignmentFile)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RecordingError(
            f"it cannot be read as an alignment: {error}",
            str(path),
            "Name a file that `rig align` wrote, or make it anew.",
        ) from error
    if made.alignment_version != VERSION:
        raise RecordingError(
            f"it has the layout {made.alignment_version}, and this program reads {VERSION}",
            str(path),
            "Make it anew with `rig align`.",
        )
    return made


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RecordingError(
            f"it cannot be read: {error.strerror}", str(path), "Check the rights on the file."
        ) from error
