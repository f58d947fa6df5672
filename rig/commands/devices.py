"""``rig devices``: what a rig is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rig.config import resolved
from rig.console import JsonOption, LabOption, print_json, print_table, the_lab
from rig.lab import Lab
from rig.rig_plan import plan_rig

_COLUMNS = ("rig", "device", "kind", "simulated", "line", "class")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("devices", epilog="Example: rig devices --rig rigs/box1.toml")(devices)


def devices(
    rig: Annotated[Path | None, typer.Option(help="The rig file; all rigs by default.")] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """List the devices of the lab's rigs: kind, driver, line, and whether they are simulated."""
    the = the_lab(lab)
    paths = [the.find(rig)] if rig else the.files("rigs")
    rows = [row for path in paths for row in _rows(the, path)]
    if json:
        print_json(rows)
        return
    print_table(
        _COLUMNS,
        [[row[column] for column in _COLUMNS] for row in rows],
    )


def _rows(lab: Lab, path: Path) -> list[dict[str, object]]:
    plan = plan_rig(lab, path, simulate=False)
    return [
        {
            "rig": plan.name,
            "device": name,
            "kind": driver.kind,
            "line": resolved(plan.settings[name]).get("line"),
            "class": driver.__qualname__,
            "driver": plan.config.devices[name]["driver"],
            "simulated": driver.simulated,
            "settings": resolved(plan.settings[name]),
        }
        for name, driver in plan.drivers.items()
    ]
