"""``rig draw``: the state graphs of a protocol as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rig.console import JsonOption, LabOption, console, print_json
from rig.drawing import draw as draw_graphs
from rig.drawing import trial_graphs
from rig.lab import find_lab
from rig.plan import plan_protocol


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("draw", epilog="Example: rig draw protocols/go_nogo.toml --out go_nogo.png")(draw)


def draw(
    protocol: Annotated[Path, typer.Argument(help="The protocol file.")],
    out: Annotated[
        Path | None, typer.Option(help="Picture to make (.svg, .png, .pdf); NAME.svg by default.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Draw a protocol's state graphs, one panel for each kind of trial; or print them as JSON."""
    near = protocol.resolve().parent if protocol.exists() else Path.cwd()
    the = find_lab(lab or near)
    plan = plan_protocol(the, the.find(protocol))
    shapes = trial_graphs(plan)
    if json:
        print_json([{**msgspec.to_builtins(s.graph), "timeouts": s.timeouts} for s in shapes])
        return
    path = out or Path(f"{plan.path.stem}.svg")
    draw_graphs(shapes, plan.path.stem, path)
    console.print(f"Drew {len(shapes)} graph(s): {path.resolve()}", soft_wrap=True)
