"""Everything that a session will be made of, read and checked, before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rig.config import SessionConfig, Subject, laid_over, read_config, resolved, validated
from rig.errors import CheckFailed, ConfigError, Problem, ProtocolError, RigError, problems_of
from rig.lab import Lab
from rig.plugins import load_class
from rig.protocol import Parameters, TrialProtocol
from rig.rig_plan import RigPlan, plan_emulated_rig, plan_rig
from rig.room import Mouse, MouseSettings
from rig.set_options import OPTION, as_tables, value_at
from rig.timing import timing_problems


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
            made = self.protocol(self.params, rng)
        except (Exception, SystemExit) as error:
            raise ProtocolError(
                f"the protocol raised {type(error).__name__}: {error}",
                f"{self.path}, when it was made",
                "Mend its __init__.",
            ) from error
        # Here too, since a protocol may have an __init__ that does not hand them on.
        made.params, made.rng = self.params, rng
        return made


@dataclass(frozen=True)
class StageParams:
    """What the stage of a subject's curriculum lays over a protocol file.

    Attributes
    ----------
    name
        The stage, as ``CURRICULUM/STAGE``.
    params
        Parameters that lie over those of the file, tables inside tables too.
    where
        File and key that they come from, for errors.
    """

    name: str
    params: Mapping[str, Any]
    where: str


@dataclass(frozen=True)
class MousePlan:
    """The virtual mouse of a session; `name` is its class, as a rig file names it."""

    name: str
    mouse: type[Mouse]
    settings: MouseSettings
    memory: dict[str, Any]

    def make(self, rng: np.random.Generator) -> Mouse:
        """Return the mouse, as its last session left it."""
        return self.mouse(self.settings, self.memory, rng)


@dataclass(frozen=True)
class Plan:
    """A session that may be run: lab, rig, protocol, subject, and the mouse if it is virtual.

    `stage` is the stage that chose the protocol, as ``CURRICULUM/STAGE``; empty if a person did.
    `experimenters` are who runs it, as ``Last, First``; `operator` is who starts it, if told.
    `changed` holds parameters, by dotted key, that are given for this session alone.
    """

    lab: Lab
    rig: RigPlan
    protocol: ProtocolPlan
    subject: Subject
    mouse: MousePlan | None
    seed: int
    stage: str = ""
    experimenters: tuple[str, ...] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)
    operator: str = ""


@dataclass(frozen=True)
class Parts:
    """What a session would be made of, as far as it can be read; `problems` say what cannot."""

    rig: RigPlan | None
    protocol: ProtocolPlan | None
    unchanged: ProtocolPlan | None
    subject: Subject | None
    mouse: MousePlan | None
    problems: list[Problem]


def generators(seed: int, parts: int = 0) -> tuple[np.random.Generator, np.random.Generator]:
    """Return the generators of the protocol and of the mouse; the same for the same seed.

    The mouse of a session that goes on with `parts` others does not repeat what it did in them.
    """
    protocol, *mice = np.random.SeedSequence(seed).spawn(2 + parts)
    mouse = mice[-1]
    return np.random.default_rng(protocol), np.random.default_rng(mouse)


def plan_protocol(lab: Lab, path: Path) -> ProtocolPlan:
    """Return the plan of a protocol file; raise `CheckFailed` with every mistake in it."""
    config = read_config(path, SessionConfig)
    protocol = load_class(config.protocol, TrialProtocol, lab.folder, f"{path}, protocol")
    _check_params_class(protocol, f"{path}, protocol")
    params = validated(protocol.Params, config.params, str(path), "params")
    return ProtocolPlan(path, config, protocol, params)


def _check_params_class(protocol: type[TrialProtocol], where: str) -> None:
    """Raise `ConfigError` if a protocol's parameters are not of the right kind."""
    found = next((vars(cls)["Params"] for cls in protocol.mro() if "Params" in vars(cls)), None)
    if not (isinstance(found, type) and issubclass(found, Parameters)):
        raise ConfigError(
            f"'{protocol.__name__}' has no class Params of the right kind",
            where,
            "Write `class Params(Parameters):` inside it, with rig.protocol.Parameters.",
        )


