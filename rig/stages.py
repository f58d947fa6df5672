"""Where a mouse stands in its curriculum, what its rules suggest, and what it runs next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rig.config import Subject
from rig.curriculum import Curriculum, Stage, find_stage, params_of, turn_of
from rig.curriculum_check import check_curriculum, sound_curriculum
from rig.errors import CheckFailed, ConfigError, Problem, RigError, problems_of
from rig.evidence import read_evidence, since_entry
from rig.lab import Lab
from rig.plan import StageParams, plan_protocol
from rig.stage_history import (
    StageEntry,
    all_with_history,
    assignment_of,
    history_file,
    label_of,
    read_history,
    used_sessions,
)
from rig.stage_rules import Decision, Evidence, decide


@dataclass(frozen=True)
class Standing:
    """Where a mouse stands in its curriculum.

    Attributes
    ----------
    subject, file, curriculum
        The mouse, and its curriculum with the file that it is read from.
    stage
        Its stage.
    history
        All its moves; the last one brought it to its stage.
    sessions
        Its sessions since it came to the stage.
    turns
        Sessions for which the stage chose the protocol and that count, on all its visits there.
    decision
        What the rules of the stage say.
    """

    subject: Subject
    file: Path
    curriculum: Curriculum
    stage: Stage
    history: list[StageEntry]
    sessions: list[Evidence]
    turns: int
    decision: Decision

    @property
    def entry(self) -> StageEntry:
        """The move that brought the mouse to its stage."""
        return self.history[-1]

    @property
    def assignment(self) -> int | None:
        """Number of its group (1, 2, ...); None in a curriculum without groups."""
        return assignment_of(self.history)


@dataclass(frozen=True)
class StageChoice:
    """The protocol file and the parameters of a mouse's next session, chosen by its stage."""

    protocol: Path
    params: StageParams
    decision: Decision


def read_standing(lab: Lab, subject: str) -> Standing:
    """Return where a mouse stands.

    Raises
    ------
    ConfigError
        If it is in no curriculum, or its file, its history and the curriculum do not agree.
    RecordingError
        If its history cannot be read.
    """
    animal = lab.subject(subject)
    history = history_in(lab, animal)
    entry = history[-1]
    curriculum = sound_curriculum(lab, lab.folder / entry.curriculum)
    problems = _wrong_stage(lab, animal, history, curriculum)
    if problems:
        raise CheckFailed(problems)
    stage = find_stage(curriculum, entry.stage, str(history_file(lab, subject)))
    visits = read_evidence(
        lab, animal, min(e.at for e in history if label_of(e) == label_of(entry))
    )
    sessions = since_entry(visits, entry.at, used_sessions(history))
    return Standing(
        subject=animal,
        file=lab.folder / entry.curriculum,
        curriculum=curriculum,
        stage=stage,
        history=history,
        sessions=sessions,
        turns=_turns(visits, label_of(entry)),
        decision=decide(stage, sessions),
    )


def _turns(visits: Sequence[Evidence], label: str) -> int:
    """Return how many sessions a stage chose; one that was resumed counts once, with its rest."""
    by_name = {each.session: each for each in visits}
    firsts = set()
    for each in visits:
        if each.stage != label or each.unfit:
            continue
        while each.resumes in by_name:
            each = by_name[each.resumes]
        firsts.add(each.session)
    return len(firsts)


def choose(lab: Lab, subject: str) -> StageChoice:
    """Return what the stage of a mouse chooses for its next session; raise as `read_standing`."""
    return choice_of(lab, read_standing(lab, subject))


def choice_of(lab: Lab, standing: Standing) -> StageChoice:
    """Return what the stage chooses in which a mouse stands; raise as `read_standing`."""
    subject = standing.subject.id
    stage, groups, number = standing.stage, standing.curriculum.assignments, standing.assignment
    path = lab.folder / stage.protocol
    label = label_of(standing.entry)
    over = params_of(
        stage,
        {} if number is None else groups[number - 1].params,
        turn_of(stage, standing.turns, f"{subject}/{label}"),
        plan_protocol(lab, path).protocol.Params.model_fields,
    )
    where = f"{standing.file}, stage '{stage.name}'"
    return StageChoice(path, StageParams(label, over, where), standing.decision)


