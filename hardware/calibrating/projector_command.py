"""The verbs ``rig calibrate projector`` and ``rig calibrate dots``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rig.console import JsonOption, LabOption, console, print_json, print_table, rig_file, the_lab
from rig.errors import ExitCode
from rig.person import ByOption, DialogOption, the_person

if TYPE_CHECKING:
    from calibration.projector import ProjectorFile
    from hardware.calibrating.kept import Calibrated

RigArgument = Annotated[str, typer.Argument(help="The rig: its name or its file.")]
DeviceOption = Annotated[
    str, typer.Option(help="Which projector; not needed where the rig has one.")
]
CameraOption = Annotated[str, typer.Option(help="Which camera; not needed where the rig has one.")]
DotsOption = Annotated[
    Path | None,
    typer.Option(help="Take the picture of the dots from this file, which another program writes."),
]
SimulateOption = Annotated[
    bool, typer.Option("--simulate", help="Try it with a simulated camera; nothing is kept.")
]


def projector(
    rig: RigArgument,
    by: ByOption,
    device: DeviceOption = "",
    camera: CameraOption = "",
    dots: DotsOption = None,
    micrometer: Annotated[
        Path | None, typer.Option(help="Take the picture of the stage micrometer from this file.")
    ] = None,
    pitch_um: Annotated[
        float, typer.Option(min=1, max=2000, help="From line to line of the stage micrometer.")
    ] = 100.0,
    odd_rows_shift: Annotated[
        float | None,
        typer.Option(min=-0.5, max=0.5, help="Columns by which odd rows of mirrors are shifted.",
                     show_default="as in the file in force, else 0.5"),
    ] = None,
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    simulate: SimulateOption = False,
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Project dots on a white card, see them by the camera, and put what they tell in force.

    The dots tell which mirror lights which pixel, a stage micrometer how large a pixel is. Exit
    code 3 if a picture is blank, has too few dots or too much light, or shows no even lines, 4 if
    projector or camera fail, 7 if a session runs on the rig.
    """
    from hardware.calibrating.chosen import Meant
    from hardware.calibrating.kept import alone
    from hardware.calibrating.projector import Dotted, calibrate_projector

    the = the_lab(lab)
    path = rig_file(the, rig)
    dotted = Dotted(by, note, camera, dots, micrometer, pitch_um, odd_rows_shift)
    person = the_person(dialog)
    with alone(the, path), person:
        found = calibrate_projector(Meant(the, path, device, person, simulate), dotted)
    if json:
        print_json(found.as_json())
    else:
        _print(found)


def dots(
    rig: RigArgument,
    by: ByOption,
    device: DeviceOption = "",
    camera: CameraOption = "",
    dots: DotsOption = None,
    simulate: SimulateOption = False,
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Project four dots: see whether camera and projector still stand as they did.

    Exit code 4 if they lie further from where they were than `limits.dots_um`, 3 if one is not to
    be seen.
    """
    from hardware.calibrating.chosen import Meant
    from hardware.calibrating.kept import alone
    from hardware.calibrating.projector import check_dots

    the = the_lab(lab)
    path = rig_file(the, rig)
    person = the_person(dialog)
    with alone(the, path), person:
        found = check_dots(Meant(the, path, device, person, simulate), by, camera, dots)
    says = f"{found.device}: {found.words}."
    failed = "It failed: something has moved. Register camera and projector again."
    words = "It passed." if found.passed else failed
    if json:
        print_json({"check": found, "passed": found.passed, "says": says, "words": words})
    else:
        typer.echo(f"{says} {words}")
    if not found.passed:
        raise typer.Exit(ExitCode.HARDWARE)


def _print(found: Calibrated[ProjectorFile]) -> None:
    view = found.record.camera
    if view is None:
        return
    um = view.um_per_px
    rows = [
        ("dots found", f"{len(view.dots)}"),
        ("beside the fit, mean", f"{view.mean_px:.3f} px, {view.mean_px * um:.1f} um"),
        ("beside the fit, worst", f"{view.worst_px:.3f} px, {view.worst_px * um:.1f} um"),
        ("lens, k1", f"{view.k1:.4f}"),
        ("a pixel", f"{um:.4f} um (95 % {view.um_per_px_low:.4f} to {view.um_per_px_high:.4f})"),
        ("the picture", f"{view.width_px * um:.0f} x {view.height_px * um:.0f} um"),
    ]
    print_table(("what", "measured"), rows)
    console.print(found.words, soft_wrap=True)
