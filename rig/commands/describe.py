"""``rig describe``: the page of a protocol, made from its code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rig.commands.draw import played_shapes
from rig.console import JsonOption, LabOption, console, print_json
from rig.drawing import draw
from rig.lab import find_lab
from rig.plan import plan_protocol
from rig.protocol_page import ParameterSet, head_comment, page_of

_EXAMPLE = "Example: rig describe protocols/go_nogo.toml --out go_nogo.md"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("describe", epilog=_EXAMPLE)(describe)


def describe(
    protocol: Annotated[Path, typer.Argument(help="The protocol file.")],
    out: Annotated[
        Path | None, typer.Option(help="Page to write (.md), with its picture beside it.")
    ] = None,
    rig: Annotated[
        Path | None, typer.Option(help="Rehearse on this rig; the first that fits by default.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Describe a protocol: its parameters, its states with their meanings, its outcomes.

    Without --out the page is printed as Markdown; with --json the schema of the parameters.
    """
    near = protocol.resolve().parent if protocol.exists() else Path.cwd()
    the = find_lab(lab or near)
    plan = plan_protocol(the, the.find(protocol))
    if json:
        print_json(plan.protocol.Params.model_json_schema())
        return
    shapes = played_shapes(the, plan, the.find(rig) if rig else None)
    comment = head_comment(plan.path.read_text(encoding="utf-8"))
    if out is None:
        typer.echo(page_of([ParameterSet(plan, comment, shapes, "")]), nl=False)
        return
    picture = out.with_suffix(".png")
    draw(shapes, plan.path.stem, picture)
    out.write_text(page_of([ParameterSet(plan, comment, shapes, picture.name)]), encoding="utf-8")
    console.print(f"Wrote {out.resolve()} and {picture.resolve()}", soft_wrap=True)
