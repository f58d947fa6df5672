"""``rig new-protocol``: begin a protocol of the lab's own."""

from __future__ import annotations

import keyword
from importlib.resources import files
from typing import Annotated

import typer

from rig.console import LabOption, console, the_lab, typed
from rig.errors import ConfigError
from rig.lab import write_new


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("new-protocol", epilog="Example: rig new-protocol odour_task")(new_protocol)


def new_protocol(
    name: Annotated[str, typer.Argument(help="Its name, in small letters: odour_task.")],
    lab: LabOption = None,
) -> None:
    """Write a commented protocol and its parameter file into the lab's folder, to be changed.

    What is written is a whole experiment: it passes its check and runs as it is.
    """
    the = the_lab(lab)
    if not name.isidentifier() or name != name.lower() or keyword.iskeyword(name):
        raise ConfigError(
            f"'{name}' cannot be the name of a protocol",
            "command line",
            "Write small letters, digits and _, with a letter first: odour_task.",
        )
    words = {
        "file": name,
        "name": "".join(part.capitalize() for part in name.split("_")) or "Protocol",
        "title": name.replace("_", " ").strip().capitalize(),
    }
    starter = files("rig").joinpath("starter")
    texts = {
        the.folder / "protocols" / f"{name}.{ending}": starter.joinpath(f"protocol.{ending}.txt")
        .read_text(encoding="utf-8")
        .format(**words)
        for ending in ("py", "toml")
    }
    write_new(texts)
    for path in texts:
        console.print(f"Wrote {path}", soft_wrap=True)
    console.print(f"Next: {typed(f'check --protocol protocols/{name}.toml')}", soft_wrap=True)
    console.print(f"and:  {typed(f'draw protocols/{name}.toml')}", soft_wrap=True)
