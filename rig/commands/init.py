"""``rig init``: make a lab's folder."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from rig.console import console, typed
from rig.lab import write_new


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("init", epilog="Example: rig init my-lab")(init)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")] = Path(),
) -> None:
    """Make a lab's folder: rigs, protocols, curricula, virtual mice, calibrations."""
    make_lab(folder)
    console.print(f"Made the lab {folder.resolve()}. Its files are yours to change.")
    run = "run --rig rigs/box1.toml --protocol protocols/pretraining.toml --subject SIM01"
    console.print(f"Next, in that folder: {typed('check')}", soft_wrap=True)
    console.print(f"and then: {typed(run)} --simulate", soft_wrap=True)


def make_lab(folder: Path) -> None:
    """Write the files of a new lab; raise `ConfigError` if one of them exists."""
    template = files("rig").joinpath("template")
    write_new({folder / path: text for path, text in _texts(template, Path())})


def _texts(folder: Traversable, path: Path) -> list[tuple[Path, str]]:
    """Return the files of the template with their paths below it."""
    found: list[tuple[Path, str]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _texts(entry, path / entry.name)
        else:
            found.append((path / entry.name, entry.read_text(encoding="utf-8")))
    return found
