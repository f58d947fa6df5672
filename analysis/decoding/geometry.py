"""Directions in the space of neurons: subspaces, and what activity projects on them.

Angles are those of `models.directions`.

Source: Hajnal et al. 2024, Methods and Fig. 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from analysis.decoding.decoder import two_classes
from models.directions import unit
from models.errors import Floats, ImpossibleOutcomeError, ShapeError

ROUNDING = 1e-9
"""Seconds that times of bins may be off by rounding."""


def mean_vector(decision_vectors: xr.DataArray, begin: float, end: float) -> xr.DataArray:
    """Return decision vectors averaged over a stretch of time, (neuron,).

    Parameters
    ----------
    decision_vectors
        (time, neuron).
    begin, end
        Seconds; the bins from begin on and before end count.
    """
    time = decision_vectors["time"]
    inside = (time >= begin - ROUNDING) & (time < end - ROUNDING)
    chosen = decision_vectors.where(inside, drop=True)
    if not chosen.sizes["time"]:
        raise ShapeError(
            f"no bin lies between {begin:g} and {end:g} s", "Look at the times of the bins."
        )
    return chosen.mean("time")


def orthonormal(vectors: Sequence[ArrayLike]) -> Floats:
    """Return orthonormal axes that span some vectors, (vectors, neurons), by QR decomposition.

    The first axis has the direction of the first vector, the second one that of the part of the
    second that is orthogonal to the first, and so on.

    Raises
    ------
    ImpossibleOutcomeError
        If a vector lies in the space of those before it.

    Examples
    --------
    >>> orthonormal([[2.0, 0.0], [1.0, 1.0]])
    array([[1., 0.],
           [0., 1.]])
    """
    columns = np.column_stack([unit(vector) for vector in vectors])
    axes, part = np.linalg.qr(columns)
    sizes = np.diag(part)
    if len(sizes) < columns.shape[1] or (np.abs(sizes) < 1e-10).any():
        raise ImpossibleOutcomeError("the vectors do not differ in direction", "Leave one out.")
    return np.asarray((axes * np.sign(sizes)).T) + 0.0


def projection(activity: xr.DataArray, axis: ArrayLike) -> xr.DataArray:
    """Return activity along an axis of length 1, with all dimensions but that of the neurons."""
    direction = unit(axis)
    if direction.size != activity.sizes["neuron"]:
        raise ShapeError(
            f"an axis of {direction.size} neurons, and activity of {activity.sizes['neuron']}",
            "Decode the same neurons.",
        )
    return activity.dot(
        xr.DataArray(direction, {"neuron": activity["neuron"]}, ("neuron",)), "neuron"
    )


def separation(activity: xr.DataArray, labels: ArrayLike, axis: ArrayLike) -> xr.DataArray:
    """Return how far the means of two classes lie apart along an axis, (time,), never negative."""
    along = projection(activity, axis)
    chosen = two_classes(labels, activity.sizes["trial"])
    return abs(along[{"trial": chosen}].mean("trial") - along[{"trial": ~chosen}].mean("trial"))
