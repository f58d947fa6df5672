"""How well stimuli and choices predict each neuron: least squares on one-hot predictors.

Source: Hajnal et al. 2024, Suppl. Fig. 4i to l. The regressions are scikit-learn's.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder

from models.errors import (
    EmptyDataError,
    Floats,
    NotFiniteError,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
)

Places = NDArray[np.int64]


def predicted_r2(
    activity: xr.DataArray, predictors: tuple[str, ...], folds: int = 10
) -> xr.DataArray:
    """Return the cross-validated R2 of each neuron at each bin, (time, neuron).

    It is the mean over folds of 1 - RSS / TSS in the trials left out, TSS around their own mean. No
    weight is penalised; one-hot columns and an intercept are one too many, and of all best weights
    the smallest are taken. Folds are stratified by the predictors together, in the order of the
    trials. A neuron that is constant in a fold has no R2 there, and NaN.

    Parameters
    ----------
    activity
        Rates or z scores with their facts as coordinates.
    predictors
        Names of facts, such as ``("visual", "licked")``.
    folds
        Of the cross-validation.

    Raises
    ------
    ModelError
        If a fact is missing or the same in all trials, or a combination of them has fewer trials
        than there are folds.
    """
    if not predictors or folds < 2:
        raise OutOfBoundsError(
            f"{len(predictors)} predictors and {folds} folds", "Give one or more, and two folds."
        )
    lacking = [name for name in predictors if name not in activity.coords]
    if lacking:
        raise ShapeError(
            f"the trials have no {', '.join(lacking)}", "Add their facts with `with_facts`."
        )
    told = np.column_stack([activity[name].values.astype(str) for name in predictors])
    for name, column in zip(predictors, told.T, strict=True):
        if len(np.unique(column)) < 2:
            raise OneClassError(f"{name} is the same in all trials", "Leave it out.")
    _, kinds, counts = np.unique(told, axis=0, return_inverse=True, return_counts=True)
    if counts.min() < folds:
        raise OneClassError(
            f"a combination of {' and '.join(predictors)} has {counts.min()} trials, "
            f"and there are {folds} folds",
            "Take fewer folds, or more trials.",
        )
    ordered = activity.transpose("trial", "time", "neuron")
    rates = ordered.values.reshape(len(told), -1)
    if not np.isfinite(rates).all():
        raise NotFiniteError("activity holds NaN or infinite numbers", "Leave those trials out.")
    columns = OneHotEncoder(sparse_output=False).fit_transform(told)
    found = [
        _r2(columns, rates, learned, held_out)
        for learned, held_out in StratifiedKFold(folds).split(columns, kinds.ravel())
    ]
    shape = ordered.shape[1:]
    coordinates = {"time": activity["time"], "neuron": activity["neuron"]}
    return xr.DataArray(np.mean(found, axis=0).reshape(shape), coordinates, ("time", "neuron"))


def _r2(columns: Floats, rates: Floats, learned: Places, held_out: Places) -> Floats:
    model = LinearRegression().fit(columns[learned], rates[learned])
    guess = model.predict(columns[held_out])
    with np.errstate(divide="ignore", invalid="ignore"):  # where nothing varies
        found = r2_score(rates[held_out], guess, multioutput="raw_values", force_finite=False)
    return np.where(np.isfinite(found), found, np.nan)


def best_r2(r2: xr.DataArray) -> xr.DataArray:
    """Return the R2 of the neuron that is predicted best at each bin, (time,).

    A negative R2 is no fit; a bin without any fit is NaN.

    Raises
    ------
    EmptyDataError
        If there is no fit at all.
    """
    best = r2.where(r2 >= 0).max("neuron")
    if not np.isfinite(best.values).any():
        raise EmptyDataError("no neuron is predicted at any bin", "Look at the R2 of each.")
    return best
