"""Projective maps of a plane: fitted to points, and applied to them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]


def mapped(matrix: NDArray[np.floating[Any]], places: Places) -> Places:
    """Return places, ``(..., 2)``, as a projective matrix, ``(3, 3)``, maps them.

    Examples
    --------
    >>> mapped(np.diag([2.0, 3.0, 1.0]), np.array([[1.0, 1.0]]))
    array([[2., 3.]])
    """
    u, v, w = np.moveaxis(places @ matrix[:, :2].T + matrix[:, 2], -1, 0)
    return np.stack([u / w, v / w], axis=-1)


def fitted(source: Places, target: Places) -> NDArray[np.float64]:
    """Return the projective matrix, ``(3, 3)``, that leads from some places to others.

    The direct linear transformation with normalised places (Hartley and Zisserman, Multiple View
    Geometry, algorithm 4.2); with three places the affine matrix through them.

    Parameters
    ----------
    source, target
        Places that belong together, ``(places, 2)``, three or more.
    """
    before, after = _normalising(source), _normalising(target)
    a, b = mapped(before, source), mapped(after, target)
    one = np.ones((len(a), 1))
    if len(a) == 3:
        rows, _, _, _ = np.linalg.lstsq(np.hstack([a, one]), b, rcond=None)
        inner = np.vstack([rows.T, [0, 0, 1]])
    else:
        plane, nothing = np.hstack([a, one]), np.zeros((len(a), 3))
        system = np.vstack(
            [
                np.hstack([plane, nothing, -b[:, :1] * plane]),
                np.hstack([nothing, plane, -b[:, 1:] * plane]),
            ]
        )
        # With four places the system has eight rows, and its null space only in the whole of V.
        inner = np.linalg.svd(system, full_matrices=len(a) == 4)[2][-1].reshape(3, 3)
    matrix = np.linalg.inv(after) @ inner @ before
    return np.asarray(matrix / matrix[2, 2])


def _normalising(places: Places) -> NDArray[np.float64]:
    """Return the matrix that brings places around 0, at a mean distance of the root of 2."""
    middle = places.mean(axis=0)
    scale = np.sqrt(2) / np.linalg.norm(places - middle, axis=1).mean()
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])
