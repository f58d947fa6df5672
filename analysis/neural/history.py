"""What is left of earlier trials in the activity of later ones.

Source: Hajnal et al. 2024, Fig. 3c: activity of a trial is decoded for what the trials before it
were, within a context.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from models.errors import EmptyDataError, OutOfBoundsError, ShapeError


def of_earlier(
    activity: xr.DataArray, labels: ArrayLike, back: int
) -> tuple[xr.DataArray, NDArray[np.generic]]:
    """Return the trials that have an earlier one, with its label: both as `decode` takes them.

    The earlier trial is that whose number is lower by `back`, in the same block. Trials whose
    earlier one was aborted, or belongs to another block, are left out.

    Parameters
    ----------
    activity
        With the coordinates of `facts.with_facts`.
    labels
        Of each trial, (trials,).
    back
        How many trials earlier; 0 is the trial itself.

    Raises
    ------
    ModelError
        If there is no such trial.
    """
    numbers, told = np.asarray(activity["trial"].values), np.asarray(labels)
    if back < 0:
        raise OutOfBoundsError(f"{back} trials back", "Give 0, 1, 2, ...")
    if told.shape != numbers.shape:
        raise ShapeError(f"{told.size} labels for {numbers.size} trials", "Give each trial one.")
    if "block" not in activity.coords:
        raise ShapeError("the trials have no 'block'", "Add their facts with `with_facts`.")
    blocks = activity["block"].values
    place_of = {number: place for place, number in enumerate(numbers.tolist())}
    pairs = [
        (place, place_of[number - back])
        for place, number in enumerate(numbers.tolist())
        if number - back in place_of and blocks[place] == blocks[place_of[number - back]]
    ]
    if not pairs:
        raise EmptyDataError(f"no trial has one {back} earlier in its block", "Look back less far.")
    later, earlier = np.array(pairs).T
    return activity[{"trial": later}], told[earlier]
