"""The verbs of the command ``rig`` that look at sessions: ``demo``, ``ls``, ``show``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import rich.console
import rich.markup
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analysis.behaviour import binned_correct
from analysis.demo import STUDENT, Training, days_to_train, demo_start, train, train_the_others
from analysis.timing import state_timing
from rig.commands.init import make_lab
from rig.console import (
    JsonOption,
    LabOption,
    as_cell,
    console,
    print_json,
    print_table,
    the_lab,
    the_session,
    typed,
)
from rig.errors import RecordingError
from rig.export.background import exports_of
from rig.lab import Lab, find_lab
from rig.performance import performance
from rig.session_folder import SessionFolder, find_sessions
from rig.session_record import SessionRecord, load_session
from rig.trials import TrialRow, short_outcome
from rig.wrap_up import told_of

SHOWN_TRIALS = 20
_TRIAL_COLUMNS = (
    "trial",
    "type",
    "start",
    "end",
    "stimulus",
    "lick",
    "licks",
    "response",
    "uL",
    "outcome",
    "where",
)


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    app.command("demo", epilog="Example: rig demo --headless --days 10 --seed 1 --lab demo --json")(
        demo
    )
    app.command("ls", epilog="Example: rig ls --subject SIM01")(ls)
    app.command("show", epilog="Example: rig show SIM01 --trials 50")(show)


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
    """Make a lab with one simulated rig and four virtual mice, and train one of them.

    Pretraining first (S+ alone, until 80 % of rewards are collected), then auditory Go/NoGo,
    a session a day, in virtual time.
    """
    folder = lab or _free_folder()
    make_lab(folder)
    the = find_lab(folder)
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
    if not headless and _has_display():
        typer.launch(str(picture))


def _train_all(lab: Lab, days: int, seed: int, *, quiet: bool) -> list[Training]:
    """Train the other mice and then the student; show a progress bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("sessions"),
        TimeElapsedColumn(),
    )
    bar = Progress(*columns, console=rich.console.Console(stderr=True), disable=quiet)
    trainings = []
    with bar:
        task = bar.add_task("training", total=days_to_train(days))
        last_day = demo_start()
        for training in train_the_others(lab, seed, last_day):
            bar.update(task, advance=1, description=f"training {_subject(training)}")
        for training in train(lab, STUDENT, days, seed, last_day):
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
    )


def _print_days(trainings: list[Training]) -> None:
    from analysis.figures import terminal_curve

    days = [training.day for training in trainings]
    print_table(
        ("day", "stage", "trials", "hit rate", "FA rate", "d'", "water mL", "session"),
        [
            (
                t.day.day,
                t.stage,
                t.day.trials,
                t.day.hit_rate,
                t.day.false_alarm_rate,
                t.day.d_prime,
                t.day.water_ml,
                t.day.session,
            )
            for t in trainings
        ],
    )
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


