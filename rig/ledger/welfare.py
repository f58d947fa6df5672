"""What the ledger says of a mouse before a session: its weight, its water, who consents."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from rig.errors import ConfigError, RigError
from rig.lab import Lab
from rig.ledger.board import last_weight, row_of
from rig.ledger.days import local_day, zone_of
from rig.ledger.entries import rows_of
from rig.ledger.records import Row
from rig.ledger.store import open_ledger
from rig.ledger.subjects import LedgerSubject, all_subjects
from rig.ledger.tables import wellness
from rig.ledger.taking_in import take_in_sessions
from rig.plan import Plan
from rig.water_policy import WaterConfig, weight_doubt


@dataclass(frozen=True)
class Welfare:
    """What the ledger says of a mouse on the day of a session.

    Attributes
    ----------
    row
        Its weight and water.
    doubt
        Why its last weight may be a slip, in words; empty if nothing speaks against it, or a
        person has confirmed it.
    consent
        Who consents to a session on this day although the mouse is too light, and their words;
        empty if nobody does.
    """

    row: Row
    doubt: str
    consent: str


def welfare(lab: Lab, subject: str, now: datetime) -> Welfare | None:
    """Return what the ledger says of a mouse; None if it is not in it.

    Raises
    ------
    RigError
        If the ledger cannot be read.
    """
    config, zone = lab.config.water, zone_of(lab.config)
    with open_ledger(lab) as ledger, ledger.reading() as connection:
        found = [each for each in all_subjects(connection) if each.name == subject]
        if not found:
            return None
        mouse, day = found[0], local_day(now, zone)
        row = row_of(connection, config, zone, mouse, day, now)
        doubt = _doubt(connection, config, mouse, now)
        notes = rows_of(connection, wellness, mouse.id)
    corrected = {note["corrects"] for note in notes}
    consents = [
        f"{note['person']}: {note['text']}"
        for note in notes
        if note["kind"] == "consent" and note["text"] and note["id"] not in corrected
        if local_day(note["at"], zone) == day
    ]
    return Welfare(row, doubt, consents[-1] if consents else "")


def _doubt(
    connection: sa.Connection, config: WaterConfig, mouse: LedgerSubject, now: datetime
) -> str:
    """Return why the last weight of a mouse may be a slip; empty if a person has confirmed it."""
    last = last_weight(connection, mouse, now)
    if last is None or last.confirmed:
        return ""
    before = last_weight(connection, mouse, last.at - timedelta(microseconds=1))
    return weight_doubt(config, last.weight_g, before.weight_g if before else None)


def left_ul(lab: Lab, row: Row) -> float | None:
    """Return how much water in uL sessions may still give a mouse; None if there is no ceiling."""
    ceiling = lab.config.water.ceiling_ml
    if ceiling is None:
        return None
    taken = row.session_ml + row.hand_ml + row.supplement_ml
    return round(max(0.0, 1000 * (ceiling - taken)), 3)


def with_ceiling(plan: Plan, resumed_ul: float, now: datetime) -> Plan:
    """Return the plan with no more water than the mouse may still get on this day.

    A ledger that cannot be read changes nothing, and is told of: the session's own limit holds.

    Parameters
    ----------
    plan
        The session.
    resumed_ul
        Water of the sessions that it goes on with, which its limit counts.
    now
        The present time.

    Raises
    ------
    ConfigError
        If the mouse may get none.
    """
    lab = plan.lab
    if lab.config.water.ceiling_ml is None:
        return plan
    try:
        with open_ledger(lab) as ledger:  # sessions that ended a moment ago count, too
            take_in_sessions(ledger, lab, local_day(now, zone_of(lab.config)) - timedelta(days=1))
        found = welfare(lab, plan.subject.id, now)
    except RigError as error:
        sys.stderr.write(f"warning: the ceiling of water is not looked at: {error}\n")
        return plan
    left = left_ul(lab, found.row) if found else None
    if left is None:
        return plan
    limits = plan.protocol.config.session
    if left <= 0:
        raise ConfigError(
            f"'{plan.subject.id}' has got all the water that it may on this day",
            f"lab.toml, water.ceiling_ml = {lab.config.water.ceiling_ml:g}",
            "Run it tomorrow, or change the ceiling.",
        )
    most = min(limits.max_water_ul, resumed_ul + left)
    capped = limits.model_copy(update={"max_water_ul": most})
    config = plan.protocol.config.model_copy(update={"session": capped})
    return replace(plan, protocol=replace(plan.protocol, config=config))
