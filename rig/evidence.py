"""The sessions of a mouse as evidence for its stage: what they say, and why some never count."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta

from rig.config import Subject
from rig.errors import RecordingError
from rig.lab import Lab
from rig.session_folder import SessionFolder, find_sessions
from rig.session_record import SessionRecord, load_session
from rig.stage_rules import Evidence

KEPT = 256
"""Sessions whose evidence stays in memory: all of a mouse are asked for at every look at it."""


def read_evidence(lab: Lab, subject: Subject, since: datetime | None = None) -> list[Evidence]:
    """Return what the sessions of a mouse have to say, in their order.

    Parameters
    ----------
    lab, subject
        Whose sessions.
    since
        Sessions of earlier days need not be read; None reads all.
    """
    # A day earlier than that: the day of a folder is that of the clock of its session.
    first = "" if since is None else (since - timedelta(days=1)).date().isoformat()
    return [
        _evidence(folder, subject)
        for folder in find_sessions(lab.data, subject.id)
        if _day(folder) >= first
    ]


def since_entry(
    sessions: list[Evidence], entered: datetime, used: frozenset[str]
) -> list[Evidence]:
    """Return the sessions that began after a mouse came to its stage.

    Sessions in `used`, on which an earlier decision rests, never count a second time. One that
    cannot be read is told by the day of its folder.
    """
    day = entered.date().isoformat()
    entered = entered.replace(microsecond=entered.microsecond // 1000 * 1000)  # as sessions have it
    return [
        each
        for each in sessions
        if each.session not in used
        and (each.day >= day if each.started_at is None else each.started_at >= entered)
    ]


def _evidence(folder: SessionFolder, subject: Subject) -> Evidence:
    try:
        now = folder.journal.stat()
        return _read(folder, subject.simulated, now.st_size, now.st_mtime_ns)
    except (RecordingError, OSError):
        return Evidence(folder.name, _day(folder), None, "", "", (), "unreadable")


@functools.lru_cache(maxsize=KEPT)
def _read(folder: SessionFolder, simulated_mouse: bool, size: int, changed_ns: int) -> Evidence:
    """Return what a session says; read again only when its journal has changed."""
    record = load_session(folder)
    return Evidence(
        session=folder.name,
        day=_day(folder),
        started_at=datetime.fromisoformat(record.header.started_at).astimezone(),
        protocol=record.definition.protocol,
        stage=record.definition.stage,
        rows=record.rows,
        unfit=_unfit(record, simulated_mouse),
        resumes=record.definition.resumes,
    )


def _unfit(record: SessionRecord, simulated_mouse: bool) -> str:
    """Return why a session never counts; empty if it may."""
    if record.damage:
        return "damaged"
    if record.ended is None:
        return "cut off"
    if record.ended.how in {"aborted", "failed"}:
        return record.ended.how
    simulated = any(device.simulated for device in record.definition.devices)
    if simulated and not simulated_mouse:
        return "simulated"
    return ""


def _day(folder: SessionFolder) -> str:
    return folder.path.parts[-2]
