"""The subjects of the ledger: a stable UUID each, and what is known of them, edit by edit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from rig.errors import CheckFailed, ConfigError, Problem
from rig.ledger.days import FIRST_YEAR, is_day, local_day
from rig.ledger.records import Status
from rig.ledger.store import Ledger
from rig.ledger.tables import subject_facts, subjects

STATUSES: tuple[Status, ...] = get_args(Status)
LONGEST = 200
"""Characters of a name."""
Name = Annotated[str, msgspec.Meta(max_length=LONGEST, pattern=r"^[^\x00-\x1f]*$")]
Grams = Annotated[float, msgspec.Meta(gt=0, le=100)]
ImplantGrams = Annotated[float, msgspec.Meta(ge=0, le=10)]
_NAMED = {
    "birth": "day of birth",
    "baseline_g": "baseline weight in g",
    "implant_g": "weight of the implant in g",
}
"""What facts are called, where it is not their field."""
_ALLOWED = {
    "sex": "M, F, U (unknown) or O (other)",
    "status": "restricted, free or retired",
    "birth": f"a day from {FIRST_YEAR} up to today, as 2026-08-01",
    "baseline_g": "a number above 0 and up to 100",
    "implant_g": "a number from 0 (it carries none) to 10",
}
"""What facts can be, where they are no line of text."""


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of a subject.

    Attributes
    ----------
    tag, cage
        What persons tell it by.
    sex, strain, birth
        As in its file; sex is M, F, U (unknown) or O (other).
    project
        What it is for.
    status
        ``restricted`` if it gets its water from the lab alone, ``free`` if it has water at will,
        ``retired`` if it is not there any more.
    baseline_g
        Its weight in g with water at will, without an implant; None if it is not known.
    implant_g
        Weight in g of what it carries on its head; None or 0 if it carries nothing.
    """

    tag: Name = ""
    cage: Name = ""
    sex: Literal["M", "F", "U", "O"] = "U"
    strain: Name = ""
    birth: date | None = None
    project: Name = ""
    status: Status = "restricted"
    baseline_g: Grams | None = None
    implant_g: ImplantGrams | None = None

    @property
    def usual_g(self) -> float | None:
        """What it weighs with water at will, implant included; None if that is not known."""
        return None if self.baseline_g is None else self.baseline_g + (self.implant_g or 0.0)


