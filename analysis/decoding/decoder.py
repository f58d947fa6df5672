"""Time-resolved linear decoders: a logistic regression at every time bin, cross-validated.

Source: Hajnal et al. 2024, Methods. The regularisation is that of scikit-learn's
`LogisticRegression`: ``|w|^2 / 2 + C * (sum of log-losses)``, with a free intercept. The authors'
program penalises next to nothing, and then the weights of classes that can be separated are those
at which its search happened to stop; here C is always stated, and is 1 unless asked otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from analysis.decoding.newton import Columns
from analysis.decoding.over_time import solve_bins
from models.errors import (
    EmptyDataError,
    Floats,
    ModelError,
    NotFiniteError,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
    flags,
)

Flags = NDArray[np.bool_]
DIMENSIONS = ("time", "neuron", "trial")


@dataclass(frozen=True)
class Decoder:
    """How to decode.

    Attributes
    ----------
    strength
        C: how much the trials count against the penalty. It is stated in every result.
    folds
        Of the cross-validation: stratified, in the order of the trials.
    half_width
        Bins on each side of a bin whose activity is taken in, too; fewer at the ends.
    jobs
        Threads, each for a stretch of time.
    """

    strength: float = 1.0
    folds: int = 10
    half_width: int = 2
    jobs: int = 1

    def __post_init__(self) -> None:
        if not (np.isfinite(self.strength) and self.strength > 0):
            raise OutOfBoundsError(f"strength is {self.strength}", "Give a positive number.")
        if self.folds < 2 or self.half_width < 0 or self.jobs < 1:
            do = "Give two folds or more, no negative width, and at least one thread."
            raise OutOfBoundsError(f"no decoder has {self}", do)


USUAL = Decoder()
"""C = 1, ten folds, windows of five bins (50 ms), one thread."""


@dataclass(frozen=True)
class Decoded:
    """What decoders found.

    Attributes
    ----------
    accuracy
        Fraction of the held-out trials that were told right, (time, fold).
    weights
        (time, fold, lag, neuron); a lag is a bin of the window, in bins; NaN beyond the ends.
    intercepts
        (time, fold).
    strength
        C of the regressions.
    """

    accuracy: xr.DataArray
    weights: xr.DataArray
    intercepts: xr.DataArray
    strength: float

    @property
    def mean(self) -> xr.DataArray:
        """Mean accuracy over the folds, (time,)."""
        return self.accuracy.mean("fold")

    @property
    def sem(self) -> xr.DataArray:
        """Standard error of the mean over the folds, (time,)."""
        spread: xr.DataArray = self.accuracy.std("fold", ddof=1)
        return spread / float(np.sqrt(self.accuracy.sizes["fold"]))

    @property
    def decision_vectors(self) -> xr.DataArray:
        """Weights averaged over the folds and the window, (time, neuron)."""
        return self.weights.mean(("fold", "lag"))


def decode(activity: xr.DataArray, labels: ArrayLike, decoder: Decoder = USUAL) -> Decoded:
    """Decode a label of the trials at each time bin.

    Parameters
    ----------
    activity
        Dimensions trial, time and neuron, in any order.
    labels
        Of two classes, (trials,), such as go and no-go.
    decoder
        How.

    Returns
    -------
    Decoded
        Accuracies and weights.

    Raises
    ------
    ModelError
        A named kind of it, if nothing can be decoded: one class only, fewer trials of a class
        than folds, numbers that are missing.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(40) % 2 == 0
    >>> rates = rng.normal(size=(40, 8, 5))
    >>> rates[labels, 4:] += 1.5
    >>> activity = xr.DataArray(rates, dims=("trial", "time", "neuron"))
    >>> decode(activity, labels, Decoder(half_width=0)).mean.round(1).values
    array([0.4, 0.5, 0.7, 0.6, 0.9, 1. , 1. , 1. ])
    """
    array = bins_first(activity)
    told = two_classes(labels, array.shape[2])
    test = stratified(told, decoder.folds)
    columns = len(test)
    solved = solve(array, np.tile(told, (columns, 1)), ~test, test, decoder)
    time, neuron = activity["time"], activity["neuron"]
    lags = np.arange(-decoder.half_width, decoder.half_width + 1)
    coordinates = {"time": time, "fold": np.arange(columns)}
    return Decoded(
        xr.DataArray(solved.accuracy, coordinates, ("time", "fold")),
        xr.DataArray(
            solved.weights,
            {**coordinates, "lag": lags, "neuron": neuron},
            ("time", "fold", "lag", "neuron"),
        ),
        xr.DataArray(solved.intercepts, coordinates, ("time", "fold")),
        decoder.strength,
    )


@dataclass(frozen=True)
class Solved:
    """Regressions side by side, as arrays.

    Attributes
    ----------
    accuracy, intercepts
        (bins, columns).
    weights
        (bins, columns, bins of the window, features); NaN beyond the ends.
    """

    accuracy: Floats
    weights: Floats
    intercepts: Floats


def solve(activity: Floats, labels: Flags, train: Flags, test: Flags, decoder: Decoder) -> Solved:
    """Solve regressions at every bin; each has its own labels, and trials to learn and to test.

    Parameters
    ----------
    activity
        (bins, features, trials).
    labels, train, test
        (columns, trials).
    decoder
        How; its folds do not matter here.
    """
    for column, learned in zip(labels, train, strict=True):
        if len(np.unique(column[learned])) < 2:
            raise OneClassError(
                "the trials to learn from are all of one class", "Take fewer folds, or more trials."
            )
    costs = np.where(train, decoder.strength, 0.0)
    columns = Columns(np.where(labels, 1.0, -1.0), costs)
    begins, ends = zip(*_stretches(len(activity), decoder), strict=True)
    work = partial(_solve_stretch, activity, columns, decoder)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(decoder.jobs) as pool:
        parts = list(pool.map(work, begins, ends))
    weights, intercepts, scores = (np.concatenate(each) for each in zip(*parts, strict=True))
    right = ((scores > 0) == labels) & test
    return Solved(right.sum(axis=2) / test.sum(axis=1), weights, intercepts)


def _stretches(bins: int, decoder: Decoder) -> Iterator[tuple[int, int]]:
    """Return begin and end of each thread's bins."""
    borders = np.linspace(0, bins, min(decoder.jobs, bins) + 1).astype(int)
    yield from zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True)


