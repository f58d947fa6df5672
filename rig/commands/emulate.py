"""``rig emulate``: start what stands in for the hardware of a rig, and a virtual mouse in it."""

from __future__ import annotations

import contextlib
import secrets
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from rig.console import JsonOption, LabOption, console, print_table
from rig.emulation import EmulationOrder, Ways
from rig.emulation_link import NOTHING, EmulationLink, order_for, stimuli_of
from rig.errors import ConfigError
from rig.lab import find_lab
from rig.plan import plan_mouse, plan_protocol, with_subject
from rig.rig_plan import plan_emulated_rig


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("emulate", epilog="Example: rig emulate rigs/ni.toml")(emulate)


def emulate(
    rig: Annotated[Path, typer.Argument(help="The rig file.")],
    protocol: Annotated[
        Path | None, typer.Option(help="With --subject: the protocol whose stimuli it knows.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="A virtual mouse that lives in it from the start.")
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Start the emulators that a rig file needs, and print how they are reached.

    The real drivers and other programs use them as they would use the hardware. Ends on Ctrl-C, or
    when its input ends. `rig run --emulate` starts emulators of its own, and needs none of these.
    What the virtual mouse learns here is not kept.
    """
    order = _order(rig, protocol, subject, lab)
    tell = str if json else _tell
    with EmulationLink(order, tell) as link:
        if order.mouse is not None:
            link.let_mouse_in()
        _show(link.ways, json=json)
        with contextlib.suppress(KeyboardInterrupt):
            while sys.stdin.readline():
                pass


def _order(
    rig: Path, protocol: Path | None, subject: str | None, folder: Path | None
) -> EmulationOrder:
    the = find_lab(folder or (rig.resolve().parent if rig.exists() else Path.cwd()))
    plan = plan_emulated_rig(the, the.find(rig))
    if protocol is None or subject is None:
        if protocol is not None or subject is not None:
            raise typer.BadParameter("--protocol and --subject go together")
        return order_for(the, plan, NOTHING, None, 0)
    animal = the.subject(the.named(subject))
    if not animal.simulated:
        raise ConfigError(
            f"'{animal.id}' is a real mouse, and the rig is emulated",
            str(the.subject_file(animal.id)),
            "Name a virtual mouse (simulated = true).",
        )
    seed = secrets.randbits(32)
    task = with_subject(the, plan_protocol(the, the.find(protocol)), animal)
    mouse = plan_mouse(the, plan, animal)
    return order_for(the, plan, stimuli_of(task, seed), mouse, seed)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _show(ways: Ways, *, json: bool) -> None:
    if json:
        # On one line, so that a program need not know where the object ends.
        sys.stdout.write(msgspec.json.encode(msgspec.structs.asdict(ways)).decode() + "\n")
        sys.stdout.flush()
        return
    rows = [
        (name, words, ", ".join(f"{key} = {value!r}" for key, value in ways.settings[name].items()))
        for name, words in ways.started.items()
    ]
    print_table(("device", "emulated by", "reached by"), rows)
    for name, value in ways.environment.items():
        console.print(f"{name}={value}", soft_wrap=True, markup=False)
    console.print("Ready. Ctrl-C ends it.")
