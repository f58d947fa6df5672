"""A calibration file: raw points with a date and a name, in TOML, unknown keys refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TypeVar

import pydantic

from rig.config import read_config
from rig.frozen import FrozenModel

Points = TypeVar("Points", bound=FrozenModel)


class Calibration(FrozenModel):
    """What every calibration tells beside its points."""

    measured_on: date
    measured_by: str = pydantic.Field(min_length=1)
    note: str = ""


def read_calibration(folder: Path, name: str, model: type[Points]) -> Points:
    """Return the calibration file `name`, relative to `folder`.

    Raises
    ------
    ConfigError
        If the file is missing, no TOML, or not what `model` asks for.
    """
    return read_config(folder / name, model)
