"""Keeps two sessions from sharing a rig or a subject; a lock ends with its process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import filelock

from rig.errors import BusyError


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
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / f"{kind}-{name}.lock", timeout=0)
    note = folder / f"{kind}-{name}.txt"
    try:
        lock.acquire()
    except filelock.Timeout:
        who = note.read_text(encoding="utf-8") if note.exists() else "another session"
        raise BusyError(
            f"{kind} '{name}' is in use by {who}",
            str(note),
            "Wait until that session ends, or stop it.",
        ) from None
    try:
        note.write_text(f"{holder} (process {os.getpid()})", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()
