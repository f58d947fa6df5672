"""The report of a mouse: how it learned, its stages, its water, and all its sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib.style
import msgspec
from matplotlib.figure import Figure

from analysis.day_report import Row, share, simulated_words, stage_of, two_digits
from analysis.figures import MM, PAGE_MM, STYLE, learning_curve, mark
from analysis.html import banner, escaped, facts, heading, page, paragraph, picture, table
from analysis.quality import Word
from analysis.timelines import (
    detection_over_sessions,
    sensitivity_over_sessions,
    stage_timeline,
    water_over_sessions,
)
from rig.config import Subject, sex_words
from rig.errors import RigError
from rig.lab import Lab
from rig.stage_history import StageEntry, label_of, read_history

WIDTH = PAGE_MM * MM
SILENT = "silent"
"""Type of trials without a sound, by which detection tells chance."""
LAST_WORDS = 10
"""Of so many last sessions it is told what to look at."""


class Mouse(msgspec.Struct, frozen=True):
    """What is known of a mouse.

    Attributes
    ----------
    name
        Its id.
    subject
        Its file; None if there is none, or it is wrong.
    rows
        Its sessions, as `analysis.summary.read_summary` tells them, in their order.
    moves
        How it came to its stages.
    problem
        What of this cannot be read, in words; empty if all can.
    """

    name: str
    subject: Subject | None
    rows: list[dict[str, Any]]
    moves: list[StageEntry]
    problem: str


def read_mouse(lab: Lab, name: str, rows: list[dict[str, Any]]) -> Mouse:
    """Return what is known of a mouse with these sessions; nothing of it has to be readable."""
    subject, moves, problems = None, [], []
    try:
        if lab.subject_file(name).exists():
            subject = lab.subject(name)
        moves = read_history(lab, name)
    except RigError as error:
        problems.append(str(error))
    return Mouse(name, subject, rows, moves, " ".join(problems))


def subject_page(mouse: Mouse) -> str:
    """Return the report of a mouse as an HTML page."""
    with matplotlib.style.context(STYLE):
        return page(f"{mouse.name}, {len(mouse.rows)} sessions", _parts(mouse))


def learning_figure(rows: Sequence[Row]) -> Figure:
    """Return hit and false-alarm rate, and d', by session; detection is drawn by itself."""
    figure = Figure(figsize=(WIDTH, 95 * MM), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.4, 1))
    numbers = range(1, len(rows) + 1)
    go_nogo = [{} if _is_detection(row) else row for row in rows]
    detection = [row if _is_detection(row) else {} for row in rows]
    learning_curve(
        upper, numbers, _each("hit_rate", go_nogo), _each("false_alarm_rate", go_nogo), "no S-"
    )
    detection_over_sessions(
        upper, _each("hit_rate", detection), _each("false_alarm_rate", detection)
    )
    upper.set(xlabel="")
    sensitivity_over_sessions(lower, _each("d_prime", go_nogo), _each("d_prime", detection))
    if upper.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower center", ncols=2)
    return figure


def _is_detection(row: Row) -> bool:
    """Whether its nogo trials are silent ones: they tell chance, and nothing of discrimination."""
    return SILENT in row.get("trial_types", ())


def _each(name: str, rows: Sequence[Row]) -> list[float | None]:
    return [row.get(name) for row in rows]


def timeline_figure(rows: Sequence[Row]) -> Figure:
    """Return the stages and the water by session."""
    stages = [stage_of(row) for row in rows]
    height = 45 + 6 * len(set(stages))
    figure = Figure(figsize=(WIDTH, height * MM), layout="constrained")
    ratios = (1 + 0.25 * len(set(stages)), 1.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=ratios)
    stage_timeline(upper, stages)
    upper.set(xlabel="")
    water_over_sessions(lower, [row.get("water_ml") for row in rows])
    return figure


def _parts(mouse: Mouse) -> Iterator[str]:
    yield f"<h1>{escaped(mouse.name)}</h1>"
    if mouse.problem:
        yield banner(mouse.problem, "bad")
    simulated = simulated_words(mouse.rows)
    if simulated:
        yield banner(simulated, "simulated")
    yield facts(_facts(mouse))
    if not mouse.rows:
        yield banner("It has no sessions.", "note")
    else:
        yield heading("Learning")
        yield _marked(
            learning_figure(mouse.rows), "Hit and false-alarm rate, and d', by session", simulated
        )
        yield heading("Stages and water")
        yield _marked(timeline_figure(mouse.rows), "Stage and water by session", simulated)
        yield from _look_at(mouse.rows)
        yield heading("Sessions")
        yield table(
            ("day", "no.", "quality", "trials", "hits", "FA", "d'", "mL", "stage", "ended"),
            [_shown(row) for row in reversed(mouse.rows)],
        )
    if mouse.moves:
        yield heading("Moves between stages")
        yield table(
            ("at", "stage", "by", "reason"),
            [(f"{move.at:%Y-%m-%d %H:%M}", label_of(move), move.by, move.reason)
             for move in reversed(mouse.moves)],
        )  # fmt: skip


def _marked(figure: Figure, alt: str, simulated: str) -> str:
    """Return a figure as an image; where sessions are simulated, that stands across it."""
    mark(figure, simulated)
    return picture(figure, alt)


def _facts(mouse: Mouse) -> Iterator[tuple[str, object]]:
    subject, good = mouse.subject, sum(row["qc"] == [Word.GOOD] for row in mouse.rows)
    if subject is not None:
        yield "ear tag", subject.ear_tag
        yield "cage", subject.cage
        yield "mark", subject.mark
        yield "sex", sex_words(subject.sex)
        yield "born", subject.date_of_birth
        yield "weight", None if subject.weight_g is None else f"{subject.weight_g:g} g by its file"
    if mouse.moves:
        yield "stage", f"{label_of(mouse.moves[-1])} since {mouse.moves[-1].at:%Y-%m-%d}"
    if mouse.rows:
        yield "sessions", f"{len(mouse.rows)}, {good} of them good"
        yield "from, to", f"{mouse.rows[0]['day']} to {mouse.rows[-1]['day']}"
        water = sum(row.get("water_ml") or 0.0 for row in mouse.rows)
        yield "water in the rig", f"{water:.2f} mL altogether"


def _look_at(rows: Sequence[Row]) -> Iterator[str]:
    told = [(row["session"], why) for row in reversed(rows[-LAST_WORDS:]) for why in row["qc_why"]]
    if told:
        yield heading("Look at")
        yield table(("session", "what"), told)
        if len(rows) > LAST_WORDS:
            yield paragraph(f"Of the last {LAST_WORDS} sessions.", "quiet")


def _shown(row: Row) -> tuple[object, ...]:
    return (
        row["day"], row["number"], ", ".join(row["qc"]), row.get("trials"),
        share(row.get("hit_rate")), share(row.get("false_alarm_rate")),
        two_digits(row.get("d_prime")), two_digits(row.get("water_ml")), stage_of(row),
        row["ended"],
    )  # fmt: skip
