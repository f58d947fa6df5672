"""The database itself refuses to change or delete a row; one chain of facts for each subject."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = (
    "subjects", "subject_facts", "weighings", "supplements", "wellness", "sessions", "drops",
    "session_ends", "stages", "spot_checks", "acts",
)  # fmt: skip
_REFUSAL = "rows of the ledger are never changed or deleted: insert one that corrects"


def upgrade() -> None:
    """Make the triggers, and indexes for what is looked up for each mouse."""
    first = sa.text("corrects IS NULL")
    op.create_index(
        "ux_subject_facts_first", "subject_facts", ["subject"],
        unique=True, sqlite_where=first, postgresql_where=first,
    )  # fmt: skip
    for table in ("weighings", "supplements", "wellness"):
        op.create_index(f"ix_{table}_subject_at", table, ["subject", "at"])
    if op.get_bind().dialect.name == "sqlite":
        for table in _TABLES:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
