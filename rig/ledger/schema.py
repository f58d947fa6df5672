"""Makes the tables of a ledger, and brings those of an older version up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from rig.errors import RecordingError

HEAD = "0002"
"""The version of the ledger that this program works with."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 20_261_129
"""What computers that share a PostgreSQL lock while one of them migrates."""


def version_of(connection: Connection) -> str | None:
    """Return the version of a ledger; None if it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def migrate(connection: Connection, shown: str, to: str = HEAD) -> list[str]:
    """Bring a ledger to a version; return the steps that were taken.

    All of them are one transaction of the connection: an error leaves the ledger as it was.

    Parameters
    ----------
    connection
        In a transaction that writes, so that nobody else migrates meanwhile.
    shown
        How the ledger is called.
    to
        The version.

    Raises
    ------
    RecordingError
        If a later version of the program has made the ledger.
    """
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    current = version_of(connection)
    folder = ScriptDirectory(str(_MIGRATIONS), version_locations=[str(_MIGRATIONS)])
    try:
        steps = list(folder.iterate_revisions(to, current or "base"))
    except (CommandError, RevisionError) as error:
        raise RecordingError(
            f"the ledger is of version {current}, and this program knows them up to {HEAD}",
            shown,
            "Use the newer version of mouserig that made it; nothing was changed.",
        ) from error
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(folder, step.revision)
    return [step.revision for step in reversed(steps)]
