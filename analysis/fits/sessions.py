"""The past of a mouse: what models can be fitted to, of its sessions in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec

from analysis.fits.reading import Trial, read_trials
from rig.errors import OptionError, RecordingError
from rig.lab import Lab
from rig.psychometric import Psychometric
from rig.session_folder import (
    UNKNOWN,
    SessionFolder,
    check_rights,
    find_sessions,
    how_to_mend,
    is_running,
)
from rig.wrap_up import read_wrap_up

PRETRAINING = "pretraining"
"""The stage in which S+ comes alone."""


class LeftOut(msgspec.Struct, frozen=True):
    """A session that was not used, or not all of it; `why` as the rest of a sentence."""

    session: str
    why: str


@dataclass(frozen=True)
class Recorded:
    """What is used of one session.

    Attributes
    ----------
    name
        ``SUBJECT/DATE/N``.
    protocol
        Name of the protocol file.
    stage
        The protocol's parameter `stage`; empty if it has none.
    rows
        The completed trials in which the mouse could respond, in order.
    levels
        Responses by level.
    recruitment
        What the stimuli recruit in this virtual mouse, by the patterns of its settings; empty
        for a real one.
    simulated
        Whether the mouse was virtual.
    """

    name: str
    protocol: str
    stage: str
    rows: tuple[Trial, ...]
    levels: Psychometric
    recruitment: dict[str, tuple[float, ...]]
    simulated: bool


@dataclass(frozen=True)
class Past:
    """The sessions of a mouse in the order of time, and those that are left out.

    Attributes
    ----------
    subject
        The mouse.
    sessions
        Those that are used.
    left_out
        Those that are not, or not as a whole.
    lost
        Which of these could not be used, though they were asked for.
    passed_over
        How many were not asked for.
    other_protocols
        Of which protocols some of these are, where protocols were asked for.
    """

    subject: str
    sessions: tuple[Recorded, ...]
    left_out: tuple[LeftOut, ...]
    lost: tuple[LeftOut, ...] = ()
    passed_over: int = 0
    other_protocols: tuple[str, ...] = ()

    @property
    def simulated(self) -> bool:
        """Whether any of them was with a virtual mouse."""
        return any(session.simulated for session in self.sessions)

    def why_empty(self) -> str:
        """Return why there is no session, as the rest of a sentence."""
        if self.left_out:
            return f"no session can be used ({self._why_lost()})"
        if self.passed_over:
            return f"none of its {self.passed_over} sessions is asked for{self._other_protocols()}"
        return "it has no session"

    def _why_lost(self) -> str:
        told = by_reason(self.left_out)
        if self.passed_over:
            told.append(f"not asked for: {self.passed_over} others{self._other_protocols()}")
        return "; ".join(told)

    def _other_protocols(self) -> str:
        others = ", ".join(self.other_protocols)
        return f" (--protocol leaves out {others})" if others else ""

    def only(self, suits: Callable[[Recorded], bool], why: str = "") -> Past:
        """Return the past with the sessions that suit; others are named as left out for `why`.

        Without a reason they are not named.
        """
        others = [LeftOut(each.name, why) for each in self.sessions if not suits(each)]
        kept = tuple(each for each in self.sessions if suits(each))
        return replace(self, sessions=kept, left_out=(*self.left_out, *(others if why else ())))

    def holes(self) -> list[LeftOut]:
        """Return what could not be used behind the first and before the last trial that is."""
        if not self.sessions:
            return []
        first, last = (_place(self.sessions[end].name) for end in (0, -1))
        return [each for each in self.lost if first <= _place(each.session) < last]


@dataclass(frozen=True)
class Wanted:
    """Which sessions are asked for.

    Attributes
    ----------
    since
        First day; None for all.
    protocols
        Names of protocol files; all if empty.
    """

    since: date | None = None
    protocols: tuple[str, ...] = ()


def is_discrimination(session: Recorded) -> bool:
    """Whether it is of S+ and S-, one stimulus at a time; pretraining counts too."""
    phases = {row.labels.get("phase") for row in session.rows}
    types = {row.trial_type for row in session.rows}
    return bool(types & {"go", "nogo"}) and not phases & {"priming", "bimodal"}


def is_pretraining(session: Recorded) -> bool:
    """Whether S+ came alone; where the protocol has no stages its trials tell."""
    if session.stage:
        return session.stage == PRETRAINING
    return all(row.trial_type != "nogo" for row in session.rows)


def is_set_shifting(session: Recorded) -> bool:
    """Whether it has trials with stimuli of two modalities."""
    return any("congruency" in row.labels for row in session.rows)


def is_detection(session: Recorded) -> bool:
    """Whether the level of its sounds varied."""
    return len(session.levels.points()) > 1


def folders_of(lab: Lab, subject: str) -> list[SessionFolder]:
    """Return the folders of a mouse's sessions.

    Raises
    ------
    RecordingError
        If the lab knows no such mouse.
    """
    folders = list(find_sessions(lab.data, subject))
    if not folders and not lab.subject_file(subject).is_file():
        raise RecordingError(
            f"there is no mouse '{subject}' and no session of it",
            str(lab.folder),
            "`rig ls` lists the sessions.",
        )
    return folders


def read_past(subject: str, folders: Iterable[SessionFolder], wanted: Wanted) -> Past:
    """Return the past of a mouse; what cannot be read or used is named."""
    sessions: list[Recorded] = []
    lost: list[LeftOut] = []
    passed_over = 0
    others: set[str] = set()
    since = wanted.since.isoformat() if wanted.since else ""
    for folder in folders:
        if folder.path.parts[-2] < since:
            passed_over += 1
            continue
        why = why_not_used(folder)
        if why:
            lost.append(LeftOut(folder.name, why))
            continue
        try:
            record, damage = _read(folder)
        except RecordingError as error:
            lost.append(
                LeftOut(folder.name, f"it cannot be read: {error.what}; {how_to_mend(folder)}")
            )
            continue
        if wanted.protocols and record.protocol not in wanted.protocols:
            passed_over += 1
            others.add(record.protocol)
            continue
        if damage:
            lost.append(LeftOut(folder.name, f"{damage}; {how_to_mend(folder)}"))
        sessions.append(record)
    told = tuple(lost)
    return Past(subject, tuple(sessions), told, told, passed_over, tuple(sorted(others)))


def why_not_used(folder: SessionFolder) -> str:
    """Return why a session is not to be used; empty if it is."""
    if is_running(folder):
        return "it still runs"
    try:
        check_rights(folder)
        said = read_wrap_up(folder)
    except RecordingError as error:
        return error.what
    return "its wrap-up says that it is not to be used" if said and not said.usable else ""


def chosen(past: Past, span: tuple[int, int] | None) -> Past:
    """Return the past with the first to the last session that are asked for, counted from 1.

    Those of them that are not there are named as left out.
    """
    if span is None:
        return past
    first, last = span
    there = len(past.sessions)
    kept = past.sessions[first - 1 : last]
    begin = max(first, there + 1)
    missing = f"{begin}-{last}" if begin < last else str(last)
    absent = [LeftOut(f"--sessions {missing}", f"only {there} are there")] if last > there else []
    return replace(
        past,
        sessions=kept,
        left_out=(*past.left_out, *absent),
        passed_over=past.passed_over + there - len(kept),
    )


def by_reason(left_out: Sequence[LeftOut]) -> list[str]:
    """Return what was left out as sentences: sessions of the same fate together.

    Examples
    --------
    >>> by_reason([LeftOut("M1/2026-01-01/1", "it still runs")])
    ['M1/2026-01-01/1: it still runs']
    """
    names: dict[str, list[str]] = {}
    for each in left_out:
        names.setdefault(each.why, []).append(each.session)
    return [
        f"{own[0]}{f' and {len(own) - 1} more' if len(own) > 1 else ''}: {why}"
        for why, own in names.items()
    ]


def span_of(words: str) -> tuple[int, int]:
    """Return first and last of what a person writes for a range of sessions.

    Examples
    --------
    >>> span_of("3-5"), span_of("4")
    ((3, 5), (4, 4))
    """
    first, dash, last = words.partition("-")
    if first.isdecimal() and (last if dash else first).isdecimal():
        span = int(first), int(last if dash else first)
        if 1 <= span[0] <= span[1]:
            return span
    raise OptionError(
        f"'{words}' is no range of sessions", "--sessions", "Write 4, or 3-5; they count from 1."
    )


def _place(name: str) -> tuple[str, int]:
    """Return where a session ``SUBJECT/DATE/N`` stands in the order of time.

    Of a day that cannot be listed all sessions may be missing: it counts from its beginning.
    """
    _, day, number = name.split("/")
    return day, 0 if number == UNKNOWN else int(number)


def _read(folder: SessionFolder) -> tuple[Recorded, str]:
    """Return what is used of a session, and which trials are lost and why; empty if none is."""
    found = read_trials(folder)
    definition = found.definition
    stage = definition.params.get("stage")
    kept = Recorded(
        name=folder.name,
        protocol=definition.protocol,
        stage=stage if isinstance(stage, str) else "",
        rows=found.trials,
        levels=found.levels,
        recruitment=_recruitment(definition.mouse_settings),
        simulated=definition.mouse is not None,
    )
    return kept, found.damage and f"its trials from {found.whole + 1} on: {found.damage}"


def _recruitment(settings: dict[str, Any]) -> dict[str, tuple[float, ...]]:
    """Return what stimuli recruit in a virtual mouse that learns; of others nothing."""
    try:
        return msgspec.convert(settings.get("recruitment", {}), dict[str, tuple[float, ...]])
    except msgspec.ValidationError:
        return {}
