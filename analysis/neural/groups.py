"""The same decoder in several groups of trials, such as contexts and states, and over mice.

Source: Hajnal et al. 2024, Fig. 2g to j and Suppl. Fig. 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import xarray as xr

from analysis.decoding.decoder import USUAL, Decoded, Decoder, decode
from models.errors import EmptyDataError, ModelError, ShapeError

Group = tuple[str, ...]


@dataclass(frozen=True)
class Groups:
    """What decoders found in groups of trials.

    Attributes
    ----------
    decoded
        Values of the facts, as texts -> what was found.
    refused
        Values of the facts -> why nothing could be decoded, in a sentence.
    """

    decoded: dict[Group, Decoded]
    refused: dict[Group, str]


def decode_in_groups(
    activity: xr.DataArray,
    fact: str,
    one: object,
    by: tuple[str, ...],
    decoder: Decoder = USUAL,
) -> Groups:
    """Decode whether a fact has a value, in each group of trials with the same other facts.

    Parameters
    ----------
    activity
        With the coordinates of `facts.with_facts`.
    fact, one
        What is decoded, and its value in the one class, such as ``"visual", "go"``.
    by
        What makes the groups, such as ``("context", "congruency")``.
    decoder
        How. In a group whose rarer class has fewer trials than folds, so many folds are taken.

    Examples
    --------
    >>> from analysis.neural.planted import Plan, plant
    >>> activity = plant(Plan(visual=3.0), seed=1).activity.sel(time=slice(1.0, 2.0))
    >>> found = decode_in_groups(activity, "visual", "go", ("phase", "context"))
    >>> sorted(found.decoded)
    [('bimodal', 'auditory'), ('bimodal', 'visual'), ('priming', 'visual')]
    >>> found.refused[("priming", "auditory")]
    'all trials have the same label. Give trials of both classes.'
    """
    lacking = [name for name in (fact, *by) if name not in activity.coords]
    if lacking:
        raise ShapeError(
            f"the trials have no {', '.join(lacking)}", "Add their facts with `with_facts`."
        )
    texts = [activity[name].values.astype(str) for name in by]
    labels = activity[fact].values == one
    decoded: dict[Group, Decoded] = {}
    refused: dict[Group, str] = {}
    for group in product(*(np.unique(each).tolist() for each in texts)):
        chosen = np.all([each == value for each, value in zip(texts, group, strict=True)], axis=0)
        if not chosen.any():
            continue
        told = labels[chosen]
        folds = max(2, min(decoder.folds, int(told.sum()), int((~told).sum())))
        part = activity[{"trial": np.flatnonzero(chosen)}]
        try:
            decoded[group] = decode(part, told, replace(decoder, folds=folds))
        except ModelError as error:
            refused[group] = str(error)
    return Groups(decoded, refused)


@dataclass(frozen=True)
class MeanOfMice:
    """Accuracy of several mice.

    Attributes
    ----------
    mean
        Over mice, (time,).
    sem
        Standard error over mice and the mean of those over folds, added, (time,), as Hajnal et al.
        2024 show it. Of one mouse it is that over folds alone.
    """

    mean: xr.DataArray
    sem: xr.DataArray


def mean_of_mice(found: Sequence[Decoded]) -> MeanOfMice:
    """Return the mean accuracy of mice whose sessions have the same bins.

    Raises
    ------
    ModelError
        If there is no mouse, or bins differ.
    """
    if not found:
        raise EmptyDataError("there is no mouse", "Give what was decoded of one or more.")
    times = [each.mean["time"].values for each in found]
    if any(not np.array_equal(time, times[0]) for time in times):
        raise ShapeError("the sessions have other bins", "Align them to the same window.")
    means = xr.concat([each.mean for each in found], "mouse")
    folds = xr.concat([each.sem for each in found], "mouse").mean("mouse")
    if len(found) == 1:
        return MeanOfMice(means.mean("mouse"), folds)
    over_mice = means.std("mouse", ddof=1) / float(np.sqrt(len(found)))
    return MeanOfMice(means.mean("mouse"), over_mice + folds)
