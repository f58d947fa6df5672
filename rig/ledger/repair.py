"""Checks a ledger beside the lab's files, and makes one anew of what a damage has left."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from rig.counting import counted
from rig.errors import ConfigError, Problem, RecordingError, RigError, problems_of
from rig.lab import Lab
from rig.ledger.days import FIRST_YEAR, LAST_YEAR
from rig.ledger.entries import enter_act
from rig.ledger.place import Place, place_of
from rig.ledger.posting import Posted, insert_new, not_entered
from rig.ledger.store import Ledger, begin_ledger
from rig.ledger.subject_file import differences
from rig.ledger.subjects import Facts, all_subjects, facts_columns
from rig.ledger.tables import (
    METADATA,
    UtcTime,
    acts,
    drops,
    session_ends,
    sessions,
    subject_facts,
    subjects,
    supplements,
    weighings,
    wellness,
)
from rig.ledger.taking_in import take_in_files, take_in_sessions
from rig.ledger.unlisted import unlisted
from rig.recovery import free_name
from rig.session_folder import find_sessions, is_running

ENTERED = {
    subjects.name: "mice",
    subject_facts.name: "what was known of mice (an older state may hold now: `rig subject list`)",
    weighings.name: "weights",
    supplements.name: "water given beside sessions",
    wellness.name: "notes and consents",
    acts.name: "who left mice out, and closed days",
}
"""What persons enter, by table: it stands in no other file, and is lost with the ledger."""
_NEGLIGIBLE_UL = 1e-3
_EVER = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 12, 31, tzinfo=UTC))
_NO_SESSION = ""
"""Stands for the session of a row that belongs to none."""


@dataclass(frozen=True)
class Rebuilt:
    """What a ledger was made anew of.

    Attributes
    ----------
    kept
        Where the ledger before lies now; None if there was none.
    rows
        How many rows of it could be read, by table.
    lost
        Tables that could be read in part only, or not at all.
    sessions
        The sessions that were entered from their folders.
    problems
        Files of the lab that cannot be read.
    missing
        Mice that have a file or ran, and are not in the ledger.
    """

    kept: Path | None
    rows: dict[str, int]
    lost: tuple[str, ...]
    sessions: tuple[Posted, ...]
    problems: tuple[Problem, ...]
    missing: tuple[str, ...]

    @property
    def not_brought_back(self) -> dict[str, str]:
        """What persons had entered and is lost, or part of it, in words by table."""
        return {name: words for name, words in ENTERED.items() if name in self.lost}


def check(ledger: Ledger, lab: Lab) -> list[Problem]:
    """Return what is wrong with a ledger, or is another thing in the lab's files.

    Raises
    ------
    RecordingError
        If it cannot be read.
    """
    found: list[Problem] = []
    with ledger.reading() as connection:
        if ledger.place.file is not None:
            found += _damages(connection, ledger.place)
        found += _sums(connection)
        known = all_subjects(connection)
    do = "Enter it: `rig ledger reconcile`. If it is damaged: `rig recover` first."
    found += [
        Problem("the session is not in the ledger as a whole", folder.name, do, "warning")
        for folder in not_entered(ledger, find_sessions(lab.data))
        if not is_running(folder)
    ]
    for subject in known:
        file = str(lab.subject_file(subject.name))
        if not lab.subject_file(subject.name).exists():
            do = "A session needs it: `rig subject edit` writes it."
            found.append(Problem("the subject has no file", file, do, "warning"))
        try:
            told = differences(lab, subject)
        except RigError as error:
            found += problems_of(error)
            continue
        do = f"Make both the same: `rig subject edit {subject.name}` writes the file."
        found += [Problem(each, file, do, "warning") for each in told]
    return found


def rebuild(lab: Lab, by: str, now: datetime) -> Rebuilt:
    """Make a lab's ledger anew: of what can be read of the old one, and of the session folders.

    The old file is kept beside the new one, whatever can be read of it.

    Raises
    ------
    ConfigError
        If the ledger is in PostgreSQL, whose server keeps backups of its own.
    RecordingError
        If the old file cannot be moved, or the new one not be written.
    """
    place = place_of(lab)
    if place.file is None:
        raise ConfigError(
            "this ledger is in PostgreSQL, and is not made anew",
            place.shown,
            "Restore it from a backup of the server, then run `rig ledger reconcile`.",
        )
    kept = _moved_away(place.file) if place.file.exists() else None
    rows, lost = _read(kept) if kept else ({}, [])
    with begin_ledger(lab) as ledger:
        _enter_all(ledger, rows, now)
        problems = take_in_files(ledger, lab, now)
        entered = take_in_sessions(ledger, lab)
        about = f"of {kept.name if kept else 'nothing'} and {counted(len(entered), 'session')}"
        enter_act(ledger, "rebuilt", about, by, now)
        with ledger.reading() as connection:
            missing = unlisted(connection, lab, *_EVER, with_files=True)
    counts = {name: len(each) for name, each in rows.items()}
    return Rebuilt(kept, counts, tuple(lost), tuple(entered), tuple(problems), tuple(missing))


def _damages(connection: sa.Connection, place: Place) -> list[Problem]:
    """Return what SQLite finds wrong with its file."""
    said = list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
    broken = list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
    what = [text for text in map(str, said) if text != "ok"]
    what += [f"a row of {row[0]} names one of {row[2]} that is not there" for row in broken]
    return [Problem(text, place.shown, "Make it anew: `rig ledger rebuild`.") for text in what]


def _sums(connection: sa.Connection) -> list[Problem]:
    """Return the sessions whose drops are not the water that their journal told."""
    total = sa.func.coalesce(sa.func.sum(drops.c.volume_ul), 0.0)
    newest = sa.func.max(session_ends.c.journal_bytes)
    ends = sa.select(session_ends.c.session, newest.label("size")).group_by(session_ends.c.session)
    last = ends.subquery()
    end = session_ends.alias()
    found = connection.execute(
        sa.select(sessions.c.name, end.c.water_ul, total.label("sum"))
        .join_from(sessions, last, last.c.session == sessions.c.id)
        .join(end, (end.c.session == last.c.session) & (end.c.journal_bytes == last.c.size))
        .outerjoin(drops, drops.c.session == sessions.c.id)
        .group_by(sessions.c.id, sessions.c.name, end.c.water_ul)
    )
    do = "The journal was damaged or changed: look at it with `rig verify`. Both are kept."
    return [
        Problem(
            f"the ledger has {row.sum:g} uL of the session, its journal {row.water_ul:g} uL",
            row.name, do, "warning",
        )
        for row in found
        if abs(row.sum - row.water_ul) > _NEGLIGIBLE_UL
    ]  # fmt: skip


def _moved_away(file: Path) -> Path:
    """Give a ledger's files another name, which is returned."""
    rest = free_name(file.with_name(f"{file.name}.rest"))
    try:
        for ending in ("-wal", "-shm", ""):
            part = file.with_name(file.name + ending)
            if part.exists():
                part.rename(rest.with_name(rest.name + ending))
    except OSError as error:
        raise RecordingError(
            f"the old ledger cannot be moved away: {error.strerror}",
            str(file),
            "Close all windows and programs of mouserig on this ledger, and try again.",
        ) from error
    return rest


