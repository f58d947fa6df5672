"""``rig preflight``: all that a person should see before a session is started."""

from __future__ import annotations

import contextlib
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from rig.arming import Wish, preflight
from rig.choices import choices
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.counting import counted
from rig.errors import ExitCode
from rig.lab import Lab
from rig.preflight import Choices, Guard, Preflight

_MARKS = {"ok": "ok", "note": "note", "confirm": "LOOK", "override": "REASON", "stop": "STOP"}
_NEEDED = {"": "", "click": " Confirm it.", "reason": " Needs a reason."}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command(
        "preflight",
        epilog="Example: rig preflight --rig rigs/box1.toml --subject SIM01 --simulate",
    )(preflight_command)


def preflight_command(
    rig: Annotated[Path | None, typer.Option(help="The rig file.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Who would run: id or ear tag of a file in subjects/.")
    ] = None,
    protocol: Annotated[
        Path | None, typer.Option(help="The protocol file; by default that of the subject's stage.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE: a parameter of this session alone; repeatable."),
    ] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Replace every device by its twin.")
    ] = False,
    emulate: Annotated[
        bool, typer.Option("--emulate", help="Real drivers on emulators, as in `rig run`.")
    ] = False,
    planned: Annotated[
        str, typer.Option(help="The mouse that is planned for the rig.", show_default=False)
    ] = "",
    listed: Annotated[
        bool, typer.Option("--choices", help="List mice, rigs and protocols instead.")
    ] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show mouse, rig, protocol, stage and saving of a session, and what stands in its way.

    Nothing is opened and nothing is written. Exit code 3 if something forbids the session; what is
    to be confirmed, or needs a reason, does not count.
    """
    if listed:
        _list(the_lab(lab), json=json)
        return
    if rig is None or subject is None:
        raise typer.BadParameter("--rig and --subject are needed, or --choices")
    if simulate and emulate:
        raise typer.BadParameter("--emulate does not go with --simulate")
    options = tuple(changes or ())
    wish = Wish(rig, subject, protocol, options, simulate, planned, emulate=emulate)
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        found = preflight(the_lab(lab), wish, datetime.now().astimezone())
    if json:
        print_json(found)
    else:
        _print(found)
    if found.stopped:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _list(lab: Lab, *, json: bool) -> None:
    with contextlib.redirect_stdout(sys.stderr):
        found = choices(lab)
    if json:
        print_json(found)
    else:
        _print_choices(found)


def _print(found: Preflight) -> None:
    mouse, rig, protocol, last = found.subject, found.rig, found.protocol, found.last
    told = [f"ear {mouse.ear_tag}" if mouse.ear_tag else "",
            f"cage {mouse.cage}" if mouse.cage else "", mouse.mark]  # fmt: skip
    lines = {
        "mouse": ", ".join(filter(None, (mouse.id, *told))),
        "rig": f"{rig.name}{' (SIMULATED)' if rig.simulated else ''}",
        "protocol": protocol.file if protocol else None,
        "stage": f"{found.stage.curriculum}: {found.stage.stage}" if found.stage else None,
        "last session": (
            f"{last.session} on {last.rig}: {counted(last.trials, 'trial')}, {last.water_ml:.2f} mL"
            if last
            else None
        ),
        "saving": found.saving.folder,
    }
    for name, value in lines.items():
        console.print(f"{name:<13} {value or '-'}", soft_wrap=True, markup=False)
    console.print()
    shown = [guard for guard in found.guards if guard.level != "ok"]
    if shown:
        print_table(("", "", ""), [(_MARKS[each.level], each.name, _text(each)) for each in shown])
        console.print()
    passed = len(found.guards) - len(shown)
    console.print(f"{passed} checks are in order.{' All green.' if found.green else ''}")


def _text(guard: Guard) -> str:
    return f"{' '.join(filter(None, (guard.text, guard.do)))}{_NEEDED[guard.needs]}"


def _print_choices(found: Choices) -> None:
    print_table(
        ("mouse", "ear tag", "cage", "virtual", "stage", "problem"),
        [
            (each.id, each.ear_tag, each.cage, each.simulated, each.stage, each.problem)
            for each in found.subjects
        ],
    )
    console.print()
    print_table(
        ("rig", "setup", "only simulated", "in use by", "problem"),
        [
            (each.file, each.setup, each.only_simulated, each.busy, each.problem)
            for each in found.rigs
        ],
    )
    console.print()
    print_table(
        ("protocol", "setup", "what it is", "problem"),
        [(each.file, each.setup, each.comment, each.problem) for each in found.protocols],
    )
