"""The curve that a fitted model predicts, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.errors import Floats
from models.fitting import FitResult
from models.model import Data, Model

DRAWS = 1000


@dataclass(frozen=True)
class Curve:
    """A predicted curve with its 95 % interval, (observations,) each."""

    middle: Floats
    low: Floats
    high: Floats


def fitted_curve(model: Model[Data], result: FitResult, data: Data, seed: int = 0) -> Curve:
    """Return what a fitted model predicts, with a 95 % interval.

    The interval is that of the predictions whose parameters are drawn by the covariance of the
    fit, inside their bounds. Parameters without a covariance stay at their values.

    Parameters
    ----------
    model, result
        A model, and its fit.
    data
        For which observations to predict; their responses do not matter.
    seed
        Of the draws.
    """
    names = [each.name for each in model.parameters]
    best = np.array([result.value(name) for name in names])
    draws = np.tile(best, (DRAWS, 1))
    known = np.flatnonzero(np.isfinite(np.diag(result.covariance)))
    if known.size:
        own = [result.parameters[k] for k in known]
        middle = [
            each.to_search(float(result.values[k])) for k, each in zip(known, own, strict=True)
        ]
        drawn = np.random.default_rng(seed).multivariate_normal(
            middle, result.covariance[np.ix_(known, known)], DRAWS, check_valid="ignore"
        )
        for column, each in zip(drawn.T, own, strict=True):
            inside = np.clip(column, each.to_search(each.low), each.to_search(each.high))
            draws[:, names.index(each.name)] = [each.from_search(x) for x in inside.tolist()]
    predict = model.predictor(data, np.zeros(len(names), np.bool_))
    low, high = np.quantile([predict(each)[0] for each in draws], [0.025, 0.975], axis=0)
    return Curve(predict(best)[0], low, high)
