"""A rig file with its drivers found and its settings checked, and what to do with its devices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rig.calibration_age import foreign
from rig.clock import Clock, VirtualClock
from rig.config import RigConfig, read_config, resolved, validated
from rig.devices import (
    AnalogInput,
    Camera,
    Context,
    Device,
    DeviceSettings,
    DigitalInput,
    DigitalOutput,
    Presenter,
)
from rig.errors import (
    CheckFailed,
    ConfigError,
    Problem,
    RigError,
    errors_among,
    problems_of,
)
from rig.graph import Action
from rig.graph_check import GraphCheck
from rig.inbox import Inbox
from rig.lab import Lab
from rig.plugins import load_class
from rig.room import Mouse, Room
from rig.stream_store import Drain, StreamSink
from rig.streams import StreamSpec
from rig.sync_lines import wrong_lines, wrong_triggers


@dataclass(frozen=True)
class RigPlan:
    """A rig file with its classes found and its settings validated.

    It is `emulated` if emulators stand behind its real drivers.
    """

    path: Path
    config: RigConfig
    drivers: Mapping[str, type[Device]]
    settings: Mapping[str, DeviceSettings]
    mouse: type[Mouse]
    emulated: bool = False

    @property
    def name(self) -> str:
        """The rig's name: that of its file, also where it is reached by a link."""
        return self.path.resolve().stem

    def devices(self, context: Context) -> dict[str, Device]:
        """Make the devices, unopened; raise `CheckFailed` with all that is wrong with them."""
        problems: list[Problem] = []
        devices: dict[str, Device] = {}
        for name, settings in self.settings.items():
            try:
                devices[name] = self.drivers[name](name, settings, context)
            except RigError as error:
                problems += problems_of(error)
        if problems:
            raise CheckFailed(problems)
        return devices


def plan_rig(lab: Lab, path: Path, *, simulate: bool) -> RigPlan:
    """Return the plan of a rig file; raise `CheckFailed` with every mistake in it.

    Parameters
    ----------
    lab, path
        The lab and the rig file.
    simulate
        Whether every driver is replaced by its twin.
    """
    plan, problems = _read_rig(lab, path, read_config(path, RigConfig), simulate=simulate)
    return _checked(lab, plan, problems)


def plan_emulated_rig(lab: Lab, path: Path) -> RigPlan:
    """Return the plan of a rig file whose real drivers will be led to emulators (`led_to`).

    The devices are not asked about themselves yet. Raises `CheckFailed` with every mistake.
    """
    plan, problems = _read_rig(lab, path, read_config(path, RigConfig), simulate=False)
    if plan is None or problems:
        raise CheckFailed(problems)
    return replace(plan, emulated=True)


def led_to(lab: Lab, rig: RigPlan, settings: Mapping[str, Mapping[str, Any]]) -> RigPlan:
    """Return a rig with some settings of its devices replaced; they are asked about themselves.

    Raises
    ------
    CheckFailed
        With every mistake that is found.
    """
    tables = {
        name: {**table, **settings.get(name, {})} for name, table in rig.config.devices.items()
    }
    config = rig.config.model_copy(update={"devices": tables})
    plan, problems = _read_rig(lab, rig.path, config, simulate=False)
    return replace(_checked(lab, plan, problems), emulated=rig.emulated)


def _checked(lab: Lab, plan: RigPlan | None, problems: list[Problem]) -> RigPlan:
    """Return a plan in which nothing is wrong, also by what its devices find themselves."""
    if plan is not None:
        problems = problems + errors_among(check_devices(lab, plan))
    if plan is None or problems:
        raise CheckFailed(problems)
    return plan


def _read_rig(
    lab: Lab, path: Path, config: RigConfig, *, simulate: bool
) -> tuple[RigPlan | None, list[Problem]]:
    """Return the plan of a rig file, as far as it can be read, and the mistakes in it."""
    problems: list[Problem] = []
    drivers: dict[str, type[Device]] = {}
    settings: dict[str, DeviceSettings] = {}
    for name, table in config.devices.items():
        try:
            drivers[name], settings[name] = plan_device(lab, path, name, table, simulate=simulate)
        except RigError as error:
            problems += problems_of(error)
    problems += _shared_lines(settings, config.balance, str(path))
    problems += wrong_lines(
        config.sync, _of_kind(drivers, DigitalOutput), _of_kind(drivers, DigitalInput), str(path)
    )
    problems += wrong_triggers(config.sync, settings, str(path))
    mouse = None
    try:
        where = f"{path}, simulation.mouse"
        mouse = load_class(config.simulation.mouse, Mouse, lab.folder, where)
    except RigError as error:
        problems += problems_of(error)
    if mouse is None:
        return None, problems
    return RigPlan(path, config, drivers, settings, mouse), problems


