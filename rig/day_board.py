"""The mice of a day: who runs where in which order, what is suggested, and how far each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from rig.cards import last_session, stage_card
from rig.day_plan import DAY_PLAN, DayBoard, DayMouse, Planned, State, read_day_plan
from rig.errors import RigError, problems_of
from rig.lab import Lab
from rig.ledger.days import bounds, zone_of
from rig.ledger.place import has_ledger
from rig.preflight import LastSession, StageCard
from rig.running import Beginning, needs_wrap_up, read_beginning
from rig.session_folder import SessionFolder, find_session, find_sessions, is_running
from rig.session_record import load_session
from rig.stage_history import history_file
from rig.stages import read_standing


def day_board(lab: Lab, day: date) -> DayBoard:
    """Return the mice of a day in the order of the plan, or of the last day with sessions.

    Raises
    ------
    RigError
        If the plan cannot be read.
    """
    days = _days(lab)
    plan = read_day_plan(lab)
    if plan is not None:
        order, planned = f"the plan ({DAY_PLAN})", list(plan.mice)
    else:
        last = max((each for each in days if each < day.isoformat()), default="")
        order, planned = f"as on {last}" if last else "no plan", _order_of(days.get(last, ()))
    today = days.get(day.isoformat(), [])
    known = {each.subject for each in planned}
    planned += [each for each in _order_of(today) if each.subject not in known]
    problems: list[str] = []
    skipped = _skipped(lab, day, problems)
    mice = [
        _mouse(lab, each, [f for f in today if _subject(f) == each.subject], skipped)
        for each in planned
    ]
    return DayBoard(day, order, plan is not None, tuple(mice), " ".join(problems))


def _skipped(lab: Lab, day: date, problems: list[str]) -> dict[str, str]:
    """Return the mice that were left out; a ledger that cannot be read hides no mouse."""
    try:
        return skipped_on(lab, day)
    except RigError as error:
        problems += _words(error)
        return {}


def skipped_on(lab: Lab, day: date) -> dict[str, str]:
    """Return the mice that were left out on a day, and why; none where the ledger is not there."""
    if not has_ledger(lab):
        return {}
    from rig.ledger.entries import skipped_between
    from rig.ledger.store import open_ledger

    with open_ledger(lab) as ledger, ledger.reading() as connection:
        return skipped_between(connection, *bounds(day, zone_of(lab.config)))


def skip(lab: Lab, subject: str, why: str, by: str, now: datetime) -> None:
    """Enter that a mouse is left out today; raise `RigError` if there is none, or no ledger."""
    lab.subject(subject)
    from rig.ledger.entries import SKIPPED, enter_act
    from rig.ledger.store import open_ledger

    with open_ledger(lab) as ledger:
        enter_act(ledger, SKIPPED, f"{subject}: {why}", by, now)


def _days(lab: Lab) -> dict[str, list[SessionFolder]]:
    """Return all sessions by their days."""
    found: dict[str, list[SessionFolder]] = {}
    for folder in find_sessions(lab.data):
        found.setdefault(folder.path.parts[-2], []).append(folder)
    return found


def _order_of(folders: Sequence[SessionFolder]) -> list[Planned]:
    """Return who ran in these sessions, where and in what order; a mouse once."""
    read = [each for folder in folders if (each := read_beginning(folder)) is not None]
    read.sort(key=_began)
    mice = {each.subject: Planned(subject=each.subject, rig=each.rig) for each in reversed(read)}
    return list(reversed(mice.values()))


def _began(beginning: Beginning) -> datetime:
    return beginning.started_at


def _subject(folder: SessionFolder) -> str:
    return folder.path.parts[-3]


def _mouse(
    lab: Lab, planned: Planned, today: Sequence[SessionFolder], skipped: Mapping[str, str]
) -> DayMouse:
    """Return a mouse of the day; what cannot be read of it is told, and hides nobody else."""
    problems: list[str] = []
    subject = planned.subject
    last, stage = _last(lab, subject, problems), _stage(lab, subject, problems)
    tag = cage = mark = ""
    try:
        animal = lab.subject(subject)
        tag, cage, mark = animal.ear_tag, animal.cage, animal.mark
    except RigError as error:
        problems += _words(error)
    state = _state(today)
    left_out = state == "planned" and subject in skipped
    return DayMouse(
        subject, tag, cage, mark,
        planned.rig or (last.rig if last else ""), planned.protocol, stage, last,
        "skipped" if left_out else state, skipped[subject] if left_out else "",
        " ".join(dict.fromkeys(problems)),
    )  # fmt: skip


def _state(today: Sequence[SessionFolder]) -> State:
    """Return how far a mouse is, by its sessions of the day."""
    if any(is_running(folder) for folder in today):
        return "running"
    if any(needs_wrap_up(folder) is not None for folder in today):
        return "wrap-up"
    return "done" if today else "planned"


def _last(lab: Lab, subject: str, problems: list[str]) -> LastSession | None:
    if not list(find_sessions(lab.data, subject)):
        return None
    try:
        return last_session(load_session(find_session(lab.data, subject)))
    except RigError as error:
        problems += _words(error)
        return None


def _stage(lab: Lab, subject: str, problems: list[str]) -> StageCard | None:
    if not history_file(lab, subject).exists():
        return None
    try:
        return stage_card(lab, read_standing(lab, subject), off_plan=False)
    except RigError as error:
        problems += _words(error)
        return None


def _words(error: RigError) -> list[str]:
    return [f"{each.what} ({each.where})." for each in problems_of(error)]