class LedgerSubject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A subject as the ledger knows it now.

    Attributes
    ----------
    id, name
        Its UUID, and the name of its file and folder.
    facts
        What is known of it.
    row
        The row that says so.
    since, by
        When that row was entered, and by whom.
    """

    id: str
    name: str
    facts: Facts
    row: str
    since: datetime
    by: str


def made_facts(values: Mapping[str, Any], where: str, today: date) -> Facts:
    """Return facts made of plain values.

    Parameters
    ----------
    values
        The values by the names of the facts.
    where
        Where they stand: for errors.
    today
        The lab's day: nobody is born later.

    Raises
    ------
    CheckFailed
        With every value that is none.
    """
    problems = [
        Problem(
            f"the {_NAMED.get(name, name)} is '{value}', and can only be "
            f"{_ALLOWED.get(name, f'a line of text of up to {LONGEST} characters')}",
            where,
            "Nothing is entered. Write another one; if it is not known, leave it out.",
        )
        for name, value in values.items()
        if not _is_fact(name, value, today)
    ]
    if problems:
        raise CheckFailed(problems)
    return msgspec.convert(dict(values), Facts)


def add_subject(ledger: Ledger, name: str, facts: Facts, by: str, now: datetime) -> LedgerSubject:
    """Enter a subject; raise `ConfigError` if the ledger has it already."""
    subject, row = str(uuid4()), str(uuid4())
    told = {"entered_at": now, "by": by}
    try:
        with ledger.writing() as connection:
            connection.execute(subjects.insert().values(id=subject, name=name, **told))
            connection.execute(
                subject_facts.insert().values(
                    id=row, subject=subject, at=now, reason="", **told, **facts_columns(facts)
                )
            )
    except IntegrityError:
        raise ConfigError(
            f"'{name}' is in the ledger already",
            ledger.place.shown,
            f"Look at it with `rig subject show {name}`, or change it with `rig subject edit`.",
        ) from None
    return LedgerSubject(subject, name, facts, row, now, by)


def edit_subject(
    ledger: Ledger, subject: LedgerSubject, facts: Facts, by: str, now: datetime, reason: str
) -> LedgerSubject:
    """Enter that other facts hold of a subject from now on; what was known before is kept.

    Raises
    ------
    ConfigError
        If somebody else has edited it meanwhile.
    """
    row = str(uuid4())
    try:
        with ledger.writing() as connection:
            connection.execute(
                subject_facts.insert().values(
                    id=row, subject=subject.id, at=now, corrects=subject.row, reason=reason,
                    entered_at=now, by=by, **facts_columns(facts),
                )
            )  # fmt: skip
    except IntegrityError:
        raise ConfigError(
            f"'{subject.name}' was just edited by somebody else",
            ledger.place.shown,
            f"Look with `rig subject show {subject.name}`, and edit it again.",
        ) from None
    return LedgerSubject(subject.id, subject.name, facts, row, now, by)


def all_subjects(connection: sa.Connection) -> list[LedgerSubject]:
    """Return all subjects by their names, with what is known of them now."""
    found = connection.execute(
        sa.select(subjects.c.name, subject_facts)
        .join_from(subject_facts, subjects)
        .where(in_force(subject_facts))
        .order_by(subjects.c.name)
    )
    return [_subject(row) for row in found.mappings()]


def subjects_at(connection: sa.Connection, moment: datetime) -> list[LedgerSubject]:
    """Return all subjects by their names, with what was known of them before a moment.

    One that was entered later is there with what is known of it now.
    """
    later = subject_facts.alias()
    edited = sa.exists().where(later.c.corrects == subject_facts.c.id, later.c.entered_at < moment)
    found = connection.execute(
        sa.select(subjects.c.name, subject_facts)
        .join_from(subject_facts, subjects)
        .where(subject_facts.c.entered_at < moment, ~edited)
    )
    then = {row["name"]: _subject(row) for row in found.mappings()}
    return [then.get(each.name, each) for each in all_subjects(connection)]


def known_facts(connection: sa.Connection) -> dict[str, Facts]:
    """Return what is known of all subjects now, by their names."""
    return {each.name: each.facts for each in all_subjects(connection)}


def find_subject(connection: sa.Connection, text: str) -> LedgerSubject:
    """Return the subject that a text names by its name or its tag.

    Raises
    ------
    ConfigError
        If there is none, or more than one.
    """
    known = all_subjects(connection)
    found = [each for each in known if text in (each.name, each.facts.tag)] if text else []
    exact = [each for each in found if each.name == text]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        names = ", ".join(each.name for each in found)
        raise ConfigError(f"'{text}' is the tag of {names}", "ledger", "Name the one you mean.")
    raise ConfigError(
        f"'{text}' is not in the ledger",
        "ledger",
        f"Enter it: `rig subject add {text or 'MOUSE'}`.",
    )


def check_new_name(name: str, known: Mapping[str, Facts]) -> None:
    """Raise `ConfigError` if a new subject would be taken for one that is known by its name."""
    where = f"subject '{name}'"
    for other, facts in known.items():
        if other != name and facts.tag == name:
            do = f"`rig weigh {name}` would not tell which is meant: choose another name."
            raise ConfigError(f"'{name}' is the tag of '{other}'", where, do)
        if other != name and other.casefold() == name.casefold():
            do = "Capitals alone do not tell two files apart everywhere: choose another name."
            raise ConfigError(f"'{other}' is there already", where, do)


def check_tag(name: str, tag: str, known: Mapping[str, Facts]) -> None:
    """Raise `ConfigError` if a tag is that of another subject that is known, or its name."""
    for other, facts in known.items():
        if tag and other != name and tag in (facts.tag, other):
            raise ConfigError(
                f"'{other}' has the tag '{tag}' already" if tag != other else f"'{tag}' is a mouse",
                f"subject '{name}'",
                "Look at the animals: two with one tag are taken for each other. One that is not "
                f'there any more gives it up: `rig subject edit {other} --tag ""`.',
            )


def check_alive(subject: LedgerSubject, at: datetime, zone: ZoneInfo | None) -> None:
    """Raise `ConfigError` if a subject was not born yet at a moment."""
    birth, day = subject.facts.birth, local_day(at, zone)
    if birth is not None and day < birth:
        raise ConfigError(
            f"{subject.name} was born on {birth}, and {day} is before that: nothing is entered",
            f"subject '{subject.name}'",
            f"Look at both days. To mend the birth: `rig subject edit {subject.name} --birth DAY`.",
        )


def history_of(connection: sa.Connection, subject: str) -> list[dict[str, Any]]:
    """Return all that was ever entered of what is known of a subject, the oldest first."""
    found = connection.execute(
        sa.select(subject_facts)
        .where(subject_facts.c.subject == subject)
        .order_by(subject_facts.c.entered_at)
    )
    return [dict(row) for row in found.mappings()]


def restricted_since(connection: sa.Connection, subject: str) -> datetime | None:
    """Return since when a subject has had no water at will; None if nothing is known of it."""
    history = history_of(connection, subject)
    begun = [after["at"] for before, after in pairwise(history) if before["status"] == "free"]
    return begun[-1] if begun else next((row["at"] for row in history), None)


def in_force(table: sa.Table) -> sa.ColumnElement[bool]:
    """Return the condition that a row is not corrected by another one."""
    later = table.alias()
    return ~sa.exists().where(later.c.corrects == table.c.id)


def facts_columns(facts: Facts) -> dict[str, Any]:
    """Return facts as the columns of their table."""
    return msgspec.structs.asdict(facts)


def _is_fact(name: str, value: object, today: date) -> bool:
    """Whether a value can be that of a fact."""
    try:
        birth = msgspec.convert({name: value}, Facts).birth
    except msgspec.ValidationError:
        return False
    return birth is None or (is_day(birth) and birth <= today)


def _subject(row: Mapping[Any, Any]) -> LedgerSubject:
    facts = Facts(**{name: row[name] for name in Facts.__struct_fields__})
    return LedgerSubject(
        row["subject"], row["name"], facts, row["id"], row["entered_at"], row["by"]
    )
