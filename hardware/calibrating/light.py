"""The steps of the calibration of a projector's light, from the rig file to the record."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.light_power import PowerCalibration, PowerFile, PowerPoint
from calibration.projector import ProjectorCalibration
from hardware.calibrating.chosen import Meant
from hardware.calibrating.holding import SETTLED, ChosenProjector, held, projector_of
from hardware.calibrating.kept import Calibrated, Result, finish, head
from hardware.calibrating.light_picture import draw_light
from hardware.calibrating.readings import read_points
from hardware.projector import ProjectorSettings
from rig.calibration_record import sealed
from rig.errors import OptionError
from rig.person import Person
from rig.picture import Disk

COLUMNS = ["level", "power_mw"]
SEED, HIGHEST = 1, 240
TRUTH_MW, DIGIT_MW, DARK_MW = 0.03, 0.01, 0.02
"""What a simulated LED gives for a level, the last digit of its meter, and what that shows in the
dark."""
Read = Callable[[int], float]
"""Returns what the power meter shows, in mW, at a level of the light."""


@dataclass(frozen=True)
class Lit:
    """How the light is measured.

    Attributes
    ----------
    by, meter, note
        Who measures, with which power meter, and what else should be known.
    levels
        How many levels are shown.
    disk_um
        The diameter of the disk that is shown.
    readings, area_mm2, dark_mw
        A file of readings, the area that was lit, and what the meter shows without light; None if
        they are taken now.
    """

    by: str
    meter: str
    note: str
    levels: int
    disk_um: float
    readings: Path | None
    area_mm2: float | None
    dark_mw: float


def calibrate_light(meant: Meant, lit: Lit) -> Calibrated[PowerFile]:
    """Read a power meter at levels of a projector's light, and put the line in force.

    Raises
    ------
    RigError
        If the rig file, the projector or the readings are wrong. What was in force stays so.
    """
    which = projector_of(meant)
    file = which.target(meant, PowerFile, "light")
    area_mm2, dark_mw, points = _measured(meant, which, lit)
    measured = PowerFile(
        **head(PowerFile.kind, meant.rig, which.name, which.hardware, lit.by, lit.note),
        meter=lit.meter,
        area_mm2=area_mm2,
        dark_mw=dark_mw,
        points=tuple(points),
    )
    where = str(lit.readings) if lit.readings else f"projector '{which.name}'"
    line = PowerCalibration(measured, where)
    record = sealed(measured.model_copy(update={"fit": line.fit}))
    result = Result(record, _says(record, line, which.settings), draw_light)
    return finish(meant, file, result)


def read_power_readings(path: Path) -> list[PowerPoint]:
    """Return the points of a CSV file with the columns level and power_mw.

    Raises
    ------
    ConfigError
        If it is not there or has other columns; `CheckFailed` with every row that is wrong.
    """
    do = "Give a level and a power in mW, as numbers from 0 on."
    return read_points(path, COLUMNS, _point, do, "--readings")


def _measured(
    meant: Meant, which: ChosenProjector, lit: Lit
) -> tuple[float, float, list[PowerPoint]]:
    """Return the lit area in mm2, what the meter shows in the dark in mW, and the readings."""
    area_mm2 = math.pi * (lit.disk_um / 2000) ** 2
    if lit.readings is not None:
        if lit.area_mm2 is None:
            raise OptionError(
                "nobody said how large the lit area was", "--area-mm2", "Give it in mm2."
            )
        return lit.area_mm2, lit.dark_mw, read_power_readings(lit.readings)
    if lit.area_mm2 is not None:
        do = "Leave it out: the area is that of the disk, by its registration."
        raise OptionError("the area is known", "--area-mm2", do)
    if meant.simulate:
        read = _simulated()
        return area_mm2, DARK_MW, _read_at(_evenly(HIGHEST, lit.levels), read, meant.person)
    if not meant.person.is_there:
        what = "there is no terminal at which to type what the power meter shows"
        raise OptionError(what, "--readings", "Give a file of readings, or run it at a terminal.")
    registration = ProjectorCalibration(meant.lab.folder, which.file(meant))
    disk = Disk(0.0, 0.0, lit.disk_um)
    why = registration.refuse(disk)
    if why:
        raise OptionError(why, "--disk-um", "Ask for a smaller disk.")
    person = meant.person
    with held(meant, which) as (projector, bench):
        person.ready("Put the sensor into the focal plane, under the middle of the field.")
        dark_mw = person.number("It is dark: what does the meter show?", "mW", least=0)
        picture = registration.render([disk])

        def read(level: int) -> float:
            projector.hold(picture, level)
            bench.wait(lambda: False, SETTLED)
            return person.number(f"Level {level}: what does the meter show?", "mW", least=0)

        points = _read_at(_evenly(projector.highest_level(), lit.levels), read, person)
    return area_mm2, dark_mw, points


def _read_at(levels: Sequence[int], read: Read, person: Person) -> list[PowerPoint]:
    """Return what the meter shows at each level."""
    points = []
    for number, level in enumerate(levels):
        person.share(number, len(levels))
        points.append(PowerPoint(level=level, power_mw=read(level)))
    return points


def _evenly(highest: int, count: int) -> list[int]:
    """Return so many levels up to the highest one."""
    return [round(highest * number / count) for number in range(1, count + 1)]


def _simulated() -> Read:
    """Return a power meter before a simulated LED."""
    rng = np.random.default_rng(SEED)

    def read(level: int) -> float:
        power = DARK_MW + TRUTH_MW * level + rng.normal(0, 0.03)
        return max(0.0, round(power / DIGIT_MW) * DIGIT_MW)

    return read


def _says(record: PowerFile, line: PowerCalibration, settings: ProjectorSettings) -> str:
    """Return how much light there is, and how much at the current of the rig file."""
    lowest, highest = line.band
    least, most = line.mw_per_mm2_band
    text = (
        f"{record.area_mm2:.3f} mm2 lit. From level {lowest:g} to {highest:g}: {least:.3g} to "
        f"{most:.3g} mW/mm2; beyond that nothing is said."
    )
    level = settings.model_dump().get("led_current")
    if not isinstance(level, int):
        return text
    why = line.refuse(level)
    if why:
        return f"{text} But the rig file asks for another: {why}."
    found = line.at(level)
    return (
        f"{text} At level {level} of the rig file {found.value:.3g} mW/mm2 "
        f"({found.low:.3g} to {found.high:.3g}, 95 %)."
    )


def _point(row: list[str]) -> PowerPoint:
    level, power = (float(each) for each in row)
    return PowerPoint(level=level, power_mw=power)
