"""Activity along decision vectors of other times, and in the plane of two of them.

Source: Hajnal et al. 2024, Fig. 3d and Suppl. Figs. 2 and 4. Projections on one axis are those of
`analysis.decoding.geometry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from analysis.decoding.decoder import USUAL, Decoder, decode, stratified, two_classes
from analysis.decoding.geometry import orthonormal
from analysis.neural.rates import between
from analysis.neural.recording import one_of
from models.directions import angle_deg
from models.errors import OneClassError

Lengths = Literal["as they are", "one"]
"""Whether activity is projected as it is, or that of each trial and bin is first brought to length
1, as the program of Hajnal et al. 2024 does."""


def cross_time_separation(
    activity: xr.DataArray, labels: ArrayLike, decoder: Decoder = USUAL
) -> xr.DataArray:
    """Return how far classes lie apart at each time along the decision vector of each other time.

    Each fold's vectors, of length 1, meet the trials that it left out; so what is not there has a
    mean of 0, and what has turned round is negative.

    Parameters
    ----------
    activity, labels, decoder
        As for `decode`.

    Returns
    -------
    DataArray
        (vector_time, time): mean of the first class less that of the other, in the unit of the
        activity. C of the decoders is its attribute `strength`.
    """
    found = decode(activity, labels, decoder)
    told = two_classes(labels, activity.sizes["trial"])
    rates = activity.transpose("trial", "time", "neuron").values
    vectors = found.weights.mean("lag").transpose("fold", "time", "neuron").values
    lengths = np.linalg.norm(vectors, axis=2, keepdims=True)
    if not lengths.all():
        raise OneClassError("a decision vector has no direction", "Raise the strength.")
    total = np.zeros((rates.shape[1], rates.shape[1]))
    for fold, held_out in enumerate(stratified(told, decoder.folds)):
        apart = rates[held_out & told].mean(axis=0) - rates[held_out & ~told].mean(axis=0)
        total += (vectors[fold] / lengths[fold]) @ apart.T
    time = activity["time"].values
    return xr.DataArray(
        total / decoder.folds,
        {"vector_time": time, "time": time},
        ("vector_time", "time"),
        attrs={"strength": found.strength},
    )


def plane_positions(
    activity: xr.DataArray,
    first: ArrayLike,
    second: ArrayLike,
    begin: float = 0.0,
    end: float = 0.5,
    lengths: Lengths = "as they are",
) -> xr.DataArray:
    """Return where trials lie in the plane of two decision vectors, (trial, axis).

    The first axis is the direction of the first vector, the second that of what the second vector
    has beside it (QR decomposition). Activity is averaged over a stretch of time, and centred over
    the trials.

    Parameters
    ----------
    activity
        (trial, time, neuron).
    first, second
        Vectors, (neurons,), as `mean_vector` returns them.
    begin, end
        The stretch, in seconds.
    lengths
        Whether activity is scaled before.
    """
    one_of("way", lengths, get_args(Lengths))
    axes = xr.DataArray(
        orthonormal([first, second]),
        {"axis": ["first", "second"], "neuron": activity["neuron"]},
        ("axis", "neuron"),
    )
    part = between(activity, begin, end)
    if lengths == "one":
        sizes: xr.DataArray = (part**2).sum("neuron") ** 0.5
        part = part / sizes.where(sizes > 0, 1.0)  # a population that is silent lies at 0
    along = part.dot(axes, "neuron").mean("time")
    return (along - along.mean("trial")).transpose("trial", "axis")


def angles(vectors: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """Return the angle between each two decision vectors, in degrees, by their names.

    Parameters
    ----------
    vectors
        Name -> vector, (neurons,), such as those of stimuli, context and decision.
    """
    names = list(vectors)
    found = [[angle_deg(vectors[one], vectors[other]) for other in names] for one in names]
    return pd.DataFrame(found, index=names, columns=names)
