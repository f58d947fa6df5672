"""``rig draw``: the state graphs of a protocol as a picture."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rig.console import JsonOption, LabOption, console, print_json
from rig.drawing import draw as draw_graphs
from rig.drawing import shapes_of
from rig.errors import CheckFailed, ConfigError, errors_among
from rig.graph import TrialGraph, plain
from rig.lab import Lab, find_lab
from rig.plan import ProtocolPlan, plan_protocol
from rig.rehearsal import rehearse
from rig.rig_plan import plan_rig

REHEARSED_TRIALS = 64


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("draw", epilog="Example: rig draw protocols/go_nogo.toml --out go_nogo.png")(draw)


def draw(
    protocol: Annotated[Path, typer.Argument(help="The protocol file.")],
    out: Annotated[
        Path | None, typer.Option(help="Picture to make (.svg, .png, .pdf); NAME.svg by default.")
    ] = None,
    rig: Annotated[
        Path | None, typer.Option(help="Rehearse on this rig; the lab's first by default.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Draw a protocol's state graphs, one panel for each kind of trial; or print them as JSON.

    The graphs are those of the first virtual trials with a mouse that licks at random.
    """
    near = protocol.resolve().parent if protocol.exists() else Path.cwd()
    the = find_lab(lab or near)
    plan = plan_protocol(the, the.find(protocol))
    shapes = shapes_of(_graphs(the, plan, the.find(rig) if rig else _first_rig(the)))
    if json:
        print_json(
            [
                {**msgspec.to_builtins(s.graph, enc_hook=plain), "timeouts": s.timeouts}
                for s in shapes
            ]
        )
        return
    path = out or Path(f"{plan.path.stem}.svg")
    draw_graphs(shapes, plan.path.stem, path)
    console.print(f"Drew {len(shapes)} graph(s): {path.resolve()}", soft_wrap=True)


def _graphs(lab: Lab, plan: ProtocolPlan, rig: Path) -> list[TrialGraph]:
    """Return the graphs of the first virtual trials; raise `CheckFailed` if they are not sound."""
    twins = plan_rig(lab, rig, simulate=True)
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        rehearsal = rehearse(lab, twins, plan, trials=REHEARSED_TRIALS)
    problems = errors_among(rehearsal.problems)
    if problems:
        raise CheckFailed(problems)
    return rehearsal.graphs


def _first_rig(lab: Lab) -> Path:
    rigs = lab.files("rigs")
    if not rigs:
        raise ConfigError("the lab has no rigs", str(lab.folder), "Add one in rigs/.")
    return rigs[0]
