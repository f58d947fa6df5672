"""The files that sounds are made of: read inside the lab's folder only, told apart, and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from rig.errors import ConfigError, RecordingError
from rig.sound import Sound


def read_sound_file(folder: Path, file: str) -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    folder
        The lab's folder.
    file
        The path in it, as a sound names it.

    Raises
    ------
    ConfigError
        If the path is no plain one or leaves the lab's folder, or the file cannot be read.
    """
    path = folder / file
    try:
        if not _is_plain(file) or not path.resolve().is_relative_to(folder.resolve()):
            raise ConfigError(
                "the sound's file does not lie in the lab's folder",
                file,
                "Put it there, and write its path from there: with /, without ./ and ../ in it.",
            )
        if not path.is_file():
            raise ConfigError(
                "the sound's file is missing", file, "Check its path from the lab's folder."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:  # a name may be too long, or no text
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(
            f"the sound's file cannot be read: {reason}", file, "Check the file and its rights."
        ) from error


def sound_file_digests(folder: Path, sounds: Iterable[Sound]) -> dict[str, str]:
    """Return path -> SHA-256 of each file that sounds are made of; raise as `read_sound_file`."""
    files = sorted({file for sound in sounds for file in sound.files})
    return {file: _sha256(read_sound_file(folder, file)) for file in files}


def keep_sound_files(folder: Path, digests: Mapping[str, str], target: Path) -> None:
    """Copy files of the lab into the new folder `target`; make none if there are no files.

    Raises
    ------
    RecordingError
        If a file is no longer the one with that digest, or cannot be written.
    """
    for file, sha256 in digests.items():
        content = read_sound_file(folder, file)
        if _sha256(content) != sha256:
            raise RecordingError(
                "the sound's file has just changed", file, "Begin the session again."
            )
        try:
            target.mkdir(exist_ok=True)
            with (target / kept_name(file)).open("xb") as copy:
                copy.write(content)
        except OSError as error:
            raise RecordingError(
                f"the sound's file cannot be copied: {error.strerror}",
                str(target / kept_name(file)),
                "Give the sound's file a shorter or another name.",
            ) from error


def kept_name(file: str) -> str:
    """Return the name of a file's copy: one name for each path, valid on every system.

    Examples
    --------
    >>> kept_name("sounds/call 1.wav")
    'sounds%2Fcall%201.wav'
    """
    return quote(file, safe="")


def _is_plain(file: str) -> bool:
    """Whether a path is relative, has one way only to be written, and does not lead upwards."""
    path = PurePosixPath(file)
    plain = not path.is_absolute() and ".." not in path.parts and "\\" not in file
    return plain and path.as_posix() == file != "."


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
