"""Looks at all that a session would be made of, before it is started: the page of an Arm sheet."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from rig import guards
from rig.calibration_age import ages, record_of
from rig.calibration_checks import SPOT_CHECKS, dots_against
from rig.cards import last_session, protocol_card, rig_card, stage_card, subject_card
from rig.config import Limits
from rig.devices import Device, Projector
from rig.disk_room import saving
from rig.emulation_link import stimuli_of
from rig.errors import Problem, RecordingError, RigError, problems_of
from rig.lab import Lab
from rig.locks import holder_of
from rig.placement import placement_of
from rig.plan import Parts, StageParams, read_parts
from rig.preflight import Guard, LastSession, Preflight
from rig.rehearsal import rehearse
from rig.rig_plan import check_devices, made_devices, plan_rig
from rig.running import Beginning, ended_without_wrap_up, needs_wrap_up, read_beginning, running
from rig.session_folder import UNKNOWN, SessionFolder, find_session, find_sessions
from rig.session_record import load_session
from rig.set_options import OPTION, read_changes
from rig.stage_history import read_history
from rig.stages import Standing, choice_of, history_in, read_standing
from rig.water_guards import welfare_guards

REHEARSED_TRIALS = 16
"""Virtual trials: what a device refuses of a protocol shows in the first ones."""
_MOST_NEAR = 3


@dataclass(frozen=True)
class Wish:
    """The session that a person wants.

    Attributes
    ----------
    rig
        The rig file.
    subject
        What was typed or scanned: id or ear tag.
    protocol
        The protocol file; None takes that of the mouse's stage.
    options
        Parameters of this session alone, each as ``KEY=VALUE``.
    simulate
        Whether every device is replaced by its twin.
    planned
        Id or ear tag of the mouse that is planned for the rig; empty if none is.
    emulate
        Whether emulators stand behind the real drivers.
    """

    rig: Path
    subject: str
    protocol: Path | None = None
    options: tuple[str, ...] = ()
    simulate: bool = False
    planned: str = ""
    emulate: bool = False

    @property
    def virtual(self) -> bool:
        """Whether no real device and no animal take part."""
        return self.simulate or self.emulate


@dataclass(frozen=True)
class _Choice:
    """Protocol file and stage of the session; None where there is none."""

    protocol: Path | None
    stage: StageParams | None
    standing: Standing | None


def preflight(lab: Lab, wish: Wish, now: datetime) -> Preflight:
    """Return all that a person should see before that session is started.

    Mistakes of the files do not raise: each is a guard of the level ``stop``.

    Parameters
    ----------
    lab, wish
        What is wanted, and where.
    now
        The time, with time zone.
    """
    found: list[Guard] = []
    subject, known = _mouse(lab, wish, found)
    changes = _changes(wish, found)
    choice = _choice(lab, wish, subject, found) if known else _Choice(wish.protocol, None, None)
    parts = read_parts(
        lab, wish.rig, choice.protocol, subject,
        simulate=wish.simulate, stage=choice.stage, changes=changes, emulate=wish.emulate,
    )  # fmt: skip
    named = parts.rig
    parts = _on_twins(lab, parts) if wish.emulate else parts
    for problem in parts.problems:
        name = _place(lab, wish, choice.protocol, problem)
        if known or name != "mouse":
            found += guards.stops(name, [problem])
    rig = lab.find(wish.rig).resolve().stem
    sessions = list(find_sessions(lab.data, subject)) if known else []
    last = _last(lab, subject, sessions, found)
    busy = _in_use(lab, rig, subject if known else "", found)
    if known:
        found.append(_ran_today(subject, sessions, now))
        if last is not None or not sessions:
            found.append(guards.usual_rig(subject, rig, last, known=_ran_on(rig, sessions, last)))
        found += welfare_guards(lab, subject, now)
    stage = None
    if choice.standing is not None:
        stage = stage_card(lab, choice.standing, off_plan=wish.protocol is not None)
    found += filter(None, [guards.stage_moves(subject, stage)])
    if parts.protocol is not None and parts.unchanged is not None:
        found += filter(None, [guards.parameters(parts.protocol, parts.unchanged, changes)])
    found += _devices(lab, wish, parts, now)
    saved = saving(lab, parts.rig, parts.protocol.config.session if parts.protocol else Limits())
    limits, min_free_gb = lab.config.limits, lab.config.min_free_mb / 1000
    found += guards.disk(saved, min_free_gb, limits.free_gb, simulated=wish.virtual)
    found.append(guards.clock(now, last, simulated=wish.virtual))
    found += guards.wrap_ups(_not_wrapped_up(lab, subject, rig, sessions, now))
    found += [guards.simulation()] if wish.simulate else []
    found += [guards.emulation()] if wish.emulate else []
    return Preflight(
        subject=subject_card(lab, subject, parts.subject),
        rig=rig_card(lab, lab.find(wish.rig), named, busy, simulated=wish.simulate),
        protocol=protocol_card(lab, parts, choice.stage),
        stage=stage,
        last=last,
        saving=saved,
        guards=tuple(dict.fromkeys(_short(lab, each) for each in found)),
    )


def _on_twins(lab: Lab, parts: Parts) -> Parts:
    """Return the parts with the rig's twins: its own devices wait for emulators to be asked."""
    if parts.rig is None:
        return parts
    try:
        return replace(parts, rig=plan_rig(lab, parts.rig.path, simulate=True))
    except RigError as error:
        return replace(parts, rig=None, problems=[*parts.problems, *problems_of(error)])


