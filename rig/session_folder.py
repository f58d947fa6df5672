"""One session's folder, ``data/SUBJECT/DATE/N``: the names in it, and how it comes to be."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rig.errors import RecordingError
from rig.locks import hold, is_held

JOURNAL = "session.journal"
HDF5 = "session.h5"
LIVE_HDF5 = "session.h5.live"
RIG_TOML = "rig.toml"
PROTOCOL_TOML = "protocol.toml"
SUBJECT_TOML = "subject.toml"
SOUNDS = "sounds"
STREAMS = "streams"
RUNNING = "session", "running"
"""Kind and name of the lock that a session holds in its own folder while it runs."""
TRACEBACK = "traceback.txt"
GUARDIAN_LOG = "guardian.log"
"""What the guardian did; only of sessions with outputs that are not simulated."""
UNKNOWN = "?"
"""Stands for the number, or for day and number, of sessions whose folder cannot be listed."""
_SUBJECT, _DAY = re.compile("[A-Za-z0-9][A-Za-z0-9_-]*"), re.compile(r"\d{4}-\d\d-\d\d")
"""How the folders of a subject and of a day are named; others (``lost+found``) are none."""


@dataclass(frozen=True)
class SessionFolder:
    """The folder of one session.

    Attributes
    ----------
    path
        The folder itself.
    """

    path: Path

    @property
    def name(self) -> str:
        """The session as ``SUBJECT/DATE/N``."""
        return "/".join(self.path.parts[-3:])

    @property
    def journal(self) -> Path:
        """The journal, the truth about the session."""
        return self.path / JOURNAL

    @property
    def streams(self) -> Path:
        """The folder with the files of its streams; it is there if there are any."""
        return self.path / STREAMS

    @property
    def hdf5(self) -> Path:
        """The sealed HDF5 file; it is there when the session has ended, and not before."""
        return self.path / HDF5

    @property
    def live_hdf5(self) -> Path:
        """The HDF5 file while the logger writes it; a killed logger leaves it behind."""
        return self.path / LIVE_HDF5

    def thumbnail(self, camera: str) -> Path:
        """Return the small picture of what a camera sees; it is there while it films."""
        return self.path / f"thumbnail-{camera}.jpg"


def create_folder(data: Path, subject: str, day: date, number: int | None) -> SessionFolder:
    """Make the folder of a new session.

    Parameters
    ----------
    data
        The lab's data folder.
    subject, day
        Whose session, and when.
    number
        The session's number on that day; None takes the next free one.

    Raises
    ------
    RecordingError
        If the numbered folder exists already, or the data folder cannot be written.
    """
    parent = data / subject / day.isoformat()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        if number is not None:
            path = parent / str(number)
            path.mkdir()
            return SessionFolder(path)
        taken = [int(path.name) for path in parent.iterdir() if path.name.isdecimal()]
        while True:
            path = parent / str(max(taken, default=0) + 1)
            try:
                path.mkdir()
            except FileExistsError:
                taken.append(int(path.name))
                continue
            return SessionFolder(path)
    except FileExistsError as error:
        raise RecordingError(
            "the session folder exists already",
            str(error.filename),
            "Leave out --number to take the next free one; no session is ever overwritten.",
        ) from None
    except OSError as error:
        raise RecordingError(
            f"the data folder cannot be written: {error.strerror}",
            str(parent),
            "Check the rights on the folder, or change `data` in lab.toml.",
        ) from error


def is_running(folder: SessionFolder) -> bool:
    """Whether a process runs the session now, or mends it; never so where one may not look."""
    try:
        return is_held(folder.path, *RUNNING)
    except (RecordingError, PermissionError):
        return False


@contextlib.contextmanager
def hold_running(folder: SessionFolder, holder: str) -> Iterator[None]:
    """Show that `holder` runs or mends a session; a crash leaves a lock that nobody holds."""
    kind, name = RUNNING
    with hold(folder.path, kind, name, holder):
        try:
            yield
        finally:  # while it is held, so that nobody else can have it already
            with contextlib.suppress(OSError):  # Windows removes it when it is let go
                (folder.path / f"{kind}-{name}.lock").unlink()


def remove_folder(folder: SessionFolder) -> None:
    """Remove the folder of a session that never began, and the folders that it leaves empty."""
    shutil.rmtree(folder.path, ignore_errors=True)
    with contextlib.suppress(OSError):
        for parent in folder.path.parents[:3]:
            parent.rmdir()


def check_data_folder(data: Path, min_free_mb: float) -> None:
    """Raise `RecordingError` if `data` is not writable or too full for a session."""
    nearest = nearest_folder(data)
    check_writable(nearest)
    free_mb = shutil.disk_usage(nearest).free / 1e6
    if free_mb < min_free_mb:
        raise RecordingError(
            f"the disk has {free_mb:.0f} MB left, and the lab asks for {min_free_mb:.0f}",
            str(data),
            "Free some space, or change `min_free_mb` in lab.toml.",
        )


def check_writable(folder: Path) -> None:
    """Raise `RecordingError` if nothing can be written into a folder, by writing."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RecordingError(
            f"the folder cannot be written: {error.strerror}",
            str(folder),
            "Check the rights on the folder.",
        ) from error


