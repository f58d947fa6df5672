"""The devices of a rig in an NWB file, with their models, settings and calibrations."""

from __future__ import annotations

import tomllib
from typing import Any

from pynwb import NWBFile
from pynwb.device import Device, DeviceModel

from rig.events import Definition, DeviceRecord
from rig.export.nwb_columns import as_json, fit_name, without_nul

EMULATED = "EMULATED: no hardware was behind the driver. "
_OWN = ("model", "manufacturer", "calibration")
"""Settings that are told in another place than the others."""


def add_devices(file: NWBFile, definition: Definition) -> dict[str, Device]:
    """Add the devices of the rig to a file; return them by name."""
    models: dict[tuple[str, str], DeviceModel] = {}
    devices: dict[str, Device] = {}
    for device in definition.devices:
        key = _model_of(device)
        if key is not None and key not in models:
            name, manufacturer = key
            models[key] = DeviceModel(
                name=fit_name(name, [model.name for model in models.values()]),
                manufacturer=without_nul(manufacturer),
                description=without_nul(f"{name}, {manufacturer}"),
            )
            file.add_device_model(models[key])
        devices[device.name] = Device(
            name=fit_name(device.name, [each.name for each in devices.values()]),
            description=(EMULATED if definition.emulated else "")
            + describe(device, definition.calibration_toml),
            model=None if key is None else models[key],
        )
        file.add_device(devices[device.name])
    return devices


def describe(device: DeviceRecord, calibrations: dict[str, str]) -> str:
    """Return what a device was in a session, in sentences."""
    settings = device.settings
    told = [f"{device.kind[:1].upper()}{device.kind[1:]}, driver {device.driver}."]
    if device.simulated:
        told.append(f"SIMULATED by {device.ran}.")
        if settings.get("model"):
            told.append(f"It stands for {_part(settings)}.")
    elif not settings.get("model"):
        told.append("Its model was not recorded.")
    others = [f"{key} = {as_json(value)}" for key, value in settings.items()
              if key not in _OWN and value not in ("", None)]  # fmt: skip
    if others:
        told.append(f"Settings: {', '.join(others)}.")
    name = settings.get("calibration")
    if name:
        told.append(f"Calibration: {name}{_measured(calibrations.get(name, ''))}.")
    return without_nul(" ".join(told))


def _model_of(device: DeviceRecord) -> tuple[str, str] | None:
    """Return model and manufacturer; a twin is its own model, and nobody made it."""
    if device.simulated:
        return device.ran, "none: simulated by mouserig"
    model = device.settings.get("model")
    maker = device.settings.get("manufacturer")
    return (str(model), str(maker or "not recorded")) if model else None


def _part(settings: dict[str, Any]) -> str:
    maker = settings.get("manufacturer")
    return f"{settings['model']}{f' by {maker}' if maker else ''}"


def _measured(text: str) -> str:
    """Return when a calibration was measured and by whom, as its file says."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return ""
    day, person = values.get("measured_on"), values.get("measured_by")
    return f", measured on {day} by {person}" if day and person else ""
