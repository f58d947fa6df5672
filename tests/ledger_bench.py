"""Small labs with a ledger, and sessions in them that are nothing but their drops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa
from test_recording import DEFINITION, HEADER

from rig.events import DeviceReported, Event, Record, SessionEnded
from rig.journal import frame, new_journal
from rig.lab import Lab, find_lab
from rig.ledger.entries import Entry, enter_weight
from rig.ledger.store import Ledger
from rig.ledger.subjects import Facts, LedgerSubject, add_subject
from rig.ledger.tables import drops, sessions
from rig.session_folder import SessionFolder

MORNING = datetime(2026, 11, 2, 8, tzinfo=UTC)
LAB = 'name = "Test"\ntimezone = "UTC"\n'
QUIET = "[recording]\nreport = false\n"
"""A session leaves no process behind that writes its report."""


def small_lab(folder: Path, settings: str = "") -> Lab:
    """Return a lab with nothing in it but its file."""
    (folder / "subjects").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "lab.toml").write_text(LAB + settings + QUIET, encoding="utf-8")
    return find_lab(folder)


def records(
    mouse: str, name: str, begun: datetime, volumes: Sequence[float], *, ended: bool = True
) -> list[Record]:
    """Return a session whose protocol gives those drops, one a second; below 0: by hand."""
    header = msgspec.structs.replace(HEADER, session=name, started_at=begun.isoformat())
    events: list[Event] = [
        DeviceReported(n, n, n, 1, "valve", "opening", "", 0.1, 0.1, abs(ul), "anna" * (ul < 0))
        for n, ul in enumerate(volumes, start=1)
    ]
    if ended:
        n = len(events) + 1
        water = sum(map(abs, volumes))
        events.append(SessionEnded(n, n, n, 0, "finished", 1, water, {}, "finished"))
    return [header, msgspec.structs.replace(DEFINITION, subject=mouse), *events]


def drink(
    lab: Lab,
    mouse: str,
    begun: datetime,
    volumes: Sequence[float],
    *,
    number: int = 1,
    ended: bool = True,
) -> SessionFolder:
    """Write the journal of such a session into the lab's data folder."""
    folder = SessionFolder(lab.data / mouse / f"{begun:%Y-%m-%d}" / str(number))
    folder.path.mkdir(parents=True)
    header, *rest = records(mouse, folder.name, begun, volumes, ended=ended)
    journal = new_journal(folder.journal, frame(header))
    journal.append(b"".join(map(frame, rest)))
    journal.close()
    return folder


def put_in(ledger: Ledger, name: str = "M1", weight_g: float | None = None, **facts: object) -> (
    LedgerSubject
):  # fmt: skip
    """Enter a mouse, and its weight of the first morning."""
    made = msgspec.convert({"baseline_g": 25.0, **facts}, Facts)
    subject = add_subject(ledger, name, made, "anna", MORNING)
    if weight_g is not None:
        enter_weight(ledger, Entry(subject, MORNING, MORNING, "anna"), weight_g)
    return subject


def volumes_in(ledger: Ledger, session: str) -> list[float]:
    """Return the drops of a session as the ledger has them."""
    with ledger.reading() as connection:
        found = connection.execute(
            sa.select(drops.c.volume_ul)
            .join_from(drops, sessions)
            .where(sessions.c.name == session)
            .order_by(drops.c.seq)
        )
        return list(found.scalars())


def hours(count: float) -> timedelta:
    return timedelta(hours=count)
