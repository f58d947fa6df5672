"""Which modality a neuron prefers, and in which context it fires more.

Source: Hajnal et al. 2024, Fig. 5g to i. The text makes the modality index of decision vectors, the
authors' program of rates; both are here. Activity has the coordinates of `facts.with_facts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.stats import pearsonr

from analysis.decoding.decoder import USUAL, Decoder, decode
from analysis.decoding.geometry import mean_vector
from analysis.neural.rates import between
from models.errors import (
    EmptyDataError,
    Floats,
    ShapeError,
    UnknownNameError,
    check_same_length,
    floats,
)

Answer = Literal["go", "nogo"]
STRETCHES = {
    "before": (-1.0, -0.25),
    "start": (0.0, 0.75),
    "decision": (1.75, 2.5),
    "whole": (-np.inf, np.inf),
}
"""The parts of a trial of which context indices are made, in seconds from the stimulus."""


def modality_index(
    activity: xr.DataArray, answer: Answer, begin: float = 0.0, end: float = 3.0
) -> xr.DataArray:
    """Return mean absolute activity with the visual less that with the auditory stimulus alone.

    It is the index of the authors' program.

    Parameters
    ----------
    activity
        Rates or z scores, (trial, time, neuron).
    answer
        Whether the stimuli are those of go, or of nogo.
    begin, end
        Of what counts, in seconds.

    Returns
    -------
    DataArray
        (neuron,)

    Raises
    ------
    EmptyDataError
        If there is no such trial.
    """
    sizes = abs(between(activity, begin, end)).mean("time")
    visual = _fact(activity, "visual") == answer
    auditory = _fact(activity, "auditory") == answer
    both = (_fact(activity, "visual") != "") & (_fact(activity, "auditory") != "")
    return _mean(sizes, visual & ~both, f"visual {answer} trials of one modality") - _mean(
        sizes, auditory & ~both, f"auditory {answer} trials of one modality"
    )


def vector_modality_index(
    activity: xr.DataArray, decoder: Decoder = USUAL, begin: float = 0.0, end: float = 0.5
) -> xr.DataArray:
    """Return the weights that tell visual stimuli less those that tell auditory ones, (neuron,).

    It is the index of the text: of decoders of go and nogo in trials of one modality, averaged over
    a stretch of time, in seconds. C of the decoders is the attribute `strength` of the result.
    """
    vectors = []
    for modality, other in (("visual", "auditory"), ("auditory", "visual")):
        chosen = (_fact(activity, modality) != "") & (_fact(activity, other) == "")
        part = activity[{"trial": np.flatnonzero(chosen)}]
        found = decode(part, _fact(part, modality) == "go", decoder)
        vectors.append(mean_vector(found.decision_vectors, begin, end))
    return (vectors[0] - vectors[1]).assign_attrs(strength=decoder.strength)


def context_index(activity: xr.DataArray, answer: Answer, stretch: str = "whole") -> xr.DataArray:
    """Return mean activity in the visual less that in the auditory context, (neuron,).

    Parameters
    ----------
    activity
        Rates or z scores, (trial, time, neuron).
    answer
        Congruent trials of go, or of nogo.
    stretch
        One of `STRETCHES`.
    """
    if stretch not in STRETCHES:
        raise UnknownNameError(
            f"no stretch is called {stretch!r}", f"There are {', '.join(STRETCHES)}."
        )
    means = between(activity, *STRETCHES[stretch]).mean("time")
    alike = (_fact(activity, "visual") == answer) & (_fact(activity, "auditory") == answer)
    context = _fact(activity, "context")
    return _mean(means, alike & (context == "visual"), f"{answer} trials, visual") - _mean(
        means, alike & (context == "auditory"), f"{answer} trials, auditory"
    )


def by_rank(modality: Sequence[ArrayLike], context: Sequence[ArrayLike]) -> Floats:
    """Return context indices in the order of modality indices, averaged: (neurons,).

    The neuron that prefers the visual stimulus most comes first.

    Parameters
    ----------
    modality, context
        One pair for go and one for nogo, or one alone; each (neurons,).
    """
    ranked = []
    for preferred, fired in zip(modality, context, strict=True):
        order, values = floats("modality index", preferred, 1), floats("context index", fired, 1)
        check_same_length(modality=order, context=values)
        ranked.append(values[np.argsort(-order, kind="stable")])
    return np.asarray(np.mean(ranked, axis=0))


@dataclass(frozen=True)
class RankCorrelation:
    """How context indices go with the rank of modality indices.

    Attributes
    ----------
    r, p
        Pearson's correlation, and its two-sided probability.
    t, n
        Student's t of n - 2 degrees of freedom; number of neurons of all mice.
    """

    r: float
    p: float
    t: float
    n: int


def rank_correlation(mice: Sequence[ArrayLike]) -> RankCorrelation:
    """Correlate context indices with the rank of modality indices, neurons of all mice pooled.

    The ranks of a mouse with fewer neurons stand in the middle of those of the largest.

    Parameters
    ----------
    mice
        What `by_rank` returns of each.
    """
    values = [floats("context indices", each, 1) for each in mice]
    largest = max((len(each) for each in values), default=0)
    if sum(map(len, values)) < 3:
        raise EmptyDataError("fewer than three neurons", "Give more of them, or more mice.")
    ranks = [(largest - len(each)) / 2 + np.arange(len(each)) for each in values]
    found = pearsonr(np.concatenate(ranks), np.concatenate(values))
    r, n = float(found.statistic), sum(map(len, values))
    t = float(r * np.sqrt((n - 2) / max(1 - r * r, np.finfo(float).tiny)))
    return RankCorrelation(r, float(found.pvalue), t, n)


def _fact(activity: xr.DataArray, name: str) -> NDArray[np.generic]:
    if name not in activity.coords:
        raise ShapeError(f"the trials have no {name!r}", "Add their facts with `with_facts`.")
    return np.asarray(activity[name].values)


def _mean(values: xr.DataArray, chosen: NDArray[np.bool_], what: str) -> xr.DataArray:
    if not chosen.any():
        raise EmptyDataError(f"there are no {what}", "Take a session that has both contexts.")
    return values[{"trial": np.flatnonzero(chosen)}].mean("trial")
