"""The end of a lab's day: who closed it, and what was left undone then, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from rig.counting import counted
from rig.errors import ConfigError
from rig.ledger.days import local
from rig.ledger.entries import enter_act
from rig.ledger.records import DayList, Task
from rig.ledger.store import Ledger
from rig.ledger.tables import acts

CLOSED = "closed"
"""What the ledger calls it when a person signs a day off."""
NOTHING = "nothing left"
_BETWEEN, _AND = " | ", "; "


def close_day(ledger: Ledger, found: DayList, reason: str, by: str, now: datetime) -> None:
    """Enter that a person closes a day with what is left; raise `ConfigError` without a reason."""
    if found.tasks and not reason:
        raise ConfigError(
            f"{counted(len(found.tasks), 'thing is', 'things are')} left, and nobody says why",
            f"day {found.day}",
            "Do them (`rig day` lists them), or give --reason.",
        )
    about = (found.day.isoformat(), _AND.join(map(_key, found.tasks)) or NOTHING, reason)
    enter_act(ledger, CLOSED, _BETWEEN.join(about), by, now)


def closed_words(
    connection: sa.Connection, day: date, tasks: Sequence[Task], zone: ZoneInfo | None
) -> str:
    """Return who closed a day, when, and what was left; empty if nobody has.

    It holds only as long as nothing is left that was not left then.
    """
    found = connection.execute(
        sa.select(acts)
        .where(acts.c.verb == CLOSED, acts.c.about.startswith(f"{day.isoformat()}{_BETWEEN}"))
        .order_by(acts.c.entered_at.desc())
        .limit(1)
    ).first()
    if found is None:
        return ""
    _, left, reason = found.about.split(_BETWEEN, 2)
    if not {_key(task) for task in tasks} <= set(left.split(_AND)):
        return ""
    why = f" ({reason})" if reason else ""
    then = f"left: {left.replace(_AND, ', ')}" if left != NOTHING else left
    return f"Closed by {found.by} at {local(found.entered_at, zone):%H:%M}; {then}{why}."


def _key(task: Task) -> str:
    """Return what a task is called in the entry of who closed the day."""
    return f"{task.subject} {task.kind}"
