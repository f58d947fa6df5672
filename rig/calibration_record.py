"""A calibration file: raw points with a date and a name, in TOML, unknown keys refused.

What a person measures by `rig calibrate` is a record: it says whose it is and carries a seal, so
that a record that was changed afterwards is refused. A file may also be typed by hand; it has no
table `record` then.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pydantic

from rig.config import read_toml, validated
from rig.errors import ConfigError
from rig.frozen import FrozenModel

_SEAL_DIGITS = 16


class Origin(FrozenModel):
    """Whose a record is.

    Attributes
    ----------
    kind
        What was calibrated: ``valve``, ``speaker``, ...
    rig, device
        The rig's name, and that of the device in its file.
    hardware
        What the device was: its driver, and the line or number by which it is found.
    measured_at
        When it was measured.
    software
        The version of mouserig.
    id
        The seal: a digest of all the rest of the file.
    """

    kind: str
    rig: str
    device: str
    hardware: str
    measured_at: pydantic.AwareDatetime
    software: str
    id: str = ""


class Calibration(FrozenModel):
    """What every calibration tells beside its points."""

    kind: ClassVar[str]
    measured_on: date
    measured_by: str = pydantic.Field(min_length=1)
    note: str = ""
    record: Origin | None = None


Points = TypeVar("Points", bound=Calibration)


def read_calibration(folder: Path, name: str, model: type[Points]) -> Points:
    """Return the calibration file `name`, relative to `folder`.

    Raises
    ------
    ConfigError
        If the file is missing, no TOML, not what `model` asks for, the record of another kind of
        device, a record that was changed after it was measured, or typed by hand with a fit.
    """
    path = folder / name
    return _found(read_toml(path), str(path), model)


def recorded_calibration(
    calibrations: Mapping[str, str], name: str, model: type[Points]
) -> Points | None:
    """Return a calibration that a session used; None if it used none of that name.

    Parameters
    ----------
    calibrations
        Path in the lab to text of each calibration that the session used.
    name, model
        As in `read_calibration`, which raises the same errors.
    """
    if name not in calibrations:
        return None
    try:
        table = tomllib.loads(calibrations[name])
    except tomllib.TOMLDecodeError as error:
        do = "Look at the journal: its text was changed."
        raise ConfigError(f"is not valid TOML: {error}", name, do) from error
    return _found(table, name, model)


def _found(table: Mapping[str, Any], where: str, model: type[Points]) -> Points:
    """Return the calibration that is in the TOML of a file."""
    origin = table.get("record")
    kind = origin.get("kind") if isinstance(origin, dict) else None
    if isinstance(kind, str) and kind != model.kind:
        raise ConfigError(
            f"is the calibration of a {kind}, not of a {model.kind}",
            where,
            "Name the right file in the rig file, or calibrate the device.",
        )
    found = validated(model, table, where)
    if found.record is None and "fit" in table:
        raise ConfigError(
            "has a fit without the record that it belongs to",
            where,
            "Take the table `fit` out: what is typed by hand is its points alone.",
        )
    if found.record is not None and found.record.id != seal_of(found):
        raise ConfigError(
            "was changed after it was measured: its seal is broken",
            where,
            "Put the record back from calibration/records, or calibrate the device again.",
        )
    return found


def sealed(calibration: Points) -> Points:
    """Return a record with its seal.

    Raises
    ------
    ValueError
        If it has no table `record`.
    """
    if calibration.record is None:
        raise ValueError("a calibration without a table `record` is none of ours")
    origin = calibration.record.model_copy(update={"id": seal_of(calibration)})
    return calibration.model_copy(update={"record": origin})


def seal_of(calibration: Calibration) -> str:
    """Return the digest of all that a calibration says, its seal left out.

    Comments and the order of keys do not matter, nor does what has its usual value: a later
    version of the program with more keys finds the same digest.
    """
    said = calibration.model_dump(mode="json", exclude_defaults=True)
    said.get("record", {}).pop("id", None)
    text = json.dumps(said, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_SEAL_DIGITS]
