"""Trains virtual mice in virtual time, a session a day, as their curriculum says.

Everything but the hardware is the real thing: the same protocols, engine, recording, stages and
analysis that train an animal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import msgspec

from rig.lab import Lab
from rig.performance import performance
from rig.plan import StageParams, first_rig_for, make_plan, plan_protocol
from rig.session import Session
from rig.session_folder import UNKNOWN, find_sessions
from rig.session_result import Result
from rig.stage_moves import accept
from rig.stages import choose, history_in, read_standing

BEGINS = time(9)
"""When the session of a day begins."""
DECIDED = time(8)
"""When the move of a day is decided, before its session."""


class Day(msgspec.Struct, frozen=True):
    """One day of training, as ``rig train --json`` and ``rig demo --json`` print it.

    Rates are fractions; None where there were no such trials.
    """

    day: int
    trials: int
    hit_rate: float | None
    false_alarm_rate: float | None
    d_prime: float | None
    water_ml: float
    session: str


@dataclass(frozen=True)
class Training:
    """One day of one mouse.

    Attributes
    ----------
    day
        The day in numbers.
    stage
        The stage in which it was trained.
    result
        What the day summarises.
    suggestion
        What the curriculum suggests after it; empty if the mouse is to stay.
    """

    day: Day
    stage: str
    result: Result
    suggestion: str


def train(lab: Lab, subject: str, days: int, seed: int, first_day: date) -> Iterator[Training]:
    """Train a mouse for some days; each morning it moves on if its curriculum suggests that.

    Parameters
    ----------
    lab
        The lab.
    subject
        Which virtual mouse; it is in a curriculum.
    days
        How many sessions, one a day.
    seed
        Of the day before the first one; the others follow from it.
    first_day
        The day of the first session.

    Raises
    ------
    RigError
        If the mouse is in no curriculum, is not a virtual one, or its session fails.
    """
    for day in range(1, days + 1):
        today = first_day + timedelta(days=day - 1)
        accept(lab, subject, _at(today, DECIDED))
        choice = choose(lab, subject)
        result = run_session(
            lab, subject, choice.protocol, seed + day, _at(today, BEGINS), choice.params
        )
        decision = read_standing(lab, subject).decision
        suggestion = "" if decision.verdict == "hold" else decision.sentence()
        stage = choice.params.name.split("/")[-1]
        yield Training(_summary(day, result), stage, result, suggestion)


def run_session(
    lab: Lab,
    subject: str,
    protocol: str | Path,
    seed: int,
    started_at: datetime | None = None,
    stage: StageParams | None = None,
) -> Result:
    """Run one session of a virtual mouse in virtual time, on the first rig that suits.

    Parameters
    ----------
    lab, subject, protocol
        Which mouse of which lab does what, such as ``protocols/go_nogo.toml``.
    seed
        Of all chance.
    started_at
        When it is said to have begun; now if None.
    stage
        What a curriculum changes of the protocol.

    Raises
    ------
    RigError
        If the mouse is not a virtual one, no rig suits, or the session fails.
    """
    path = lab.find(Path(protocol))
    rig = first_rig_for(lab, plan_protocol(lab, path))
    plan = make_plan(lab, rig.path, path, subject, simulate=True, seed=seed, stage=stage)
    with Session(plan, "virtual", started_at=started_at) as session:
        return session.run()


def next_day(lab: Lab, subject: str) -> date:
    """Return the day after the mouse's last session; without one, that of its last move."""
    names = [each.path.parts[-2] for each in find_sessions(lab.data, subject)]
    days = [date.fromisoformat(name) for name in names if name != UNKNOWN]
    if days:
        return max(days) + timedelta(days=1)
    return history_in(lab, lab.subject(subject))[-1].at.date()


def _at(day: date, hour: time) -> datetime:
    """Return that hour of a day, in the computer's time zone."""
    return datetime.combine(day, hour).astimezone()


def _summary(day: int, result: Result) -> Day:
    done = performance(result.rows)
    return Day(
        day=day,
        trials=done.trials,
        hit_rate=done.hit_rate,
        false_alarm_rate=done.false_alarm_rate,
        d_prime=done.d_prime,
        water_ml=round(result.water_ul / 1000, 6),
        session=result.folder.name,
    )
