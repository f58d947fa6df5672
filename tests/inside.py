"""Runs a command of ``rig`` inside the tests' own process, which takes no time to begin."""

from __future__ import annotations

from conftest import Done
from typer.testing import CliRunner

from rig.cli import app
from rig.errors import RigError
from rig.lab import Lab


def inside(lab: Lab, *arguments: str) -> Done:
    """Return what a command came to in a lab; an error is told as ``rig`` tells it."""
    result = CliRunner().invoke(app, [*arguments, "--lab", str(lab.folder)])
    if isinstance(result.exception, RigError):
        return Done(result.exception.exit_code, result.stdout, str(result.exception))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)
