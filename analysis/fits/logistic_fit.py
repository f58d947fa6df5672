"""Logistic regression of the choices of one mouse on stimuli, context and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.fits.found import FAILURES, fitted, mouse_fit
from analysis.fits.reading import Trial
from analysis.fits.results import MouseFit
from analysis.fits.sessions import (
    Past,
    Recorded,
    is_discrimination,
    is_pretraining,
    is_set_shifting,
)
from analysis.fits.settings import Settings
from models.errors import EmptyDataError, ModelError
from models.logistic import Design, LogisticRegression, choice_columns


@dataclass(frozen=True)
class RegressionOrder:
    """A mouse, and the runs of trials whose choices are to be explained.

    Attributes
    ----------
    past
        The sessions.
    runs
        Trials that follow each other: history does not cross from one run to the next.
    settings
        What is asked for.
    """

    past: Past
    runs: tuple[tuple[Trial, ...], ...]
    settings: Settings


def regression_order(past: Past, settings: Settings) -> RegressionOrder:
    """Return a mouse as it is to be fitted: discrimination, or trials of two modalities.

    Raises
    ------
    ModelError
        If it has no such session, or sessions of both sorts.
    """
    shifting = past.only(is_set_shifting)
    discriminating = past.only(lambda each: is_discrimination(each) and not is_pretraining(each))
    if shifting.sessions and discriminating.sessions:
        raise ModelError(
            "there are sessions of one modality and of two", "Name one sort by --protocol."
        )
    kept, runs = (
        (shifting, _runs_of_blocks(shifting.sessions))
        if shifting.sessions
        else (discriminating, _runs_of_sessions(discriminating.sessions))
    )
    if not any(runs):
        raise EmptyDataError("there is no session of S+ and S-", "`rig ls` lists the sessions.")
    return RegressionOrder(kept, tuple(run for run in runs if run), settings)


def fit_regression(order: RegressionOrder) -> MouseFit | str:
    """Fit the regression of one mouse; return why not, if its data cannot be fitted."""
    past, settings = order.past, order.settings
    try:
        design = design_of(order.runs, settings.lags)
        found, _ = fitted(LogisticRegression(tuple(design.columns)), design, settings)
    except FAILURES as error:
        return str(error)
    return mouse_fit(past, (found,))


def design_of(runs: Sequence[Sequence[Trial]], lags: int) -> Design:
    """Return the choices of some runs of trials, and what may explain them.

    Columns that are the same in all trials are left out: they explain nothing.
    """
    rows = [row for run in runs for row in run]
    starts = np.cumsum([0, *(len(run) for run in runs)])[:-1]
    go = np.array([row.trial_type == "go" for row in rows])
    other = np.array([row.labels.get("congruency") == "congruent" for row in rows]) == go
    licked = np.array([row.responded for row in rows])
    columns = choice_columns(
        relevant_go=go,
        other_go=other,
        licked=licked,
        rewarded=[row.outcome == "hit" for row in rows],
        visual_context=[row.labels.get("context") == "visual" for row in rows],
        lags=lags,
        session_starts=starts.tolist(),
    )
    if not any("congruency" in row.labels for row in rows):
        columns = {
            "stimulus" if name == "relevant" else name: column
            for name, column in columns.items()
            if name not in {"other", "context"}
        }
    return Design({name: each for name, each in columns.items() if np.ptp(each)}, licked)


def _runs_of_sessions(sessions: Sequence[Recorded]) -> list[tuple[Trial, ...]]:
    return [
        tuple(row for row in session.rows if row.trial_type in {"go", "nogo"})
        for session in sessions
    ]


def _runs_of_blocks(sessions: Sequence[Recorded]) -> list[tuple[Trial, ...]]:
    """Return the trials with two modalities, block by block; priming trials are left out."""
    runs: dict[tuple[str, int], list[Trial]] = {}
    for session in sessions:
        for row in session.rows:
            if "congruency" in row.labels:
                runs.setdefault((session.name, row.block), []).append(row)
    return [tuple(run) for run in runs.values()]
