"""Time-resolved decoders beside loops over scikit-learn, and MNE where it is installed.

450 trials, 40 neurons, 600 time bins, ten folds; one core, in processor time. MNE is no dependency
of the program. To compare with it, install it into a folder of its own, without the packages that
the program has: ``pip install --no-deps --target FOLDER mne pooch lazy_loader decorator tqdm
jinja2``. Then run ``python -m benchmarks.decoding`` with that folder on PYTHONPATH,
OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from analysis.decoding.decoder import Decoded, Decoder, decode, stratified
from models.errors import Floats

TRIALS, NEURONS, BINS, FOLDS = 450, 40, 600, 10
BIN, ONSET, DECAY, SMOOTHED = 0.01, 150, 1.2, 10
"""Seconds of a bin, the bin of the onset, seconds in which a response fades, bins of smoothing."""
TIMED = np.arange(10, BINS, 20)
"""Bins at which the loops are timed, which would take minutes for all."""
ROUNDS = 5
USUAL, EXACT = ("lbfgs", 1e-4), ("newton-cholesky", 1e-10)
"""Solver and tolerance of scikit-learn: as they are by default, and as exact as ours."""


def measure() -> list[tuple[str, str]]:
    """Return times of one core, in processor time, and their ratios."""
    activity, labels = session(1)
    with threadpool_limits(1):
        rows = []
        for half_width in (0, 2):
            rows += _compared(activity, labels, Decoder(half_width=half_width))
    return rows


def session(seed: int) -> tuple[xr.DataArray, NDArray[np.bool_]]:
    """Return smoothed rates of neurons that answer to a label, z-scored, and the labels.

    Poisson counts of gamma-distributed rates, a noise that all neurons share, and a response that
    fades.
    """
    rng = np.random.default_rng(seed)
    labels = rng.random(TRIALS) < 0.5
    course = np.where(np.arange(BINS) >= ONSET, np.exp(-(np.arange(BINS) - ONSET) * BIN / DECAY), 0)
    shared = gaussian_filter1d(rng.normal(size=(TRIALS, BINS)), 30, axis=1)
    answers, loads = rng.normal(size=(2, NEURONS, 1, 1)) * [[[[2.0]]], [[[1.0]]]]
    rates = rng.gamma(2, 3, (NEURONS, 1, 1)) + loads * shared / shared.std()
    rates = rates + answers * np.where(labels, 1, -1)[:, None] * course
    counts = rng.poisson(np.maximum(rates, 0.1) * BIN)
    smooth = gaussian_filter1d(counts / BIN, SMOOTHED, axis=2)
    smooth -= smooth.mean(axis=(1, 2), keepdims=True)
    smooth /= smooth.std(axis=(1, 2), keepdims=True)
    return xr.DataArray(smooth, dims=("neuron", "trial", "time")), labels


def _compared(
    activity: xr.DataArray, labels: NDArray[np.bool_], decoder: Decoder
) -> list[tuple[str, str]]:
    found = decode(activity, labels, decoder)  # compiled
    features = (2 * decoder.half_width + 1) * NEURONS
    peers: dict[str, Callable[[], Floats]] = {
        "scikit-learn's usual solver": lambda: _loop(activity, labels, decoder, *USUAL)[0],
        "scikit-learn, equally exact": lambda: _loop(activity, labels, decoder, *EXACT)[0],
    }
    if find_spec("mne"):
        peers["MNE"] = lambda: _mne(activity, labels, decoder, *USUAL)
    ours: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(ROUNDS):
        ours.append(_seconds(lambda: decode(activity, labels, decoder)))
        for name, peer in peers.items():
            times[name].append(_seconds(peer) * BINS / len(TIMED))
    rows = [(f"{features} features: {BINS * FOLDS} fits, s", f"{np.median(ours):.3f}")]
    for name, seconds in times.items():
        ratios = np.array(seconds) / ours
        told = f"{np.median(ratios):.0f} x ({ratios.min():.0f} to {ratios.max():.0f})"
        rows += [
            (f"  {name}, s, from {len(TIMED)} bins", f"{np.median(seconds):.1f}"),
            (f"  ratio to it, median and range of {ROUNDS} rounds", told),
        ]
    if "MNE" not in peers:
        rows.append(("  MNE", "not installed here"))
    return [*rows, *_agreement(found, activity, labels, decoder)]


def _agreement(
    found: Decoded, activity: xr.DataArray, labels: NDArray[np.bool_], decoder: Decoder
) -> list[tuple[str, str]]:
    """Return in how many folds others reach the same accuracy, and how far weights differ."""
    accuracies, weights = _loop(activity, labels, decoder, *EXACT)
    ours = found.weights[{"time": TIMED}].values.reshape(weights.shape)
    own = found.accuracy[{"time": TIMED}].values
    rows = [
        ("  accuracies of folds as scikit-learn's, equally exact", _same(own, accuracies)),
        ("  largest difference of a weight", f"{np.abs(ours - weights).max():.1e}"),
    ]
    if find_spec("mne"):
        usual, _ = _loop(activity, labels, decoder, *USUAL)
        theirs = _mne(activity, labels, decoder, *USUAL)
        exact = _mne(activity, labels, decoder, *EXACT)
        rows += [
            ("  accuracies of folds of MNE as scikit-learn's usual ones", _same(theirs, usual)),
            ("  as ours", _same(theirs, own)),
            ("  accuracies of folds of MNE, equally exact, as ours", _same(exact, own)),
            ("  mean accuracy: ours, MNE's", f"{own.mean():.4f}, {theirs.mean():.4f}"),
        ]
    return rows


def _same(one: Floats, other: Floats) -> str:
    return f"{100 * (one == other).mean():.1f} %"


def _loop(
    activity: xr.DataArray,
    labels: NDArray[np.bool_],
    decoder: Decoder,
    solver: str,
    tolerance: float,
) -> tuple[Floats, Floats]:
    """Return accuracies, (bins, folds), and weights, (bins, folds, features), of some bins."""
    rates = activity.transpose("trial", "time", "neuron").values
    tests = stratified(labels, FOLDS)
    accuracies, weights = [], []
    for b in TIMED:
        window = rates[:, b - decoder.half_width : b + decoder.half_width + 1]
        features = window.reshape(TRIALS, -1)
        for test in tests:
            model = _regression(decoder, solver, tolerance)
            model.fit(features[~test], labels[~test])
            accuracies.append(model.score(features[test], labels[test]))
            weights.append(model.coef_[0])
    shape = len(TIMED), FOLDS
    return np.reshape(accuracies, shape), np.reshape(weights, (*shape, -1))


def _regression(decoder: Decoder, solver: str, tolerance: float) -> LogisticRegression:
    return LogisticRegression(C=decoder.strength, solver=solver, tol=tolerance, max_iter=1000)


def _mne(
    activity: xr.DataArray,
    labels: NDArray[np.bool_],
    decoder: Decoder,
    solver: str,
    tolerance: float,
) -> Floats:
    """Return what MNE's decoders over time reach at the same bins, (bins, folds)."""
    from mne.decoding import SlidingEstimator, cross_val_multiscore
    from sklearn.model_selection import StratifiedKFold

    rates = activity.transpose("trial", "time", "neuron").values
    windows = [
        rates[:, b - decoder.half_width : b + decoder.half_width + 1].reshape(TRIALS, -1)
        for b in TIMED
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sliding = SlidingEstimator(_regression(decoder, solver, tolerance), verbose="error")
        found: Floats = cross_val_multiscore(
            sliding, np.stack(windows, axis=-1), labels, cv=StratifiedKFold(FOLDS), verbose="error"
        )
    return found.T


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def main() -> None:
    """Print the figures."""
    for name, value in measure():
        print(f"  {name:<62} {value}")


if __name__ == "__main__":
    main()
