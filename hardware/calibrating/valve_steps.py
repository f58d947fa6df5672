"""The steps of a valve's calibration and of its spot check, from the rig file to the record."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from calibration.valve import ValveCalibration, ValveFile
from calibration.valve_fit import WATER_MG_PER_UL, fit_valve, line_of
from hardware.calibrating.chosen import Chosen, Meant, chosen
from hardware.calibrating.kept import Calibrated, Result, finish, head
from hardware.calibrating.simulated import dish, simulated_line
from hardware.calibrating.valve import (
    BETWEEN_OPENINGS,
    Openings,
    refuse,
    weigh_points,
    without_calibration,
)
from hardware.calibrating.valve_picture import draw_valve
from hardware.valve import ValveSettings
from hardware.weighing import Weigh, balance_of, scales
from rig.bench import PATIENCE, Bench, opened, report_of
from rig.calibration_age import foreign
from rig.calibration_checks import SPOT_CHECKS, SpotCheck
from rig.calibration_record import read_calibration, sealed
from rig.clock import SystemClock, VirtualClock
from rig.console import console, print_table
from rig.devices import Valve
from rig.errors import CheckFailed, ConfigError, OptionError
from rig.lab import Lab
from rig.person import Person

SEED = 1


def calibrate_valve(
    meant: Meant, balance: str, wanted: Openings, by: str, note: str
) -> Calibrated[ValveFile]:
    """Weigh drops of a valve, and put the line through them in force.

    `balance` is the USB number of the balance, or ``none`` if a person reads one; empty: as in the
    rig file.

    Raises
    ------
    RigError
        If the rig file, the openings, the valve, the balance or the points are wrong. What was
        in force stays so.
    """
    which = _valve(meant)
    file = which.target(meant, ValveFile)
    refuse(wanted, which.settings, "--open-ms")
    bench = Bench(VirtualClock() if meant.simulate else SystemClock())
    with tempfile.TemporaryDirectory() as folder:
        stand_in = without_calibration(which.settings, Path(folder))
        made = which.driver(which.name, stand_in, bench.context(meant.lab.folder))
        with _weighs(meant, balance, bench, simulated_line) as weigh, opened(made, Path(folder)):
            points = weigh_points(made, bench, weigh, wanted, meant.person)
    record = sealed(
        ValveFile(
            **head(ValveFile.kind, meant.rig, which.name, which.hardware, by, note),
            points=tuple(points),
            fit=fit_valve(points, f"valve '{which.name}'"),
        )
    )
    before = _in_force(meant.lab, file)
    return finish(meant, file, Result(record, _says(record), partial(draw_valve, before=before)))


def check_valve(
    meant: Meant, balance: str, volume_ul: float | None, drops: int, by: str
) -> SpotCheck:
    """Weigh a few drops of a valve, and keep what came of it.

    `balance` is as for `calibrate_valve`.

    Raises
    ------
    RigError
        If the rig file, the valve, the balance or what is in force is wrong, or the valve refuses
        the volume.
    """
    which = _valve(meant)
    bench = Bench(VirtualClock() if meant.simulate else SystemClock())
    made = which.driver(which.name, which.settings, bench.context(meant.lab.folder))
    line = ValveCalibration(meant.lab.folder, which.settings.calibration)
    strange = foreign(line.path, meant.rig.resolve().stem, which.name)
    if strange:
        raise CheckFailed([strange])
    middle_ul = round((line.smallest_ul + line.largest_ul) / 2, 1)
    ordered_ul = middle_ul if volume_ul is None else volume_ul
    reason = made.refuse_volume(ordered_ul)
    if reason:
        raise OptionError(reason, "--volume-ul", "Ask for a volume from its range.")
    with (
        tempfile.TemporaryDirectory() as folder,
        _weighs(meant, balance, bench, line.volume_ul) as weigh,
        opened(made, Path(folder)),
    ):
        before = weigh()
        meant.person.tell(f"{drops} drops of {ordered_ul:g} uL")
        _deliver(made, bench, ordered_ul, drops, meant.person)
        weight_mg = weigh() - before
    check = SpotCheck(
        at=datetime.now().astimezone(),
        rig=meant.rig.resolve().stem,
        device=which.name,
        by=by,
        ordered_ul=ordered_ul,
        drops=drops,
        weight_mg=weight_mg,
        given_ul=weight_mg / drops / WATER_MG_PER_UL,
        tolerance=meant.lab.config.limits.spot_check_tolerance,
    )
    if not meant.simulate:
        SPOT_CHECKS.append(meant.lab, check)
    return check


def print_valve(found: Calibrated[ValveFile]) -> None:
    """Print the points beside the line, what it is worth, and where it is kept."""
    points, fit = found.record.points, found.record.fit
    if fit is None:
        return
    line = line_of(points)
    rows = [
        (
            f"{each.open_ms:g}",
            f"{each.weight_mg:.0f}",
            f"{each.volume_ul:.3f}",
            f"{float(line.volume_ul(each.open_ms)):.3f}",
            f"{float(line.margin_ul(each.open_ms)):.3f}",
            f"{100 * residual:+.1f}",
        )
        for each, residual in zip(points, fit.residuals, strict=True)
    ]
    print_table(
        ("open (ms)", "weighed (mg)", "drop (uL)", "line (uL)", "+-", "beside it (%)"), rows
    )
    for text in (found.says, found.words):
        console.print(text, soft_wrap=True)


def _says(record: ValveFile) -> str:
    """Return the line in words."""
    if record.fit is None:
        return ""
    low, high = record.fit.slope_interval
    volumes = [each.volume_ul for each in record.points]
    return (
        f"{record.fit.slope_ul_per_ms:.4f} uL/ms ({low:.4f} to {high:.4f}, 95 %), "
        f"from {min(volumes):.2f} to {max(volumes):.2f} uL; beyond that drops are refused."
    )


def _in_force(lab: Lab, file: str) -> ValveFile | None:
    """Return what is in force; None if it is missing or refused."""
    try:
        return read_calibration(lab.folder, file, ValveFile)
    except ConfigError:
        return None


def _valve(meant: Meant) -> Chosen[Valve, ValveSettings]:
    """Return the valve that is meant."""
    return chosen(meant, Valve, ValveSettings, why_not="there is nothing to weigh")


@contextlib.contextmanager
def _weighs(
    meant: Meant, balance: str, bench: Bench, gives: Callable[[float], float]
) -> Iterator[Weigh]:
    """Give what weighs: a simulated dish, the balance, or the person at the terminal."""
    if meant.simulate:
        yield dish(bench, gives, SEED)
        return
    number = balance_of(meant.rig, balance)
    with scales(number, meant.lab, meant.person) as weigh:
        if weigh is None:
            raise OptionError(
                "there is no balance, and no terminal at which to type weights",
                "--balance",
                "Name the balance, or run it at a terminal.",
            )
        yield weigh


def _deliver(valve: Valve, bench: Bench, volume_ul: float, drops: int, person: Person) -> None:
    for done in range(1, drops + 1):
        report_of(bench, lambda: valve.deliver(volume_ul), PATIENCE)
        bench.wait(lambda: False, BETWEEN_OPENINGS)
        person.share(done, drops)