def _solve_stretch(
    activity: Floats, columns: Columns, decoder: Decoder, begin: int, end: int
) -> tuple[Floats, Floats, Floats]:
    """Solve some bins; those around them are taken along, for their windows, and left out again."""
    low, high = max(0, begin - decoder.half_width), min(len(activity), end + decoder.half_width)
    bins, trials = high - low, activity.shape[2]
    n_columns, width = len(columns.signs), 2 * decoder.half_width + 1
    weights = np.full((bins, n_columns, width, activity.shape[1]), np.nan)
    intercepts, scores = np.zeros((bins, n_columns)), np.zeros((bins, n_columns, trials))
    failed = solve_bins(
        activity[low:high], decoder.half_width, columns, weights, intercepts, scores
    )
    if failed >= 0:
        raise ModelError(
            f"the regression at bin {low + failed} does not converge",
            "Scale the activity (z scores), or lower the strength.",
        )
    kept = slice(begin - low, end - low)
    return weights[kept], intercepts[kept], scores[kept]


def stratified(labels: Flags, folds: int) -> Flags:
    """Return which trials each fold holds out, (folds, trials), classes in equal shares.

    Raises
    ------
    OneClassError
        If a class has fewer trials than there are folds.
    """
    fewest = int(np.bincount(labels, minlength=2).min())
    if fewest < folds:
        raise OneClassError(
            f"a class has {fewest} trials, and there are {folds} folds",
            "Take fewer folds, or more trials.",
        )
    test = np.zeros((folds, labels.size), dtype=np.bool_)
    for fold, (_, held_out) in enumerate(StratifiedKFold(folds).split(labels, labels)):
        test[fold, held_out] = True
    return test


def bins_first(activity: xr.DataArray) -> Floats:
    """Return activity as an array, (bins, neurons, trials), each row of trials in one piece."""
    if set(activity.dims) != set(DIMENSIONS):
        raise ShapeError(
            f"activity has the dimensions {activity.dims}", f"Give it those of {DIMENSIONS}."
        )
    view = activity.transpose(*DIMENSIONS).values
    if not view.size:
        raise EmptyDataError(f"activity has the shape {view.shape}", "Give trials with neurons.")
    array = np.empty(view.shape)
    if view.strides[0] < view.strides[1]:
        # The bins of a neuron lie side by side: by itself it fits into the cache of a processor.
        for neuron in range(view.shape[1]):
            array[:, neuron] = view[:, neuron]
    else:
        array[:] = view
    if not np.isfinite(array).all():
        raise NotFiniteError("activity holds NaN or infinite numbers", "Leave those trials out.")
    return array


def two_classes(labels: ArrayLike, trials: int) -> Flags:
    """Return labels as flags; refuse other numbers of them, or one class only."""
    told = flags("labels", labels)
    if told.size != trials:
        raise ShapeError(f"{told.size} labels for {trials} trials", "Give each trial one.")
    if told.all() or not told.any():
        raise OneClassError("all trials have the same label", "Give trials of both classes.")
    return told
