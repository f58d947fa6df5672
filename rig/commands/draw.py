"""``rig draw``: the state graphs of a protocol as a picture."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rig.console import JsonOption, LabOption, console, print_json
from rig.counting import counted
from rig.drawing import Drawn, shapes_of
from rig.drawing import draw as draw_graphs
from rig.errors import CheckFailed, errors_among
from rig.graph import TrialGraph, plain
from rig.lab import Lab, find_lab
from rig.plan import ProtocolPlan, first_rig_for, plan_protocol
from rig.rehearsal import rehearse
from rig.rig_plan import RigPlan, plan_rig

REHEARSED_TRIALS = 250
MORE_SEEDS = range(1, 5)
"""Played too if some states belong to few trials only: a first trial, the first of a block."""


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("draw", epilog="Example: rig draw protocols/go_nogo.toml --out go_nogo.png")(draw)


def draw(
    protocol: Annotated[Path, typer.Argument(help="The protocol file.")],
    out: Annotated[
        Path | None, typer.Option(help="Picture to make (.svg, .png, .pdf); NAME.svg by default.")
    ] = None,
    rig: Annotated[
        Path | None,
        typer.Option(help="Rehearse on this rig; the lab's first of its setup by default."),
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Draw a protocol's state graphs, one panel for each kind of trial; or print them as JSON.

    The graphs are those of virtual trials, with a mouse that licks at random and with experts.
    Trials that differ only in what they present share a panel.
    """
    near = protocol.resolve().parent if protocol.exists() else Path.cwd()
    the = find_lab(lab or near)
    plan = plan_protocol(the, the.find(protocol))
    shapes = played_shapes(the, plan, the.find(rig) if rig else None)
    if json:
        print_json(
            [
                {
                    **msgspec.to_builtins(s.graph, enc_hook=plain),
                    "timeouts": s.timeouts,
                    "stimuli": s.stimuli,
                    "sometimes": s.sometimes,
                }
                for s in shapes
            ]
        )
        return
    path = out or Path(f"{plan.path.stem}.svg")
    draw_graphs(shapes, plan.path.stem, path)
    console.print(f"Drew {counted(len(shapes), 'graph')}: {path.resolve()}", soft_wrap=True)


def played_shapes(lab: Lab, plan: ProtocolPlan, rig: Path | None) -> list[Drawn]:
    """Return the panels of a protocol's drawing, from virtual trials.

    Parameters
    ----------
    lab, plan
        The lab and the protocol.
    rig
        The rig file to play on; None takes the first rig that fits.
    """
    twins = plan_rig(lab, rig, simulate=True) if rig else first_rig_for(lab, plan)
    graphs = _graphs(lab, plan, twins, seed=0)
    shapes = shapes_of(graphs)
    if any(shape.sometimes for shape in shapes):
        for seed in MORE_SEEDS:
            graphs += _graphs(lab, plan, twins, seed)
        shapes = shapes_of(graphs)
    return shapes


def _graphs(lab: Lab, plan: ProtocolPlan, rig: RigPlan, seed: int) -> list[TrialGraph]:
    """Return the graphs of virtual trials; raise `CheckFailed` if they are not sound."""
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        rehearsal = rehearse(lab, rig, plan, trials=REHEARSED_TRIALS, seed=seed)
    problems = errors_among(rehearsal.problems)
    if problems:
        raise CheckFailed(problems)
    return rehearsal.graphs
