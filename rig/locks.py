"""Keeps two sessions from sharing a rig or a subject; a lock ends with its process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import filelock

from rig.errors import BusyError, RecordingError

PATIENCE = 0.2
"""Seconds: whoever only asks whether a lock is held has it for a moment, and lets it go again."""


@contextlib.contextmanager
def hold(folder: Path, kind: str, name: str, holder: str) -> Iterator[None]:
    """Hold the lock of a rig or subject; raise `BusyError` if another process has it.

    Parameters
    ----------
    folder
        Where the lab keeps its locks.
    kind, name
        What is locked, as in ``rig``, ``box1``.
    holder
        Who holds it, in words, for the error that others get.
    """
    note = folder / f"{kind}-{name}.txt"
    lock = _acquire(folder, f"{kind}-{name}", note, f"{kind} '{name}'")
    try:
        with contextlib.suppress(OSError):  # the note is a courtesy; the lock is what counts
            note.write_text(f"{holder} (process {os.getpid()})", encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def is_held(folder: Path, kind: str, name: str) -> bool:
    """Whether a process holds the lock of a rig or subject."""
    path = folder / f"{kind}-{name}.lock"
    if not path.exists():
        return False
    lock = filelock.FileLock(path, timeout=0)
    try:
        with lock:
            return False
    except filelock.Timeout:
        return True
    except OSError as error:
        raise _refused(error, folder) from error


def holder_of(folder: Path, kind: str, name: str) -> str:
    """Return who holds the lock of a rig or subject, in words; empty if nobody does."""
    return _holder(folder / f"{kind}-{name}.txt") if is_held(folder, kind, name) else ""


def _acquire(folder: Path, name: str, note: Path, what: str) -> filelock.BaseFileLock:
    """Return the lock, held; raise `BusyError` if another process holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / f"{name}.lock", timeout=PATIENCE)
        lock.acquire(poll_interval=PATIENCE / 10)
    except filelock.Timeout:
        raise BusyError(
            f"{what} is in use by {_holder(note)}",
            str(note),
            "Wait until that session ends, or stop it.",
        ) from None
    except OSError as error:
        raise _refused(error, folder) from error
    return lock


def _refused(error: OSError, folder: Path) -> RecordingError:
    return RecordingError(
        f"locks cannot be written here: {error.strerror}",
        str(folder),
        "Check the rights on the folder.",
    )


def _holder(note: Path) -> str:
    """Return who holds a lock, in words."""
    try:
        return note.read_text(encoding="utf-8")
    except OSError:
        return "another session"
