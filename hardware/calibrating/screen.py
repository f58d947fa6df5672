"""Reads a photometer while a screen shows each level of each gun. Tried on virtual screens only."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from calibration.gun_curve import WHITE
from calibration.screen_points import GUNS, Gun, ScreenPoint
from hardware.calibrating.readings import read_points
from hardware.photometer import Photometer
from hardware.psychopy_display import PsychopyDisplaySettings
from hardware.screen.messages import Levels
from rig.lab import Lab
from rig.person import Person

SETTLES = 1.0
"""Seconds from a new level until the photometer is read by itself: screens are slow."""
Read = Callable[[Gun, int], float]
"""Returns what the photometer shows, in cd/m2, while a gun has a level and the others have 0."""
COLUMNS = ["gun", "level", "luminance_cd_m2"]


def evenly(count: int) -> list[int]:
    """Return so many levels from 0 to 255.

    Examples
    --------
    >>> evenly(5)
    [0, 64, 128, 191, 255]
    """
    return [int(level) for level in np.linspace(0, WHITE, count).round()]


def measure(
    show: Callable[[Levels], None], read: Read, levels: Sequence[int], person: Person
) -> list[ScreenPoint]:
    """Return what the photometer shows at each level of each gun.

    Parameters
    ----------
    show
        Fills the screen with one colour.
    read
        Reads the photometer.
    levels
        Of each gun.
    person
        Is told how much is done.
    """
    points: list[ScreenPoint] = []
    for number, gun in enumerate(GUNS):
        for level in levels:
            red, green, blue = (level if each == number else 0 for each in range(len(GUNS)))
            show((red, green, blue))
            luminance = read(gun, level)
            points.append(ScreenPoint(gun=gun, level=level, luminance_cd_m2=luminance))
            person.share(len(points), len(GUNS) * len(levels))
    show((0, 0, 0))
    return points


@contextlib.contextmanager
def reader(number: str, lab: Lab, person: Person) -> Iterator[Read]:
    """Give what reads the photometer: itself, by the USB number of its adapter, else the person.

    Raises
    ------
    DeviceError
        If the photometer is not there, or does not answer.
    """
    if not number:
        yield asked(person)
        return
    photometer = Photometer(number, Photometer.Settings(line=number), lab.folder)
    photometer.open()
    try:
        yield lambda gun, level: _settled(photometer)
    finally:
        photometer.close()


def _settled(photometer: Photometer) -> float:
    time.sleep(SETTLES)
    return photometer.luminance_cd_m2()


def asked(person: Person) -> Read:
    """Return what asks for readings; one that does not rise is asked for twice."""
    before: dict[Gun, float] = {}

    def read(gun: Gun, level: int) -> float:
        question = f"{gun} {level}: what does the photometer show?"
        shown = person.number(question, "cd/m2", least=0)
        if shown <= before.get(gun, -1.0):
            trouble = f"That is not above the {before[gun]:g} before it: read it once more."
            shown = person.number(question, "cd/m2", least=0, trouble=trouble)
        before[gun] = shown
        return shown

    return read


def read_readings(path: Path) -> list[ScreenPoint]:
    """Return the points of a CSV file with the columns gun, level and luminance_cd_m2.

    Raises
    ------
    ConfigError
        If it is not there or has other columns; `CheckFailed` with every row that is wrong.
    """
    do = "Give red, green or blue, a level from 0 to 255, and cd/m2 as a number."
    return read_points(path, COLUMNS, _point, do, "--readings")


def without_calibration(settings: PsychopyDisplaySettings, folder: Path) -> PsychopyDisplaySettings:
    """Return a display's settings with a stand-in for its calibration, made in `folder`.

    A display that is to be calibrated has none yet; only single levels are shown.
    """
    path = folder / "stand-in.toml"
    rows = [
        f'    {{ gun = "{gun}", level = {level}, luminance_cd_m2 = {level} }},\n'
        for gun in GUNS
        for level in evenly(9)
    ]
    head = 'measured_on = 2000-01-01\nmeasured_by = "nobody"\nphotometer = "none"\n'
    path.write_text(f"{head}points = [\n{''.join(rows)}]\n", encoding="utf-8")
    return settings.model_copy(update={"calibration": str(path.resolve())})


def _point(row: list[str]) -> ScreenPoint:
    gun, level, luminance = row
    return ScreenPoint.model_validate(
        {"gun": gun, "level": int(level), "luminance_cd_m2": float(luminance)}
    )