def with_stage(plan: ProtocolPlan, stage: StageParams) -> ProtocolPlan:
    """Return a protocol with a stage's parameters; raise `CheckFailed` with every mistake."""
    return _with_params(plan, stage.params, stage.where, "params")


def with_subject(lab: Lab, plan: ProtocolPlan, subject: Subject) -> ProtocolPlan:
    """Return a protocol with a mouse's own parameters; raise `CheckFailed` with every mistake."""
    name = plan.path.stem
    where = str(lab.subject_file(subject.id))
    return _with_params(plan, subject.params.get(name, {}), where, f"params.{name}")


def with_changes(plan: ProtocolPlan, changes: Mapping[str, Any]) -> ProtocolPlan:
    """Return a protocol with parameters given for one session; raise `CheckFailed` as others do.

    Parameters
    ----------
    plan
        The protocol with the parameters of file, stage and mouse.
    changes
        Values by dotted key.
    """
    try:
        return _with_params(plan, as_tables(changes), OPTION, "")
    except CheckFailed as error:
        told = [
            Problem(p.what, p.where.replace(f"{OPTION}, ", f"{OPTION} "), p.do)
            for p in error.problems
        ]
        raise CheckFailed(told) from None


def _with_params(plan: ProtocolPlan, over: Mapping[str, Any], where: str, key: str) -> ProtocolPlan:
    """Return a protocol with other parameters laid over its own."""
    if not over:
        return plan
    params = laid_over(resolved(plan.params), over)
    return replace(plan, params=validated(plan.protocol.Params, params, where, key))


def plan_mouse(lab: Lab, rig: RigPlan, subject: Subject) -> MousePlan:
    """Return the virtual mouse of a subject: the rig's settings with the subject's own on top.

    A subject whose file names a class of its own has its own settings alone.
    """
    own = str(lab.subject_file(subject.id))
    memory = lab.memory(subject.id)
    if subject.mouse_class:
        mouse = load_class(subject.mouse_class, Mouse, lab.folder, f"{own}, mouse_class")
        settings = validated(mouse.Settings, subject.mouse, own, "mouse")
        return MousePlan(subject.mouse_class, mouse, settings, memory)
    file = own if subject.mouse else str(rig.path)
    key = "mouse" if subject.mouse else "simulation.settings"
    table = {**rig.config.simulation.settings, **subject.mouse}
    settings = validated(rig.mouse.Settings, table, file, key)
    return MousePlan(rig.config.simulation.mouse, rig.mouse, settings, memory)


def make_plan(
    lab: Lab,
    rig: Path,
    protocol: Path,
    subject: str,
    *,
    simulate: bool,
    seed: int,
    stage: StageParams | None = None,
    changes: Mapping[str, Any] | None = None,
    emulate: bool = False,
) -> Plan:
    """Return the plan of a session; raise `CheckFailed` with every mistake in all its files.

    `changes` are parameters by dotted key that lie over all others. The devices of a rig that is
    to be emulated must be led to their emulators yet (`rig.emulation_link`).
    """
    parts = read_parts(
        lab,
        rig,
        protocol,
        subject,
        simulate=simulate,
        stage=stage,
        changes=changes or {},
        emulate=emulate,
    )
    rig_plan, protocol_plan, animal = parts.rig, parts.protocol, parts.subject
    if parts.problems or rig_plan is None or protocol_plan is None or animal is None:
        raise CheckFailed(parts.problems)
    return Plan(
        lab,
        rig_plan,
        protocol_plan,
        animal,
        parts.mouse,
        seed,
        stage.name if stage else "",
        lab.config.experimenters,
        _as_resolved(changes or {}, protocol_plan),
    )


