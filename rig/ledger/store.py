"""Opens the ledger, and turns what a database says into sentences."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Self

import filelock
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)

from rig.errors import ConfigError, RecordingError
from rig.lab import Lab
from rig.ledger.place import Place, place_of
from rig.ledger.schema import HEAD, migrate, version_of

BUSY_FOR = 30.0
"""Seconds: how long a program waits for others that write at the same time."""
REACHED_WITHIN = 5
"""Seconds: a server that has not answered until then is away."""
_DAMAGED = ("malformed", "not a database", "disk image", "file is encrypted")
_WRITES = "mouserig_writes"


class Ledger:
    """An open ledger; leaving closes it.

    Parameters
    ----------
    place
        Where it is.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._engine = _engine(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it; closing again does nothing."""
        self._engine.dispose()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that shows one state of the ledger, whatever others write."""
        with _told(self.place), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose rows are all in the ledger afterwards, or none of them.

        Raises
        ------
        IntegrityError
            If a row names one that is not there, or there is such a row already.
        """
        writer = self._engine.execution_options(**{_WRITES: True})
        with _told(self.place), writer.begin() as connection:
            yield connection


def open_ledger(lab: Lab) -> Ledger:
    """Open a lab's ledger, and bring it up to date if it is of an older version.

    Raises
    ------
    ConfigError
        If nobody has begun it, or its address is wrong.
    RecordingError
        If it cannot be reached, is damaged, or is of a later version.
    """
    ledger = reach_ledger(lab)
    with contextlib.ExitStack() as on_error:
        on_error.push(ledger)
        _check_file(ledger)
        on_error.pop_all()
    return ledger


def reach_ledger(lab: Lab) -> Ledger:
    """Open a lab's ledger without a look at every page of its file; raise as `open_ledger`.

    For who opens it again and again: damage is told where it is met.
    """
    place = place_of(lab)
    if not place.begun:
        raise ConfigError(
            "the lab has no ledger yet", place.shown, "Begin it with `rig subject add MOUSE`."
        )
    return begin_ledger(lab)


def begin_ledger(lab: Lab) -> Ledger:
    """Open a lab's ledger as `reach_ledger`, and make it if there is none."""
    place = place_of(lab)
    ledger, there = Ledger(place), place.file is not None and place.begun
    with contextlib.ExitStack() as on_error:
        on_error.push(ledger)
        if not place.begun or _version(ledger) != HEAD:
            with _alone(lab, place), ledger.writing() as connection:
                if there and version_of(connection) is None:
                    raise damaged(place, "it is empty")
                migrate(connection, place.shown)
        on_error.pop_all()
    return ledger


def damaged(place: Place, what: str) -> RecordingError:
    """Return that a ledger is damaged, with what to do."""
    return RecordingError(
        f"the ledger is damaged: {what}",
        place.shown,
        "Look at the disk, then make it anew with `rig ledger rebuild`: it keeps the damaged file, "
        "and takes over all that can still be read. Sessions go on without a ledger.",
    )


def _version(ledger: Ledger) -> str | None:
    with ledger.reading() as connection:
        return version_of(connection)


def _check_file(ledger: Ledger) -> None:
    """Raise `RecordingError` if the file of a ledger is damaged."""
    if ledger.place.file is None:
        return
    with ledger.reading() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise damaged(ledger.place, str(found).replace("\n", ": "))


@contextlib.contextmanager
def _alone(lab: Lab, place: Place) -> Iterator[None]:
    """Let one program at a time make or migrate a file; a database sees to that itself."""
    if place.file is None:
        yield
        return
    try:
        lab.locks.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(lab.locks / "ledger.lock", timeout=BUSY_FOR):
            _keep_a_log_of_writes(place)
            yield
    except (OSError, filelock.Timeout) as error:
        raise RecordingError(
            f"the ledger cannot be made: {error}", place.shown, "Check the rights on the folder."
        ) from error


def _keep_a_log_of_writes(place: Place) -> None:
    """Let a file be read while another program writes (WAL); the file remembers it."""
    engine = _engine(place)
    with _told(place), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA journal_mode = WAL")
    engine.dispose()


def _engine(place: Place) -> sa.Engine:
    """Return the engine: a connection is made when it is needed, and closed behind that."""
    url: str | sa.URL = place.url
    options: dict[str, Any] = {"connect_timeout": REACHED_WITHIN}
    if place.file is not None:
        url = sa.URL.create("sqlite+pysqlite", database=str(place.file))
        options = {"timeout": BUSY_FOR}
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=options)
    except ModuleNotFoundError as error:
        raise ConfigError(
            "the package psycopg is not installed, which PostgreSQL needs",
            place.shown,
            "Install it: pip install 'mouserig[postgresql]'.",
        ) from error
    except (sa.exc.ArgumentError, NoSuchModuleError, ValueError) as error:
        do = "Write the name of a file, or postgresql://USER@HOST/DATABASE."
        raise ConfigError(f"this is no address of a ledger: {error}", place.shown, do) from error
    if place.file is not None:
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:
    """Let SQLAlchemy begin transactions itself, and SQLite look at foreign keys."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _on_begin(connection: sa.Connection) -> None:
    """Begin a transaction; one that writes locks the others out at once, which then wait."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextlib.contextmanager
def _told(place: Place) -> Iterator[None]:
    """Turn what a database says into an error that a person can mend."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        said = " ".join(str(error.orig).split()) or type(error.orig).__name__
        if place.file is not None and any(word in said for word in _DAMAGED):
            raise damaged(place, said) from error
        if not isinstance(error, InterfaceError | OperationalError):
            do = "Nothing was entered. Look at what it is, and enter it as it should be."
            raise RecordingError(f"the ledger refuses it: {said}", place.shown, do) from error
        do = "Look at the network and the server. Sessions go on, and their water is entered later."
        if place.file is not None:
            do = "Check the rights on the folder and the space on the disk, and try again."
        raise RecordingError(f"the ledger cannot be reached: {said}", place.shown, do) from error
