"""Which device of a rig is calibrated."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from hardware.syringe_pump import SyringePumpSettings
from rig.config import RigConfig, read_config
from rig.devices import Device, DeviceSettings
from rig.errors import ConfigError
from rig.lab import Lab
from rig.rig_plan import plan_device

Kind = TypeVar("Kind", bound=Device)
Settings = TypeVar("Settings", bound=DeviceSettings)


def chosen(
    lab: Lab,
    rig: Path,
    device: str,
    kind: type[Kind],
    of: type[Settings],
    *,
    simulate: bool,
    why_not: str,
    option: str = "--device",
) -> tuple[str, type[Kind], Settings]:
    """Return name, class and settings of the device that is meant; a syringe pump is none.

    Parameters
    ----------
    lab, rig
        The lab and the rig file.
    device
        Its name; empty for the only one of its kind.
    kind, of
        What it is, and its settings are.
    simulate
        Whether a simulated one will do.
    why_not
        Why a simulated one will not.
    option
        By which it is named.

    Raises
    ------
    ConfigError
        If the rig file is wrong, has no such device or several, or only a simulated one.
    """
    found: dict[str, tuple[type[Kind], Settings]] = {}
    for name, table in read_config(rig, RigConfig).devices.items():
        if device not in ("", name):
            continue
        driver, settings = plan_device(lab, rig, name, table, simulate=simulate)
        if isinstance(settings, SyringePumpSettings):
            continue
        if issubclass(driver, kind) and isinstance(settings, of):
            found[name] = driver, settings
    word = kind.kind
    if len(found) != 1:
        what = f"there is no {word} '{device}'" if device else f"it has no {word}"
        if len(found) > 1:
            what = f"it has {len(found)}: {', '.join(found)}"
        raise ConfigError(what, str(rig), f"Name a {word} by {option}.")
    ((name, (ours, own)),) = found.items()
    if ours.simulated and not simulate:
        raise ConfigError(
            f"'{name}' is simulated: {why_not}", f"{rig}, devices.{name}", "Try it by --simulate."
        )
    return name, ours, own