def _short(lab: Lab, guard: Guard) -> Guard:
    """Return a guard whose places are told relative to the lab's folder."""
    text = guard.text.replace(f"({lab.folder}{os.sep}", "(")
    return msgspec.structs.replace(guard, text=text)


def _mouse(lab: Lab, wish: Wish, found: list[Guard]) -> tuple[str, bool]:
    """Return the id of the mouse, and whether there is such a mouse."""
    typed, wanted = _text(wish.subject), _text(wish.planned)
    ids = [path.stem for path in lab.files("subjects")]
    try:
        subject = lab.named(typed)
        wanted = lab.named(wanted) if wanted else ""
    except RigError as error:
        found += guards.stops("mouse", problems_of(error))
        return typed, False
    if subject not in ids:
        tags = [each.ear_tag for each in lab.readable_subjects() if each.ear_tag]
        near = difflib.get_close_matches(typed, [*ids, *tags], _MOST_NEAR)
        found.append(guards.unknown_mouse(typed, near))
        return typed, False
    rig = lab.find(wish.rig).resolve().stem
    found += filter(None, [guards.planned(subject, wanted, rig)])
    return subject, True


def _text(typed: str) -> str:
    """Return what was typed as a text that can be written down, without spaces around it."""
    return typed.strip().encode(errors="replace").decode()


def _changes(wish: Wish, found: list[Guard]) -> dict[str, Any]:
    """Return the parameters of this session alone; none if they are no ``KEY=VALUE``."""
    try:
        return read_changes(wish.options)
    except RigError as error:
        found += guards.stops("parameters", problems_of(error))
        return {}


def _choice(lab: Lab, wish: Wish, subject: str, found: list[Guard]) -> _Choice:
    """Return what a person chose, or else the mouse's stage."""
    standing = None
    try:
        animal = lab.subject(subject)
        if wish.protocol is None:
            history_in(lab, animal)
        if read_history(lab, subject):
            standing = read_standing(lab, subject)
        elif animal.curriculum:
            found.append(guards.not_entered(subject, animal.curriculum))
        if standing is not None and wish.protocol is None:
            chosen = choice_of(lab, standing)
            return _Choice(chosen.protocol, chosen.params, standing)
    except RigError as error:
        problems = problems_of(error)
        found += guards.stops("stage", problems) if wish.protocol is None else []
        found += guards.told("stage", problems) if wish.protocol is not None else []
    return _Choice(wish.protocol, None, standing)


def _place(lab: Lab, wish: Wish, protocol: Path | None, problem: Problem) -> str:
    """Return which part of the page a mistake belongs to."""
    if problem.where.startswith(OPTION):
        return "parameters"
    if problem.where.startswith(str(lab.folder / "subjects")):
        return "mouse"
    if protocol is not None and problem.where.startswith(str(lab.find(protocol))):
        return "protocol"
    return "rig" if problem.where.startswith(str(lab.find(wish.rig))) else "files"


def _last(
    lab: Lab, subject: str, sessions: list[SessionFolder], found: list[Guard]
) -> LastSession | None:
    """Return the mouse's last session; one that cannot be read is told."""
    if not sessions:
        return None
    try:
        return last_session(load_session(find_session(lab.data, subject)))
    except RecordingError as error:
        found += guards.told("last session", problems_of(error))
        return None


def _in_use(lab: Lab, rig: str, subject: str, found: list[Guard]) -> str:
    """Return who uses the rig, in words; and tell if that, or the mouse if known, is in use."""
    try:
        holder = holder_of(lab.locks, "rig", rig)
        mouse_holder = holder_of(lab.locks, "subject", subject) if subject else ""
    except RecordingError as error:
        found += guards.stops("locks", problems_of(error))
        return ""
    found += guards.in_use(rig, subject, holder, mouse_holder, running(lab))
    return holder


