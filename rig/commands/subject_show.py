"""``rig subject show``: what the ledger knows of a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rig.commands.entering import now_utc, print_row
from rig.config import sex_words
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.counting import counted
from rig.lab import Lab
from rig.ledger.days import local, local_day, zone_of

if TYPE_CHECKING:
    from rig.ledger.store import Ledger
    from rig.ledger.subjects import LedgerSubject

SubjectArgument = Annotated[str, typer.Argument(help="Which mouse: its name, or its tag.")]
_SHOWN = 14
"""Rows of a table that are shown, the last ones."""
_SHORT = 8
"""Characters of an id that are shown; they name it, too."""


def show(name: SubjectArgument, lab: LabOption = None, json: JsonOption = False) -> None:
    """Show what is known of a mouse, and its rows of the ledger: weights, supplements, notes.

    With --json all rows are printed, also those that were corrected.
    """
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import find_subject

    the = the_lab(lab)
    with open_ledger(the) as ledger:
        with ledger.reading() as connection:
            subject = find_subject(connection, name)
        told = _told(the, ledger, subject)
    if json:
        print_json(told)
        return
    console.print(line_of(subject), soft_wrap=True, markup=False)
    print_row(told["today"])
    zone = zone_of(the.config)
    for title, column in (("weighings", "weight_g"), ("supplements", "volume_ul")):
        rows = told[title]
        corrected = {row["corrects"] for row in rows}
        cells = [
            (
                row["id"][:_SHORT],
                f"{local(row['at'], zone):%Y-%m-%d %H:%M}",
                row[column],
                row["by"],
                _standing(row, corrected),
            )
            for row in rows[-_SHOWN:]
        ]
        if cells:
            print_table(
                ("row", "at", column, "by", ""), cells, f"\n{title}: {counted(len(rows), 'row')}"
            )
    for row in told["wellness"][-_SHOWN:]:
        at = f"{local(row['at'], zone):%Y-%m-%d %H:%M}"
        console.print(f"{row['kind']} {at}, {row['person']}: {row['text']}", markup=False)


def _told(lab: Lab, ledger: Ledger, subject: LedgerSubject) -> dict[str, Any]:
    """Return all that the ledger knows of a mouse."""
    from rig.ledger.board import row_of
    from rig.ledger.entries import rows_of
    from rig.ledger.subjects import history_of
    from rig.ledger.tables import supplements, weighings, wellness

    zone, now = zone_of(lab.config), now_utc()
    with ledger.reading() as connection:
        today = row_of(connection, lab.config.water, zone, subject, local_day(now, zone), now)
        return {
            "subject": subject,
            "today": today,
            "facts": history_of(connection, subject.id),
            "weighings": rows_of(connection, weighings, subject.id),
            "supplements": rows_of(connection, supplements, subject.id),
            "wellness": rows_of(connection, wellness, subject.id),
        }


def line_of(subject: LedgerSubject) -> str:
    """Return what is known of a mouse in a line."""
    facts = subject.facts
    told = {
        "ear": facts.tag,
        "cage": facts.cage,
        "sex": sex_words(facts.sex),
        "strain": facts.strain,
        "born": facts.birth,
        "project": facts.project,
        "baseline": f"{facts.baseline_g:g} g" if facts.baseline_g else "",
        "implant": f"{facts.implant_g:g} g" if facts.implant_g else "",
    }
    words = ", ".join(f"{key} {value}" for key, value in told.items() if value)
    return f"{subject.name} ({facts.status}): {words}"


def _standing(row: dict[str, Any], corrected: set[str]) -> str:
    """Return in words whether a row is in force."""
    if row["id"] in corrected:
        return "was corrected"
    return f"corrects {row['corrects'][:_SHORT]}: {row['reason']}" if row["corrects"] else ""
