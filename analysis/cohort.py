"""Virtual mice in two groups, trained in virtual time: an analysis of groups can be tried on them.

As in Ceballo et al. 2019 half of the mice are rewarded after the sound that recruits more cortex,
and half after the other one. Each mouse begins with weights of its own, and knows how to collect
rewards, as after pretraining.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pandas as pd

from analysis.demo import CURRICULUM
from analysis.training import Training, train
from models.task import COLUMNS, draw_initial_weights
from rig.lab import Lab
from rig.stage_moves import enter_group, override

GROUPS = ("S+ is A", "S+ is B")
"""By the number of the assignment in the curriculum; B recruits twice as much cortex as A."""
STAGE = "go_nogo"
ENTERED = time(7)
"""When mice enter the curriculum, on their first day."""
SEEDS = 1000
"""From the seed of one mouse to that of the next one; each day has its own between them."""


def add_cohort(lab: Lab, mice: int, seed: int) -> pd.DataFrame:
    """Add virtual mice to a lab, and return what is known of them.

    Parameters
    ----------
    lab
        The lab.
    mice
        How many; they are called VM01, VM02, ... and are in the two groups by turns.
    seed
        Of their weights.

    Returns
    -------
    pandas.DataFrame
        A row for each mouse, by its name: ``group``, and the initial weights
        ``common_excitation``, ``common_inhibition`` and ``specific_weight``.
    """
    weights = draw_initial_weights(mice, seed)
    names = [f"VM{number:02}" for number in range(1, mice + 1)]
    for name, own in zip(names, weights.tolist(), strict=True):
        settings = "".join(f"{key} = {value!r}\n" for key, value in zip(COLUMNS, own, strict=True))
        text = f'id = "{name}"\nsimulated = true\n\n[mouse]\n{settings}'
        lab.subject_file(name).write_text(text, encoding="utf-8")
    known = pd.DataFrame(weights, index=pd.Index(names, name="mouse"), columns=list(COLUMNS))
    known.insert(0, "group", [GROUPS[number % len(GROUPS)] for number in range(mice)])
    return known


def train_cohort(
    lab: Lab, cohort: pd.DataFrame, days: int, seed: int, first_day: date
) -> Iterator[Training]:
    """Train each mouse of a cohort in Go/NoGo, a session a day; yield each day as it ends.

    Parameters
    ----------
    lab, cohort
        The lab, and what `add_cohort` returned.
    days
        Sessions of each mouse.
    seed
        Of all chance.
    first_day
        The day of the first sessions.
    """
    entered = datetime.combine(first_day, ENTERED).astimezone()
    for number, (name, group) in enumerate(cohort["group"].items()):
        mouse, why = str(name), "a cohort of virtual mice begins here"
        assignment = GROUPS.index(group) + 1
        enter_group(lab, mouse, lab.folder / CURRICULUM, entered, assignment, why, __name__)
        override(lab, mouse, STAGE, entered + timedelta(minutes=1), why, __name__)
        yield from train(lab, mouse, days, seed + SEEDS * number, first_day)
