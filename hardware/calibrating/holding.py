"""The projector of a rig that holds a picture while it is calibrated."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hardware.calibrating.chosen import Chosen, Meant, chosen
from hardware.projector import HoldingProjector, ProjectorSettings
from rig.bench import Bench, opened
from rig.clock import SystemClock
from rig.devices import Projector
from rig.errors import ConfigError

SETTLED = 0.5
"""Seconds after which a picture that was asked for is surely shown."""
ChosenProjector = Chosen[Projector, ProjectorSettings]
"""The projector that is meant."""


def projector_of(meant: Meant) -> ChosenProjector:
    """Return the projector that is meant; raise `ConfigError` if there is no such one."""
    return chosen(meant, Projector, ProjectorSettings, why_not="it gives no light")


@contextlib.contextmanager
def held(meant: Meant, which: ChosenProjector) -> Iterator[tuple[HoldingProjector, Bench]]:
    """Give the open projector, dark, whatever its calibrations are; it is off on every way out.

    Raises
    ------
    ConfigError
        If its driver cannot hold a picture; `DeviceError` if it does not open.
    """
    bench = Bench(SystemClock())
    with tempfile.TemporaryDirectory() as folder:
        settings = _uncalibrated(which.settings, Path(folder))
        made = which.driver(which.name, settings, bench.context(meant.lab.folder))
        if not isinstance(made, HoldingProjector):
            raise ConfigError(
                f"'{which.name}' cannot hold a picture",
                f"{meant.rig}, devices.{which.name}",
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
