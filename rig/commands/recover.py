"""``rig recover``: make a valid session of what a crash has left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rig.console import JsonOption, LabOption, console, print_json, the_session, typed
from rig.events import as_json, as_text
from rig.export.background import lab_of, report_again
from rig.ledger.poster import post_now
from rig.recovery import Mended, Recovery, recover


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("recover", epilog="Example: rig recover SIM01/2026-11-25/1")(recover_session)


def recover_session(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Make a valid session of what a crash, a power failure or a bad disk has left.

    The sound part of the record is kept, a damaged rest is put into a file beside it, and the
    HDF5 file is built. A session that is whole is left as it is. Its report is written anew, in the
    background. Its water is entered into the lab's ledger, if there is one.
    """
    recovery = recover(the_session(session, lab))
    near = lab or Path.cwd()
    report_again(recovery.folder, near)
    its_lab = lab_of(recovery.folder, near)
    if its_lab is not None:
        post_now(its_lab, recovery.folder)
    if json:
        print_json(_described(recovery))
        return
    for file in recovery.files:
        for line in _told(file):
            console.print(line, soft_wrap=True, markup=False)
    console.print(f"{recovery.events} events; the last one:", soft_wrap=True)
    last = as_text(recovery.last).strip() if recovery.last else "there is none"
    console.print(f"  {last}", soft_wrap=True, markup=False)
    built = "built and sealed" if recovery.built else "sealed already"
    console.print(f"HDF5: {built}: {recovery.folder.hdf5}", soft_wrap=True)
    console.print(f"Look at it: {typed(f'show {recovery.folder.name}')}", soft_wrap=True)


def _told(file: Mended) -> list[str]:
    """Return what was wrong with a file and what was done, in sentences."""
    if not file.damage:
        return [f"{file.path.name}: sound"]
    told = [f"{file.path.name}: {file.damage}"]
    if file.restored:
        told.append("  It was made anew from the sealed HDF5 file, byte for byte: nothing is lost.")
    if file.rest is not None and file.rest_bytes:
        told.append(f"  {file.rest_bytes} bytes of it are kept in {file.rest}")
    if file.holds_more:
        told.append("  They hold sound records that cannot be joined to those before.")
    return told


def _described(recovery: Recovery) -> dict[str, object]:
    return {
        "session": recovery.folder.name,
        "folder": str(recovery.folder.path),
        "events": recovery.events,
        "last": msgspec.json.decode(as_json(recovery.last)) if recovery.last else None,
        "files": [
            {
                "file": file.path.name,
                "damage": file.damage or None,
                "rest": str(file.rest) if file.rest else None,
                "rest_bytes": file.rest_bytes,
                "holds_more": file.holds_more,
                "restored": file.restored,
            }
            for file in recovery.files
        ],
        "hdf5": "built" if recovery.built else "sealed",
    }
