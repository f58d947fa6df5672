"""Everything that a session will be made of, read and checked, before anything is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydantic

from rig.clock import Clock, VirtualClock
from rig.config import RigConfig, SessionConfig, Subject, read_config, validated
from rig.devices import Context, Device, DeviceSettings, DigitalInput, Speaker
from rig.errors import (
    CheckFailed,
    ConfigError,
    GraphError,
    Problem,
    ProtocolError,
    RigError,
    errors_among,
)
from rig.graph_check import GraphCheck
from rig.inbox import Inbox
from rig.lab import Lab
from rig.plugins import load_class
from rig.protocol import Parameters, TrialProtocol
from rig.room import Mouse, MouseSettings, Room


@dataclass(frozen=True)
class RigPlan:
    """A rig file with its classes found and its settings validated."""

    path: Path
    config: RigConfig
    drivers: Mapping[str, type[Device]]
    settings: Mapping[str, DeviceSettings]
    mouse: type[Mouse]

    @property
    def name(self) -> str:
        """The rig's name: that of its file."""
        return self.path.stem

    def devices(self, context: Context) -> dict[str, Device]:
        """Make the devices, unopened; raise `CheckFailed` with all that is wrong with them."""
        problems: list[Problem] = []
        devices: dict[str, Device] = {}
        for name, driver in self.drivers.items():
            try:
                devices[name] = driver(name, self.settings[name], context)
            except RigError as error:
                problems += problems_of(error)
        if problems:
            raise CheckFailed(problems)
        return devices


@dataclass(frozen=True)
class ProtocolPlan:
    """A protocol file with its class found and its parameters validated."""

    path: Path
    config: SessionConfig
    protocol: type[TrialProtocol]
    params: Parameters

    def make(self, rng: np.random.Generator) -> TrialProtocol:
        """Return the protocol, ready for its first trial; raise `ProtocolError` if it fails."""
        try:
            return self.protocol(self.params, rng)
        except Exception as error:
            raise ProtocolError(
                f"the protocol raised {type(error).__name__}: {error}",
                f"{self.path}, when it was made",
                "Mend its __init__.",
            ) from error


@dataclass(frozen=True)
class MousePlan:
    """The virtual mouse of a simulated session."""

    mouse: type[Mouse]
    settings: MouseSettings
    memory: dict[str, Any]

    def make(self, rng: np.random.Generator) -> Mouse:
        """Return the mouse, as its last session left it."""
        return self.mouse(self.settings, self.memory, rng)


@dataclass(frozen=True)
class Plan:
    """A session that may be run: lab, rig, protocol, subject, and the mouse if simulated."""

    lab: Lab
    rig: RigPlan
    protocol: ProtocolPlan
    subject: Subject
    mouse: MousePlan | None
    seed: int

    def generators(self) -> tuple[np.random.Generator, np.random.Generator]:
        """Return the generators of the protocol and of the mouse; the same for the same seed."""
        protocol, mouse = np.random.SeedSequence(self.seed).spawn(2)
        return np.random.default_rng(protocol), np.random.default_rng(mouse)


def plan_rig(lab: Lab, path: Path, *, simulate: bool) -> RigPlan:
    """Return the plan of a rig file; raise `CheckFailed` with every mistake in it.

    Parameters
    ----------
    lab, path
        The lab and the rig file.
    simulate
        Whether every driver is replaced by its twin.
    """
    config = read_config(path, RigConfig)
    problems: list[Problem] = []
    drivers: dict[str, type[Device]] = {}
    settings: dict[str, DeviceSettings] = {}
    for name, table in config.devices.items():
        where = f"{path}, devices.{name}"
        try:
            driver = _driver(table, where, lab.folder)
            drivers[name] = _twin(driver, where) if simulate else driver
            rest = {key: value for key, value in table.items() if key != "driver"}
            settings[name] = validated(driver.Settings, rest, str(path), f"devices.{name}")
        except RigError as error:
            problems += problems_of(error)
    problems += _shared_lines(settings, str(path))
    mouse = None
    try:
        where = f"{path}, simulation.mouse"
        mouse = load_class(config.simulation.mouse, Mouse, lab.folder, where)
    except RigError as error:
        problems += problems_of(error)
    if problems or mouse is None:
        raise CheckFailed(problems)
    plan = RigPlan(path, config, drivers, settings, mouse)
    problems = errors_among(check_devices(lab, plan))
    if problems:
        raise CheckFailed(problems)
    return plan


def check_devices(lab: Lab, rig: RigPlan) -> list[Problem]:
    """Return what the devices of a rig find wrong with themselves and their calibrations."""
    context = new_context(lab, VirtualClock(), Inbox(), None)
    try:
        devices = rig.devices(context)
    except CheckFailed as error:
        return error.problems
    return [problem for device in devices.values() for problem in device.check()]


def plan_protocol(lab: Lab, path: Path) -> ProtocolPlan:
    """Return the plan of a protocol file; raise `CheckFailed` with every mistake in it."""
    config = read_config(path, SessionConfig)
    protocol = load_class(config.protocol, TrialProtocol, lab.folder, f"{path}, protocol")
    params = validated(protocol.Params, config.params, str(path), "params")
    return ProtocolPlan(path, config, protocol, params)


