"""``rig ledger``: look after the ledger: check, rebuild, reconcile, export, import, log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rig.commands.entering import ByOption, author, now_utc
from rig.commands.water import DayOption
from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    print_problems,
    print_table,
    the_lab,
)
from rig.counting import counted
from rig.errors import ExitCode, errors_among
from rig.ledger.days import bounds, local, local_day, zone_of

if TYPE_CHECKING:
    from rig.ledger.repair import Rebuilt

_LOST_DO = (
    "Put a backup of the ledger in its place, and run `rig ledger reconcile`; or import tables "
    "that were exported (`rig ledger import FILE --as subjects`, weighings, supplements); or enter "
    "the mice again (`rig subject add`), and what they weigh and got today."
)


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    group = typer.Typer(no_args_is_help=True)
    group.command("check", epilog="Example: rig ledger check")(check)
    group.command("reconcile", epilog="Example: rig ledger reconcile")(reconcile)
    group.command("rebuild", epilog="Example: rig ledger rebuild")(rebuild_command)
    group.command("export", epilog="Example: rig ledger export tables/")(export)
    group.command("import", epilog="Example: rig ledger import weighings.csv --as weighings")(
        import_command
    )
    group.command("log", epilog="Example: rig ledger log")(log)
    app.add_typer(
        group,
        name="ledger",
        help="Look after the lab's ledger: check, reconcile, rebuild, export, import, log.",
        epilog="Example: rig ledger check",
    )


def check(lab: LabOption = None, json: JsonOption = False) -> None:
    """Find what is wrong with the ledger, and where it differs from the lab's files.

    Exit code 6 if it is damaged; what differs is told as a warning.
    """
    from rig.ledger.repair import check
    from rig.ledger.store import open_ledger

    the = the_lab(lab)
    with open_ledger(the) as ledger:
        problems = check(ledger, the)
    if json:
        print_json({"problems": problems})
    else:
        print_problems(problems)
        console.print("" if problems else "The ledger is in order.")
    if errors_among(problems):
        raise typer.Exit(ExitCode.RECORDING)


def reconcile(lab: LabOption = None, json: JsonOption = False) -> None:
    """Enter what the lab's files tell and the ledger does not: sessions, stages, spot checks.

    Nothing is entered twice, however often it is done. Exit code 6 if a file cannot be read.
    """
    from rig.ledger.store import begin_ledger
    from rig.ledger.taking_in import take_in_files, take_in_sessions

    the = the_lab(lab)
    with begin_ledger(the) as ledger:
        problems = take_in_files(ledger, the, now_utc())
        posted = take_in_sessions(
            ledger, the, tell=lambda each: typer.echo(f"{each.session}", err=True)
        )
    damaged = [each for each in posted if each.problem]
    if json:
        print_json({"sessions": posted, "problems": problems})
    else:
        print_problems(problems)
        for each in damaged:
            told = f"{each.session} is entered up to its damage: {each.problem}"
            console.print(told, soft_wrap=True, markup=False)
        console.print(
            f"{counted(len(posted), 'session')} entered, {len(damaged)} of them not whole."
        )
    if problems or damaged:
        raise typer.Exit(ExitCode.RECORDING)


def rebuild_command(by: ByOption = None, lab: LabOption = None, json: JsonOption = False) -> None:
    """Make the ledger anew of what can be read of it and of the session folders.

    The old file is kept beside the new one. Exit code 6 if not all of it could be read.
    """
    from rig.ledger.repair import rebuild

    done = rebuild(the_lab(lab), author(by), now_utc())
    if json:
        print_json(
            {
                "kept": str(done.kept) if done.kept else None,
                "rows": done.rows,
                "not_whole": done.lost,
                "not_brought_back": done.not_brought_back,
                "missing": done.missing,
                "sessions": done.sessions,
                "problems": done.problems,
            }
        )
    else:
        if done.kept:
            console.print(f"The old ledger is kept: {done.kept}", soft_wrap=True)
            print_table(
                ("table", "rows taken over", ""),
                [
                    (name, count, "not all could be read" if name in done.lost else "")
                    for name, count in done.rows.items()
                ],
            )
        print_problems(done.problems)
        console.print(f"{counted(len(done.sessions), 'session')} entered from their folders.")
        _print_lost(done)
    if done.lost or done.problems:
        raise typer.Exit(ExitCode.RECORDING)


def _print_lost(done: Rebuilt) -> None:
    """Print what a ledger that was made anew lacks, and what to do."""
    if done.not_brought_back:
        lost = ", ".join(done.not_brought_back.values())
        told = f"Not brought back, or not all of it: {lost}. No other file has it. {_LOST_DO}"
        console.print(told, soft_wrap=True, markup=False)
    if done.missing:
        told = f"Not in the ledger: {', '.join(done.missing)}. `rig day` asks for each of them."
        console.print(told, soft_wrap=True, markup=False)


def export(
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Write every table of the ledger into a CSV file of the folder."""
    from rig.ledger.csv_files import export_tables
    from rig.ledger.store import open_ledger

    with open_ledger(the_lab(lab)) as ledger:
        written = export_tables(ledger, folder)
    if json:
        print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        console.print(f"Written: {path}", soft_wrap=True)


def import_command(
    file: Annotated[Path, typer.Argument(help="The CSV file.")],
    table: Annotated[
        str, typer.Option("--as", help="What it holds: subjects, weighings or supplements.")
    ],
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Enter the lines of a CSV file: all of them, or none if one is wrong.

    Lines that were entered before are not entered again.
    """
    from rig.ledger.csv_files import IMPORTED, import_table

    if table not in IMPORTED:
        raise typer.BadParameter(f"--as is one of {', '.join(IMPORTED)}")
    entered = import_table(the_lab(lab), table, file, author(by), now_utc())
    if json:
        print_json({"entered": entered})
        return
    console.print(f"{counted(entered, 'row')} of {table} entered.")


def log(day: DayOption = None, lab: LabOption = None, json: JsonOption = False) -> None:
    """Show who entered what on a day."""
    from rig.ledger.entered import entered_between
    from rig.ledger.store import open_ledger

    the = the_lab(lab)
    zone = zone_of(the.config)
    which = day.date() if day else local_day(now_utc(), zone)
    with open_ledger(the) as ledger, ledger.reading() as connection:
        rows = entered_between(connection, *bounds(which, zone))
    if json:
        print_json(rows)
        return
    print_table(
        ("entered", "by", "mouse", "what"),
        [(f"{local(row.at, zone):%H:%M}", row.by, row.subject, row.what) for row in rows],
        f"Entered on {which}",
    )
