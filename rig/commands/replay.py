"""``rig replay``: play a recorded session again and compare what comes out with the record."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from rig.comparison import Difference
from rig.console import (
    JsonOption,
    LabOption,
    as_cell,
    console,
    print_json,
    print_table,
    the_lab,
    the_session,
)
from rig.counting import counted
from rig.errors import ConfigError, ExitCode
from rig.lab import Lab, find_lab
from rig.provenance import CodeChange, code_changes
from rig.replay import Replay, replay
from rig.session_record import SessionRecord, load_session
from rig.trials import short_outcome
from rig.what_if import Total, Trial, WhatIf, what_if

SHOWN = 20
"""Differences that are shown to people; JSON has them all."""
LONGEST_VALUE = 60
"""Characters of a value that are shown."""
CAVEAT = (
    "The licks are those at what the animal met then: with this protocol it might have behaved "
    "otherwise."
)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("replay", epilog="Example: rig replay SIM01/2026-11-25/1")(replay_session)


def replay_session(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    protocol: Annotated[
        Path | None,
        typer.Option(help="A changed parameter file: show what it would have made of the licks."),
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Play a recorded session again: the same inputs must lead to the same events.

    Licks, reports of devices, orders of persons and the seed are taken from the record; states,
    draws, actions, outcomes, measures, changes, questions and answers must come out again, each
    with its time. Exit code 3 if anything differs.

    With --protocol, another parameter file or protocol is played against the same licks, and the
    trials are shown that would have been others. The animal licked at what it met then: with that
    protocol it might have behaved otherwise.
    """
    record = load_session(the_session(session, lab))
    if protocol is not None:
        _what_if(record, protocol, lab, json=json)
        return
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        played = replay(record)
    changes = code_changes(record.header)
    if json:
        print_json(_described(record, played, changes))
    else:
        _tell(record, played, changes)
    if played.differences:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _what_if(record: SessionRecord, protocol: Path, lab: Path | None, *, json: bool) -> None:
    """Show what a changed protocol would have made of the licks of a session."""
    the = _lab_of(protocol, lab)
    file = the.find(protocol) if the else protocol
    with contextlib.redirect_stdout(sys.stderr):
        found = what_if(record, the, file)
    if json:
        print_json(_what_if_described(record.folder.name, file, found))
    else:
        _tell_what_if(found)


def _lab_of(protocol: Path, lab: Path | None) -> Lab | None:
    """Return the lab of a parameter file; None for one that lies in no lab."""
    if lab is not None:
        return the_lab(lab)
    try:
        return find_lab(protocol.resolve().parent if protocol.exists() else Path.cwd())
    except ConfigError:
        return None


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
        console.print(f"Identical: {played.compared} events, {counted(len(record.rows), 'trial')}.")
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


def _what_if_described(session: str, protocol: Path, found: WhatIf) -> dict[str, object]:
    return {
        "session": session,
        "protocol": str(protocol),
        "caveat": CAVEAT,
        "params": {
            name: {"recorded": then, "changed": now} for name, (then, now) in found.params.items()
        },
        "trials": found.trials,
        "differing": found.differing,
        "recorded": found.recorded,
        "changed": found.changed,
        "finished": found.finished or None,
        "refused": found.refused,
    }


def _tell_what_if(found: WhatIf) -> None:
    params = [(name, as_cell(then), as_cell(now)) for name, (then, now) in found.params.items()]
    if params:
        print_table(("parameter", "recorded", "changed"), params)
        console.print()
    console.print(f"{len(found.differing)} of {found.trials} trials differ.")
    if found.differing:
        columns = ("trial", "recorded", "outcome", "uL", "changed", "outcome", "uL")
        rows = [(one.trial, *_cells(one.recorded), *_cells(one.changed)) for one in found.differing]
        print_table(columns, rows)
    console.print()
    print_table(("all trials", "recorded", "changed"), _totals(found.recorded, found.changed))
    if found.finished:
        console.print(f"It would have ended before: {found.finished}.", markup=False)
    for refused in found.refused:
        console.print(f"An order does not act: {refused}.", soft_wrap=True, markup=False)
    console.print(CAVEAT, soft_wrap=True)


def _cells(trial: Trial | None) -> tuple[object, ...]:
    if trial is None:
        return "not begun", None, None
    outcome = short_outcome(trial.outcome) if trial.outcome else "aborted"
    return f"{trial.trial_type} {trial.stimulus}", outcome, trial.ordered_ul


def _totals(recorded: Total, changed: Total) -> list[tuple[object, ...]]:
    names = sorted(recorded.outcomes.keys() | changed.outcomes.keys())
    counts = [
        (name, recorded.outcomes.get(name, 0), changed.outcomes.get(name, 0)) for name in names
    ]
    was, now = recorded.performance, changed.performance
    return [
        *counts,
        ("hit rate", as_cell(was.hit_rate), as_cell(now.hit_rate)),
        ("false-alarm rate", as_cell(was.false_alarm_rate), as_cell(now.false_alarm_rate)),
        ("d'", as_cell(was.d_prime), as_cell(now.d_prime)),
        ("water ordered, uL", f"{recorded.ordered_ul:g}", f"{changed.ordered_ul:g}"),
    ]