def plan_mouse(lab: Lab, rig: RigPlan, subject: Subject) -> MousePlan:
    """Return the virtual mouse of a subject: the rig's settings with the subject's own on top."""
    file = str(lab.subject_file(subject.id) if subject.mouse else rig.path)
    key = "mouse" if subject.mouse else "simulation.settings"
    table = {**rig.config.simulation.settings, **subject.mouse}
    settings = validated(rig.mouse.Settings, table, file, key)
    return MousePlan(rig.mouse, settings, lab.memory(subject.id))


def make_plan(
    lab: Lab, rig: Path, protocol: Path, subject: str, *, simulate: bool, seed: int
) -> Plan:
    """Return the plan of a session; raise `CheckFailed` with every mistake in all its files."""
    problems: list[Problem] = []
    rig_plan = protocol_plan = animal = mouse = None
    try:
        rig_plan = plan_rig(lab, lab.find(rig), simulate=simulate)
        problems += _wrong_world(rig_plan, simulate=simulate)
    except RigError as error:
        problems += problems_of(error)
    try:
        protocol_plan = plan_protocol(lab, lab.find(protocol))
    except RigError as error:
        problems += problems_of(error)
    try:
        animal = lab.subject(subject)
        where = str(lab.subject_file(subject))
        problems += _wrong_subject(animal, where, simulate=simulate)
        if simulate and rig_plan is not None:
            mouse = plan_mouse(lab, rig_plan, animal)
    except RigError as error:
        problems += problems_of(error)
    if problems or rig_plan is None or protocol_plan is None or animal is None:
        raise CheckFailed(problems)
    return Plan(lab, rig_plan, protocol_plan, animal, mouse, seed)


def load_sounds(devices: Iterable[Device], protocol: TrialProtocol, where: str) -> None:
    """Load the protocol's sounds into every speaker.

    Raises
    ------
    CheckFailed
        With every sound that a speaker refuses.
    """
    problems: list[Problem] = []
    sounds = protocol.sounds()
    for device in devices:
        if isinstance(device, Speaker):
            refused = {name: device.refuse_sound(sound) for name, sound in sounds.items()}
            problems += [
                Problem(
                    f"a speaker refuses the sound '{name}': {reason}",
                    where,
                    "Change the sound, or measure the speaker over a wider range.",
                )
                for name, reason in refused.items()
                if reason
            ]
            if not problems:
                device.load(sounds)
    if problems:
        raise CheckFailed(problems)


def graph_check(devices: Mapping[str, Device]) -> GraphCheck:
    """Return the check of graphs for these devices."""
    inputs = [name for name, device in devices.items() if isinstance(device, DigitalInput)]
    return GraphCheck(inputs, {name: device.refuse for name, device in devices.items()})


def new_context(lab: Lab, clock: Clock, inbox: Inbox, mouse: Mouse | None) -> Context:
    """Return the surroundings of a new session's devices."""
    return Context(clock, inbox, Room(mouse), lab.folder)


def problems_of(error: RigError) -> list[Problem]:
    """Return an error as the list of problems that it stands for."""
    if isinstance(error, CheckFailed | GraphError):
        return error.problems
    return [Problem(error.what, error.where, error.do)]


def resolved(model: pydantic.BaseModel) -> dict[str, Any]:
    """Return a model's values, defaults included, as plain data."""
    return model.model_dump(mode="json")


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


def _shared_lines(settings: Mapping[str, DeviceSettings], where: str) -> list[Problem]:
    """Return lines that two devices share."""
    owners: dict[str, str] = {}
    problems = []
    for name, values in settings.items():
        line = resolved(values).get("line")
        if line in owners:
            problems.append(
                Problem(
                    f"'{owners[line]}' and '{name}' share the line '{line}'",
                    f"{where}, devices.{name}.line",
                    "Wire one of them to another line.",
                )
            )
        elif line is not None:
            owners[line] = name
    return problems


def _wrong_world(rig: RigPlan, *, simulate: bool) -> list[Problem]:
    """Return a problem if a session on real hardware would use simulated devices."""
    simulated = [name for name, driver in rig.drivers.items() if driver.simulated]
    if simulate or not simulated:
        return []
    return [
        Problem(
            f"these devices are simulated: {', '.join(simulated)}",
            str(rig.path),
            "Add --simulate to simulate the whole rig, or name real drivers.",
        )
    ]


def _wrong_subject(subject: Subject, where: str, *, simulate: bool) -> list[Problem]:
    """Return a problem if a real mouse would run on a simulated rig or the reverse."""
    if subject.simulated and not simulate:
        return [
            Problem(
                f"'{subject.id}' is a virtual mouse, and the rig is not simulated",
                where,
                "Add --simulate, or name a real subject.",
            )
        ]
    if simulate and not subject.simulated:
        return [
            Problem(
                f"'{subject.id}' is a real mouse, and the rig is simulated",
                where,
                "Name a virtual mouse (simulated = true), or leave out --simulate.",
            )
        ]
    return []
