"""Decodes variables of a session over time, with their chance level, drift control and angles."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr

from analysis.decoding.chance import Chance, Meaningless, chance_of, drift_control, meaningless
from analysis.decoding.decoder import Decoded, Decoder, decode
from analysis.decoding.geometry import mean_vector
from analysis.neural.rates import between
from analysis.progress import Begin, unseen
from analysis.session_decoding.asked import Asked, VariableName
from analysis.session_decoding.reading import Beside
from analysis.session_decoding.results import Angle, Drift, Variable
from analysis.session_decoding.variables import MEANINGS, Labels, labels_of
from models.directions import angle_deg
from models.errors import ModelError
from rig.errors import OptionError, RecordingError


@dataclass(frozen=True, eq=False)
class Course:
    """What was found of a variable, over time.

    Attributes
    ----------
    variable
        In numbers.
    decoded, chance
        At each bin.
    """

    variable: Variable
    decoded: Decoded
    chance: Chance

    @property
    def above(self) -> xr.DataArray:
        """Bins whose accuracy is above chance, however many bins there are, (time,)."""
        return self.decoded.mean > self.variable.threshold


def decode_variables(
    beside: Beside, asked: Asked, where: str, begin: Begin = unseen
) -> tuple[Course, ...]:
    """Decode what is asked for, one variable after the other.

    Parameters
    ----------
    beside
        The activity.
    asked
        What, and how.
    where
        For errors: the session.
    begin
        Told how far it is.

    Raises
    ------
    RecordingError
        If a variable has too few trials of a class.
    """
    decoder = Decoder(asked.strength, asked.folds, asked.neighbours, asked.jobs)
    labels = {name: labels_of(beside.facts, name) for name in asked.of}
    for name in asked.of:
        _check(name, labels[name], asked.folds, where)
    return tuple(_course(beside, name, labels[name], decoder, asked, begin) for name in asked.of)


def angles_between(courses: tuple[Course, ...], asked: Asked) -> tuple[Angle, ...]:
    """Return the angles between the mean decision vectors of each two variables."""
    vectors = {
        each.variable.of: mean_vector(each.decoded.decision_vectors, *asked.angle)
        for each in courses
    }
    return tuple(
        Angle(one, other, angle_deg(vectors[one], vectors[other]))
        for one, other in combinations(vectors, 2)
    )


def numbers_of(courses: tuple[Course, ...]) -> pd.DataFrame:
    """Return the curves as a table, a row for each variable and bin.

    `time` is in seconds from the stimulus, `sem` is over folds; `chance`, `chance_sd` are over the
    shuffles; `above` tells whether the accuracy is above `threshold`.
    """
    tables = [
        pd.DataFrame(
            {
                "variable": each.variable.of,
                "time": each.decoded.mean["time"].values,
                "accuracy": each.decoded.mean.values,
                "sem": each.decoded.sem.values,
                "chance": each.chance.accuracy.mean("repeat").values,
                "chance_sd": each.chance.accuracy.std("repeat", ddof=1).values,
                "threshold": each.variable.threshold,
                "above": each.above.values,
            }
        )
        for each in courses
    ]
    return pd.concat(tables, ignore_index=True)


def _check(name: VariableName, labels: Labels, folds: int, where: str) -> None:
    """Refuse a variable of which a class has fewer trials than there are folds."""
    (one, other), (first, second) = MEANINGS[name].classes, labels.counts
    counted = f"{first} trials are '{one}', {second} are '{other}'"
    if min(first, second) == 0:
        raise RecordingError(
            f"{name} cannot be decoded: {counted}",
            where,
            "Both classes are needed: decode something else with --of, or take other trials with "
            "--only-trials.",
        )
    if min(first, second) < folds:
        raise RecordingError(
            f"{name} cannot be decoded: {counted}, and there are {folds} folds",
            where,
            "Take fewer folds with --folds, or more trials with --only-trials.",
        )


def _course(
    beside: Beside, name: VariableName, labels: Labels, decoder: Decoder, asked: Asked, begin: Begin
) -> Course:
    activity = beside.activity[{"trial": labels.places}]
    advance = begin(f"decoding {name}", asked.shuffles + 1)
    decoded = decode(activity, labels.told, decoder)
    advance()
    reached: list[Meaningless] = []
    for each in meaningless(activity, labels.told, asked.seed, asked.shuffles, decoder=decoder):
        reached.append(each)
        advance()
    chance = chance_of(reached)
    drift, no_drift = None, ""
    if name is VariableName.CONTEXT:
        drift, no_drift = _drift(activity, labels, decoder)
    mean, threshold = decoded.mean, chance.exceeded()
    peak = int(mean.argmax("time"))
    above = np.flatnonzero(mean.values > threshold)
    times = mean["time"].values
    first, last = (int(above[0]), int(above[-1])) if above.size else (None, None)
    variable = Variable(
        of=str(name),
        classes=MEANINGS[name].classes,
        trials=labels.counts,
        peak=float(mean[peak]),
        peak_sem=float(decoded.sem[peak]),
        peak_time=float(times[peak]),
        chance=chance.level,
        threshold=threshold,
        threshold_of_bin=chance.threshold,
        above_from=None if first is None else float(times[first]),
        above_until=None if last is None else float(times[last]),
        above_share=None if first is None or last is None else above.size / (last - first + 1),
        in_angle=_in_angle(mean, asked),
        drift=drift,
        no_drift=no_drift,
    )
    return Course(variable, decoded, chance)


def _drift(activity: xr.DataArray, labels: Labels, decoder: Decoder) -> tuple[Drift | None, str]:
    """Return the drift control of a context, or why there is none."""
    try:
        found = drift_control(activity, labels.told, decoder=decoder)
    except ModelError as error:
        return None, str(error)
    return Drift(float(found.middle.mean()), float(found.edges.mean())), ""


def _in_angle(mean: xr.DataArray, asked: Asked) -> float | None:
    """Return the mean accuracy where decision vectors are compared, if any are."""
    if len(asked.of) < 2:
        return None
    try:
        return float(between(mean, *asked.angle).mean())
    except ModelError as error:
        raise OptionError(error.what, "--angle", "Give a stretch inside the window.") from error
