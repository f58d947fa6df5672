"""``rig doctor``: look at the computer."""

from __future__ import annotations

from pathlib import Path

import typer

from rig.console import JsonOption, LabOption, console, print_json, print_table
from rig.doctor import examine
from rig.errors import ConfigError, ExitCode
from rig.lab import Lab, find_lab


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("doctor", epilog="Example: rig doctor --lab my-lab")(doctor)


def doctor(lab: LabOption = None, json: JsonOption = False) -> None:
    """Look at drivers, permissions, clocks, displays, sound devices and disk.

    Each finding says what to do. Ends with exit code 4 if something is bad; what is missing
    matters only to the rigs that need it.
    """
    findings = examine(_lab_if_any(lab))
    if json:
        print_json(findings)
    else:
        print_table(("", "", ""), [(f.state, f.what, f.detail) for f in findings])
        advice = [f for f in findings if f.do]
        if advice:
            console.print()
            print_table(("what to do", ""), [(f.what, f.do) for f in advice])
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(ExitCode.HARDWARE)


def _lab_if_any(folder: Path | None) -> Lab | None:
    """Return the lab; None where there is none and none was asked for."""
    try:
        return find_lab(folder or Path.cwd())
    except ConfigError:
        if folder is not None:
            raise
        return None
