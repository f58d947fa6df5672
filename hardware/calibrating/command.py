"""The verbs ``rig calibrate`` and ``rig calibrations``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from hardware.calibrating.listing import calibrations
from hardware.calibrating.valve_steps import Valves, calibrate_valve, check_valve, print_valve
from rig.console import JsonOption, LabOption, print_json, rig_file, the_lab
from rig.errors import ExitCode
from rig.locks import hold
from rig.signals import ignore_stop_signals, interrupt_once, stop_on_signals

RigArgument = Annotated[str, typer.Argument(help="The rig: its name or its file.")]
DeviceOption = Annotated[
    str, typer.Option(help="Which valve; not needed where the rig has one.", show_default=False)
]
BalanceOption = Annotated[
    str,
    typer.Option(
        help="USB number of the balance (MT-SICS) under the spout; else you type what one shows.",
        show_default=False,
    ),
]
ByOption = Annotated[str, typer.Option(help="Who measures.")]
SimulateOption = Annotated[
    bool, typer.Option("--simulate", help="Try it with a simulated valve; nothing is kept.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    kinds = typer.Typer(no_args_is_help=True, help="Measure a device, and put the result in force.")
    kinds.command("valve", epilog="Example: rig calibrate valve box1 --by anna")(valve)
    kinds.command("spot-check", epilog="Example: rig calibrate spot-check box1 --by anna")(
        spot_check
    )
    app.add_typer(kinds, name="calibrate")
    app.command("calibrations", epilog="Example: rig calibrations --json")(calibrations)


def valve(
    rig: RigArgument,
    by: ByOption,
    device: DeviceOption = "",
    open_ms: Annotated[
        list[float] | None,
        typer.Option(help="An opening time in ms; three or more.", show_default="10 20 40 60 80"),
    ] = None,
    drops: Annotated[int, typer.Option(min=10, max=500, help="Drops of each opening time.")] = 100,
    balance: BalanceOption = "",
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    simulate: SimulateOption = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Weigh drops of a valve, and put the line through them in force; no mouse may be there.

    Put a dish on the balance under the spout. First the closed valve is looked at for ten seconds,
    then the openings of each length are weighed. Exit code 3 if the points are not good enough, 4
    if the valve leaks or fails, 7 if a session runs on the rig.
    """
    the = the_lab(lab)
    path = rig_file(the, rig)
    with _alone(Valves(the, path, device, balance, simulate)) as valves:
        found = calibrate_valve(valves, tuple(open_ms or ()), drops, by, note)
    if json:
        print_json(found.as_json())
    else:
        print_valve(found)


def spot_check(
    rig: RigArgument,
    by: ByOption,
    device: DeviceOption = "",
    volume_ul: Annotated[
        float | None, typer.Option(help="The drop; by default one from the middle of its range.")
    ] = None,
    drops: Annotated[int, typer.Option(min=5, max=200, help="How many.")] = 20,
    balance: BalanceOption = "",
    simulate: SimulateOption = False,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Weigh a few drops of a valve: see whether they have the volume that was ordered.

    Exit code 4 if they differ by more than `limits.spot_check_tolerance`, or the valve fails.
    """
    the = the_lab(lab)
    with _alone(Valves(the, rig_file(the, rig), device, balance, simulate)) as valves:
        found = check_valve(valves, volume_ul, drops, by)
    if json:
        print_json({"check": found, "passed": found.passed})
    else:
        verdict = "It passed." if found.passed else "It failed: clean the valve, then repeat."
        typer.echo(f"{found.device} gave {found.words}. {verdict}")
    if not found.passed:
        raise typer.Exit(ExitCode.HARDWARE)


@contextlib.contextmanager
def _alone(valves: Valves) -> Iterator[Valves]:
    """Hold the rig's lock; who stops the program finds every device off."""
    name = Path(valves.rig).resolve().stem
    try:
        with (
            stop_on_signals(interrupt_once()),
            contextlib.redirect_stdout(sys.stderr),  # what drivers print is not our output
            hold(valves.lab.locks, "rig", name, f"a calibration on '{name}'"),
        ):
            yield valves
    except KeyboardInterrupt:
        ignore_stop_signals()
        typer.echo("Stopped: every device is off, and nothing was put in force.", err=True)
        raise typer.Exit(ExitCode.STOPPED) from None
