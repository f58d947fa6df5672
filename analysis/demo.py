"""The demonstration: a throw-away lab whose virtual mice have a past, made in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from analysis.training import Training, train
from rig.commands.init import make_lab
from rig.lab import Lab, find_lab
from rig.stage_moves import enter_group, override

CURRICULUM = Path("curricula/ceballo2019.toml")
STUDENT = "SIM01"
DAYS_BEFORE = {"SIM02": 2, "SIM03": 5, "SIM04": 9}
"""Days that the other mice were trained before: just pretrained, half-way, expert."""
_BY, _WHY = "rig demo", "the demonstration begins at pretraining"


def new_lab(folder: Path) -> Lab:
    """Make a lab with virtual mice, as `rig init` does, and return it.

    Raises
    ------
    ConfigError
        If one of its files exists.
    """
    make_lab(folder)
    return find_lab(folder)


def days_to_train(days: int) -> int:
    """Return how many sessions the demonstration takes altogether, for a progress bar."""
    return days + sum(DAYS_BEFORE.values())


def train_the_others(lab: Lab, seed: int) -> Iterator[Training]:
    """Train the mice that are further on, up to yesterday, so that the lab has a past."""
    for number, (subject, days) in enumerate(DAYS_BEFORE.items(), start=1):
        yield from train_from_pretraining(lab, subject, days, seed + 1000 * number)


def train_from_pretraining(lab: Lab, subject: str, days: int, seed: int) -> Iterator[Training]:
    """Let a mouse enter its curriculum at pretraining, and train it up to yesterday."""
    first_day = _yesterday() - timedelta(days=days - 1)
    begin(lab, subject, first_day)
    yield from train(lab, subject, days, seed, first_day)


def begin_student(lab: Lab, days: int) -> None:
    """Let the student begin so many days ago that its last day can be yesterday."""
    begin(lab, STUDENT, _yesterday() - timedelta(days=days - 1))


def begin(lab: Lab, subject: str, first_day: date) -> None:
    """Let a mouse enter the curriculum on a day, early in the morning, at pretraining."""
    morning = datetime.combine(first_day, time(7)).astimezone()
    enter_group(lab, subject, lab.folder / CURRICULUM, morning, 1, _WHY, _BY)
    override(lab, subject, "pretraining", morning + timedelta(minutes=1), _WHY, _BY)


def _yesterday() -> date:
    return datetime.now().astimezone().date() - timedelta(days=1)
