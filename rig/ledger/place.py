"""Where a lab's ledger is: a file in its folder, or a database that several computers share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rig.errors import ConfigError
from rig.lab import LAB_TOML, Lab

_SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True)
class Place:
    """Where a ledger is.

    Attributes
    ----------
    url
        The address of the database, as SQLAlchemy takes it; empty for a file.
    file
        The file of SQLite; None if the ledger is in PostgreSQL.
    shown
        How it is called.
    """

    url: str
    file: Path | None
    shown: str

    @property
    def begun(self) -> bool:
        """Whether somebody has begun the ledger; one that is shared counts as begun."""
        return self.file is None or self.file.exists()


def place_of(lab: Lab) -> Place:
    """Return where a lab's ledger is.

    Raises
    ------
    ConfigError
        If ``ledger`` in ``lab.toml`` names a folder, is an address of another kind, or holds a
        password: the file is copied into every session.
    """
    text = lab.config.ledger
    if "://" not in text:
        file = lab.folder / text
        if file.is_dir():
            do = f"Move it away, or name another file as `ledger` in {LAB_TOML}."
            raise ConfigError("a folder is where the ledger should be", str(file), do)
        return Place("", file, str(file))
    where = f"{lab.folder / LAB_TOML}, ledger"
    try:
        parts = urlsplit(text)
        secret = parts.password is not None
    except ValueError as error:
        raise ConfigError(f"this is no address: {error}", where, _EXAMPLE) from None
    if parts.scheme not in _SCHEMES:
        raise ConfigError(f"no ledger can be at '{parts.scheme}://'", where, _EXAMPLE)
    if secret:
        raise ConfigError(
            "a password stands in the address, and lab.toml is copied into every session",
            where,
            "Take it out, and put it into the file .pgpass of each user (or PGPASSFILE).",
        )
    rest = text.partition("://")[2]
    return Place(f"postgresql+psycopg://{rest}", None, f"postgresql://{rest.partition('?')[0]}")


def has_ledger(lab: Lab) -> bool:
    """Whether a lab has a ledger; one whose address is wrong has, and is told of when opened."""
    try:
        return place_of(lab).begun
    except ConfigError:
        return True


_EXAMPLE = "Write the name of a file, or postgresql://USER@HOST/DATABASE."
