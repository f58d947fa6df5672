"""The steps of a screen's calibration, from the rig file to the record."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from calibration.gun_curve import WHITE
from calibration.screen import Isoluminance, ScreenFile
from calibration.screen_fit import fit_screen
from calibration.screen_place import ScreenPlace, edge_deg, px_per_deg
from calibration.screen_points import ScreenPoint
from hardware.calibrating.chosen import chosen
from hardware.calibrating.kept import Calibrated, Result, head, keep, show
from hardware.calibrating.screen import (
    evenly,
    measure,
    read_readings,
    reader,
    without_calibration,
)
from hardware.calibrating.screen_picture import draw_screen
from hardware.calibrating.simulated import TRUE_GUNS, photometer
from hardware.display import DisplaySettings
from hardware.psychopy_display import PsychopyDisplay, PsychopyDisplaySettings
from rig.bench import Bench, opened
from rig.calibration_record import sealed
from rig.clock import SystemClock
from rig.devices import Display
from rig.errors import CheckFailed, ConfigError, OptionError
from rig.lab import Lab
from rig.person import Person

SEED = 1
EXAMPLE_CPD = 0.04
MOST_EXCESS = 0.02
"""Share by which a grating may be brighter than the grey."""
AIM = "Make the room dark, and point the photometer at the middle of the screen."
STANDS_IN = "calibration/RIG-SCREEN.toml"
"""What a simulated screen without a file would be kept as."""


@dataclass(frozen=True)
class Screens:
    """Which screen is looked at, and by what.

    Attributes
    ----------
    lab, rig
        The lab and the rig file.
    device
        Name of the display; empty for the only one.
    readings
        A file of readings; None if they are taken now.
    number
        USB number of the photometer's adapter; empty if the person reads it.
    person
        Is told of each step.
    simulate
        Whether a simulated photometer is read; nothing is kept then.
    """

    lab: Lab
    rig: Path
    device: str
    readings: Path | None
    number: str
    person: Person
    simulate: bool


@dataclass(frozen=True)
class Session:
    """Who measures, with which photometer, at how many levels, and where the screen stands."""

    by: str
    photometer: str
    levels: int
    place: ScreenPlace | None
    note: str


def calibrate_screen(screens: Screens, session: Session) -> Calibrated[ScreenFile]:
    """Read a photometer at levels of each gun, and put the curves through them in force.

    Raises
    ------
    RigError
        If the rig file, the place of the screen, the screen or the readings are wrong. What was
        in force stays so.
    """
    name, driver, settings = _display(screens)
    where = f"{screens.rig}, devices.{name}"
    place = session.place
    if place is not None:
        wrong = place.wrong(settings.width_cm, settings.distance_cm, where)
        if wrong:
            raise CheckFailed(wrong)
    file = _file(screens, settings, where)
    points = _points(screens, session, name, settings)
    hardware = f"{driver.__qualname__} {settings.line}"
    record = sealed(
        ScreenFile(
            **head(ScreenFile.kind, screens.rig, name, hardware, session.by, session.note),
            photometer=session.photometer,
            points=tuple(points),
            fit=fit_screen(points, settings.grey, f"display '{name}'"),
            place=place,
        )
    )
    result = Result(record, _says(record, settings), draw_screen)
    if screens.simulate:
        return show(result, screens.person)
    return keep(screens.lab, file, result, screens.person)


def _display(screens: Screens) -> tuple[str, type[Display], DisplaySettings]:
    """Return name, class and settings of the display that is meant."""
    return chosen(
        screens.lab,
        screens.rig,
        screens.device,
        Display,
        DisplaySettings,
        simulate=screens.simulate,
        why_not="it gives no light",
    )


def _file(screens: Screens, settings: DisplaySettings, where: str) -> str:
    """Return the file that the rig file names."""
    file = settings.model_dump().get("calibration")
    if isinstance(file, str) and file:
        return file
    if screens.simulate:
        return STANDS_IN
    raise ConfigError("it names no file for its calibration", where, "Give it `calibration`.")


def _points(
    screens: Screens, session: Session, name: str, settings: DisplaySettings
) -> list[ScreenPoint]:
    """Return the readings: of a file, simulated, or taken by the person at the terminal."""
    if screens.readings is not None:
        return read_readings(screens.readings)
    levels = evenly(session.levels)
    if screens.simulate:
        read = photometer(TRUE_GUNS, SEED)
        return measure(lambda colour: None, read, levels, screens.person)
    if not isinstance(settings, PsychopyDisplaySettings):
        raise ConfigError(
            f"'{name}' cannot show the levels of its guns one by one",
            f"{screens.rig}, devices.{name}",
            "Show them by another program, and give the readings by --readings.",
        )
    if not screens.person.is_there and not screens.number:
        raise OptionError(
            "there is no terminal at which to type what the photometer shows",
            "--readings",
            "Give a file of readings, or name the photometer's adapter by --serial; or run it at a "
            "terminal.",
        )
    return _measured(screens, session, name, settings, levels)


def _measured(
    screens: Screens,
    session: Session,
    name: str,
    settings: PsychopyDisplaySettings,
    levels: list[int],
) -> list[ScreenPoint]:
    bench, person = Bench(SystemClock()), screens.person
    with tempfile.TemporaryDirectory() as folder:
        stand_in = without_calibration(settings, Path(folder))
        screen = PsychopyDisplay(name, stand_in, bench.context(screens.lab.folder))
        with (
            reader(screens.number, screens.lab, person) as read,
            opened(screen, Path(folder)),
        ):
            if session.place is not None:
                wrong = session.place.not_square(*screen.size_px(), f"display '{name}'")
                if wrong:
                    raise CheckFailed(wrong)
            screen.fill((WHITE, WHITE, WHITE))
            if person.is_there:
                person.ready(AIM)
            return measure(screen.fill, read, levels, person)


def _says(record: ScreenFile, settings: DisplaySettings) -> str:
    """Return how good the grey is, and how many pixels a degree has."""
    grey = _grey_words(record.fit.isoluminance) if record.fit is not None else ""
    return f"{grey} {_degree_words(settings, record.place)}".strip()


def _grey_words(found: Isoluminance) -> str:
    """Return how bright gratings are beside the grey, and whether that is good enough."""
    is_kept = max(map(abs, found.excess_interval)) <= MOST_EXCESS
    doubt = f" It is not known to be within {100 * MOST_EXCESS:g} %: measure more levels."
    return found.words + ("" if is_kept else doubt)


def _degree_words(settings: DisplaySettings, place: ScreenPlace | None) -> str:
    """Return how many pixels a degree has, and what that makes of a grating."""
    width_cm = place.width_cm if place else settings.width_cm
    distance_cm = place.distance_cm if place else settings.distance_cm
    edge = edge_deg(width_cm, distance_cm)
    middle, outside = (
        px_per_deg(width_cm, settings.width_px, distance_cm, away) for away in (0.0, edge)
    )
    flat = isinstance(settings, PsychopyDisplaySettings) and settings.projection == "flat"
    at_edge = EXAMPLE_CPD * outside / middle if flat else EXAMPLE_CPD
    source = "by what was measured" if place else "by the rig file: size and place not measured"
    return (
        f"{middle:.1f} pixels a degree in the middle, {outside:.1f} at the edges, {edge:.1f} "
        f"degrees away ({source}). A grating of {EXAMPLE_CPD:g} cycles per degree has "
        f"{at_edge:.3f} there."
    )
