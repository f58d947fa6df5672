"""Weighs drops of a valve: many openings of each of several lengths.

A valve on a pump is none: its syringe is calibrated by ordered volumes. Tried with emulated cards
and an emulated balance only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from calibration.valve import MIN_POINTS, ValvePoint
from calibration.valve_fit import WATER_MG_PER_UL
from hardware.valve import ValveSettings
from hardware.weighing import Weigh
from rig.bench import PATIENCE, Bench, report_of
from rig.devices import Valve
from rig.errors import CheckFailed, DeviceError, Problem
from rig.person import Person

LEAK_WAIT = 10.0
"""Seconds for which the closed valve is looked at before the first drop."""
MOST_LEAK_MG = 1.5
"""What may come in that time: the last digit of a balance of 1 mg, and a little."""
BETWEEN_OPENINGS = 0.15
MOST_WRONG = 0.001
"""Seconds by which an opening may differ from what was ordered."""
LEAST_MG = 20.0
"""Of all drops of a point: with less, the last digit of a balance is too coarse."""
STAND_IN = """measured_on = 2000-01-01
measured_by = "nobody"
points = [
    { open_ms = 1, volume_ul = 1 },
    { open_ms = 2, volume_ul = 2 },
    { open_ms = 1000, volume_ul = 1000 },
]
"""
"""A valve that is to be calibrated has no calibration yet; it is only opened for a time."""


@dataclass(frozen=True)
class Openings:
    """What is to be weighed: so many drops of each opening time, in ms."""

    open_ms: tuple[float, ...] = (10, 20, 40, 60, 80)
    drops: int = 100


def weigh_points(
    valve: Valve, bench: Bench, weigh: Weigh, wanted: Openings, person: Person
) -> list[ValvePoint]:
    """Return the mean volume of a drop for each opening time.

    Parameters
    ----------
    valve, bench
        An open valve, and where it is tried.
    weigh
        Returns what stands on the balance, in mg.
    wanted
        Which openings.
    person
        Is told what comes next, and how much of it is done.

    Raises
    ------
    DeviceError
        If the valve leaks, does not tell of an opening, or was open for another time.
    CheckFailed
        If so little came that it cannot be weighed.
    """
    before = weigh()
    person.tell(f"The valve stays closed for {LEAK_WAIT:g} s: is anything dripping?")
    bench.wait(lambda: False, LEAK_WAIT)
    known = weigh()
    if known - before > MOST_LEAK_MG:
        raise DeviceError(
            f"{known - before:.1f} mg came through the closed valve in {LEAK_WAIT:g} s",
            "the valve",
            "It leaks: clean or replace it, then calibrate again.",
        )
    points = []
    for number, open_ms in enumerate(wanted.open_ms, start=1):
        person.tell(f"{number} of {len(wanted.open_ms)}: {wanted.drops} openings of {open_ms:g} ms")
        open_for(valve, bench, open_ms / 1000, wanted.drops, person)
        now = weigh()
        points.append(_point(open_ms, wanted.drops, now - known))
        known = now
    return points


def open_for(valve: Valve, bench: Bench, seconds: float, times: int, person: Person) -> None:
    """Open a valve so many times, and tell how many are done; the hardware ends each opening.

    Raises
    ------
    DeviceError
        If it does not tell of an opening, or was open for another time.
    """
    for done in range(1, times + 1):
        achieved = report_of(bench, lambda: valve.flush(seconds), seconds + PATIENCE).achieved
        if abs(achieved - seconds) > MOST_WRONG:
            raise DeviceError(
                f"it was open for {1000 * achieved:.1f} ms instead of {1000 * seconds:g} ms",
                "the valve",
                "Look at the card and the read-back line; try the rig by `rig acceptance`.",
            )
        bench.wait(lambda: False, BETWEEN_OPENINGS)
        person.share(done, times)


def refuse(wanted: Openings, settings: ValveSettings, where: str) -> None:
    """Raise `CheckFailed` with all that is wrong with openings for a valve of such settings."""
    most = settings.max_open_ms
    do = f"Ask for more than 0 and at most {most:g} ms."
    problems = [
        Problem(f"an opening of {each:g} ms", where, do)
        for each in wanted.open_ms
        if not 0 < each <= most
    ]
    different = len(set(wanted.open_ms))
    if different < len(wanted.open_ms):
        problems.append(Problem("an opening time stands there twice", where, "Give each once."))
    if different < MIN_POINTS:
        do = "Give three or more, around the drops that you reward with."
        problems.append(Problem(f"there are {different} opening times", where, do))
    if problems:
        raise CheckFailed(problems)


def without_calibration(settings: ValveSettings, folder: Path) -> ValveSettings:
    """Return a valve's settings with a stand-in for its calibration, made in `folder`."""
    path = folder / "stand-in.toml"
    path.write_text(STAND_IN, encoding="utf-8")
    return settings.model_copy(update={"calibration": str(path.resolve())})


def _point(open_ms: float, drops: int, weight_mg: float) -> ValvePoint:
    if weight_mg < LEAST_MG:
        what = f"{drops} openings of {open_ms:g} ms weighed {weight_mg:.1f} mg"
        do = f"Nothing to weigh below {LEAST_MG:g} mg: look for air or a closed tap, or give more."
        raise CheckFailed([Problem(what, "the balance", do)])
    volume_ul = weight_mg / drops / WATER_MG_PER_UL
    return ValvePoint(open_ms=open_ms, volume_ul=volume_ul, drops=drops, weight_mg=weight_mg)
