"""``rig replay``: play a recorded session again and compare what comes out with the record."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated

import typer

from rig.comparison import Difference
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_session
from rig.errors import ExitCode
from rig.provenance import CodeChange, code_changes
from rig.replay import Replay, replay
from rig.session_record import SessionRecord, load_session

SHOWN = 20
"""Differences that are shown to people; JSON has them all."""
LONGEST_VALUE = 60
"""Characters of a value that are shown."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("replay", epilog="Example: rig replay SIM01/2026-11-25/1")(replay_session)


def replay_session(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Play a recorded session again: the same inputs must lead to the same events.

    Licks, reports of devices, orders of persons and the seed are taken from the record; states,
    draws, actions, outcomes, measures, changes, questions and answers must come out again, each
    with its time. Exit code 3 if anything differs.
    """
    record = load_session(the_session(session, lab))
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        played = replay(record)
    changes = code_changes(record.header)
    if json:
        print_json(_described(record, played, changes))
    else:
        _tell(record, played, changes)
    if played.differences:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _described(
    record: SessionRecord, played: Replay, changes: list[CodeChange]
) -> dict[str, object]:
    return {
        "session": record.folder.name,
        "identical": not played.differences,
        "events": played.events,
        "compared": played.compared,
        "cut_off": not played.whole,
        "damage": record.damage or None,
        "differences": played.differences,
        "code": changes,
    }


def _tell(record: SessionRecord, played: Replay, changes: list[CodeChange]) -> None:
    if record.damage:
        console.print(f"The journal is damaged: {record.damage}.", soft_wrap=True, markup=False)
    if not played.whole:
        console.print("The record has no end: it is played up to where it was cut off.")
    if not played.differences:
        console.print(f"Identical: {played.compared} events, {len(record.rows)} trials.")
        return
    console.print(
        f"{len(played.differences)} differences in {played.compared} of {played.events} events."
    )
    rows = [_row(difference) for difference in played.differences[:SHOWN]]
    print_table(("event", "trial", "what", "field", "recorded", "replayed"), rows)
    if len(played.differences) > SHOWN:
        console.print(f"... and {len(played.differences) - SHOWN} more: --json shows them all.")
    if played.compared < played.events and not played.differences[-1].field:
        console.print("From there on the replay went another way; nothing behind is compared.")
    if changes:
        code = [(change.what, change.recorded, change.here) for change in changes]
        print_table(("program", "recorded with", "here"), code)


def _row(one: Difference) -> tuple[object, ...]:
    values = (_short(one.recorded), _short(one.replayed))
    return (one.event, one.trial, one.what, one.field or "(the event)", *values)


def _short(value: object) -> str | None:
    if value is None:
        return None
    text = " ".join(value.split()) if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."
