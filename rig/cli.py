"""The command line: collects the verbs of all packages."""

from __future__ import annotations

from importlib.metadata import entry_points, version
from typing import Annotated

import typer

from rig.commands import (
    check,
    curriculum,
    describe,
    devices,
    doctor,
    draw,
    emulate,
    export,
    init,
    journal,
    new_protocol,
    preflight,
    recover,
    replay,
    rerun,
    run,
    stage,
    tell,
    try_rig,
    verify,
    watch,
    wrap_up,
)

app = typer.Typer(
    name="rig",
    help="Runs behaviour rigs for mouse neuroscience and turns their sessions into results.",
    epilog="Start with: rig demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mouserig {version('mouserig')}")
        raise typer.Exit


@app.callback()
def rig(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show version.")
    ] = False,
) -> None:
    """Collect the verbs."""


_COMMANDS = (
    init,
    new_protocol,
    check,
    preflight,
    run,
    tell,
    stage,
    curriculum,
    draw,
    describe,
    devices,
    try_rig,
    emulate,
    doctor,
    journal,
    recover,
    replay,
    rerun,
    verify,
    watch,
    wrap_up,
    export,
)
for _command in _COMMANDS:
    _command.register(app)
for _entry in entry_points(group="rig.commands"):
    _entry.load()(app)