def _read(file: Path) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """Return all rows of a damaged file that can be read, and which tables are not whole."""
    rows: dict[str, list[dict[str, Any]]] = {}
    lost: list[str] = []
    with tempfile.TemporaryDirectory() as folder:  # so that the file itself stays as it is
        copy = Path(folder) / "ledger"
        for ending in ("", "-wal"):
            part = file.with_name(file.name + ending)
            if part.exists():
                shutil.copyfile(part, copy.with_name(copy.name + ending))
        with closing(sqlite3.connect(copy)) as connection:
            connection.row_factory = sqlite3.Row
            for table in METADATA.sorted_tables:
                found, whole = _rows_of(connection, table)
                rows[str(table.name)] = found
                lost += [] if whole else [str(table.name)]
    return rows, lost


def _rows_of(connection: sqlite3.Connection, table: sa.Table) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows of a table, from both of its ends if its middle cannot be read."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    keys = [column.name for column in table.primary_key]
    for order in ("ASC", "DESC"):
        try:
            for row in connection.execute(f"SELECT * FROM {table.name} ORDER BY rowid {order}"):
                values = _typed(table, dict(row))
                found[tuple(values[key] for key in keys)] = values
        except (sqlite3.Error, ValueError, KeyError, TypeError):
            continue
        return list(found.values()), True
    return list(found.values()), False


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of SQLite with days and moments as such."""
    typed = {}
    for name, value in row.items():
        kind = table.columns[name].type
        if value is not None and isinstance(kind, UtcTime):
            value = datetime.fromisoformat(value).replace(tzinfo=UTC)
        elif value is not None and isinstance(kind, sa.Date):
            value = date.fromisoformat(value)
        typed[name] = value
    return typed


def _enter_all(ledger: Ledger, rows: dict[str, list[dict[str, Any]]], now: datetime) -> None:
    """Enter what was read; a row that names a lost one is kept all the same."""
    if not rows:
        return
    ids = {name: {str(row.get("id")) for row in each} for name, each in rows.items()}
    named = {row["subject"] for each in rows.values() for row in each if "subject" in row}
    facts, there = _chained(rows[subject_facts.name]), {_NO_SESSION, *ids[sessions.name]}
    with ledger.writing() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in METADATA.sorted_tables:
            kept = facts if table is subject_facts else rows[table.name]
            kept = [_mended(row, ids[table.name]) for row in kept]
            kept = [row for row in kept if row.get("session", _NO_SESSION) in there]
            insert_new(connection, table, kept)
        _enter_lost_subjects(connection, named - ids["subjects"], now)
        told = {row["subject"] for row in facts}
        _enter_lost_facts(connection, (named | ids["subjects"]) - told, now)


def _chained(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the facts of each subject as one chain in the order in which they were entered."""
    last: dict[str, str] = {}
    chained = []
    for row in sorted(facts, key=lambda row: row["entered_at"]):
        chained.append(row | {"corrects": last.get(row["subject"])})
        last[row["subject"]] = row["id"]
    return chained


def _mended(row: dict[str, Any], ids: set[Any]) -> dict[str, Any]:
    """Return a row that corrects none, if the one that it corrects is lost."""
    if row.get("corrects") is None or row["corrects"] in ids:
        return row
    reason = f"(it corrected a row that is lost) {row['reason']}".strip()
    return row | {"corrects": None, "reason": reason}


def _enter_lost_subjects(connection: sa.Connection, lost: Iterable[str], now: datetime) -> None:
    """Enter subjects of which only other rows tell, by a name made of their UUID."""
    rows = [
        {"id": each, "name": f"lost-{each[:8]}", "by": "rebuild", "entered_at": now}
        for each in sorted(lost)
    ]
    insert_new(connection, subjects, rows)


def _enter_lost_facts(connection: sa.Connection, lost: Iterable[str], now: datetime) -> None:
    """Enter for subjects whose facts are lost that nothing is known of them."""
    told = {"by": "rebuild", "entered_at": now, "at": now, "reason": "what was known is lost"}
    rows = [
        {"id": f"lost-{each[:31]}", "subject": each, "corrects": None}
        | told
        | facts_columns(Facts())
        for each in sorted(lost)
    ]
    insert_new(connection, subject_facts, rows)
