"""Which rigs have a session now, and which sessions ended without a word from a person."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from rig.desk import Address, address_files, read_address
from rig.errors import ConfigError, RecordingError
from rig.events import Definition, Header
from rig.journal import read_records
from rig.lab import Lab
from rig.locks import is_held
from rig.session_folder import SessionFolder, find_sessions, is_running
from rig.wrap_up import is_wrapped_up


@dataclass(frozen=True)
class Running:
    """A session that takes orders now: its rig, where it takes them, and its mouse."""

    rig: str
    address: Address
    subject: str


@dataclass(frozen=True)
class Beginning:
    """What a session's first two records say: enough to name it."""

    folder: SessionFolder
    subject: str
    rig: str
    started_at: datetime
    clock: str

    @property
    def words(self) -> str:
        """The session as people call it: ``M014's session of 08:05``."""
        return f"{self.subject}'s session of {self.started_at:%H:%M}"


def running(lab: Lab) -> list[Running]:
    """Return the sessions in real time that run in a lab, by the names of their rigs.

    A session that was killed leaves its address behind, but not its lock; it is not among them.
    """
    found = []
    for rig, path in address_files(lab.locks).items():
        with contextlib.suppress(ConfigError, RecordingError):  # it has ended in this moment
            if is_held(lab.locks, "rig", rig):
                address = read_address(path)
                found.append(Running(rig, address, address.session.partition("/")[0]))
    return found


def ended_without_wrap_up(lab: Lab, day: date) -> list[Beginning]:
    """Return the sessions of a day that have ended and that nobody has wrapped up.

    Those in virtual time need no wrap-up: nobody was there. One that cannot be read is left out.
    """
    found = []
    for folder in find_sessions(lab.data, day=day):
        beginning = needs_wrap_up(folder)
        if beginning is not None:
            found.append(beginning)
    return sorted(found, key=lambda each: each.started_at)


def needs_wrap_up(folder: SessionFolder) -> Beginning | None:
    """Return a session that has ended in real time, and has no wrap-up; None if it is no such."""
    if is_wrapped_up(folder) or is_running(folder):
        return None
    beginning = read_beginning(folder)
    return None if beginning is None or beginning.clock == "virtual" else beginning


def read_beginning(folder: SessionFolder) -> Beginning | None:
    """Return what a session's first two records say; None if they cannot be read."""
    header = definition = None
    with contextlib.suppress(RecordingError):
        for record in _first_two(folder.journal):
            match record:
                case Header():
                    header = record
                case Definition():
                    definition = record
                case _:
                    pass
    if header is None or definition is None:
        return None
    return Beginning(
        folder,
        definition.subject,
        definition.rig,
        datetime.fromisoformat(header.started_at).astimezone(),
        definition.clock,
    )


def _first_two(journal: Path) -> Iterator[object]:
    return islice(read_records(journal), 2)
