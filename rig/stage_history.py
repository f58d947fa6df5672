"""The stages of a mouse: an append-only file of JSON lines beside the subject's own file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated

import msgspec

from rig.errors import RecordingError
from rig.json_lines import append_line
from rig.lab import Lab

SUFFIX = ".stages.jsonl"
BY_RULE = "rule"
"""Who decided, where it was no person."""


class StageEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mouse came to a stage.

    Attributes
    ----------
    at
        When, with time zone.
    curriculum
        The curriculum's file, relative to the lab's folder.
    stage, before
        Where the mouse is now and where it was; None if it enters the curriculum.
    by
        ``rule``, or the name of a person.
    reason
        Why, in words.
    sessions
        The sessions that the decision rests on.
    assignment
        Number of its group in the curriculum (1, 2, ...) when it enters; None if it moves, and in
        a curriculum without groups.
    simulated
        Whether it is a virtual mouse.
    """

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    curriculum: str
    stage: str
    before: str | None
    by: str
    reason: str
    sessions: tuple[str, ...] = ()
    assignment: int | None = None
    simulated: bool = False


def history_file(lab: Lab, subject: str) -> Path:
    """Return the file of a mouse's stages."""
    return lab.folder / "subjects" / f"{subject}{SUFFIX}"


def read_history(lab: Lab, subject: str) -> list[StageEntry]:
    """Return the stages of a mouse in their order; empty if it is in no curriculum.

    Raises
    ------
    RecordingError
        If a line is torn or is no entry; nothing is ever passed over.
    """
    path = history_file(lab, subject)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RecordingError(
            f"the stages of '{subject}' cannot be read: {error.strerror}",
            str(path),
            "Check the rights on the file.",
        ) from error
    *lines, rest = text.split(b"\n")
    if rest:
        raise RecordingError(
            "the last entry is torn: the program or the computer stopped while it was written",
            f"{path}, line {len(lines) + 1}",
            "Delete that line, look at `rig stage`, and make the change again.",
        )
    entries: list[StageEntry] = []
    for number, line in enumerate(lines, start=1):
        before = entries[-1].stage if entries else None
        entries.append(_entry(line, before, f"{path}, line {number}"))
    return entries


def all_with_history(lab: Lab) -> list[str]:
    """Return the ids of all mice that ever entered a curriculum."""
    paths = (lab.folder / "subjects").glob(f"*{SUFFIX}")
    return sorted(path.name.removesuffix(SUFFIX) for path in paths)


def append_entry(lab: Lab, subject: str, entry: StageEntry) -> None:
    """Append an entry; it is on the disk when this returns. The subject's lock must be held."""
    append_line(history_file(lab, subject), entry, f"the stage of '{subject}'")


def label_of(entry: StageEntry) -> str:
    """Return a stage as sessions record it, ``CURRICULUM/STAGE``."""
    return f"{PurePosixPath(entry.curriculum).stem}/{entry.stage}"


def used_sessions(history: Sequence[StageEntry]) -> frozenset[str]:
    """Return the sessions on which a recorded decision rests."""
    return frozenset(session for entry in history for session in entry.sessions)


def assignment_of(history: Sequence[StageEntry]) -> int | None:
    """Return the group that a mouse got when it entered last."""
    return next((entry.assignment for entry in reversed(history) if entry.before is None), None)


def _entry(line: bytes, before: str | None, where: str) -> StageEntry:
    """Return the entry of a line; raise `RecordingError` if it is none or does not follow."""
    do = "Put the line back as it was; a copy of the lab's folder may have it."
    try:
        entry = msgspec.json.decode(line, type=StageEntry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordingError(f"this is no entry of a stage: {error}", where, do) from error
    if entry.before is not None and entry.before != before:
        raise RecordingError(
            f"the entry says that the stage before was '{entry.before}', "
            + (f"and it was '{before}'" if before else "and there is none"),
            where,
            do,
        )
    return entry
