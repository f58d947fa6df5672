"""``rig verify``: prove that the files of a session say the same."""

from __future__ import annotations

from typing import Annotated

import typer

from rig.console import JsonOption, LabOption, console, print_json, print_table, the_session
from rig.errors import ExitCode
from rig.verification import verify


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("verify", epilog="Example: rig verify SIM01/2026-11-25/1")(verify_session)


def verify_session(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Prove that the HDF5 file is the journal, event by event, and the signals the streams.

    The copies of the lab's files are compared, too. Nothing is changed. Ends with exit code 6 if
    something is bad.
    """
    findings = verify(the_session(session, lab))
    bad = [finding for finding in findings if finding.state == "bad"]
    if json:
        print_json(findings)
    else:
        print_table(("", "file", ""), [(f.state, f.file, f.detail) for f in findings])
        if any(finding.do for finding in bad):
            console.print()
            print_table(("what to do", ""), [(f.file, f.do) for f in bad if f.do])
    if bad:
        raise typer.Exit(ExitCode.RECORDING)
