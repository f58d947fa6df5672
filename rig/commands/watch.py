"""``rig watch``: see what happens in a running session, from any number of other shells."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer

from rig.bus import Heartbeat
from rig.console import JsonOption, LabOption, the_lab
from rig.desk import address_file, read_address
from rig.errors import ConfigError, ExitCode
from rig.events import Record, SessionEnded, as_json, as_text
from rig.following import Follower

SILENT_FOR = 5.0
"""Seconds without a heartbeat after which a session is given up."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("watch", epilog="Example: rig watch box1")(watch)


def watch(
    rig: Annotated[str, typer.Argument(help="The rig's name, as in rigs/NAME.toml.")],
    beats: Annotated[
        bool, typer.Option("--beats", help="Show the heartbeats: backlog, what is on the disk.")
    ] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Print the events of the session that runs on a rig, from its first one on, as they come.

    Ends with the session. Any number may watch; none of them can disturb it. With --json each
    line is a JSON object.
    """
    address = read_address(address_file(the_lab(lab).locks, rig))
    with Follower(address) as follower:
        _show_all(follower.so_far(), beats=beats, json=json)
        heard = time.monotonic()
        while time.monotonic() - heard < SILENT_FOR:
            if _show_all(follower.hear(wait=0.5), beats=beats, json=json):
                heard = time.monotonic()
        # Who is slow misses the end, which is in the journal.
        _show_all(follower.so_far(), beats=beats, json=json)
    raise ConfigError(
        f"the session '{address.session}' has given no sign of life for {SILENT_FOR:g} s",
        f"rig '{rig}'",
        "Look at the rig: its program has crashed or hangs. `rig recover` mends the record.",
    )


def _show_all(told: Iterable[Record | Heartbeat], *, beats: bool, json: bool) -> bool:
    """Show what was told; return whether that was anything, and leave at the session's end."""
    heard = False
    for each in told:
        heard = True
        if not isinstance(each, Heartbeat):
            typer.echo(as_json(each) if json else as_text(each))
        elif beats:
            _show_beat(each, json=json)
        if isinstance(each, SessionEnded):
            raise typer.Exit(ExitCode.OK)
    return heard


def _show_beat(beat: Heartbeat, *, json: bool) -> None:
    if json:
        told = {"type": "beat", **msgspec.structs.asdict(beat), "backlog": beat.backlog}
        typer.echo(msgspec.json.encode(told).decode())
        return
    typer.echo(
        f"{'':6} {beat.time:12.6f} s  trial {beat.trial:3d}  beat           {beat.size} bytes, "
        f"{beat.size - beat.safe} not on the disk yet, backlog {beat.backlog}, "
        f"logger {beat.logger}"
    )
