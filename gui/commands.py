"""The verb of the command ``rig`` that opens the window: ``gui``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gui.display import check_display
from rig.console import LabOption, the_lab
from rig.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("gui", epilog="Example: rig gui --lab my-lab")(gui)


def gui(
    lab: LabOption = None,
    guide: Annotated[
        bool, typer.Option("--guide", help="Begin with the guided tour; for `rig demo`'s lab.")
    ] = False,
) -> None:
    """Open the operator's window on the boxes of a lab.

    Sessions are programs of their own: they go on when the window is closed, and a window that is
    opened later shows them from their first trial on.
    """
    folder: Path = the_lab(lab).folder
    check_display()
    from gui.app import make_guided_window, make_window, run  # Qt takes a while to load

    raise typer.Exit(run(folder, make_guided_window if guide else make_window) or ExitCode.OK)
