"""Directions in the space of neurons: angles, subspaces and what activity projects on them.

Source: Hajnal et al. 2024, Methods and Fig. 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from models.errors import Floats, ImpossibleOutcomeError, ShapeError, floats


def angle_deg(one: ArrayLike, other: ArrayLike) -> float:
    """Return the angle between two vectors, in degrees, 0 to 180.

    Examples
    --------
    >>> round(angle_deg([1.0, 0.0], [1.0, 1.0]), 6)
    45.0
    """
    first, second = (_unit(vector) for vector in (one, other))
    if first.shape != second.shape:
        raise ShapeError(f"vectors of {first.size} and {second.size} neurons", "Give equal ones.")
    # Half-angle form: the arc cosine loses half of the digits near 0 and 180 degrees.
    return float(
        np.degrees(2 * np.arctan2(np.linalg.norm(first - second), np.linalg.norm(first + second)))
    )


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
    chosen = decision_vectors.where((time >= begin) & (time < end), drop=True)
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
    columns = np.column_stack([_unit(vector) for vector in vectors])
    axes, part = np.linalg.qr(columns)
    sizes = np.diag(part)
    if len(sizes) < columns.shape[1] or (np.abs(sizes) < 1e-10).any():
        raise ImpossibleOutcomeError("the vectors do not differ in direction", "Leave one out.")
    return np.asarray((axes * np.sign(sizes)).T) + 0.0


def projection(activity: xr.DataArray, axis: ArrayLike) -> xr.DataArray:
    """Return activity along an axis of length 1, with all dimensions but that of the neurons."""
    unit = _unit(axis)
    if unit.size != activity.sizes["neuron"]:
        raise ShapeError(
            f"an axis of {unit.size} neurons, and activity of {activity.sizes['neuron']}",
            "Decode the same neurons.",
        )
    return activity.dot(xr.DataArray(unit, {"neuron": activity["neuron"]}, ("neuron",)), "neuron")


def separation(activity: xr.DataArray, labels: ArrayLike, axis: ArrayLike) -> xr.DataArray:
    """Return how far the means of two classes lie apart along an axis, (time,), never negative."""
    along = projection(activity, axis)
    chosen = np.asarray(labels, dtype=np.bool_)
    if chosen.shape != (activity.sizes["trial"],):
        raise ShapeError(f"{chosen.size} labels", f"There are {activity.sizes['trial']} trials.")
    return abs(along[{"trial": chosen}].mean("trial") - along[{"trial": ~chosen}].mean("trial"))


def _unit(vector: ArrayLike) -> Floats:
    array = floats("vector", vector, 1)
    length = float(np.linalg.norm(array))
    if length == 0:
        raise ImpossibleOutcomeError("a vector of length 0 has no direction", "Look at the data.")
    return array / length
