"""What the ledger tells of a day, for its report: weights, water, what is left, notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import msgspec

from analysis.html import banner, heading, paragraph, table
from rig.counting import counted
from rig.errors import RigError
from rig.lab import Lab
from rig.ledger.day_list import day_list
from rig.ledger.days import bounds, local, zone_of
from rig.ledger.entries import Note, WellnessKind, notes_between
from rig.ledger.place import has_ledger
from rig.ledger.records import DayList, Row
from rig.ledger.store import open_ledger

_KINDS: dict[WellnessKind, str] = {"note": "", "consent": "consents: "}


class DayWater(msgspec.Struct, frozen=True):
    """What the ledger tells of a day.

    Attributes
    ----------
    found
        Weights, water, and what must still happen; None if the ledger cannot be read.
    said
        What persons said of mice on the day, at the times of the lab's clock.
    trouble
        Why the ledger cannot be read; empty if it can.
    """

    found: DayList | None
    said: list[Note]
    trouble: str = ""


def read_water(lab: Lab, day: date, now: datetime) -> DayWater | None:
    """Return what a lab's ledger tells of a day; None if the lab has none.

    Parameters
    ----------
    lab, day
        Which.
    now
        The present moment.
    """
    if not has_ledger(lab):
        return None
    zone = zone_of(lab.config)
    try:
        with open_ledger(lab) as ledger:
            found = day_list(ledger, lab, day, now)
            with ledger.reading() as connection:
                said = notes_between(connection, *bounds(day, zone))
    except RigError as error:
        return DayWater(None, [], str(error))
    return DayWater(found, [replace(note, at=local(note.at, zone)) for note in said])


def left_words(water: DayWater) -> Iterator[str]:
    """Give the head of a report: whether anything is left to be done, and who closed the day."""
    if water.found is None:
        yield banner(f"Weights and water are not shown: {water.trouble}", "bad")
    elif water.found.tasks and not water.found.closed:
        left = counted(len(water.found.tasks), "thing is", "things are")
        yield banner(f"{left} left to be done.", "bad")
    elif not water.found.tasks:
        yield paragraph("Nothing is forgotten.", "good")
    if water.found is not None and water.found.closed:
        yield paragraph(water.found.closed)


def water_parts(water: DayWater) -> Iterator[str]:
    """Give the parts of a report about weights and water, what is left, and what was said."""
    if water.found is not None:
        yield from _tasks(water.found)
        yield from _board(water.found)
    if water.said:
        yield heading("Notes on mice")
        yield table(
            ("mouse", "time", "who", "what"),
            [
                (note.subject, f"{note.at:%H:%M}", note.person, _KINDS[note.kind] + note.text)
                for note in water.said
            ],
        )


def _tasks(found: DayList) -> Iterator[str]:
    if found.tasks:
        yield heading("Left to be done")
        yield table(
            ("mouse", "what"),
            [(each.subject, f"{each.text} Do: {each.do}") for each in found.tasks],
        )


def _board(found: DayList) -> Iterator[str]:
    if found.board:
        yield heading("Weights and water")
        columns = ("mouse", "g", "% of baseline", "need", "sessions", "by hand", "given", "left")
        yield table(columns, [_shown(row) for row in found.board])
        yield paragraph(
            "Water in mL; by hand: single drops in sessions. An old weight is of an earlier day. "
            "Per cent are without the implant.", "quiet",
        )  # fmt: skip
        yield table(
            ("mouse", "why"),
            [(row.subject, " ".join((f"{row.words}.", *row.alerts))) for row in found.board],
        )
    for note in found.notes:
        yield paragraph(note)


def _shown(row: Row) -> tuple[object, ...]:
    return (
        row.subject,
        _weight(row),
        None if row.ratio is None else f"{row.ratio:.0%}",
        _ml(row.need_ml),
        _ml(row.session_ml),
        _ml(row.hand_ml),
        _ml(row.supplement_ml),
        "?" if row.due_ml is None else _ml(row.due_ml),
    )


def _weight(row: Row) -> str | None:
    if row.weight_g is None:
        return None
    return f"{row.weight_g:.1f}{'' if row.weighed else ' (old)'}"


def _ml(volume: float | None) -> str | None:
    return None if volume is None else f"{volume:.2f}"
