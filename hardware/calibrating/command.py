"""The verbs ``rig calibrate`` and ``rig calibrations``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from hardware.calibrating.chosen import Meant
from hardware.calibrating.kept import alone
from hardware.calibrating.kinds import kind_of
from hardware.calibrating.light_command import light
from hardware.calibrating.listing import calibrations
from hardware.calibrating.map_command import map_
from hardware.calibrating.projector_command import dots, projector
from hardware.calibrating.screen_command import screen
from hardware.calibrating.speaker_command import speaker
from hardware.calibrating.timing_command import timing
from hardware.calibrating.valve import Openings
from hardware.calibrating.valve_steps import calibrate_valve, check_valve, print_valve
from hardware.calibrating.vessels_command import vessels
from rig.console import JsonOption, LabOption, print_json, print_table, rig_file, the_lab
from rig.errors import ExitCode
from rig.person import ByOption, DialogOption, the_person

RigArgument = Annotated[str, typer.Argument(help="The rig: its name or its file.")]
DeviceOption = Annotated[
    str, typer.Option(help="Which valve; not needed where the rig has one.", show_default=False)
]
BalanceOption = Annotated[
    str,
    typer.Option(
        help="USB number of the balance (MT-SICS) under the spout; none: you type what one shows.",
        show_default="as in the rig file, else none",
    ),
]
SimulateOption = Annotated[
    bool, typer.Option("--simulate", help="Try it with a simulated valve; nothing is kept.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Measure a device, and put the result in force.")
    for verb, function in KINDS.items():
        group.command(verb, epilog=f"Example: rig calibrate {verb} box1 --by anna")(function)
    group.command("kinds", epilog="Example: rig calibrate kinds --json")(kinds)
    app.add_typer(group, name="calibrate")
    app.command("calibrations", epilog="Example: rig calibrations --json")(calibrations)


def kinds(json: JsonOption = False) -> None:
    """List what can be calibrated; with --json, what each asks for."""
    found = [kind_of(verb, function) for verb, function in KINDS.items()]
    if json:
        print_json(found)
        return
    print_table(("kind", "what it does"), [(each.verb, each.what) for each in found])


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
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Weigh drops of a valve, and put the line through them in force; no mouse may be there.

    Put a dish on the balance under the spout. First the closed valve is looked at for ten seconds,
    then the openings of each length are weighed. Exit code 3 if the points are not good enough, 4
    if the valve leaks or fails, 7 if a session runs on the rig.
    """
    the = the_lab(lab)
    path = rig_file(the, rig)
    person = the_person(dialog)
    meant = Meant(the, path, device, person, simulate)
    wanted = Openings(tuple(open_ms or Openings.open_ms), drops)
    with alone(the, path), person:
        found = calibrate_valve(meant, balance, wanted, by, note)
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
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Weigh a few drops of a valve: see whether they have the volume that was ordered.

    Exit code 4 if they differ by more than `limits.spot_check_tolerance`, or the valve fails.
    """
    the = the_lab(lab)
    path = rig_file(the, rig)
    person = the_person(dialog)
    meant = Meant(the, path, device, person, simulate)
    with alone(the, path), person:
        found = check_valve(meant, balance, volume_ul, drops, by)
    says = f"{found.device} gave {found.words}."
    words = "It passed." if found.passed else "It failed: clean the valve, then repeat."
    if json:
        print_json({"check": found, "passed": found.passed, "says": says, "words": words})
    else:
        typer.echo(f"{says} {words}")
    if not found.passed:
        raise typer.Exit(ExitCode.HARDWARE)


KINDS: dict[str, Callable[..., None]] = {
    "valve": valve,
    "spot-check": spot_check,
    "screen": screen,
    "timing": timing,
    "speaker": speaker,
    "projector": projector,
    "dots": dots,
    "vessels": vessels,
    "map": map_,
    "light": light,
}
"""The verbs of ``rig calibrate``, as the window offers them, too."""
