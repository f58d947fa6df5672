"""Reads a session and a recording, decodes, draws and writes: what ``rig decode`` does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from analysis.figures import draw_and_save
from analysis.progress_bar import ProgressBar
from analysis.report import simulated_words
from analysis.session_decoding.asked import Asked
from analysis.session_decoding.figure import decoding_figure
from analysis.session_decoding.reading import Beside, read_beside, told_at
from analysis.session_decoding.results import Result
from analysis.session_decoding.run import Course, angles_between, decode_variables, numbers_of
from rig.dataset import SessionData, read_session
from rig.export.whole_file import whole_file


def decode_session(folder: Path, recording: Path, asked: Asked, figure: Path) -> Result:
    """Decode what is asked for, and write the figure, with its numbers beside it.

    Parameters
    ----------
    folder
        Of the session.
    recording
        The NWB file.
    asked
        What, and how.
    figure
        The file to write; its ending gives the format. Beside it go ``NAME.csv`` with the curves,
        and what `draw_and_save` writes.

    Raises
    ------
    RigError
        If something cannot be used or written; it says what.
    """
    with ProgressBar() as bar:
        bar.begin("reading", 0)
        session = read_session(folder)
        beside = read_beside(session, recording, asked)
        with told_at(session.meta["session"]):
            courses = decode_variables(beside, asked, session.meta["session"], bar.begin)
            found = _result(session, recording, beside, asked, courses)
        bar.begin("drawing", 0)
        _write(found, courses, figure)
    return found


def _result(
    session: SessionData,
    recording: Path,
    beside: Beside,
    asked: Asked,
    courses: tuple[Course, ...],
) -> Result:
    onsets, window = beside.facts["time"].to_numpy(), beside.window
    return Result(
        session=session.meta["session"],
        recording=str(recording.resolve()),
        alignment="" if asked.alignment is None else str(asked.alignment.resolve()),
        simulated=simulated_words(session.record),
        kind=beside.kind,
        window=(window.begin, window.end),
        bin=window.bin,
        smoothing=asked.smoothing if beside.kind == "spikes" else 0.0,
        neighbours=asked.neighbours,
        strength=asked.strength,
        folds=asked.folds,
        shuffles=asked.shuffles,
        seed=asked.seed,
        units=tuple(beside.activity["neuron"].values.tolist()),
        units_left_out=beside.units_left_out,
        trials=len(beside.facts),
        trials_left_out=beside.trials_left_out,
        overlapping=int((np.diff(onsets) < window.end - 1e-9).sum()),
        angle=asked.angle,
        variables=tuple(each.variable for each in courses),
        angles=angles_between(courses, asked),
    )


def _write(found: Result, courses: Sequence[Course], figure: Path) -> None:
    """Write the figure, what it was made of, and its numbers."""
    told = msgspec.to_builtins(found)
    draw_and_save(partial(decoding_figure, found, courses), figure, [found.session], told)
    with whole_file(figure.with_suffix(".csv")) as path:
        numbers_of(tuple(courses)).to_csv(path, index=False, float_format="%.6g")
