"""``rig journal``: the events of a session as text, or their digest."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from rig.console import JsonOption, LabOption, the_session
from rig.events import as_json, as_text
from rig.journal import digest as journal_digest
from rig.journal import read_records


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("journal", epilog="Example: rig journal SIM01 --digest")(journal)


def journal(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    digest: Annotated[
        bool, typer.Option("--digest", help="Print the SHA-256 of all behind the header.")
    ] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Print a session's journal, a record a line; with --json each line is a JSON object.

    The digest is the same for every session that is run again from the same files, seed and
    memory of the virtual mouse.
    """
    folder = the_session(session, lab)
    if digest:
        sha256 = journal_digest(folder.journal)
        typer.echo(msgspec.json.encode({"sha256": sha256}).decode() if json else sha256)
        return
    for record in read_records(folder.journal):
        typer.echo(as_json(record) if json else as_text(record))
