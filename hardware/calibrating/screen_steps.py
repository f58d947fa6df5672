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
from hardware.calibrating.chosen import Chosen, Meant, chosen
from hardware.calibrating.kept import Calibrated, Result, finish, head
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

SEED = 1
EXAMPLE_CPD = 0.04
MOST_EXCESS = 0.02
"""Share by which a grating may be brighter than the grey."""
_Screen = Chosen[Display, DisplaySettings]
AIM = "Make the room dark, and point the photometer at the middle of the screen."


@dataclass(frozen=True)
class Session:
    """How a screen is measured.

    Attributes
    ----------
    by, photometer, note
        Who measures, with which photometer, and what else should be known.
    levels
        How many levels of each gun are shown.
    place
        Where the screen stands; None if that was not measured.
    readings
        A file of readings; None if they are taken now.
    number
        USB number of the photometer's adapter; empty if the person reads it.
    """

    by: str
    photometer: str
    note: str
    levels: int
    place: ScreenPlace | None
    readings: Path | None
    number: str


def calibrate_screen(meant: Meant, session: Session) -> Calibrated[ScreenFile]:
    """Read a photometer at levels of each gun, and put the curves through them in force.

    Raises
    ------
    RigError
        If the rig file, the place of the screen, the screen or the readings are wrong. What was
        in force stays so.
    """
    which = chosen(meant, Display, DisplaySettings, why_not="it gives no light")
    settings, place = which.settings, session.place
    if place is not None:
        where = f"{meant.rig}, devices.{which.name}"
        wrong = place.wrong(settings.width_cm, settings.distance_cm, where)
        if wrong:
            raise CheckFailed(wrong)
    file = which.target(meant, ScreenFile)
    points = _points(meant, session, which)
    record = sealed(
        ScreenFile(
            **head(
                ScreenFile.kind, meant.rig, which.name, which.hardware, session.by, session.note
            ),
            photometer=session.photometer,
            points=tuple(points),
            fit=fit_screen(points, settings.grey, f"display '{which.name}'"),
            place=place,
        )
    )
    result = Result(record, _says(record, settings), draw_screen)
    return finish(meant, file, result)


def _points(meant: Meant, session: Session, which: _Screen) -> list[ScreenPoint]:
    """Return the readings: of a file, simulated, or taken by the person at the terminal."""
    if session.readings is not None:
        return read_readings(session.readings)
    levels = evenly(session.levels)
    if meant.simulate:
        read = photometer(TRUE_GUNS, SEED)
        return measure(lambda colour: None, read, levels, meant.person)
    if not isinstance(which.settings, PsychopyDisplaySettings):
        raise ConfigError(
            f"'{which.name}' cannot show the levels of its guns one by one",
            f"{meant.rig}, devices.{which.name}",
            "Show them by another program, and give the readings by --readings.",
        )
    if not meant.person.is_there and not session.number:
        raise OptionError(
            "there is no terminal at which to type what the photometer shows",
            "--readings",
            "Give a file of readings, or name the photometer's adapter by --serial; or run it at a "
            "terminal.",
        )
    return _measured(meant, session, which.name, which.settings, levels)


def _measured(
    meant: Meant,
    session: Session,
    name: str,
    settings: PsychopyDisplaySettings,
    levels: list[int],
) -> list[ScreenPoint]:
    bench, person = Bench(SystemClock()), meant.person
    with tempfile.TemporaryDirectory() as folder:
        stand_in = without_calibration(settings, Path(folder))
        screen = PsychopyDisplay(name, stand_in, bench.context(meant.lab.folder))
        with (
            reader(session.number, meant.lab, person) as read,
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
