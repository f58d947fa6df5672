"""One of several processes that write into one ledger; imports no more than it needs for that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rig.lab import find_lab
from rig.ledger.entries import Entry, enter_weight
from rig.ledger.posting import post
from rig.ledger.store import begin_ledger
from rig.ledger.subjects import Facts, add_subject
from rig.session_folder import find_sessions

MORNING = datetime(2026, 11, 2, 8, tzinfo=UTC)
PRELOADED = [
    "rig.ledger.entries", "rig.ledger.posting", "sqlalchemy.dialects.sqlite", "psycopg",
    "sqlalchemy.dialects.postgresql", "alembic.migration", "alembic.operations", "alembic.script",
]  # fmt: skip
"""What processes that are forked need not load each for itself."""


def write_a_day(job: tuple[str, str, int]) -> str:
    """Begin the ledger, weigh a mouse again and again, and enter all sessions of the lab.

    `job` is the lab's folder, the mouse, and how often it is weighed. What a person would be told
    of an error is returned.
    """
    lab, name, weighings = find_lab(Path(job[0])), job[1], job[2]
    try:
        with begin_ledger(lab) as ledger:
            mouse = add_subject(ledger, name, Facts(), "anna", MORNING)
            for n in range(weighings):
                at = MORNING + timedelta(minutes=n)
                enter_weight(ledger, Entry(mouse, at, at, "anna"), 21.0)
            for folder in find_sessions(lab.data):
                post(ledger, folder)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
