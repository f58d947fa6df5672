"""Who entered what, and when: all rows of persons in the order in which they were entered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from rig.ledger.tables import acts, subject_facts, subjects, supplements, weighings, wellness


class Entered(msgspec.Struct, frozen=True):
    """One row: when it was entered, by whom, of which mouse (None: of none), and what it says."""

    at: datetime
    by: str
    subject: str | None
    what: str


def entered_between(connection: sa.Connection, begin: datetime, end: datetime) -> list[Entered]:
    """Return what persons entered between two moments."""
    names = {row.id: row.name for row in connection.execute(sa.select(subjects))}
    found = []
    for table in (subject_facts, weighings, supplements, wellness, acts):
        entered = table.c.entered_at
        rows = connection.execute(sa.select(table).where(entered >= begin, entered < end))
        for row in rows.mappings():
            subject = names[row["subject"]] if "subject" in row else None
            words = _words(table, row)
            found.append(Entered(row["entered_at"], row["by"], subject, words))
    return sorted(found, key=lambda each: each.at)


def _words(table: sa.Table, row: Mapping[Any, Any]) -> str:
    """Return what a row says."""
    if table is acts:
        return f"{row['verb']} {row['about']}"
    values = {
        subject_facts: lambda: f"facts: {row['status']}, cage {row['cage'] or '-'}",
        weighings: lambda: _amount("weight", row["weight_g"], "g"),
        supplements: lambda: _amount("supplement", row["volume_ul"], "uL"),
        wellness: lambda: f"{row['kind']} of {row['person']}: {row['text']}",
    }
    why = f": {row['reason']}" if row["reason"] else ""
    corrected = f" (corrects {row['corrects'][:8]}{why})" if row["corrects"] else ""
    return values[table]() + corrected


def _amount(what: str, value: float | None, unit: str) -> str:
    return f"{what} withdrawn" if value is None else f"{what} {value:g} {unit}"