def _ran_today(subject: str, sessions: list[SessionFolder], now: datetime) -> Guard:
    """Return whether the mouse already ran on this day."""
    today = [each for each in sessions if each.path.parts[-2] == now.date().isoformat()]
    began, trials, water_ul = [], 0, 0.0
    for folder in today:
        try:
            record = load_session(folder)
        except RecordingError:
            continue
        began.append(datetime.fromisoformat(record.header.started_at))
        trials += sum(not row.aborted for row in record.rows)
        water_ul += record.water_ul
    numbers = [int(each.path.name) for each in today if each.path.name != UNKNOWN]
    number = max(numbers, default=0) + 1
    return guards.ran_today(subject, guards.Today(tuple(began), trials, water_ul / 1000, number))


def _ran_on(rig: str, sessions: list[SessionFolder], last: LastSession | None) -> bool:
    """Whether the mouse ran on a rig before."""
    if last is not None and last.rig == rig:
        return True
    beginnings = map(read_beginning, reversed(sessions))
    return any(each is not None and each.rig == rig for each in beginnings)


def _devices(lab: Lab, wish: Wish, parts: Parts, now: datetime) -> list[Guard]:
    """Return how old calibrations are, and what devices refuse of the protocol."""
    rig, protocol = parts.rig, parts.protocol
    if rig is None:
        return []
    found = []
    devices = made_devices(lab, rig)
    for age in ages(devices, now.date()):
        simulated = rig.drivers[age.device].simulated
        found.append(guards.calibration(age, lab.config.limits, simulated=simulated))
        if age.kind == "valve":
            found += _spot_checks(lab, rig.name, age.device, now, simulated=simulated)
    for name, device in devices.items():
        if isinstance(device, Projector):
            found += _dots(lab, rig.name, name, device, now)
    warnings = [each for each in check_devices(lab, rig) if each.level == "warning"]
    found += guards.stops("rig", warnings)
    if protocol is None or parts.problems:
        return found
    found += _vessels(lab, rig.name, devices, parts, now)
    try:
        twins = rig if wish.virtual else plan_rig(lab, rig.path, simulate=True)
        found += guards.stops(
            "protocol", rehearse(lab, twins, protocol, trials=REHEARSED_TRIALS).problems
        )
    except RigError as error:
        found += guards.stops("protocol", problems_of(error))
    return found


def _spot_checks(lab: Lab, rig: str, device: str, now: datetime, *, simulated: bool) -> list[Guard]:
    """Return what the spot checks of a valve say, or that they cannot be read."""
    try:
        checks = SPOT_CHECKS.of(lab, rig, device)
    except RigError as error:
        return guards.told(f"spot check of {device}", problems_of(error))
    guard = guards.spot_checks(device, checks, now, simulated=simulated)
    return [guard] if guard else []


def _dots(lab: Lab, rig: str, name: str, projector: Projector, now: datetime) -> list[Guard]:
    """Return what the daily checks of a projector say that a camera registered."""
    found = []
    for path in projector.files():
        record = record_of(path)
        if record.get("kind") != projector.kind:
            continue
        try:
            checks = dots_against(lab, rig, name, str(record.get("id")))
        except RigError as error:
            found += guards.told(f"dots of {name}", problems_of(error))
            continue
        found += filter(None, [guards.dots(name, checks, now, simulated=projector.simulated)])
    return found


def _vessels(
    lab: Lab, rig: str, devices: Mapping[str, Device], parts: Parts, now: datetime
) -> list[Guard]:
    """Return whether it is known where the cortex lies, for a session that projects on it."""
    projectors = [each for each in devices.values() if isinstance(each, Projector)]
    if parts.protocol is None or parts.subject is None or not projectors:
        return []
    try:
        if not stimuli_of(parts.protocol, 0).flashes:
            return []
        placement = placement_of(lab, parts.subject.id, rig)
    except RigError as error:
        return guards.stops("vessels", problems_of(error))
    ids = {str(record_of(path).get("id")) for each in projectors for path in each.files()}
    simulated = all(each.simulated for each in projectors)
    return [*filter(None, [guards.vessels(placement, ids, now.date(), simulated=simulated)])]


def _not_wrapped_up(
    lab: Lab, subject: str, rig: str, sessions: list[SessionFolder], now: datetime
) -> list[Beginning]:
    """Return what nobody wrapped up: the mouse's last session, and today's of mouse and rig."""
    today = ended_without_wrap_up(lab, now.date())
    found = [each for each in today if subject == each.subject or rig == each.rig]
    last = needs_wrap_up(sessions[-1]) if sessions else None
    if last is not None and last.folder not in [each.folder for each in found]:
        found.insert(0, last)
    return found
