"""The water board: what each mouse weighs, has got, and is due on a day, with the arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from rig.ledger.days import bounds, local, local_day
from rig.ledger.records import Row, Status
from rig.ledger.subjects import LedgerSubject, in_force, restricted_since, subjects_at
from rig.ledger.tables import drops, sessions, supplements, weighings
from rig.water_policy import Animal, Need, WaterConfig, water_need

_LONGEST_SESSION = timedelta(days=2)
"""No session lasts so long: those of earlier days need not be searched for drops."""
_LOOKED_AT = 50
"""Sessions among which the last one with a drop is looked for: a mouse drinks more often."""


_NOT_DUE: dict[Status, str] = {"free": "It has water at will", "retired": "It is retired"}
"""Why a mouse is due no water, by its status."""


class _Dry(NamedTuple):
    """When a mouse last got water, since when it has had none, and for how many hours."""

    last: datetime | None
    since: datetime | None
    hours: float | None


class Weighed(NamedTuple):
    """When a mouse was weighed, its weight in g, and whether a person confirmed it in doubt."""

    at: datetime
    weight_g: float
    confirmed: bool


def board(
    connection: sa.Connection,
    config: WaterConfig,
    zone: ZoneInfo | None,
    day: date,
    now: datetime,
) -> list[Row]:
    """Return all mice that were not retired on a day, those on restriction first, by their names.

    Of a day that is over, what was known of them at its end holds.
    """
    known = subjects_at(connection, bounds(day, zone)[1])
    present = [each for each in known if each.facts.status != "retired"]
    present.sort(key=lambda each: each.facts.status != "restricted")
    return [row_of(connection, config, zone, subject, day, now) for subject in present]


def row_of(
    connection: sa.Connection,
    config: WaterConfig,
    zone: ZoneInfo | None,
    subject: LedgerSubject,
    day: date,
    now: datetime,
) -> Row:
    """Return one mouse on a day.

    Parameters
    ----------
    connection
        To the ledger.
    config, zone
        The lab's rules, and its time zone (`rig.ledger.days`).
    subject, day, now
        Who, when, and the present time.
    """
    begin, end = bounds(day, zone)
    weight = _last_weight(connection, subject.id, end)
    before = _last_weight(connection, subject.id, begin)
    water = _water(connection, subject, begin, end)
    last = _last_water(connection, subject, end)
    since = last
    if last is None and subject.facts.status == "restricted":
        since = restricted_since(connection, subject.id)
    dry = None if since is None else max(0.0, (min(now, end) - since).total_seconds() / 3600)
    weighed_at = weight.at if weight else None
    weighed_on = local_day(weighed_at, zone) if weighed_at else None
    animal = Animal(
        day=day,
        baseline_g=subject.facts.baseline_g,
        implant_g=subject.facts.implant_g,
        weight_g=weight.weight_g if weight else None,
        weighed_on=weighed_on,
        session_ml=_sum(water, "session"),
        hand_ml=_sum(water, "hand"),
        supplement_ml=_sum(water, "supplement"),
        since_weighing_ml=round(
            sum(ml for at, ml, _ in water if weighed_at and at > weighed_at), 9
        ),
    )
    need = water_need(config, animal)
    facts = subject.facts
    return Row(
        subject=subject.name,
        tag=facts.tag,
        cage=facts.cage,
        status=facts.status,
        weight_g=animal.weight_g,
        weighed_at=weighed_at,
        weighed=weighed_on == day,
        before_g=before.weight_g if before else None,
        baseline_g=facts.baseline_g,
        implant_g=facts.implant_g,
        ratio=animal.ratio,
        policy=need.policy,
        need_ml=need.need_ml,
        due_ml=need.due_ml if facts.status == "restricted" else 0.0,
        session_ml=animal.session_ml,
        hand_ml=animal.hand_ml,
        supplement_ml=animal.supplement_ml,
        since_weighing_ml=animal.since_weighing_ml,
        last_water_at=last,
        dry_h=dry,
        words=_NOT_DUE.get(facts.status, need.words),
        alerts=_alerts(config, zone, facts.status, need, _Dry(last, since, dry)),
    )


def last_weight(
    connection: sa.Connection, subject: LedgerSubject, before: datetime, without: str = ""
) -> Weighed | None:
    """Return the last weight of a mouse up to a moment; None if it was never weighed.

    `without` is the id of a row that is left out, for it is to be corrected.
    """
    end = before + timedelta(microseconds=1)
    return _last_weight(connection, subject.id, end, without)


def water_between(
    connection: sa.Connection, subject: LedgerSubject, begin: datetime, end: datetime
) -> float:
    """Return what a mouse got between two moments, in mL."""
    return round(sum(ml for _, ml, _ in _water(connection, subject, begin, end)), 9)


def _alerts(
    config: WaterConfig,
    zone: ZoneInfo | None,
    status: Status,
    need: Need,
    dry: _Dry,
) -> tuple[str, ...]:
    """Return the alerts of the policy, and that the mouse was without water for too long."""
    if status != "restricted" or dry.hours is None or dry.since is None:
        return need.alerts
    if dry.hours < config.longest_dry_h:
        return need.alerts
    what = "No water" if dry.last else "No water was entered"
    text = f"{what} since {local(dry.since, zone):%Y-%m-%d %H:%M}, {dry.hours:.0f} h"
    return (*need.alerts, f"{text} (limit {config.longest_dry_h:g} h).")


def _last_weight(
    connection: sa.Connection, subject: str, end: datetime, without: str = ""
) -> Weighed | None:
    columns = weighings.c
    found = connection.execute(
        sa.select(columns.at, columns.weight_g, columns.confirmed)
        .where(columns.subject == subject, columns.at < end, columns.weight_g.is_not(None))
        .where(in_force(weighings), columns.id != without)
        .order_by(columns.at.desc(), columns.entered_at.desc())
        .limit(1)
    ).first()
    return None if found is None else Weighed(found.at, found.weight_g, found.confirmed)


def _water(
    connection: sa.Connection, subject: LedgerSubject, begin: datetime, end: datetime
) -> list[tuple[datetime, float, str]]:
    """Return all water of a mouse between two moments: when, how many mL, and where from."""
    at, started = drops.c.at, sessions.c.started_at
    dropped = connection.execute(
        sa.select(at, drops.c.volume_ul, drops.c.author)
        .join_from(drops, sessions)
        .where(sessions.c.mouse == subject.name, at >= begin, at < end)
        .where(started >= begin - _LONGEST_SESSION, started < end)
    )
    given = connection.execute(
        _supplements(subject).where(supplements.c.at >= begin, supplements.c.at < end)
    )
    return [
        *((row.at, row.volume_ul / 1000, "hand" if row.author else "session") for row in dropped),
        *((row.at, row.volume_ul / 1000, "supplement") for row in given),
    ]


def _last_water(
    connection: sa.Connection, subject: LedgerSubject, end: datetime
) -> datetime | None:
    """Return when a mouse last got water before a moment; None if it never did."""
    lately = (
        sa.select(sessions.c.id)
        .where(sessions.c.mouse == subject.name, sessions.c.started_at < end)
        .order_by(sessions.c.started_at.desc())
        .limit(_LOOKED_AT)
    )
    dropped = connection.execute(
        sa.select(sa.func.max(drops.c.at, type_=drops.c.at.type)).where(
            drops.c.session.in_(lately), drops.c.at < end, drops.c.volume_ul > 0
        )
    ).scalar()
    given = connection.execute(
        _supplements(subject)
        .where(supplements.c.at < end, supplements.c.volume_ul > 0)
        .order_by(supplements.c.at.desc())
        .limit(1)
    ).first()
    found = (dropped, given.at if given else None)
    return max((at for at in found if at is not None), default=None)


def _supplements(subject: LedgerSubject) -> sa.Select[tuple[datetime, float]]:
    """Return the supplements of a mouse that are in force and not withdrawn."""
    columns = supplements.c
    return (
        sa.select(columns.at, columns.volume_ul)
        .where(columns.subject == subject.id, columns.volume_ul.is_not(None))
        .where(in_force(supplements))
    )


def _sum(water: Sequence[tuple[datetime, float, str]], source: str) -> float:
    return round(sum(ml for _, ml, each in water if each == source), 9)
