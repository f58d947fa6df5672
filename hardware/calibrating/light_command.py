"""The verb ``rig calibrate light``: how much light a projector gives on an area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rig.console import JsonOption, LabOption, console, print_json, print_table, rig_file, the_lab
from rig.errors import OptionError
from rig.person import ByOption, DialogOption, the_person

if TYPE_CHECKING:
    from calibration.light_power import PowerFile
    from hardware.calibrating.kept import Calibrated


def light(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    by: ByOption,
    meter: Annotated[
        str,
        typer.Option(help="Which power meter, with its sensor and wavelength.", show_default=False),
    ] = "",
    device: Annotated[
        str, typer.Option(help="Which projector; not needed where the rig has one.")
    ] = "",
    levels: Annotated[
        int, typer.Option(min=4, max=50, help="Levels of the light, evenly up to the highest.")
    ] = 6,
    disk_um: Annotated[
        float, typer.Option(min=50, max=5000, help="Diameter of the disk that is shown.")
    ] = 1000.0,
    readings: Annotated[
        Path | None, typer.Option(help="Take readings from a CSV file: level,power_mw.")
    ] = None,
    area_mm2: Annotated[
        float | None,
        typer.Option(
            min=1e-4, max=1e4, help="The lit area in the focal plane, for a file of readings."
        ),
    ] = None,
    dark_mw: Annotated[
        float, typer.Option(min=0, help="What the meter shows in the dark, for such a file.")
    ] = 0.0,
    note: Annotated[str, typer.Option(help="What else should be known.")] = "",
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Try it with a simulated power meter; keep nothing.")
    ] = False,
    lab: LabOption = None,
    dialog: DialogOption = False,
    json: JsonOption = False,
) -> None:
    """Read a power meter at levels of a projector's light, and put the line in force; no mouse.

    The projector shows a disk of a known area at one level after the other; you type what the
    meter shows. Exit code 3 if the readings lie on no line, 4 if the projector fails, 7 if a
    session runs on the rig.
    """
    from hardware.calibrating.chosen import Meant
    from hardware.calibrating.kept import alone
    from hardware.calibrating.light import Lit, calibrate_light

    the = the_lab(lab)
    path = rig_file(the, rig)
    if not meter and not simulate:
        do = "Name the power meter, with its sensor and wavelength."
        raise OptionError("nobody said what measures", "--meter", do)
    lit = Lit(by, meter or "simulated", note, levels, disk_um, readings, area_mm2, dark_mw)
    person = the_person(dialog)
    with alone(the, path), person:
        found = calibrate_light(Meant(the, path, device, person, simulate), lit)
    if json:
        print_json(found.as_json())
    else:
        _print(found)


def _print(found: Calibrated[PowerFile]) -> None:
    from calibration.light_power import PowerCalibration

    record = found.record
    power = PowerCalibration(record, "the record")
    low, line, high = power.curve(power.levels)
    rows = [
        (f"{each.level:g}", f"{each.power_mw:.3f}", f"{measured:.3f}", f"{middle:.3f}",
         f"{lowest:.3f} to {highest:.3f}")
        for each, measured, lowest, middle, highest in zip(
            record.points, power.mw_per_mm2, low, line, high, strict=True
        )
    ]  # fmt: skip
    print_table(("level", "read (mW)", "mW/mm2", "line", "95 %"), rows)
    for text in (found.says, found.words):
        console.print(text, soft_wrap=True)
