"""``rig try``: try the devices of a rig before an animal is in it."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated

import typer

from rig.bench import Wanted
from rig.console import JsonOption, LabOption, print_json, print_table, rig_file, the_lab
from rig.errors import ExitCode
from rig.signals import ignore_stop_signals, interrupt_once, stop_on_signals
from rig.trying import Tried, try_rig

MOST_DROPS = 20


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("try", epilog="Example: rig try box1 --simulate --tone --drops 3")(try_command)


def try_command(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Try the twins, and leave real devices alone.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(help="Try this device alone; 'disk' is one, too.")
    ] = None,
    drops: Annotated[
        int, typer.Option(min=0, max=MOST_DROPS, help="Let each valve give so many drops.")
    ] = 0,
    tone: Annotated[
        bool, typer.Option("--tone", help="Play a tone of 4 kHz at 73 dB SPL on each speaker.")
    ] = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Open each device of a rig in real time, look at it, and turn it off again.

    Exit code 4 if a device is bad, 7 if a session runs on the rig.
    """
    the = the_lab(lab)
    wanted = Wanted(drops, tone)
    try:
        with (
            stop_on_signals(interrupt_once()),
            contextlib.redirect_stdout(sys.stderr),  # what drivers print is not our output
        ):
            found = try_rig(the, rig_file(the, rig), wanted, simulate=simulate, only=device)
    except KeyboardInterrupt:
        ignore_stop_signals()
        typer.echo("Stopped: every device is off.", err=True)
        raise typer.Exit(ExitCode.STOPPED) from None
    if json:
        print_json(found)
    else:
        _print(found)
    if any(each.state == "bad" for each in found):
        raise typer.Exit(ExitCode.HARDWARE)


def _print(found: list[Tried]) -> None:
    print_table(
        ("device", "kind", "state", "value", "what was found"),
        [
            (
                each.device,
                f"{each.kind}{' (twin)' if each.simulated else ''}",
                each.state,
                each.value,
                " ".join(filter(None, (each.words, each.do))),
            )
            for each in found
        ],
    )
