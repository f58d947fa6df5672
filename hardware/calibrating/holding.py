"""The projector of a rig that holds a picture while it is calibrated."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hardware.calibrating.chosen import chosen
from hardware.projector import HoldingProjector, ProjectorSettings
from rig.bench import Bench, opened
from rig.clock import SystemClock
from rig.devices import Projector
from rig.errors import ConfigError
from rig.lab import Lab
from rig.person import Person

SETTLED = 0.5
"""Seconds after which a picture that was asked for is surely shown."""
STANDS_IN = "calibration/RIG-PROJECTOR.toml"
"""What a simulated projector without a file would be kept as."""


@dataclass(frozen=True)
class Projectors:
    """Which projector is meant.

    Attributes
    ----------
    lab, rig
        The lab and the rig file.
    device
        Its name; empty for the only one.
    person
        Is asked and told.
    simulate
        Whether a simulated one will do; nothing is kept then.
    """

    lab: Lab
    rig: Path
    device: str
    person: Person
    simulate: bool


@dataclass(frozen=True)
class Chosen:
    """The projector that is meant: its name, driver and settings."""

    name: str
    driver: type[Projector]
    settings: ProjectorSettings

    @property
    def hardware(self) -> str:
        """What a record says that it was."""
        return f"{self.driver.__qualname__} {self.settings.line}"

    def file(self, projectors: Projectors, key: str) -> str:
        """Return the file that the rig file names by a key.

        Raises
        ------
        ConfigError
            If it names none, and the projector is not simulated.
        """
        named = self.settings.model_dump().get(key)
        if isinstance(named, str) and named:
            return named
        if projectors.simulate:
            return STANDS_IN
        where = f"{projectors.rig}, devices.{self.name}"
        own = self.name if key == "calibration" else f"{self.name}-{key}"
        do = f'Give it `{key} = "calibration/{projectors.rig.stem}-{own}.toml"`.'
        raise ConfigError(f"it names no file by `{key}`", where, do)


def projector_of(projectors: Projectors) -> Chosen:
    """Return the projector that is meant; raise `ConfigError` if there is no such one."""
    return Chosen(
        *chosen(
            projectors.lab,
            projectors.rig,
            projectors.device,
            Projector,
            ProjectorSettings,
            simulate=projectors.simulate,
            why_not="it gives no light",
        )
    )


@contextlib.contextmanager
def held(projectors: Projectors, which: Chosen) -> Iterator[tuple[HoldingProjector, Bench]]:
    """Give the open projector, dark, whatever its calibrations are; it is off on every way out.

    Raises
    ------
    ConfigError
        If its driver cannot hold a picture; `DeviceError` if it does not open.
    """
    bench = Bench(SystemClock())
    with tempfile.TemporaryDirectory() as folder:
        settings = _uncalibrated(which.settings, Path(folder))
        made = which.driver(which.name, settings, bench.context(projectors.lab.folder))
        if not isinstance(made, HoldingProjector):
            raise ConfigError(
                f"'{which.name}' cannot hold a picture",
                f"{projectors.rig}, devices.{which.name}",
                "Give its driver what `hardware.projector.HoldingProjector` asks for.",
            )
        with opened(made, Path(folder)):
            yield made, bench


def _uncalibrated(settings: ProjectorSettings, folder: Path) -> ProjectorSettings:
    """Return a projector's settings with a stand-in for its registration, made in `folder`.

    A projector that is to be calibrated may have none yet; only whole pictures are shown.
    """
    if not settings.model_dump().get("calibration"):
        return settings.model_copy(update={"light": ""})
    path = folder / "stand-in.toml"
    path.write_text(STAND_IN, encoding="utf-8")
    return settings.model_copy(update={"light": "", "calibration": str(path.resolve())})


STAND_IN = """measured_on = 2000-01-01
measured_by = "nobody"
matrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
odd_rows_shift = 0
points = [
    { x_um = 0, y_um = 0, column = 0, row = 0 },
    { x_um = 9, y_um = 0, column = 9, row = 0 },
    { x_um = 0, y_um = 9, column = 0, row = 9 },
    { x_um = 9, y_um = 9, column = 9, row = 9 },
]
"""
