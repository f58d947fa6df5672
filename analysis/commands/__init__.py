"""The verbs of the command ``rig`` that make results of sessions and show them."""

from __future__ import annotations

import typer

from analysis.commands import align, curve, decode, demo, fit, ls, report, show, train


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    for command in (demo, train, ls, show, report, curve, fit, align, decode):
        command.register(app)
