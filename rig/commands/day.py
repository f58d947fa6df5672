"""``rig day``: what must still happen today."""

from __future__ import annotations

import subprocess
from datetime import date
from typing import Annotated

import msgspec
import typer

from rig.commands.entering import ByOption, author, checked_text, now_utc
from rig.commands.water import DayOption
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.counting import counted
from rig.errors import ExitCode, RecordingError
from rig.lab import Lab
from rig.ledger.days import local_day, zone_of
from rig.program import RIG_PROGRAM


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("day", epilog="Example: rig day")(day_command)


def day_command(
    day: DayOption = None,
    sign_off: Annotated[
        bool, typer.Option("--sign-off", help="Close the day; what is left needs --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why it is left.", show_default=False)] = "",
    by: ByOption = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write the report of the day, too.")
    ] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show what must still happen on a day: mice to weigh, water to give, sessions to wrap up.

    Exit code 3 as long as anything must, and nobody has signed it off.
    """
    from rig.ledger.closing import close_day
    from rig.ledger.day_list import day_list
    from rig.ledger.store import open_ledger

    the, now = the_lab(lab), now_utc()
    which = day.date() if day else local_day(now, zone_of(the.config))
    with open_ledger(the) as ledger:
        found = day_list(ledger, the, which, now)
        if sign_off:
            close_day(ledger, found, checked_text(reason, "--reason"), author(by), now)
            found = day_list(ledger, the, which, now)
    page = _report(the, which) if report else None
    if json:
        print_json({**msgspec.structs.asdict(found), "report": page} if page else found)
    else:
        if found.tasks:
            print_table(
                ("mouse", "", "what must still happen"),
                [(each.subject, each.kind, f"{each.text} Do: {each.do}") for each in found.tasks],
            )
            console.print()
        for note in found.notes:
            console.print(f"note: {note}", soft_wrap=True, markup=False)
        mice = counted(sum(row.status == "restricted" for row in found.board), "mouse", "mice")
        left = (
            f"{counted(len(found.tasks), 'thing')} left" if found.tasks else "nothing is forgotten"
        )
        console.print(f"{which}: {mice} on restriction, {left}.", soft_wrap=True)
        if found.closed:
            console.print(found.closed, soft_wrap=True, markup=False)
        if page:
            console.print(f"Report: {page}", soft_wrap=True, markup=False)
    if found.tasks and not found.closed:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _report(lab: Lab, day: date) -> str:
    """Let `rig report` write the page of a day; return its file."""
    command = [*RIG_PROGRAM, "report", "--day", f"{day}", "--lab", str(lab.folder), "--json"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode != ExitCode.OK:
        raise RecordingError(
            "the report of the day is not written",
            f"exit code {done.returncode}",
            f"See what stands above; try it alone: rig report --day {day}.",
        )
    return str(msgspec.json.decode(done.stdout)["file"])
