"""``rig watch``: see what happens in a running session, from any number of other shells."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
import typer

from rig.bus import Heartbeat
from rig.console import JsonOption, LabOption, the_lab
from rig.desk import read_address
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
    address = read_address(the_lab(lab).locks / f"rig-{rig}.address")
    with Follower(address) as follower:
        for record in follower.so_far():
            _show(record, json=json)
        heard = time.monotonic()
        while time.monotonic() - heard < SILENT_FOR:
            for told in follower.hear(wait=0.5):
                heard = time.monotonic()
                if isinstance(told, Heartbeat):
                    if beats:
                        _show_beat(told, json=json)
                    continue
                _show(told, json=json)
                if isinstance(told, SessionEnded):
                    raise typer.Exit(ExitCode.OK)
        for record in follower.so_far():  # who is slow misses the end, which is in the journal
            _show(record, json=json)
            if isinstance(record, SessionEnded):
                raise typer.Exit(ExitCode.OK)
    raise ConfigError(
        f"the session '{address.session}' has given no sign of life for {SILENT_FOR:g} s",
        f"rig '{rig}'",
        "Look at the rig: its program has crashed or hangs. `rig recover` mends the record.",
    )


def _show(record: Record, *, json: bool) -> None:
    typer.echo(as_json(record) if json else as_text(record))


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
