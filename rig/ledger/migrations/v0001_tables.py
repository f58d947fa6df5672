"""The tables of the first ledger."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID, _NAME, _TIME = sa.String(36), sa.Text(), sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table("subjects", *_entered(), _text("name", unique=True))
    op.create_table(
        "subject_facts",
        *_entry("subject_facts"),
        *map(_text, ("tag", "cage")),
        sa.Column("sex", sa.String(1), nullable=False),
        _text("strain"),
        sa.Column("birth", sa.Date),
        _text("project"),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("baseline_g", sa.Float),
        sa.Column("implant_g", sa.Float),
    )
    op.create_table(
        "weighings",
        *_entry("weighings"),
        sa.Column("weight_g", sa.Float),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "supplements", *_entry("supplements"), sa.Column("volume_ul", sa.Float), _text("form")
    )
    op.create_table(
        "wellness",
        *_entry("wellness"),
        sa.Column("kind", sa.String(20), nullable=False),
        _text("person"),
        sa.Column("text", sa.Text),
    )
    _make_tables_of_sessions()
    _make_tables_of_files()
    op.create_table("acts", *_entered(), _text("verb"), sa.Column("about", sa.Text, nullable=False))


def _make_tables_of_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _ID, primary_key=True),
        *map(_text, ("name", "mouse", "rig", "protocol", "stage", "operator")),
        sa.Column("clock", sa.String(20), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        *map(_time, ("started_at", "entered_at")),
    )
    op.create_index("ix_sessions_name", "sessions", ["name"])
    op.create_index("ix_sessions_mouse", "sessions", ["mouse"])
    op.create_table(
        "drops",
        sa.Column("session", _ID, sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        _time("at"),
        *map(_text, ("device", "author")),
        sa.Column("volume_ul", sa.Float, nullable=False),
    )
    op.create_index("ix_drops_at", "drops", ["at"])
    op.create_table(
        "session_ends",
        sa.Column("session", _ID, sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("journal_bytes", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("trials", sa.Integer, nullable=False),
        sa.Column("water_ul", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        *map(_time, ("ended_at", "entered_at")),
    )


def _make_tables_of_files() -> None:
    """Make the tables whose truth is a file of the lab."""
    op.create_table(
        "stages",
        sa.Column("mouse", _NAME, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _time("at"),
        *map(_text, ("curriculum", "stage")),
        sa.Column("before", _NAME),
        _text("by"),
        sa.Column("reason", sa.Text, nullable=False),
        _time("entered_at"),
    )
    op.create_table(
        "spot_checks",
        *(sa.Column(name, _NAME, primary_key=True) for name in ("rig", "device")),
        sa.Column("at", _TIME, primary_key=True),
        _text("by"),
        sa.Column("ordered_ul", sa.Float, nullable=False),
        sa.Column("drops", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("weight_mg", "given_ul")),
        sa.Column("tolerance", sa.Float, nullable=False),
        _time("entered_at"),
    )


def _text(name: str, *, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _NAME, nullable=False, unique=unique)


def _time(name: str) -> sa.Column[Any]:
    return sa.Column(name, _TIME, nullable=False)


def _entered() -> tuple[sa.Column[Any], ...]:
    return sa.Column("id", _ID, primary_key=True), _time("entered_at"), _text("by")


def _entry(table: str) -> tuple[sa.Column[Any], ...]:
    return (
        *_entered(),
        sa.Column("subject", _ID, sa.ForeignKey("subjects.id"), nullable=False),
        _time("at"),
        sa.Column("corrects", _ID, sa.ForeignKey(f"{table}.id"), unique=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
