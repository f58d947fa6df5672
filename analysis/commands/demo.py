"""``rig demo``: a lab of virtual mice, one of which is trained."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import rich.console
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analysis.behaviour.bins import binned_correct
from analysis.commands.train import print_days
from analysis.demo import (
    STUDENT,
    begin_student,
    days_to_train,
    new_lab,
    train_from_pretraining,
    train_the_others,
)
from analysis.person import add_box_for_a_person
from analysis.training import Training
from rig.console import JsonOption, console, print_json, typed
from rig.lab import Lab
from rig.program import RIG_PROGRAM


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("demo", epilog="Example: rig demo --headless --days 10 --seed 1 --lab demo --json")(
        demo
    )


def demo(
    days: Annotated[int, typer.Option(min=1, max=100, help="Days of training.")] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**32, help="Seed of all chance.")] = 1,
    lab: Annotated[
        Path | None, typer.Option(help="Folder to make; the first free demo-lab by default.")
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Open no window, even on a display.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a lab of virtual mice with a past, and open the window on it for a guided tour.

    With --headless or --json, or without a display, one of the mice is trained instead: pretraining
    first (S+ alone, until 80 % of rewards are collected), then auditory Go/NoGo, a session a day,
    in virtual time.
    """
    folder = lab or _free_folder()
    if _has_display() and not headless and not json:
        _open_window(folder, days, seed)
    the = new_lab(folder)
    trainings = _train_all(the, days, seed, quiet=json)
    picture = folder / "learning_curve.png"
    _save_figure(picture, trainings)
    if json:
        print_json({"days": [training.day for training in trainings]})
        return
    _print_days(trainings)
    console.print(f"\nSessions:       {(the.data / STUDENT).resolve()}", soft_wrap=True)
    console.print(f"Learning curve: {picture.resolve()}", soft_wrap=True)
    further = typed(f"show {STUDENT} --lab {folder}")
    console.print(f"Look further:   {further}", soft_wrap=True)


def _open_window(folder: Path, days: int, seed: int) -> None:
    """Open the window on the lab; ends the command with it."""
    lab = make_past(folder, days, seed)
    console.print(f"The lab of the demonstration: {lab.folder.resolve()}", soft_wrap=True)
    console.print(f"To open it again: {typed(f'gui --lab {folder} --guide')}", soft_wrap=True)
    arguments = ["gui", "--lab", str(lab.folder), "--guide"]
    done = subprocess.run([*RIG_PROGRAM, *arguments], check=False)
    raise typer.Exit(done.returncode)


def make_past(folder: Path, days: int, seed: int) -> Lab:
    """Make the lab for a person at a window: mice with a past, and a box for the person.

    Parameters
    ----------
    folder
        Where it is made.
    days
        How many days ago the naive mouse begins, so that its last one can be yesterday.
    seed
        Of all chance.
    """
    lab = new_lab(folder)
    with _bar(quiet=False) as bar:
        task = bar.add_task("making a past", total=days_to_train(0))
        for training in train_the_others(lab, seed):
            bar.update(task, advance=1, description=f"training {_subject(training)}")
    begin_student(lab, days)
    silent = add_box_for_a_person(lab)
    if silent:
        console.print(f"You will not hear the sounds: {silent}.", soft_wrap=True)
    return lab


def _bar(*, quiet: bool) -> Progress:
    """Return a progress bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("sessions"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=rich.console.Console(stderr=True), disable=quiet)


def _train_all(lab: Lab, days: int, seed: int, *, quiet: bool) -> list[Training]:
    """Train the other mice and then the student."""
    trainings = []
    with _bar(quiet=quiet) as bar:
        task = bar.add_task("training", total=days_to_train(days))
        for training in train_the_others(lab, seed):
            bar.update(task, advance=1, description=f"training {_subject(training)}")
        for training in train_from_pretraining(lab, STUDENT, days, seed):
            bar.update(task, advance=1, description=f"training {STUDENT}")
            trainings.append(training)
    return trainings


def _subject(training: Training) -> str:
    return training.day.session.split("/")[0]


def _save_figure(path: Path, trainings: list[Training]) -> None:
    from analysis.figures import save_learning_figure  # matplotlib takes half a second to load

    days = [training.day for training in trainings]
    rows = [
        row for training in trainings if training.stage == "go_nogo" for row in training.result.rows
    ]
    save_learning_figure(
        path,
        f"{STUDENT} (virtual mouse): auditory Go/NoGo",
        [day.day for day in days],
        [day.hit_rate for day in days],
        [day.false_alarm_rate for day in days],
        binned_correct(rows),
        [day.session for day in days],
    )


def _print_days(trainings: list[Training]) -> None:
    from analysis.figures import terminal_curve

    days = [training.day for training in trainings]
    print_days(trainings)
    console.print()
    curve = terminal_curve(
        [day.day for day in days],
        [day.hit_rate for day in days],
        [day.false_alarm_rate for day in days],
    )
    typer.echo(curve)


def _free_folder() -> Path:
    """Return demo-lab, or the first of demo-lab-2, demo-lab-3, ... that does not exist."""
    path, number = Path("demo-lab"), 1
    while path.exists():
        number += 1
        path = Path(f"demo-lab-{number}")
    return path


def _has_display() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
