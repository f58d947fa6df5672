"""Which mice of a lab are not in its ledger, or retired: nobody is told when they are due water.

A mouse that was entered by `rig subject add` has a file, and one that ran has sessions: both tell
of it, whatever has become of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from rig.errors import RigError
from rig.lab import Lab
from rig.ledger.records import Task
from rig.ledger.subjects import in_force
from rig.ledger.tables import sessions, subject_facts, subjects

NOBODY = "ledger"
"""Stands for the mouse in what must happen with a ledger that has none."""


def unlisted(
    connection: sa.Connection, lab: Lab, begin: datetime, end: datetime, *, with_files: bool
) -> list[str]:
    """Return the mice that are not in the ledger; virtual ones need no water, and are left out.

    Parameters
    ----------
    connection, lab
        To the ledger, and its lab.
    begin, end
        Those that ran between these moments are among them,
    with_files
        and those that have a file.
    """
    known = set(connection.execute(sa.select(subjects.c.name)).scalars())
    started = sessions.c.started_at
    ran = connection.execute(
        sa.select(sessions.c.mouse)
        .where(started >= begin, started < end, sessions.c.simulated.is_(False))
        .distinct()
    ).scalars()
    found = set(ran) - known
    if with_files:
        files = {path.stem for path in lab.files("subjects")} - known
        found |= {name for name in files if not _is_virtual(lab, name)}
    return sorted(found)


def retired_and_ran(connection: sa.Connection, begin: datetime, end: datetime) -> list[str]:
    """Return the mice that ran between two moments, after they were retired: they are there."""
    started = sessions.c.started_at
    found = connection.execute(
        sa.select(sessions.c.mouse)
        .join_from(sessions, subjects, subjects.c.name == sessions.c.mouse)
        .join(subject_facts, subject_facts.c.subject == subjects.c.id)
        .where(in_force(subject_facts), subject_facts.c.status == "retired")
        .where(started >= begin, started < end, started > subject_facts.c.entered_at)
        .where(sessions.c.simulated.is_(False))
        .distinct()
    ).scalars()
    return sorted(found)


def tasks_of_retired(names: Iterable[str]) -> list[Task]:
    """Return what must happen with such mice."""
    return [
        Task(
            name,
            "enter",
            "It ran after it was retired: nobody is told when it is due water.",
            f"rig subject edit {name} --status restricted",
        )
        for name in names
    ]


def tasks_of_unlisted(names: Iterable[str], *, empty: bool) -> list[Task]:
    """Return what must happen with such mice; `empty` if the ledger has no mouse at all."""
    found = [
        Task(
            name,
            "enter",
            "It is not in the ledger: nobody is told when it is due water. If it is due none, "
            "enter it with --status free or retired.",
            f"rig subject add {name}",
        )
        for name in names
    ]
    if found or not empty:
        return found
    return [
        Task(NOBODY, "enter", "No mouse is in it: nobody is told of any.", "rig subject add MOUSE")
    ]


def _is_virtual(lab: Lab, name: str) -> bool:
    """Whether the file of a subject says that it is no animal; one that is wrong does not."""
    try:
        return lab.subject(name).simulated
    except RigError:
        return False
