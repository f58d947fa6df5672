"""The command ``rig``: collects its verbs, and turns errors into sentences and exit codes."""

from __future__ import annotations

import io
import sys
from importlib.metadata import entry_points, version
from typing import Annotated

import typer

from rig.commands import check, devices, doctor, draw, init, journal, run
from rig.console import print_error
from rig.errors import ExitCode, RigError

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


for _command in (init, check, run, draw, devices, doctor, journal):
    _command.register(app)
for _entry in entry_points(group="rig.commands"):
    _entry.load()(app)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console that lacks a character (Windows, code page 1252) shows '?' for it.
            stream.reconfigure(errors="replace")
    try:
        app()
    except RigError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(ExitCode.UNEXPECTED)
