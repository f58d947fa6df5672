"""``rig train``: train a virtual mouse for some days, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from analysis.training import Training, next_day, train
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("train", epilog="Example: rig train SIM01 --days 5")(train_mouse)


def train_mouse(
    subject: Annotated[str, typer.Argument(help="Which virtual mouse; it is in a curriculum.")],
    days: Annotated[int, typer.Option(min=1, max=100, help="Days of training.")] = 1,
    seed: Annotated[int, typer.Option(min=0, max=2**32, help="Seed of all chance.")] = 1,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Train a virtual mouse in virtual time: a session a day, from the day after its last one.

    Each morning it moves to the stage that its curriculum suggests. Days in the future are allowed.
    """
    the = the_lab(lab)
    first = next_day(the, subject)
    done = list(train(the, subject, days, seed + first.toordinal(), first))
    if json:
        print_json({"subject": subject, "days": [_described(each) for each in done]})
        return
    print_days(done)
    if done[-1].suggestion:
        console.print(f"\n{done[-1].suggestion}", soft_wrap=True)


def print_days(trainings: Sequence[Training]) -> None:
    """Print what a mouse did, a line for each day."""
    print_table(
        ("day", "stage", "trials", "hit rate", "FA rate", "d'", "water mL", "session"),
        [(each.day.day, each.stage, *msgspec.structs.astuple(each.day)[1:]) for each in trainings],
    )


def _described(training: Training) -> dict[str, object]:
    day = msgspec.structs.asdict(training.day)
    return day | {"stage": training.stage, "suggestion": training.suggestion}