def ls(
    subject: Annotated[str | None, typer.Option(help="Only this subject.")] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """List the sessions of the lab, a line each; one that cannot be read is listed as such."""
    folders = find_sessions(the_lab(lab).data, subject)
    sessions = [_summary_of(folder) for folder in folders]
    if json:
        print_json(sessions)
        return
    if not sessions:
        console.print("There are no sessions.")
        return
    columns = {
        "session": "session",
        "protocol": "protocol",
        "trials": "trials",
        "hit_rate": "hits",
        "false_alarm_rate": "FA",
        "d_prime": "d'",
        "water_ml": "mL",
        "ended": "ended",
    }
    rows = [[session.get(column) for column in columns] for session in sessions]
    print_table(list(columns.values()), rows)


def _summary_of(folder: SessionFolder) -> dict[str, Any]:
    """Return the summary of a session, or what is wrong with it."""
    try:
        return _summary(load_session(folder))
    except RecordingError as error:
        return {"session": folder.name, "ended": f"unreadable: {error.what}"}


def show(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    trials: Annotated[int, typer.Option(min=0, help="Show that many last trials.")] = SHOWN_TRIALS,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show one session: its summary, the timing of its states, its table of trials."""
    record = load_session(the_session(session, lab))
    timing = state_timing(record.events)
    summary = _summary(record)
    said = told_of(record.folder)
    if json:
        print_json({"summary": summary, "wrap_up": said, "trials": record.rows, "timing": timing})
        return
    outcomes = ", ".join(f"{name} {count}" for name, count in summary["outcomes"].items())
    exports = ", ".join(f"{name} {told}" for name, told in summary["exports"].items())
    for name, value in (summary | {"outcomes": outcomes, "exports": exports or None}).items():
        console.print(f"[bold]{name:<17}[/] {as_cell(value)}", soft_wrap=True)
    console.print(f"[bold]{'wrap_up':<17}[/] {_said(said)}", soft_wrap=True)
    if timing:
        console.print("\nStates: requested and achieved durations in s, the engine's lateness")
        columns = ("requested", "shortest", "longest", "error ms", "late ms")
        print_table(
            ("state", "entered", *columns), [msgspec.structs.astuple(row) for row in timing]
        )
    shown = record.rows[-trials:] if trials else []
    if shown:
        title = f"\nLast {len(shown)} of {len(record.rows)} trials (times in s)"
        names = _TRIAL_COLUMNS if any(row.labels for row in shown) else _TRIAL_COLUMNS[:-1]
        print_table(names, [_shown(row)[: len(names)] for row in shown], title)


def _said(wrap_up: dict[str, Any] | None) -> str:
    """Return what a person said of a session, in a line."""
    if wrap_up is None:
        return as_cell(None)
    if "problem" in wrap_up:
        return rich.markup.escape(wrap_up["problem"])
    droppings = wrap_up["droppings"]
    told = (
        wrap_up["reason"],
        wrap_up["condition"],
        "" if droppings is None else f"{droppings} droppings",
        wrap_up["comment"],
        "" if wrap_up["usable"] else "NOT TO BE USED",
    )
    return rich.markup.escape(f"{wrap_up['by']}: {'; '.join(filter(None, told))}")


def _shown(row: TrialRow) -> tuple[object, ...]:
    """Return a row as people read it: stimulus and first lick as times in the trial.

    A drop that the vacuum removed stands in brackets; last comes where the trial stands in the
    experiment.
    """
    return (
        row.trial,
        f"{row.trial_type} {row.stimulus}",
        row.start_time,
        row.end_time,
        _since(row.start_time, row.stimulus_time),
        _since(row.stimulus_time, row.first_lick_time),
        row.lick_count,
        _response(row),
        row.reward_ul if row.removed_ul is None else f"({row.reward_ul:.3f})",
        short_outcome(row.outcome or "aborted"),
        " ".join([str(row.block)] * bool(row.block) + list(row.labels.values())),
    )


def _response(row: TrialRow) -> str | None:
    """Return what the criterion saw, with its unit."""
    if row.dwell is not None:
        return f"{row.dwell:.3f} s"
    return None if row.licks is None else f"{row.licks:g} licks"


def _since(start: float | None, time: float | None) -> float | None:
    return None if start is None or time is None else time - start


def _ended(record: SessionRecord) -> str:
    """Return why a session has ended, in words."""
    if record.ended is not None:
        return record.ended.reason
    return "still runs" if record.running else "cut off"


def _summary(record: SessionRecord) -> dict[str, Any]:
    """Return one session as a flat table row."""
    done = performance(record.rows)
    definition = record.definition
    outcomes = Counter(row.outcome or "aborted" for row in record.rows)
    simulated = [device.name for device in definition.devices if device.simulated]
    return {
        "session": record.folder.name,
        "started_at": record.header.started_at,
        "rig": definition.rig,
        "protocol": definition.protocol,
        "trials": done.trials,
        "hit_rate": done.hit_rate,
        "false_alarm_rate": done.false_alarm_rate,
        "d_prime": done.d_prime,
        "outcomes": dict(sorted(outcomes.items())),
        "water_ml": round(record.water_ul / 1000, 6),
        "simulated": len(simulated) == len(definition.devices),
        "seed": definition.seed,
        "ended": _ended(record),
        "damage": record.damage or None,
        "exports": exports_of(record.folder),
        "folder": str(record.folder.path),
    }
