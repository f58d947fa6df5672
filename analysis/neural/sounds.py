"""What populations tell of sounds: responses, responsive neurons, similarity, discriminability.

Source: Ceballo et al. 2019, Methods and Figs. 1 to 3. The support vector machines are
scikit-learn's, the test SciPy's.
"""

from __future__ import annotations

from itertools import combinations
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest
from sklearn.svm import SVC

from analysis.neural.rates import between
from analysis.neural.recording import one_of
from models.errors import (
    EmptyDataError,
    Floats,
    NotFiniteError,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
)

AFTER = 0.5
"""How long after a complex sound its response lasts, s."""
Split = Literal["in order", "at random"]
"""Which presentations are learned: the first ones, or any."""


def responses(activity: xr.DataArray, duration: float, after: float = AFTER) -> xr.DataArray:
    """Return mean deconvolved activity from the onset of a sound on, (trial, neuron).

    Parameters
    ----------
    activity
        (trial, time, neuron), time from the onset.
    duration, after
        Seconds: of the sound, and how long after it. For ramps Ceballo et al. take the first 0.5 s:
        a duration of 0 and 0.5 s after it.
    """
    return between(activity, 0.0, duration + after).mean("time").transpose("trial", "neuron")


def responsive(
    found: xr.DataArray, before: xr.DataArray | None = None, level: float = 0.05
) -> xr.DataArray:
    """Return which neurons respond to a sound, by a two-sided sign test over presentations.

    Parameters
    ----------
    found
        Responses to the sound, (trial, neuron).
    before
        Activity before it, in the same shape; without it responses are compared with 0, where
        deconvolved activity of a silent neuron lies. Presentations that are equal do not count.
    level
        A neuron responds if p is below it.

    Returns
    -------
    DataArray
        Flags, (neuron,); their mean is the fraction of responsive neurons.
    """
    values = _presentations(found)
    if before is not None:
        values = values - _presentations(before)
    above, below = (values > 0).sum(axis=0), (values < 0).sum(axis=0)
    pairs, places = np.unique(np.stack([above, above + below]), axis=1, return_inverse=True)
    chance = np.array([1.0 if n == 0 else binomtest(int(k), int(n)).pvalue for k, n in pairs.T])
    return xr.DataArray(chance[places.ravel()] < level, {"neuron": found["neuron"]}, ("neuron",))


def similarity(found: xr.DataArray, sounds: ArrayLike) -> xr.DataArray:
    """Return how alike population responses are, within and between sounds, (sound, other).

    It is the mean of Pearson's correlations of all pairs of presentations; none is paired with
    itself. The diagonal is the reliability of a sound.

    Parameters
    ----------
    found
        Responses, (trial, neuron).
    sounds
        Which sound each presentation was, (trials,).

    Raises
    ------
    ModelError
        If a sound was presented once only, or a population response is the same in all neurons.
    """
    values, told = _presentations(found), _sounds(found, sounds)
    names, counts = np.unique(told, return_counts=True)
    if counts.min() < 2:
        raise OneClassError(f"{names[counts.argmin()]} was presented once", "Give it twice.")
    if values.shape[1] < 2 or (np.ptp(values, axis=1) == 0).any():
        raise OneClassError(
            "a population response is the same in all neurons", "Leave out silent presentations."
        )
    alike = np.asarray(np.corrcoef(values))
    np.fill_diagonal(alike, np.nan)
    means = [[np.nanmean(alike[np.ix_(told == a, told == b)]) for b in names] for a in names]
    return xr.DataArray(means, {"sound": names, "other": names}, ("sound", "other"))


def discriminability(
    found: xr.DataArray,
    sounds: ArrayLike,
    learned: int = 20,
    tested: int = 10,
    strength: float = 1.0,
    split: Split = "in order",
    seed: int = 0,
) -> xr.DataArray:
    """Return how often a linear support vector machine tells two sounds apart, (sound, other).

    Parameters
    ----------
    found
        Responses, (trial, neuron).
    sounds
        Which sound each presentation was, (trials,).
    learned, tested
        Presentations of each sound to learn from, and others to be told.
    strength
        C of scikit-learn's `SVC`; the paper states none. It is in the result's attributes.
    split
        Which presentations are learned.
    seed
        Of the choice at random.

    Returns
    -------
    DataArray
        Fraction of presentations told right, symmetric; NaN on the diagonal.

    Raises
    ------
    ModelError
        If there is one sound only, or too few presentations of one.
    """
    one_of("split", split, get_args(Split))
    if learned < 1 or tested < 1 or not strength > 0:
        raise OutOfBoundsError(
            f"{learned} to learn, {tested} to test, C = {strength}", "Give positive numbers."
        )
    values, told = _presentations(found), _sounds(found, sounds)
    names, counts = np.unique(told, return_counts=True)
    if len(names) < 2:
        raise OneClassError("there is one sound only", "Give two or more.")
    if counts.min() < learned + tested:
        raise OneClassError(
            f"{names[counts.argmin()]} was presented {counts.min()} times, "
            f"and {learned + tested} are needed",
            "Learn or test fewer.",
        )
    rng = np.random.default_rng(seed)
    parts = {}
    for name in names:
        places = np.flatnonzero(told == name)
        order = places if split == "in order" else rng.permutation(places)
        parts[name] = values[order[:learned]], values[order[learned : learned + tested]]
    right = np.full((len(names), len(names)), np.nan)
    for (a, one), (b, other) in combinations(enumerate(names), 2):
        right[a, b] = right[b, a] = _told_apart(parts[one], parts[other], strength)
    return xr.DataArray(
        right, {"sound": names, "other": names}, ("sound", "other"), attrs={"strength": strength}
    )


def _told_apart(one: tuple[Floats, Floats], other: tuple[Floats, Floats], strength: float) -> float:
    learned, tested = (np.concatenate(pair) for pair in zip(one, other, strict=True))
    model = SVC(kernel="linear", C=strength)
    model.fit(learned, np.repeat([0, 1], len(learned) // 2))
    return float(model.score(tested, np.repeat([0, 1], len(tested) // 2)))


def _presentations(found: xr.DataArray) -> Floats:
    if set(found.dims) != {"trial", "neuron"}:
        raise ShapeError(f"responses have the dimensions {found.dims}", "Make them by `responses`.")
    values = np.asarray(found.transpose("trial", "neuron").values, dtype=np.float64)
    if not values.size:
        raise EmptyDataError("there are no responses", "Give presentations with neurons.")
    if not np.isfinite(values).all():
        raise NotFiniteError("responses hold NaN or infinite numbers", "Leave those out.")
    return values


def _sounds(found: xr.DataArray, sounds: ArrayLike) -> NDArray[np.generic]:
    told = np.asarray(sounds)
    if told.shape != (found.sizes["trial"],):
        raise ShapeError(
            f"{told.size} sounds for {found.sizes['trial']} presentations", "Give each its own."
        )
    return told
