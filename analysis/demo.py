"""The demonstration: a throw-away lab whose virtual mice are trained in virtual time.

Everything but the hardware is the real thing: the same protocols, engine, recording and
analysis that train an animal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

import msgspec

from rig.lab import Lab
from rig.performance import performance
from rig.plan import make_plan
from rig.session import Result, Session

RIG = Path("rigs/box1.toml")
PRETRAINING = Path("protocols/pretraining.toml")
GO_NOGO = Path("protocols/go_nogo.toml")
STUDENT = "SIM01"
DAYS_BEFORE = {"SIM02": 2, "SIM03": 5, "SIM04": 9}
"""Days that the other mice were trained before: just pretrained, half-way, expert."""


class Day(msgspec.Struct, frozen=True):
    """One day of training, as ``rig demo --json`` prints it.

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
    """One day of one mouse, with its stage and the result that the day summarises."""

    day: Day
    stage: str
    result: Result


def days_to_train(days: int) -> int:
    """Return how many sessions the demonstration takes altogether, for a progress bar."""
    return days + sum(DAYS_BEFORE.values())


def train_the_others(lab: Lab, seed: int, last_day: datetime) -> Iterator[Training]:
    """Train the mice that are further on, so that the lab has a past."""
    for number, (subject, days) in enumerate(DAYS_BEFORE.items(), start=1):
        yield from train(lab, subject, days, seed + 1000 * number, last_day)


def train(lab: Lab, subject: str, days: int, seed: int, last_day: datetime) -> Iterator[Training]:
    """Train one mouse for some days: pretraining until it collects its rewards, then Go/NoGo.

    Parameters
    ----------
    lab
        A lab made by `rig init`.
    subject
        Which virtual mouse.
    days
        How many sessions, one a day.
    seed
        Of the first day; the others follow from it.
    last_day
        When the last session begins.
    """
    protocol = PRETRAINING
    for day in range(1, days + 1):
        plan = make_plan(lab, RIG, protocol, subject, simulate=True, seed=seed + day)
        started_at = last_day - timedelta(days=days - day)
        with Session(plan, "virtual", started_at=started_at) as session:
            result = session.run()
        yield Training(_summary(day, result), protocol.stem, result)
        if result.finished:
            protocol = GO_NOGO


def demo_start() -> datetime:
    """Return this morning at nine: when the last day of the demonstration begins."""
    now = datetime.now().astimezone()
    return datetime.combine(now.date(), time(9), tzinfo=now.tzinfo)


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
