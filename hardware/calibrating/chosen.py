"""Which device of a rig is calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hardware.syringe_pump import SyringePumpSettings
from rig.calibration_age import of_another_kind
from rig.calibration_record import Calibration
from rig.config import RigConfig, read_config
from rig.devices import Device, DeviceSettings
from rig.errors import CheckFailed, ConfigError
from rig.lab import Lab
from rig.person import Person
from rig.rig_plan import plan_device

Kind = TypeVar("Kind", bound=Device)
Settings = TypeVar("Settings", bound=DeviceSettings)
STANDS_IN = "calibration/RIG-DEVICE.toml"
"""What a simulated device without a file would be kept as."""


@dataclass(frozen=True)
class Meant:
    """Which device is meant.

    Attributes
    ----------
    lab, rig
        The lab and the rig file.
    device
        Its name; empty for the only one of its kind.
    person
        Is told of each step, and asked.
    simulate
        Whether a simulated one will do; nothing is kept then.
    """

    lab: Lab
    rig: Path
    device: str
    person: Person
    simulate: bool


@dataclass(frozen=True)
class Chosen(Generic[Kind, Settings]):
    """The device that is meant: its name, driver and settings."""

    name: str
    driver: type[Kind]
    settings: Settings

    @property
    def hardware(self) -> str:
        """What a record says that it was."""
        return f"{self.driver.__qualname__} {self._says('line')}"

    def file(self, meant: Meant, key: str = "calibration") -> str:
        """Return the file that the rig file names by a key.

        Raises
        ------
        ConfigError
            If it names none, and the device is not simulated.
        """
        named = self._says(key)
        if named:
            return named
        if meant.simulate:
            return STANDS_IN
        where = f"{meant.rig}, devices.{self.name}"
        own = self.name if key == "calibration" else f"{self.name}-{key}"
        do = f'Give it `{key} = "calibration/{meant.rig.stem}-{own}.toml"`.'
        raise ConfigError(f"it names no file by `{key}`", where, do)

    def target(self, meant: Meant, model: type[Calibration], key: str = "calibration") -> str:
        """Return the file that a record will take the place of, before anything is measured.

        Raises
        ------
        ConfigError
            As `file`; `CheckFailed` if a record of another kind lies there.
        """
        name = self.file(meant, key)
        other = of_another_kind(meant.lab.folder / name, model.kind)
        if other is not None and not meant.simulate:
            raise CheckFailed([other])
        return name

    def _says(self, key: str) -> str:
        """Return what the rig file says of it by a key; empty if nothing."""
        said = self.settings.model_dump().get(key)
        return said if isinstance(said, str) else ""


def chosen(
    meant: Meant,
    kind: type[Kind],
    of: type[Settings],
    *,
    why_not: str,
    option: str = "--device",
) -> Chosen[Kind, Settings]:
    """Return the device that is meant; a syringe pump is none.

    Parameters
    ----------
    meant
        Which one.
    kind, of
        What it is, and its settings are.
    why_not
        Why a simulated one will not do.
    option
        By which it is named.

    Raises
    ------
    ConfigError
        If the rig file is wrong, has no such device or several, or only a simulated one.
    """
    found: list[Chosen[Kind, Settings]] = []
    for name, table in read_config(meant.rig, RigConfig).devices.items():
        if meant.device not in ("", name):
            continue
        driver, settings = plan_device(meant.lab, meant.rig, name, table, simulate=meant.simulate)
        if isinstance(settings, SyringePumpSettings):
            continue
        if issubclass(driver, kind) and isinstance(settings, of):
            found.append(Chosen(name, driver, settings))
    word = kind.kind
    if len(found) != 1:
        what = f"there is no {word} '{meant.device}'" if meant.device else f"it has no {word}"
        if len(found) > 1:
            what = f"it has {len(found)}: {', '.join(each.name for each in found)}"
        raise ConfigError(what, str(meant.rig), f"Name a {word} by {option}.")
    (one,) = found
    if one.driver.simulated and not meant.simulate:
        where = f"{meant.rig}, devices.{one.name}"
        raise ConfigError(f"'{one.name}' is simulated: {why_not}", where, "Try it by --simulate.")
    return one