def read_parts(
    lab: Lab,
    rig: Path,
    protocol: Path | None,
    subject: str,
    *,
    simulate: bool,
    stage: StageParams | None,
    changes: Mapping[str, Any],
    emulate: bool = False,
) -> Parts:
    """Return what a session would be made of, with every mistake in all its files.

    Without a protocol only rig and mouse are looked at.
    """
    problems: list[Problem] = []
    rig_plan = protocol_plan = unchanged = animal = mouse = None
    try:
        path = lab.find(rig)
        rig_plan = (
            plan_emulated_rig(lab, path) if emulate else plan_rig(lab, path, simulate=simulate)
        )
        problems += _wrong_world(rig_plan, simulate=simulate)
        problems += [] if simulate else timing_problems(lab.folder, rig_plan.name)
    except RigError as error:
        problems += problems_of(error)
    try:
        if protocol is not None:
            protocol_plan = unchanged = plan_protocol(lab, lab.find(protocol))
        if protocol_plan is not None and stage is not None:
            protocol_plan = unchanged = with_stage(protocol_plan, stage)
    except RigError as error:
        problems += problems_of(error)
    try:
        animal = lab.subject(subject)
        where = str(lab.subject_file(subject))
        problems += _wrong_subject(animal, where, simulate=simulate, emulate=emulate)
        if protocol_plan is not None:
            protocol_plan = unchanged = with_subject(lab, protocol_plan, animal)
        if (simulate or emulate) and rig_plan is not None:
            mouse = plan_mouse(lab, rig_plan, animal)
    except RigError as error:
        problems += problems_of(error)
    try:
        if protocol_plan is not None:
            protocol_plan = with_changes(protocol_plan, changes)
    except RigError as error:
        problems += problems_of(error)
    if rig_plan is not None and protocol_plan is not None:
        problems += wrong_setup(rig_plan, protocol_plan)
    return Parts(rig_plan, protocol_plan, unchanged, animal, mouse, problems)


def _as_resolved(changes: Mapping[str, Any], plan: ProtocolPlan) -> dict[str, Any]:
    """Return what was given, by dotted key, as the parameters have it."""
    values = resolved(plan.params)
    return {key: value_at(values, key) for key in changes}


def first_rig_for(lab: Lab, protocol: ProtocolPlan) -> RigPlan:
    """Return the lab's first rig, simulated, that is of the kind a protocol is meant for.

    Raises
    ------
    ConfigError
        If there is none.
    """
    for path in lab.files("rigs"):
        rig = plan_rig(lab, path, simulate=True)
        if not wrong_setup(rig, protocol):
            return rig
    setup = protocol.config.setup
    raise ConfigError(
        f"the lab has no rig with setup = '{setup}'" if setup else "the lab has no rigs",
        str(lab.folder / "rigs"),
        "Add one in rigs/, or name one with --rig.",
    )


def wrong_setup(rig: RigPlan, protocol: ProtocolPlan) -> list[Problem]:
    """Return a problem if a protocol is meant for another kind of rig."""
    wanted, has = protocol.config.setup, rig.config.setup
    if wanted in ("", has):
        return []
    return [
        Problem(
            f"the protocol is meant for a rig with setup = '{wanted}', "
            f"and '{rig.name}' has " + (f"setup = '{has}'" if has else "none"),
            str(protocol.path),
            "Take another rig, or change `setup` in the rig file or in the protocol file.",
        )
    ]


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


def _wrong_subject(subject: Subject, where: str, *, simulate: bool, emulate: bool) -> list[Problem]:
    """Return a problem if a real mouse would run without a real rig or the reverse."""
    virtual = simulate or emulate
    if subject.simulated and not virtual:
        return [
            Problem(
                f"'{subject.id}' is a virtual mouse, and the rig is not simulated",
                where,
                "Add --simulate or --emulate, or name a real subject.",
            )
        ]
    if virtual and not subject.simulated:
        world = "emulate" if emulate else "simulate"
        return [
            Problem(
                f"'{subject.id}' is a real mouse, and the rig is {world}d",
                where,
                f"Name a virtual mouse (simulated = true), or leave out --{world}.",
            )
        ]
    return []