def nearest_folder(path: Path) -> Path:
    """Return the nearest path above and including `path` that exists.

    Raises
    ------
    RecordingError
        If none does, as on a drive that is not there.
    """
    for candidate in (path, *path.parents):
        if candidate.exists():
            return candidate
    raise RecordingError(
        "the drive of the data folder is not there", str(path), "Connect it, or change lab.toml."
    )


def find_sessions(
    data: Path, subject: str | None = None, day: date | None = None
) -> Iterator[SessionFolder]:
    """Return the sessions in a data folder, ordered by subject, date and number.

    All of them, or those of a subject, or of a day.
    One whose journal is gone is among them if its HDF5 file was sealed. A folder that cannot be
    listed stands for its sessions, behind the others: ``SUBJECT/DATE/?`` or ``SUBJECT/?/?``.
    """
    if subject is not None and not _is_name(subject):
        return
    for name in _inside(data) if subject is None else [subject]:
        mouse = data / name
        days = [UNKNOWN] if name == UNKNOWN else _inside(mouse, _SUBJECT)
        for each in days:
            if day is not None and each not in {day.isoformat(), UNKNOWN}:
                continue
            for number in [UNKNOWN] if each == UNKNOWN else _numbers(mouse / each):
                yield SessionFolder(mouse / each / number)


def check_rights(folder: SessionFolder) -> None:
    """Raise `RecordingError` if the folder of a session, or its journal, may not be read."""
    unknown = [part for part in folder.path.parts[-3:] if part == UNKNOWN]
    place = folder.path.parents[len(unknown) - 1] if unknown else folder.journal
    try:
        if unknown:
            os.scandir(place).close()
        else:
            place.open("rb").close()
    except FileNotFoundError:
        return
    except OSError as error:
        what = "folder cannot be listed" if unknown else "journal cannot be read"
        raise RecordingError(
            f"its {what}: {error.strerror}", str(place), "Check the rights on the folder."
        ) from error


def how_to_mend(folder: SessionFolder) -> str:
    """Return what to do with a session whose journal is damaged or gone; a part of a sentence."""
    whole = ""
    with contextlib.suppress(OSError):  # it may not be looked at
        whole = ", from its HDF5 file" if folder.hdf5.is_file() else ""
    return f"`rig recover {folder.name}` saves what can be saved{whole}"


def find_session(data: Path, name: str) -> SessionFolder:
    """Return the session called ``SUBJECT/DATE/N``, or ``SUBJECT`` for its last one.

    Raises
    ------
    RecordingError
        If there is none, or the last one may not be read.
    """
    sessions = list(find_sessions(data, name))
    if not sessions and is_session(data / name):
        return SessionFolder((data / name).resolve())
    if not sessions:
        raise RecordingError(
            f"there is no session '{name}'",
            str(data),
            "`rig ls` lists the sessions; write SUBJECT/DATE/N, or SUBJECT for its last one.",
        )
    check_rights(sessions[-1])
    return sessions[-1]


def _inside(folder: Path, named: re.Pattern[str] | None = None) -> list[str]:
    """Return what is in a folder, in order; `UNKNOWN` alone if it cannot be listed.

    Of a folder that is not `named` as those with sessions are, nothing is told then.
    """
    try:
        return sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        return [UNKNOWN] if named is None or named.fullmatch(folder.name) else []


def _numbers(day: Path) -> list[str]:
    """Return the numbers of a day's sessions, in order; `UNKNOWN` alone if it cannot be listed."""
    inside = _inside(day, _DAY)
    if inside == [UNKNOWN]:
        return inside
    numbers = sorted((name for name in inside if name.isdecimal()), key=int)
    return [name for name in numbers if is_session(day / name)]


def is_session(folder: Path) -> bool:
    """Whether a folder holds the record of a session; one that may not be looked into does."""
    for file in (JOURNAL, HDF5):
        try:
            if stat.S_ISREG((folder / file).stat().st_mode):  # `is_file` may hide missing rights
                return True
        except PermissionError:
            return True
        except (OSError, ValueError):
            continue
    return False


def _is_name(subject: str) -> bool:
    """Whether a text can be the name of a subject's folder; a path, empty or not, is none."""
    return Path(subject).name == subject and bool(subject.strip(".")) and subject != UNKNOWN
