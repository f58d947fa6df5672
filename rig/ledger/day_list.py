"""What must still happen in a lab on a day: the list that is empty when nothing is forgotten."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from rig.day_plan import DAY_PLAN, read_day_plan
from rig.errors import RigError, problems_of
from rig.lab import Lab
from rig.ledger.board import board
from rig.ledger.closing import closed_words
from rig.ledger.days import bounds, local_day, zone_of
from rig.ledger.entries import notes_between, skipped_between
from rig.ledger.posting import Posted
from rig.ledger.records import DayList, Row, Task
from rig.ledger.store import Ledger
from rig.ledger.tables import sessions, subjects
from rig.ledger.taking_in import take_in_files, take_in_sessions
from rig.ledger.unlisted import retired_and_ran, tasks_of_retired, tasks_of_unlisted, unlisted
from rig.running import ended_without_wrap_up, running
from rig.session_folder import find_sessions

RECENT = timedelta(days=7)
"""How far back sessions are looked for that are not in the ledger yet."""


def day_list(ledger: Ledger, lab: Lab, day: date, now: datetime) -> DayList:
    """Enter what files tell, the sessions of the last days too; return what must still happen.

    Raises
    ------
    RecordingError
        If the ledger cannot be reached.
    """
    zone = zone_of(lab.config)
    is_today = day == local_day(now, zone)
    posted = take_in_sessions(ledger, lab, min(day, now.date()) - RECENT)
    unread = take_in_files(ledger, lab, now)
    with ledger.reading() as connection:
        rows = board(connection, lab.config.water, zone, day, now)
        looked_at = {note.subject for note in notes_between(connection, *bounds(day, zone))}
        skipped = skipped_between(connection, *bounds(day, zone))
        others = _of_unlisted(connection, lab, bounds(day, zone), is_today=is_today)
        again = _not_weighed_after(connection, lab, rows, bounds(day, zone))
    tasks = [task for row in rows for task in tasks_of(row, looked_at=row.subject in looked_at)]
    tasks += [*again, *others, *_of_sessions(lab, day, posted)]
    tasks += _of_plan(lab, day, skipped) if is_today else []
    notes = tuple(map(str, unread))
    with ledger.reading() as connection:
        closed = closed_words(connection, day, tasks, zone)
    return DayList(day, tuple(tasks), notes, tuple(rows), closed)


def tasks_of(row: Row, *, looked_at: bool) -> list[Task]:
    """Return what must still happen with a mouse.

    Parameters
    ----------
    row
        The mouse on the day.
    looked_at
        Whether a person has said on that day how it is.
    """
    if row.status != "restricted":
        return []
    name, found = row.subject, []
    if not row.weighed:
        found.append(Task(name, "weigh", "It is not weighed.", f"rig weigh {name} GRAMS"))
    if row.due_ml is None:
        found.append(Task(name, "water", f"{row.words}.", f"rig weigh {name} GRAMS"))
    elif row.is_due:
        do = f"rig give {name} {row.due_ml:.2f}"
        found.append(Task(name, "water", f"{row.words}.", do))
    if row.alerts and not looked_at:
        do = f'rig subject note {name} "..." --person NAME'
        found.append(Task(name, "look", " ".join(row.alerts), do))
    return found


def _not_weighed_after(
    connection: sa.Connection, lab: Lab, rows: Sequence[Row], day: tuple[datetime, datetime]
) -> list[Task]:
    """Return the mice that are not weighed after their session, in a lab that requires it."""
    if lab.config.water.weight_after != "required":
        return []
    begun = sessions.c.started_at
    found = connection.execute(
        sa.select(sessions.c.mouse, sa.func.max(begun, type_=begun.type).label("begun"))
        .where(begun >= day[0], begun < day[1])
        .group_by(sessions.c.mouse)
    )
    last = {row.mouse: row.begun for row in found}
    return [
        Task(
            row.subject,
            "weigh",
            "It is not weighed after its session.",
            f"rig weigh {row.subject} GRAMS",
        )
        for row in rows
        if row.status == "restricted" and row.subject in last
        if row.weighed and row.weighed_at is not None and row.weighed_at < last[row.subject]
    ]


def _of_sessions(lab: Lab, day: date, posted: Sequence[Posted]) -> list[Task]:
    """Return the sessions that run, are damaged, or are not wrapped up."""
    found = [
        Task(each.subject, "session", f"It is running on {each.rig}.", f"rig tell {each.rig} stop")
        for each in running(lab)
    ]
    for session in posted:
        if session.problem:
            text = f"{session.session} is not whole: {session.problem}."
            mouse = session.session.partition("/")[0]
            found.append(Task(mouse, "recover", text, f"rig recover {session.session}"))
    for each in ended_without_wrap_up(lab, day):
        do = f"rig wrap-up {each.folder.name}"
        found.append(Task(each.subject, "wrap-up", f"{each.words} has no wrap-up.", do))
    return found


def _of_unlisted(
    connection: sa.Connection, lab: Lab, day: tuple[datetime, datetime], *, is_today: bool
) -> list[Task]:
    """Return the mice that are not in the ledger, or that ran although they are retired.

    Of a day that is over: those that ran then.
    """
    begin = day[0] - RECENT if is_today else day[0]
    names = unlisted(connection, lab, begin, day[1], with_files=is_today)
    empty = connection.execute(sa.select(subjects.c.id).limit(1)).first() is None
    retired = retired_and_ran(connection, begin, day[1])
    return [*tasks_of_unlisted(names, empty=empty), *tasks_of_retired(retired)]


def _of_plan(lab: Lab, day: date, skipped: Container[str]) -> list[Task]:
    """Return the mice of the lab's plan that have had no session today, and were not left out."""
    try:
        plan = read_day_plan(lab)
    except RigError as error:
        return [
            Task(DAY_PLAN, "plan", f"{each.what} ({each.where}): who was to run?", each.do)
            for each in problems_of(error)
        ]
    ran = {folder.path.parts[-3] for folder in find_sessions(lab.data, day=day)}
    return [
        Task(
            each.subject,
            "plan",
            "It is planned, and had no session: run it, or leave it out.",
            f"rig today --skip {each.subject} --reason WHY",
        )
        for each in (plan.mice if plan else ())
        if each.subject not in ran and each.subject not in skipped
    ]
