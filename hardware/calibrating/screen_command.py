"""The verb ``rig calibrate screen``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from calibration.screen import ScreenFile, ScreenFit
from calibration.screen_place import ScreenPlace
from calibration.screen_points import GUNS
from hardware.calibrating.chosen import Meant
from hardware.calibrating.kept import Calibrated, alone
from hardware.calibrating.screen_steps import Session, calibrate_screen
from rig.config import validated
from rig.console import JsonOption, LabOption, console, print_json, print_table, rig_file, the_lab
from rig.errors import OptionError
from rig.person import ByOption, DialogOption, the_person


def screen(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    by: ByOption,
    photometer: Annotated[
        str, typer.Option(help="Which photometer, and where it stands.", show_default=False)
    ] = "",
    serial: Annotated[
        str,
        typer.Option(
            help="USB number of the photometer's adapter (Konica Minolta LS-100, LS-110, CS-100A); "
            "else you type what one shows.",
            show_default=False,
        ),
    ] = "",
    device: Annotated[
        str, typer.Option(help="Which display; not needed where the rig has one.")
    ] = "",
    levels: Annotated[
        int, typer.Option(min=5, max=52, help="Levels of each gun, evenly from 0 to 255.")
    ] = 9,
    readings: Annotated[
        Path | None,
        typer.Option(help="Take readings from a CSV file: gun,level,luminance_cd_m2."),
    ] = None,
    width_cm: Annotated[
        float | None,
        typer.Option(help="Measured width of the lit area; give height and distance, too."),
    ] = None,
    height_cm: Annotated[float | None, typer.Option(help="Its measured height.")] = None,
    distance_cm: Annotated[
        float | None, typer.Option(help="Measured distance from the eye to its middle.")
    ] = None,
    azimuth_deg: Annotated[
        float, typer.Option(help="Where its middle is seen: 0 ahead, 90 right, -90 left.")
    ] = 0.0,
    off_normal_deg: Annotated[
        float, typer.Option(help="How far it is turned from a right angle to the line of sight.")
    ] = 0.0,
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Try it with a simulated photometer; keep nothing.")
    ] = False,
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Read a photometer at levels of each gun of a screen, and put the curves in force.

    The screen shows one level of one gun after the other, in the dark; the photometer is read by
    itself, or you type what it shows. Exit code 3 if the readings are not good enough or the screen
    does not stand as the rig file says, 4 if it fails, 7 if a session runs on the rig.
    """
    the = the_lab(lab)
    path = rig_file(the, rig)
    if not photometer and not simulate:
        raise OptionError(
            "nobody said what measures", "--photometer", "Name the photometer, and where it stands."
        )
    place = _place(width_cm, height_cm, distance_cm, azimuth_deg, off_normal_deg)
    session = Session(by, photometer or "simulated", note, levels, place, readings, serial)
    person = the_person(dialog)
    with alone(the, path), person:
        found = calibrate_screen(Meant(the, path, device, person, simulate), session)
    if json:
        print_json(found.as_json())
    else:
        _print(found)


def _place(
    width_cm: float | None,
    height_cm: float | None,
    distance_cm: float | None,
    azimuth_deg: float,
    off_normal_deg: float,
) -> ScreenPlace | None:
    """Return the place of the screen; None if it was not measured."""
    lengths = width_cm, height_cm, distance_cm
    if lengths == (None, None, None) and azimuth_deg == off_normal_deg == 0.0:
        return None
    if None in lengths:
        raise OptionError(
            "the place of the screen is known in part only",
            "--width-cm, --height-cm, --distance-cm",
            "Give all three, or none.",
        )
    table = {
        "width_cm": width_cm,
        "height_cm": height_cm,
        "distance_cm": distance_cm,
        "azimuth_deg": azimuth_deg,
        "off_normal_deg": off_normal_deg,
    }
    return validated(ScreenPlace, table, "the options")


def _print(found: Calibrated[ScreenFile]) -> None:
    record = found.record
    if record.fit is None:
        return
    _print_curves(record.fit)
    for text in (found.says, found.words):
        console.print(text, soft_wrap=True)


def _print_curves(curves: ScreenFit) -> None:
    rows = []
    for gun in GUNS:
        fit = curves.gun(gun)
        low, high = fit.exponent_interval
        intervals = [
            f"{100 * light:.1f} ({100 * lowest:.1f} to {100 * highest:.1f})"
            for light, lowest, highest in zip(
                fit.light, fit.light_lowest, fit.light_highest, strict=True
            )
        ]
        worst = 100 * max(map(abs, fit.residuals))
        exponent = f"{fit.exponent:.3f} ({low:.3f} to {high:.3f})"
        rows.append((gun, exponent, *intervals, f"{worst:.2f}"))
    print_table(
        ("gun", "exponent (95 %)", "light of 64 (%)", "of 128", "of 192", "beside it (%)"),
        rows,
    )
