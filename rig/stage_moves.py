"""Moves mice through their curricula, and records each move with its reason, under a lock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

import msgspec

from rig.curriculum import fewest, find_stage
from rig.curriculum_check import sound_curriculum
from rig.errors import ConfigError
from rig.evidence import read_evidence, since_entry
from rig.lab import Lab
from rig.locks import hold
from rig.stage_history import (
    BY_RULE,
    StageEntry,
    all_with_history,
    append_entry,
    assignment_of,
    history_file,
    read_history,
    used_sessions,
)
from rig.stages import history_in, read_standing


def enter(
    lab: Lab, subject: str, path: Path, at: datetime, by: str = BY_RULE, reason: str = ""
) -> StageEntry:
    """Let a mouse enter a curriculum at its first stage, in the group that has the fewest mice.

    Only mice of its own kind are counted, real or virtual. A mouse that was in this curriculum
    before keeps its group. One that leaves another curriculum for it does so by a person, for a
    reason.

    Parameters
    ----------
    lab, subject, path
        Which mouse, and the file of the curriculum.
    at
        When, with time zone.
    by
        Who lets it in.
    reason
        Why it leaves the curriculum that it is in.
    """
    with _entering(lab, subject, path):
        _check_leaving(lab, subject, by, reason)
        because = f", {reason}" if reason else ""
        groups = len(sound_curriculum(lab, path).assignments)
        if not groups:
            return _record_entry(lab, subject, path, at, None, f"entered{because}", by)
        number, why = _balanced(lab, subject, _inside(lab, path), groups)
        told = f"entered{because}, assignment {number} of {groups}: {why}"
        return _record_entry(lab, subject, path, at, number, told, by)


def _check_leaving(lab: Lab, subject: str, by: str, reason: str) -> None:
    """Raise `ConfigError` if a mouse would leave a curriculum without a person and a reason."""
    history = read_history(lab, subject)
    if history and not (reason and by != BY_RULE):
        raise ConfigError(
            f"'{subject}' would leave '{history[-1].curriculum}', where it is in stage "
            f"'{history[-1].stage}'",
            str(history_file(lab, subject)),
            "Say why, and who decides it: --reason WHY --by NAME.",
        )


def enter_group(
    lab: Lab, subject: str, path: Path, at: datetime, number: int, reason: str, by: str
) -> StageEntry:
    """Let a mouse enter a curriculum in the group that a person chose, for a reason."""
    with _entering(lab, subject, path):
        groups = len(sound_curriculum(lab, path).assignments)
        if not 1 <= number <= groups:
            raise ConfigError(
                f"there is no assignment {number}: the curriculum has {groups}",
                str(path),
                "Leave out --assignment, or name one that there is.",
            )
        reason = f"entered, assignment {number} of {groups}, chosen by a person: {reason}"
        return _record_entry(lab, subject, path, at, number, reason, by)


def accept(lab: Lab, subject: str, at: datetime, by: str = BY_RULE) -> StageEntry | None:
    """Record the move that the rules suggest, and return it; None, and no record, if they hold."""
    with _locked(lab, subject):
        standing = read_standing(lab, subject)
        decision = standing.decision
        if decision.verdict == "hold":
            return None
        moved = _moved(standing.entry, decision.target, at, decision.reason, by)
        entry = msgspec.structs.replace(moved, sessions=decision.sessions)
        append_entry(lab, subject, entry)
        return entry


def override(
    lab: Lab, subject: str, stage: str, at: datetime, reason: str, by: str
) -> StageEntry | None:
    """Record that a person moves a mouse, and return it; None, and no record, if it is there.

    It also helps a mouse out of a stage that its curriculum no longer has.
    """
    with _locked(lab, subject):
        animal = lab.subject(subject)
        history = history_in(lab, animal)
        last = history[-1]
        curriculum = sound_curriculum(lab, lab.folder / last.curriculum)
        if find_stage(curriculum, stage, "--to").name == last.stage:
            return None
        sessions = since_entry(read_evidence(lab, animal, last.at), last.at, used_sessions(history))
        seen = tuple(each.session for each in sessions if not each.unfit)
        entry = msgspec.structs.replace(_moved(last, stage, at, reason, by), sessions=seen)
        append_entry(lab, subject, entry)
        return entry


def _moved(last: StageEntry, stage: str, at: datetime, reason: str, by: str) -> StageEntry:
    """Return the entry of a move that follows on another entry."""
    return msgspec.structs.replace(
        last, at=at, stage=stage, before=last.stage, by=by, reason=reason, assignment=None
    )


def _record_entry(
    lab: Lab, subject: str, path: Path, at: datetime, number: int | None, reason: str, by: str
) -> StageEntry:
    """Record that a mouse is in the first stage of a curriculum."""
    entry = StageEntry(
        at=at,
        curriculum=_inside(lab, path),
        stage=sound_curriculum(lab, path).stages[0].name,
        before=None,
        by=by,
        reason=reason,
        assignment=number,
        simulated=lab.subject(subject).simulated,
    )
    append_entry(lab, subject, entry)
    return entry


def _balanced(lab: Lab, subject: str, file: str, groups: int) -> tuple[int, str]:
    """Return the group of a mouse that enters a curriculum, and why."""
    mice = [0] * groups
    simulated = lab.subject(subject).simulated
    for name in all_with_history(lab):
        entries = [entry for entry in read_history(lab, name) if entry.curriculum == file]
        number = assignment_of(entries)
        if number is None or number > groups:
            continue
        if name == subject:
            return number, "it had that before"
        mice[number - 1] += entries[-1].simulated == simulated
    number = fewest(mice, f"{subject}/{file}") + 1
    return number, f"the fewest mice have it (so far {', '.join(map(str, mice))})"


@contextlib.contextmanager
def _locked(lab: Lab, subject: str) -> Iterator[None]:
    """Keep sessions and other changes of a mouse's stage away; raise `BusyError` if there are."""
    with hold(lab.locks, "subject", lab.subject(subject).id, "a change of its stage"):
        yield


@contextlib.contextmanager
def _entering(lab: Lab, subject: str, path: Path) -> Iterator[None]:
    """Keep other mice from entering a curriculum; raise `ConfigError` if this one may not."""
    animal, file = lab.subject(subject), _inside(lab, path)
    if animal.curriculum and PurePosixPath(animal.curriculum).as_posix() != file:
        raise ConfigError(
            f"the file names '{animal.curriculum}', and the mouse would enter '{file}'",
            f"{lab.subject_file(subject)}, curriculum",
            "Change the key, or enter the curriculum that it names.",
        )
    with hold(lab.locks, "curriculum", path.stem, "a mouse that enters"), _locked(lab, subject):
        history = read_history(lab, subject)
        if history and history[-1].curriculum == file:
            raise ConfigError(
                f"'{subject}' is in this curriculum already, in stage '{history[-1].stage}'",
                str(history_file(lab, subject)),
                f"Move it with: rig stage {subject} --to STAGE --reason WHY --by NAME",
            )
        yield


def _inside(lab: Lab, path: Path) -> str:
    """Return a file's path in the lab's folder; raise `ConfigError` if it is not in there."""
    folder, path = lab.folder.resolve(), path.resolve()
    if not path.is_relative_to(folder):
        raise ConfigError(
            "the curriculum is not in the lab's folder", str(path), "Copy it into curricula/."
        )
    return path.relative_to(folder).as_posix()
