"""``rig curve``: learning curves of mice over their sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import rich.console
import typer
from rich.progress import track

from analysis.behaviour.bins import BIN_TRIALS
from analysis.commands.ls import MANY, day_of
from analysis.fits.sessions import Past, Wanted, by_reason, folders_of, read_past
from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    print_table,
    the_lab,
    told_if_stopped,
)
from rig.errors import ExitCode, OptionError, RecordingError
from rig.export.whole_file import whole_file
from rig.lab import Lab

if TYPE_CHECKING:
    from analysis.behaviour.course import Course, Courses

FOLDER = "curves"
FORMATS = (".png", ".pdf", ".svg")
MOST_MICE = 24
"""So many mice fit into one figure."""
_RATES = ("session", "protocol", "go", "nogo", "hits", "95 %", "FA", "95 %", "d'", "criterion")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("curve", epilog="Example: rig curve SIM01 SIM02 --out curves.pdf")(curve)


def curve(
    subjects: Annotated[list[str], typer.Argument(help="Which mice.")],
    since: Annotated[
        str | None, typer.Option(help="Only sessions from this day on: a date or yesterday.")
    ] = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Only sessions of this protocol file; repeatable.")
    ] = None,
    binned: Annotated[int, typer.Option(min=10, help="Trials of a bin.")] = BIN_TRIALS,
    out: Annotated[
        Path | None, typer.Option(help="Figure to write: .png, .pdf, .svg.", show_default=False)
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show how mice learned: fraction correct in bins with a sigmoid, rates and d' by session.

    Sessions of S+ and S-, one stimulus at a time, count; pretraining does not. The figure, and
    its numbers as JSON beside it, go to the lab's folder curves.
    """
    if out is not None and out.suffix.lower() not in FORMATS:
        raise OptionError(
            f"'{out}' is no figure", "--out", f"End its name in one of {', '.join(FORMATS)}."
        )
    the = the_lab(lab)
    mice = list(dict.fromkeys(the.named(subject) for subject in subjects))
    if len(mice) > MOST_MICE:
        raise OptionError(
            f"{len(mice)} mice do not fit into one figure",
            "SUBJECTS",
            f"Name {MOST_MICE} at most.",
        )
    first = None if since is None else day_of(since, date.today())
    with told_if_stopped(
        "the figure and its numbers are not written; earlier ones are as they were."
    ):
        found, figure = _curve(the, mice, Wanted(first, tuple(protocol or ())), binned, out)
    if json:
        print_json({"figure": str(figure.resolve()), **msgspec.to_builtins(found)})
    else:
        _print(found, figure)
    if found.failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _curve(
    lab: Lab, mice: Sequence[str], wanted: Wanted, bin_trials: int, out: Path | None
) -> tuple[Courses, Path]:
    """Return the learning curves, and where their figure is."""
    from analysis.behaviour.course import courses_of  # pandas and the models take a second to load
    from analysis.fits.store import folder_for

    pasts = list(_read(lab, mice, wanted))
    found = courses_of(pasts, wanted.protocols, bin_trials)
    if not found.mice:
        told = "; ".join(f"{name}: {why}" for name, why in found.failed.items())
        raise RecordingError(
            f"there is no learning curve. {told}", str(lab.data), "Name other mice or sessions."
        )
    figure = out or lab.folder / FOLDER / f"{folder_for(lab, 'curve', mice).name}.png"
    _write(found, figure)
    return found, figure


def _read(lab: Lab, subjects: Sequence[str], wanted: Wanted) -> Iterator[Past]:
    """Yield the past of each mouse; of many sessions, show on standard error how far it is."""
    folders = {subject: folders_of(lab, subject) for subject in subjects}
    errors = rich.console.Console(stderr=True)
    quiet = sum(map(len, folders.values())) < MANY or not errors.is_terminal
    for subject, own in folders.items():
        shown = track(own, f"reading {subject}", console=errors, transient=True, disable=quiet)
        yield read_past(subject, shown, wanted)


def _write(found: Courses, figure: Path) -> None:
    """Write the figure, and beside it the numbers that it shows and what it was made of."""
    from analysis.behaviour.course_figure import courses_figure
    from analysis.figures import draw_and_save

    sessions = [each.session for course in found.mice for each in course.sessions]
    make = partial(courses_figure, found.mice)
    draw_and_save(make, figure, sessions, {"bin_trials": found.bin_trials})
    with whole_file(figure.with_suffix(".json")) as path:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2))


def _print(found: Courses, figure: Path) -> None:
    for course in found.mice:
        rows = [
            (
                each.session, each.protocol, each.go, each.nogo,
                each.hit_rate, _range(each.hit_interval),
                each.false_alarm_rate, _range(each.false_alarm_interval),
                each.d_prime, each.criterion,
            )
            for each in course.sessions
        ]  # fmt: skip
        print_table(_RATES, rows, course.subject)
        console.print(_fit_in_words(course), soft_wrap=True)
        for told in by_reason(course.left_out):
            console.print(f"left out: {told}", soft_wrap=True)
        if course.holes:
            names = ", ".join(dict.fromkeys(hole.session for hole in course.holes))
            console.print(
                f"Not in the curve as a whole, though others follow: {names}. Trials behind are "
                "counted too low, and phases are too short.",
                soft_wrap=True,
            )
        console.print()
    for name, why in found.failed.items():
        console.print(f"{name}: {why}", soft_wrap=True)
    console.print(f"Figure: {figure.resolve()}", soft_wrap=True)


def _fit_in_words(course: Course) -> str:
    """Return what the bins and the sigmoid tell, in a line."""
    if not course.bins:
        return course.statement
    last = course.bins[-1]
    told = [f"last bin ({last.first} to {last.last}): {last.fraction:.2f} correct"]
    if not course.sigmoid:
        return f"{told[0]}. {course.statement}"
    for each in course.sigmoid:
        digits = 2 if each.name == "lapse" else 0
        if each.doubt or each.low is None or each.high is None:
            told.append(f"{each.name}: these trials do not tell")
        else:
            interval = _range((each.low, each.high), digits)
            told.append(f"{each.name} {each.value:.{digits}f} ({interval})")
    return "; ".join(told)


def _range(interval: tuple[float, float] | None, digits: int = 2) -> str:
    return "no interval" if interval is None else " to ".join(f"{x:z.{digits}f}" for x in interval)