def plan_device(
    lab: Lab, path: Path, name: str, table: Mapping[str, Any], *, simulate: bool
) -> tuple[type[Device], DeviceSettings]:
    """Return the class of one device of a rig file, or its twin, and its settings.

    Raises
    ------
    ConfigError
        If the class is not there, or has no twin where one is asked for; `CheckFailed` with every
        mistake in its settings.
    """
    where = f"{path}, devices.{name}"
    driver = _driver(table, where, lab.folder)
    rest = {key: value for key, value in table.items() if key != "driver"}
    settings = validated(driver.Settings, rest, str(path), f"devices.{name}")
    return _twin(driver, where) if simulate else driver, settings


def made_devices(lab: Lab, rig: RigPlan) -> dict[str, Device]:
    """Return the devices of a rig, unopened and in an empty room, to be asked about themselves."""
    return rig.devices(new_context(lab, VirtualClock(), Inbox(), None, Drain()))


def check_devices(lab: Lab, rig: RigPlan) -> list[Problem]:
    """Return what the devices of a rig find wrong with themselves and their calibrations."""
    try:
        devices = made_devices(lab, rig)
    except CheckFailed as error:
        return error.problems
    problems = [problem for device in devices.values() for problem in device.check()]
    measured = [(name, path) for name, device in devices.items() for path in device.files()]
    strange = [foreign(path, rig.name, name) for name, path in measured]
    return problems + [problem for problem in strange if problem]


def new_context(
    lab: Lab, clock: Clock, inbox: Inbox, mouse: Mouse | None, streams: StreamSink
) -> Context:
    """Return the surroundings of a new session's devices."""
    return Context(clock, inbox, Room(mouse), lab.folder, streams)


def streams_of(devices: Mapping[str, Device]) -> tuple[StreamSpec, ...]:
    """Return the streams that devices will record, in the order of the rig file."""
    recorders = [
        device
        for device in devices.values()
        if isinstance(device, AnalogInput | Camera | Presenter)
    ]
    return tuple(spec for spec in (device.stream() for device in recorders) if spec is not None)


def graph_check(devices: Mapping[str, Device], sync_lines: Collection[str] = ()) -> GraphCheck:
    """Return the check of graphs for these devices; sync lines are not for protocols."""
    inputs = [name for name, device in devices.items() if isinstance(device, DigitalInput)]
    refuse = {name: device.refuse for name, device in devices.items()}
    return GraphCheck(inputs, refuse | dict.fromkeys(sync_lines, _refuse_sync))


def _refuse_sync(action: Action) -> str:
    return "the rig file names it in [sync], where the session switches it"


def _of_kind(drivers: Mapping[str, type[Device]], kind: type[Device]) -> list[str]:
    """Return the names of the devices of a kind."""
    return [name for name, driver in drivers.items() if issubclass(driver, kind)]


def _driver(table: Mapping[str, Any], where: str, folder: Path) -> type[Device]:
    name = table.get("driver")
    if not isinstance(name, str):
        raise ConfigError(
            "the device has no driver",
            where,
            "Add driver = 'hardware.valve:ValveTwin', or the class of your own.",
        )
    return load_class(name, Device, folder, f"{where}.driver")


def _twin(driver: type[Device], where: str) -> type[Device]:
    if driver.simulated:
        return driver
    if driver.twin is None:
        raise ConfigError(
            f"driver '{driver.__name__}' has no twin, so it cannot be simulated",
            where,
            "Name its simulated class as `twin` in the driver.",
        )
    return driver.twin


def _shared_lines(
    settings: Mapping[str, DeviceSettings], balance: str, where: str
) -> list[Problem]:
    """Return lines that two devices share, or one with the balance."""
    owners = {("", balance): "balance"} if balance else {}
    problems = []
    for name, values in settings.items():
        table = resolved(values)
        line = str(table.get("line", ""))
        wire = str(table.get("address", "")), line
        if wire in owners:
            problems.append(
                Problem(
                    f"'{owners[wire]}' and '{name}' share the line '{line}'",
                    f"{where}, devices.{name}.line",
                    "Wire one of them to another line.",
                )
            )
        elif line:
            owners[wire] = name
    return problems
