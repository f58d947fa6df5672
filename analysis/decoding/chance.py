"""What decoders reach by chance, and what drift alone gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from analysis.decoding.decoder import (
    USUAL,
    Decoder,
    Flags,
    bins_first,
    solve,
    stratified,
    two_classes,
)
from models.errors import ImpossibleOutcomeError, OutOfBoundsError, UnknownNameError

Surrogate = Literal["shuffled", "coins"]
"""Labels without meaning: the true ones in another order (the authors' program), or of tossed coins
(Hajnal et al. 2024, Methods)."""


@dataclass(frozen=True)
class Chance:
    """The effective chance level.

    Attributes
    ----------
    accuracy
        Mean accuracy over the folds, (repeat, time).
    fold_sem
        Mean over repeats and time of the standard error over the folds.
    """

    accuracy: xr.DataArray
    fold_sem: float

    @property
    def level(self) -> float:
        """Mean accuracy over repeats and time."""
        return float(self.accuracy.mean())

    @property
    def threshold(self) -> float:
        """Accuracy above which a decoder is better than chance, one-sided.

        The level, one standard error over the repeats, and one over the folds (Hajnal et al. 2024,
        Methods).
        """
        repeats = self.accuracy.mean("time")
        sem = float(repeats.std(ddof=1)) / float(np.sqrt(repeats.size))
        return self.level + sem + self.fold_sem

    def exceeded(self, share: float = 0.05) -> float:
        """Return the accuracy that this share of the surrogates exceed, at whatever time.

        A decoder that lies above it at some time is better than chance, however many bins were
        looked at: the test by the largest statistic (Nichols & Holmes 2002, Hum. Brain Mapp.
        15:1). The threshold is for one bin alone: among hundreds some exceed it by chance.
        """
        return float(np.quantile(self.accuracy.max("time"), 1 - share, method="higher"))


@dataclass(frozen=True)
class Meaningless:
    """What a decoder reached with one set of labels that mean nothing.

    Attributes
    ----------
    accuracy
        Mean over the folds, (time,).
    fold_sem
        Mean over time of the standard error over the folds.
    """

    accuracy: xr.DataArray
    fold_sem: float


def chance_level(
    activity: xr.DataArray,
    labels: ArrayLike,
    seed: int,
    repeats: int = 40,
    surrogate: Surrogate = "shuffled",
    decoder: Decoder = USUAL,
) -> Chance:
    """Decode labels that mean nothing.

    Parameters
    ----------
    activity, labels, decoder
        As for `decode`.
    seed
        Of the labels.
    repeats
        How many sets of labels.
    surrogate
        Where the labels come from. Coins are tossed again until each class has a trial for each
        fold.

    Raises
    ------
    ModelError
        As for `decode`; or if there are fewer than two repeats.
    """
    if repeats < 2:
        raise OutOfBoundsError(f"{repeats} repeats", "Give two or more.")
    return chance_of(meaningless(activity, labels, seed, repeats, surrogate, decoder))


def chance_of(found: Iterable[Meaningless]) -> Chance:
    """Return the chance level by what was reached with several sets of labels, two or more."""
    each = list(found)
    accuracy = xr.concat([one.accuracy for one in each], "repeat")
    return Chance(accuracy, float(np.mean([one.fold_sem for one in each])))


def meaningless(
    activity: xr.DataArray,
    labels: ArrayLike,
    seed: int,
    repeats: int = 40,
    surrogate: Surrogate = "shuffled",
    decoder: Decoder = USUAL,
) -> Iterator[Meaningless]:
    """Yield what `chance_level` is made of, a set of labels at a time, since that takes long."""
    if surrogate not in ("shuffled", "coins"):
        raise UnknownNameError(f"no surrogate {surrogate!r}", "There are 'shuffled' and 'coins'.")
    array = bins_first(activity)
    told = two_classes(labels, array.shape[2])
    stratified(told, decoder.folds)  # refuses what no draw can mend
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        drawn = _drawn(told, surrogate, decoder.folds, rng)
        test = stratified(drawn, decoder.folds)
        columns = np.tile(drawn, (len(test), 1))
        found = solve(array, columns, ~test, test, decoder).accuracy
        sem = found.std(axis=1, ddof=1).mean() / np.sqrt(len(test))
        yield Meaningless(
            xr.DataArray(found.mean(axis=1), {"time": activity["time"]}, ("time",)), float(sem)
        )


def _drawn(labels: Flags, surrogate: Surrogate, folds: int, rng: np.random.Generator) -> Flags:
    """Return labels without meaning, of which each class has a trial for each fold.

    The true labels have that, so that there are trials enough for coins to come to it.
    """
    if surrogate == "shuffled":
        return np.asarray(rng.permutation(labels))
    while True:
        coins = rng.random(labels.size) < 0.5
        if min(coins.sum(), (~coins).sum()) >= folds:
            return np.asarray(coins)


@dataclass(frozen=True)
class DriftControl:
    """How well a context is told in trials that were left out, in the middle and at the edges.

    Attributes
    ----------
    middle
        (time, fold): the last trials of the first context and the first ones of the second, which
        lie side by side. Drift alone tells them hardly apart.
    edges
        (time, fold): the first and the last trials of the session, which drift tells apart best.
    """

    middle: xr.DataArray
    edges: xr.DataArray

    @property
    def difference(self) -> xr.DataArray:
        """Edges less middle, (time,): near 0 for a context, above it for drift."""
        return self.edges.mean("fold") - self.middle.mean("fold")


def drift_control(
    activity: xr.DataArray, contexts: ArrayLike, left_out: int = 10, decoder: Decoder = USUAL
) -> DriftControl:
    """Decode the context of two blocks, leaving out trials in the middle and at the edges.

    Source: Hajnal et al. 2024, Suppl. Fig. 3, as its text has it: 20 trials are left out, 10 of
    each context; they are two folds of 5 and 5, and the same trials are learned for both.

    Parameters
    ----------
    activity, decoder
        As for `decode`; `decoder.folds` does not matter.
    contexts
        The context of each trial, (trials,): one block after the other.
    left_out
        Trials of each context that are left out, an even number.

    Raises
    ------
    ModelError
        If the contexts are not two blocks, or have too few trials.
    """
    array = bins_first(activity)
    told = two_classes(contexts, array.shape[2])
    change = np.flatnonzero(told[1:] != told[:-1]) + 1
    if change.size != 1:
        raise ImpossibleOutcomeError(
            f"the context changes {change.size} times", "Give two blocks, one after the other."
        )
    border, last, half = int(change[0]), told.size, left_out // 2
    if left_out < 2 or left_out % 2 or min(border, last - border) <= left_out:
        raise OutOfBoundsError(
            f"{left_out} trials of each context cannot be left out",
            "Leave out an even number, fewer than a context has.",
        )
    edges = [(0, half), (half, left_out)]
    tests = {
        "middle": [
            _chosen(last, (border - half, border), (border, border + half)),
            _chosen(last, (border - left_out, border - half), (border + half, border + left_out)),
        ],
        "edges": [_chosen(last, edge, (last - edge[1], last - edge[0])) for edge in edges],
    }
    found = {}
    for name, folds in tests.items():
        test = np.array(folds)
        train = np.tile(~test.any(axis=0), (2, 1))
        accuracy = solve(array, np.tile(told, (2, 1)), train, test, decoder).accuracy
        found[name] = xr.DataArray(accuracy, {"time": activity["time"]}, ("time", "fold"))
    return DriftControl(**found)


def _chosen(trials: int, *ranges: tuple[int, int]) -> Flags:
    """Return flags of the trials in some ranges."""
    chosen = np.zeros(trials, dtype=np.bool_)
    for begin, end in ranges:
        chosen[begin:end] = True
    return chosen
