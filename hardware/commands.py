"""The verbs of the command ``rig`` that try and measure devices."""

from __future__ import annotations

import typer

from hardware.acceptance import command as acceptance
from hardware.calibrating import command as calibrating


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    acceptance.register(app)
    calibrating.register(app)
