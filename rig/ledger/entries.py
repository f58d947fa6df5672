"""What persons enter day by day: weights, supplements, how a mouse is; and its corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from rig.errors import ConfigError
from rig.ledger.store import Ledger
from rig.ledger.subjects import LedgerSubject, in_force
from rig.ledger.tables import acts, subjects, supplements, weighings, wellness

LAST = "last"
"""Names the last row of a subject, where a row is named."""
_VALUES = ("weight_g", "volume_ul")
"""The columns of which a row has one; empty in a row that takes another one back."""
SKIPPED = "skipped"
"""What the ledger calls it when a mouse is left out on a day."""
WellnessKind = Literal["note", "consent"]


@dataclass(frozen=True)
class Entry:
    """A row that a person enters of a subject.

    Attributes
    ----------
    subject
        Of whom.
    at, entered_at
        What moment it holds for, and when it is entered.
    by
        Who enters it.
    corrects, reason
        The row that it corrects, and why; empty if it corrects none.
    """

    subject: LedgerSubject
    at: datetime
    entered_at: datetime
    by: str
    corrects: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Note:
    """What a person said of a mouse: how it is, or that it may run all the same."""

    subject: str
    at: datetime
    person: str
    text: str
    kind: WellnessKind


def enter_weight(
    ledger: Ledger,
    entry: Entry,
    weight_g: float | None,
    *,
    confirmed: bool = False,
    source: str = "typed",
) -> str:
    """Enter a weight; None withdraws the one that is corrected. Return the id of the row."""
    values = {"weight_g": weight_g, "confirmed": confirmed, "source": source}
    return _enter(ledger, weighings, entry, values)


def enter_supplement(
    ledger: Ledger, entry: Entry, volume_ul: float | None, form: str = "water"
) -> str:
    """Enter water beside sessions; None withdraws what is corrected. Return the id of the row."""
    return _enter(ledger, supplements, entry, {"volume_ul": volume_ul, "form": form})


def enter_wellness(
    ledger: Ledger, entry: Entry, person: str, text: str | None, kind: WellnessKind = "note"
) -> str:
    """Enter how a mouse is, or a consent, with the person who answers for it; return the id."""
    return _enter(ledger, wellness, entry, {"person": person, "text": text, "kind": kind})


def enter_act(ledger: Ledger, verb: str, about: str, by: str, now: datetime) -> None:
    """Enter what somebody did with the ledger as a whole."""
    with ledger.writing() as connection:
        connection.execute(
            acts.insert().values(id=str(uuid4()), entered_at=now, by=by, verb=verb, about=about)
        )


def find_row(connection: sa.Connection, table: sa.Table, subject: str, name: str) -> dict[str, Any]:
    """Return the row with a value of a subject that is in force and that a text names.

    Parameters
    ----------
    connection, table, subject
        Where it is looked for; `subject` is an UUID.
    name
        The beginning of its id, or ``last``.

    Raises
    ------
    ConfigError
        If there is none, or more than one, or it was corrected already.
    """
    query = sa.select(table).where(table.c.subject == subject).order_by(table.c.at)
    rows = [dict(row) for row in connection.execute(query.where(in_force(table))).mappings()]
    rows = [row for row in rows if any(row.get(value) is not None for value in _VALUES)]
    found = rows[-1:] if name == LAST else [row for row in rows if row["id"].startswith(name)]
    if len(found) == 1 and name:
        return found[0]
    what = f"more than one row begins with '{name}'" if found else f"there is no row '{name}'"
    corrected = connection.execute(query.where(table.c.id.startswith(name, autoescape=True)))
    if not found and name and corrected.first() is not None:
        what = f"the row '{name}' was corrected or taken back already"
    raise ConfigError(
        what, f"ledger, {table.name}", "`rig subject show MOUSE` lists the rows with their ids."
    )


def rows_of(connection: sa.Connection, table: sa.Table, subject: str) -> list[dict[str, Any]]:
    """Return all rows of a subject, those that were corrected included, by their moments."""
    query = sa.select(table).where(table.c.subject == subject)
    found = connection.execute(query.order_by(table.c.at, table.c.entered_at))
    return [dict(row) for row in found.mappings()]


def notes_between(connection: sa.Connection, begin: datetime, end: datetime) -> list[Note]:
    """Return what persons said of mice between two moments, those that were corrected left out."""
    columns = wellness.c
    found = connection.execute(
        sa.select(subjects.c.name, columns.at, columns.person, columns.text, columns.kind)
        .join_from(wellness, subjects)
        .where(columns.at >= begin, columns.at < end, columns.text.is_not(None))
        .where(in_force(wellness))
        .order_by(columns.at, columns.entered_at)
    )
    return [Note(row.name, row.at, row.person, row.text, row.kind) for row in found]


def skipped_between(connection: sa.Connection, begin: datetime, end: datetime) -> dict[str, str]:
    """Return the mice that persons left out between two moments, and why."""
    entered = acts.c.entered_at
    wanted = sa.select(acts.c.about).where(acts.c.verb == SKIPPED, entered >= begin, entered < end)
    told = connection.execute(wanted.order_by(entered)).scalars()
    parts = (text.partition(": ") for text in told)
    return {subject: why for subject, _, why in parts}


def _enter(ledger: Ledger, table: sa.Table, entry: Entry, values: Mapping[str, Any]) -> str:
    """Insert a row; return its id."""
    row = str(uuid4())
    try:
        with ledger.writing() as connection:
            connection.execute(
                table.insert().values(
                    id=row,
                    subject=entry.subject.id,
                    at=entry.at,
                    entered_at=entry.entered_at,
                    by=entry.by,
                    corrects=entry.corrects or None,
                    reason=entry.reason,
                    **values,
                )
            )
    except IntegrityError:
        raise ConfigError(
            "the row that is to be corrected is not there, or was just corrected",
            f"ledger, {table.name}",
            f"Look again with `rig subject show {entry.subject.name}`.",
        ) from None
    return row
