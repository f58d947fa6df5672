"""The tables of the ledger, as SQLAlchemy needs them. Rows are inserted, never changed.

A row that a person enters has an `id`, says `at` what moment it holds for, when it was entered and
by whom. A correction is a row that names the old one in `corrects`; a row is corrected once, so
that all rows of one thing form a chain, and the last of it is in force. What a session delivered is
told by its journal: those rows have keys of the journal's own, so that writing them again does
nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which knows no zones, keeps it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return a moment as the database keeps it; one without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment of the ledger has a time zone: {value}")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return a moment that the database kept, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = MetaData()
_ID = String(36)
_NAME = Text()


def _entered() -> tuple[Column[Any], ...]:
    """Return the columns of every row that a person enters."""
    return (
        Column("id", _ID, primary_key=True),
        Column("entered_at", UtcTime, nullable=False),
        Column("by", _NAME, nullable=False),
    )


def _entry(table: str) -> tuple[Column[Any], ...]:
    """Return the columns of a row about one subject, which another may correct."""
    return (
        *_entered(),
        Column("subject", _ID, ForeignKey("subjects.id"), nullable=False),
        Column("at", UtcTime, nullable=False),
        Column("corrects", _ID, ForeignKey(f"{table}.id"), unique=True),
        Column("reason", Text, nullable=False),
    )


subjects = Table(
    "subjects",
    METADATA,
    *_entered(),
    Column("name", _NAME, nullable=False, unique=True),
)
"""A mouse for ever: its UUID, and the name of its file and of its folder."""

subject_facts = Table(
    "subject_facts",
    METADATA,
    *_entry("subject_facts"),
    Column("tag", _NAME, nullable=False),
    Column("cage", _NAME, nullable=False),
    Column("sex", String(1), nullable=False),
    Column("strain", _NAME, nullable=False),
    Column("birth", Date),
    Column("project", _NAME, nullable=False),
    Column("status", String(20), nullable=False),
    Column("baseline_g", Float),
    Column("implant_g", Float),
)
"""What is known of a mouse; an edit is a row that corrects the one before."""

weighings = Table(
    "weighings",
    METADATA,
    *_entry("weighings"),
    Column("weight_g", Float),
    Column("source", String(20), nullable=False),
    Column("confirmed", Boolean, nullable=False),
)
"""Weights; None withdraws the one that is corrected. `confirmed`: typed twice."""

supplements = Table(
    "supplements",
    METADATA,
    *_entry("supplements"),
    Column("volume_ul", Float),
    Column("form", _NAME, nullable=False),
)
"""Water beside sessions; None withdraws what is corrected."""

wellness = Table(
    "wellness",
    METADATA,
    *_entry("wellness"),
    Column("kind", String(20), nullable=False),
    Column("person", _NAME, nullable=False),
    Column("text", Text),
)
"""How a mouse is, and consents, each with the person who answers for it."""

sessions = Table(
    "sessions",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("name", _NAME, nullable=False, index=True),
    Column("mouse", _NAME, nullable=False, index=True),
    Column("rig", _NAME, nullable=False),
    Column("protocol", _NAME, nullable=False),
    Column("stage", _NAME, nullable=False),
    Column("operator", _NAME, nullable=False),
    Column("clock", String(20), nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
)
"""Sessions; the id is made of the header of the journal."""

drops = Table(
    "drops",
    METADATA,
    Column("session", _ID, ForeignKey("sessions.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("device", _NAME, nullable=False),
    Column("author", _NAME, nullable=False),
    Column("volume_ul", Float, nullable=False),
)
"""Each change of a session's water: a drop, or less than 0 for what a vacuum removed."""

session_ends = Table(
    "session_ends",
    METADATA,
    Column("session", _ID, ForeignKey("sessions.id"), primary_key=True),
    Column("journal_bytes", BigInteger, primary_key=True, autoincrement=False),
    Column("events", BigInteger, nullable=False),
    Column("trials", Integer, nullable=False),
    Column("water_ul", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
)
"""That all of a journal of that length is in; a recovered session has a second row."""

stages = Table(
    "stages",
    METADATA,
    Column("mouse", _NAME, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("curriculum", _NAME, nullable=False),
    Column("stage", _NAME, nullable=False),
    Column("before", _NAME),
    Column("by", _NAME, nullable=False),
    Column("reason", Text, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
)
"""The moves of mice through their stages, as ``subjects/NAME.stages.jsonl`` tells them."""

spot_checks = Table(
    "spot_checks",
    METADATA,
    Column("rig", _NAME, primary_key=True),
    Column("device", _NAME, primary_key=True),
    Column("at", UtcTime, primary_key=True),
    Column("by", _NAME, nullable=False),
    Column("ordered_ul", Float, nullable=False),
    Column("drops", Integer, nullable=False),
    Column("weight_mg", Float, nullable=False),
    Column("given_ul", Float, nullable=False),
    Column("tolerance", Float, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
)
"""Spot checks of valves, as ``calibration/records/spot-checks.jsonl`` tells them."""

acts = Table(
    "acts",
    METADATA,
    *_entered(),
    Column("verb", _NAME, nullable=False),
    Column("about", Text, nullable=False),
)
"""Who did what with the ledger as a whole: begun, imported, rebuilt."""
