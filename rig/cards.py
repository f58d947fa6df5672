"""Makes the cards of an Arm sheet: mouse, rig, protocol, stage, last session."""

from __future__ import annotations

import contextlib
import inspect
from pathlib import Path
from typing import Any

import pydantic.errors
import pydantic_core

from rig.config import Subject, resolved
from rig.errors import RecordingError, RigError
from rig.lab import Lab
from rig.performance import performance
from rig.plan import Parts, ProtocolPlan, StageParams
from rig.preflight import (
    DeviceCard,
    LastSession,
    ProtocolCard,
    RigCard,
    StageCard,
    SubjectCard,
)
from rig.rig_plan import RigPlan
from rig.session_record import SessionRecord, why_ended
from rig.stage_history import read_history
from rig.stages import Standing, choice_of
from rig.wrap_up import is_wrapped_up


def subject_card(lab: Lab, typed: str, subject: Subject | None) -> SubjectCard:
    """Return a mouse as a person tells it from others; with its file wrong, only what was typed."""
    if subject is None:
        return SubjectCard(typed, known=False)
    curriculum = subject.curriculum
    with contextlib.suppress(RecordingError):
        history = read_history(lab, subject.id)
        curriculum = history[-1].curriculum if history else curriculum
    return SubjectCard(
        id=subject.id,
        known=True,
        ear_tag=subject.ear_tag,
        cage=subject.cage,
        mark=subject.mark,
        simulated=subject.simulated,
        sex=subject.sex,
        strain=subject.strain,
        description=subject.description,
        curriculum=curriculum,
    )


def rig_card(lab: Lab, path: Path, rig: RigPlan | None, busy: str, *, simulated: bool) -> RigCard:
    """Return a rig with its devices; with its file wrong, only its name."""
    name, file = path.resolve().stem, within(lab, path)
    if rig is None:
        return RigCard(name, file, simulated=simulated, busy=busy)
    devices = tuple(
        DeviceCard(each, driver.kind, driver.__qualname__, driver.simulated)
        for each, driver in rig.drivers.items()
    )
    return RigCard(name, file, rig.config.setup, simulated, busy, devices)


def protocol_card(lab: Lab, parts: Parts, stage: StageParams | None) -> ProtocolCard | None:
    """Return a protocol with its parameters; None if it cannot be read.

    Where what was given for this session is wrong, the values are those without it.
    """
    base = parts.unchanged
    if base is None:
        return None
    plan = parts.protocol or base
    return ProtocolCard(
        file=within(lab, base.path),
        name=base.path.stem,
        description=inspect.cleandoc(base.protocol.__doc__ or ""),
        stage=stage.name if stage else "",
        schema=_schema(base),
        values=resolved(plan.params),
        base=resolved(base.params),
        defaults={
            name: pydantic_core.to_jsonable_python(field.get_default(call_default_factory=True))
            for name, field in base.protocol.Params.model_fields.items()
            if not field.is_required()
        },
    )


def stage_card(lab: Lab, standing: Standing, *, off_plan: bool) -> StageCard:
    """Return where a mouse stands, and what the rules of its stage suggest."""
    stages, decision = standing.curriculum.stages, standing.decision
    file = standing.stage.protocol
    with contextlib.suppress(RigError):
        file = within(lab, choice_of(lab, standing).protocol)
    return StageCard(
        curriculum=standing.curriculum.name,
        stage=standing.stage.name,
        position=(standing.curriculum.position(standing.stage.name) or 0) + 1,
        stages=len(stages),
        since=standing.entry.at.isoformat(timespec="minutes"),
        verdict=decision.verdict,
        target=decision.target,
        sentence=decision.sentence(),
        protocol=file,
        off_plan=off_plan,
    )


def last_session(record: SessionRecord) -> LastSession:
    """Return a mouse's last session in short."""
    done = performance(record.rows)
    return LastSession(
        session=record.folder.name,
        day=record.folder.path.parts[-2],
        started_at=record.header.started_at,
        rig=record.definition.rig,
        protocol=record.definition.protocol,
        stage=record.definition.stage,
        trials=done.trials,
        water_ml=round(record.water_ul / 1000, 6),
        d_prime=done.d_prime,
        ended=why_ended(record.ended, running=record.running),
        wrapped_up=is_wrapped_up(record.folder),
    )


def within(lab: Lab, path: Path) -> str:
    """Return a file relative to the lab's folder; one that lies elsewhere by its whole path."""
    path = path.absolute()
    return path.relative_to(lab.folder).as_posix() if path.is_relative_to(lab.folder) else str(path)


def _schema(plan: ProtocolPlan) -> dict[str, Any]:
    """Return the JSON schema of a protocol's parameters; empty if one of them has none."""
    try:
        return plan.protocol.Params.model_json_schema()
    except pydantic.errors.PydanticInvalidForJsonSchema:
        return {}
