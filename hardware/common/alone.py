"""What has a rig for itself outside sessions: its lock, and words for who stops it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import typer

from rig.errors import ExitCode
from rig.lab import Lab
from rig.locks import hold
from rig.signals import ignore_stop_signals, interrupt_once, stop_on_signals


@contextlib.contextmanager
def alone_on(lab: Lab, rig: str, holder: str, stopped: str) -> Iterator[None]:
    """Hold a rig's lock; who stops the program is told what that leaves.

    Parameters
    ----------
    lab, rig
        The lab, and the rig's name.
    holder
        Who holds it, in words, for others that want it.
    stopped
        What is said to the one who stops it.
    """
    try:
        with (
            stop_on_signals(interrupt_once()),
            contextlib.redirect_stdout(sys.stderr),  # what drivers print is not our output
            hold(lab.locks, "rig", rig, holder),
        ):
            yield
    except (KeyboardInterrupt, typer.Abort):  # the latter while something is asked
        ignore_stop_signals()
        typer.echo(stopped, err=True)
        raise typer.Exit(ExitCode.STOPPED) from None
