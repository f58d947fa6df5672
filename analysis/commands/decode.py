"""``rig decode``: what neurons that were recorded beside a session tell of it, over time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from analysis.session_decoding.asked import Asked, VariableName
from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    the_session,
    told_if_stopped,
)
from rig.errors import OptionError
from rig.session_folder import check_writable, nearest_folder

FORMATS = (".png", ".pdf", ".svg")
LARGEST_STRENGTH = 1e12
"""Beyond it rounding decides, not the data."""
EPILOG = "Example: rig decode SIM01 --units M1.nwb --of context --of choice"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("decode", epilog=EPILOG)(decode)


def decode(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    units: Annotated[
        Path, typer.Option(help="NWB file with sorted units, or with traces of ROIs.")
    ],
    of: Annotated[
        list[VariableName] | None,
        typer.Option(help="What to decode; repeatable: then angles, too. The stimulus by default."),
    ] = None,
    alignment: Annotated[
        Path | None, typer.Option(help="What `rig align` wrote, for a recording on its own clock.")
    ] = None,
    only_trials: Annotated[
        list[str] | None, typer.Option(help="Only such: context=visual; repeatable.")
    ] = None,
    only_units: Annotated[
        list[str] | None, typer.Option(help="Only such: quality=good; repeatable.")
    ] = None,
    series: Annotated[str | None, typer.Option(help="Series of traces, by its name.")] = None,
    window: Annotated[
        tuple[float, float], typer.Option(help="Begin and end around the stimulus, s.")
    ] = (-1.5, 4.5),
    bin_: Annotated[
        float | None, typer.Option("--bin", min=0.001, help="Seconds: 0.01, or a frame of traces.")
    ] = None,
    smoothing: Annotated[
        float, typer.Option(min=0, max=10, help="SD of the Gaussian, s; 0 for none.")
    ] = 0.1,
    neighbours: Annotated[
        int, typer.Option(min=0, max=100, help="Bins on each side that are taken in.")
    ] = 2,
    strength: Annotated[
        float, typer.Option(help="C of the regression: the smaller, the more regular.")
    ] = 1.0,
    folds: Annotated[int, typer.Option(min=2, max=1000, help="Of the cross-validation.")] = 10,
    shuffles: Annotated[
        int, typer.Option(min=20, max=100_000, help="Of the labels, for the chance level.")
    ] = 40,
    seed: Annotated[int, typer.Option(min=0, max=2**32, help="Seed of the shuffles.")] = 0,
    angle: Annotated[
        tuple[float, float], typer.Option(help="Begin and end for decision vectors, s.")
    ] = (0.0, 0.5),
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Threads; one a core by default.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Figure: .png, .pdf, .svg; in the session's folder by default."),
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Decode over time what neurons beside a session tell of stimulus, choice, context or outcome.

    Draws the accuracies, with what labels without meaning reach, and writes them as CSV beside.
    """
    if not 1 / LARGEST_STRENGTH <= strength <= LARGEST_STRENGTH:
        do = f"Give a number from {1 / LARGEST_STRENGTH:g} to {LARGEST_STRENGTH:g}."
        raise OptionError(f"C is {strength}", "--strength", do)
    if out is not None and out.suffix.lower() not in FORMATS:
        raise OptionError(
            f"'{out}' is no figure", "--out", f"End its name in one of {', '.join(FORMATS)}."
        )
    names = tuple(dict.fromkeys(of or [VariableName.STIMULUS]))
    folder = the_session(session, lab)
    figure = out or folder.path / f"decoding-{'-'.join(names)}.png"
    check_writable(nearest_folder(figure.parent))  # at the end hours may be lost
    asked = Asked(
        of=names,
        alignment=alignment,
        trials=tuple(only_trials or ()),
        units=tuple(only_units or ()),
        series=series,
        window=window,
        bin=bin_,
        smoothing=smoothing,
        neighbours=neighbours,
        strength=strength,
        folds=folds,
        shuffles=shuffles,
        seed=seed,
        angle=angle,
        jobs=jobs or os.cpu_count() or 1,
    )
    with told_if_stopped(
        "the figure and its numbers are not written; earlier ones are as they were."
    ):
        from analysis.session_decoding.command import decode_session  # takes seconds to load
        from analysis.session_decoding.tables import print_result

        found = decode_session(folder.path, units, asked, figure)
    if json:
        numbers = figure.with_suffix(".csv").resolve()
        print_json(
            {
                "figure": str(figure.resolve()), "numbers": str(numbers),
                **msgspec.to_builtins(found),
            }
        )  # fmt: skip
        return
    print_result(found)
    console.print(f"Figure: {figure.resolve()}", soft_wrap=True)