def history_in(lab: Lab, subject: Subject) -> list[StageEntry]:
    """Return a mouse's history; raise `ConfigError` if it is in no curriculum, or in another."""
    history = read_history(lab, subject.id)
    if not history:
        file = subject.curriculum or "curricula/NAME.toml"
        raise ConfigError(
            f"'{subject.id}' has entered no curriculum",
            str(lab.subject_file(subject.id)),
            f"Enter one: rig stage {subject.id} --enter {file}. A session without one needs "
            "--protocol.",
        )
    _check_curriculum_of(lab, subject, history[-1])
    return history


def check_standings(lab: Lab, subjects: Sequence[Subject]) -> Iterator[Problem]:
    """Return what is wrong with the histories of all mice and the curricula of these subjects."""
    histories: dict[str, list[StageEntry]] = {}
    for name in all_with_history(lab):
        try:
            histories[name] = read_history(lab, name)
        except RigError as error:
            yield from problems_of(error)
    for subject in subjects:
        yield from _check_named(lab, subject)
        history = histories.get(subject.id)
        if history:
            try:
                _check_curriculum_of(lab, subject, history[-1])
                curriculum = sound_curriculum(lab, lab.folder / history[-1].curriculum)
                yield from _wrong_stage(lab, subject, history, curriculum)
            except RigError as error:
                yield from problems_of(error)


def _check_named(lab: Lab, subject: Subject) -> list[Problem]:
    """Return what is wrong with the curriculum that a subject's file names."""
    path = lab.folder / subject.curriculum
    if not subject.curriculum:
        return []
    if path.is_file():
        return check_curriculum(lab, path)
    return [
        Problem(
            f"there is no file '{subject.curriculum}'",
            f"{lab.subject_file(subject.id)}, curriculum",
            "Check its path, which begins at the lab's folder.",
        )
    ]


def _check_curriculum_of(lab: Lab, subject: Subject, entry: StageEntry) -> None:
    """Raise `ConfigError` if a mouse is in another curriculum than its file names."""
    if subject.curriculum and PurePosixPath(subject.curriculum).as_posix() != entry.curriculum:
        raise ConfigError(
            f"the file names '{subject.curriculum}', and the mouse is in '{entry.curriculum}'",
            f"{lab.subject_file(subject.id)}, curriculum",
            f"Change the key, or: rig stage {subject.id} --enter {subject.curriculum}",
        )


def _wrong_stage(
    lab: Lab, subject: Subject, history: Sequence[StageEntry], curriculum: Curriculum
) -> list[Problem]:
    """Return what in a mouse's history does not fit its curriculum."""
    entry, number = history[-1], assignment_of(history)
    groups = len(curriculum.assignments)
    where = str(history_file(lab, subject.id))
    problems = []
    if entry.simulated != subject.simulated:
        kinds = ("real", "virtual")
        problems.append(
            Problem(
                f"the mouse is {kinds[subject.simulated]}, and its moves are those of a "
                f"{kinds[entry.simulated]} one",
                where,
                "Give the other mouse another id; move this file away, and enter the curriculum.",
            )
        )
    if curriculum.position(entry.stage) is None:
        problems.append(
            Problem(
                f"the mouse is in stage '{entry.stage}', which '{entry.curriculum}' does not have",
                where,
                f"Put the stage back, or move the mouse: rig stage {subject.id} --to STAGE",
            )
        )
    if (number or 0) > groups or (number is None and groups):
        problems.append(
            Problem(
                f"the mouse has {f'assignment {number}' if number else 'no assignment'}, "
                f"and '{entry.curriculum}' has {groups}",
                where,
                "Put the assignments back; a changed curriculum is a new file, to be entered.",
            )
        )
    return problems
