"""Files of JSON lines that are only ever appended to; each line is on the disk before the next."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from rig.errors import RecordingError

Line = TypeVar("Line", bound=msgspec.Struct)


def append_line(path: Path, line: msgspec.Struct, what: str) -> None:
    """Append a line; it is on the disk when this returns. A lock that belongs to it must be held.

    Parameters
    ----------
    path
        The file; it is made if it is not there.
    line
        What is appended.
    what
        What that is, for the error: ``the spot check``.

    Raises
    ------
    RecordingError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RecordingError(
            f"{what} cannot be recorded: {error.strerror}",
            str(path),
            "Check the rights on the folder and the space on the disk.",
        ) from error


def read_lines(path: Path, kind: type[Line], what: str) -> list[Line]:
    """Return the lines of a file in their order; none if there is no such file.

    Parameters
    ----------
    path
        The file.
    kind
        What each line is.
    what
        What that is, for the error: ``spot check``.

    Raises
    ------
    RecordingError
        If a line is none; nothing is passed over.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RecordingError(
            f"{path.name} cannot be read: {error.strerror}", str(path), "Check its rights."
        ) from error
    return [_line(each, kind, what, f"{path}, line {n}") for n, each in enumerate(lines, start=1)]


def _line(line: bytes, kind: type[Line], what: str, where: str) -> Line:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        do = "Delete the line if it is torn; else put it back as it was."
        raise RecordingError(f"this is no {what}: {error}", where, do) from error
