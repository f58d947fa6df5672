"""How unsure a fit is: covariance from the observed information, and parameters that it lacks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import Floats
from models.minimise import Evaluate, Minimum, moving
from models.model import Parameter

Z_95 = 1.959963984540054
STEP = 1e-4
"""For differences of the exact gradient, on the scale of the search."""
SINGULAR = 1e-9
"""Of the scaled information: below this share, a direction is flat."""
TAKES_PART = 0.2
"""A parameter with this component or more belongs to a flat direction."""
ALONG = 0.01
"""One with this component or more is not sure at all: it lies along the flat direction."""
WIDEST_DECADES = 1.0
"""A 95 % interval of a logarithmic parameter that spans more does not tell it."""
WIDEST_SHARE = 0.5
"""The same of a linear one, as a share of its bounds."""


@dataclass(frozen=True)
class Doubt:
    """A parameter that the data do not tell.

    Attributes
    ----------
    name
        Of the parameter.
    why
        As the rest of a sentence.
    others
        Which others can make up for it.
    """

    name: str
    why: str
    others: tuple[str, ...] = ()

    def renamed(self, names: Mapping[str, str]) -> Doubt:
        """Return the same with other names; what has none keeps its own."""
        others = tuple(names.get(each, each) for each in self.others)
        return Doubt(names.get(self.name, self.name), self.why, others)


def doubt_of(
    parameters: Sequence[Parameter],
    best: Minimum,
    low: Floats,
    high: Floats,
    information: Floats,
    rivals: Sequence[Floats] = (),
) -> tuple[Floats, tuple[Doubt, ...]]:
    """Return the covariance on the scale of the search, and the doubts.

    Parameters
    ----------
    parameters
        The fitted ones.
    best
        The minimum.
    low, high
        Bounds, (parameters,).
    information
        Second derivatives of the loss, (parameters, parameters).
    rivals
        Where other searches ended that are as good, (parameters,) each.

    Returns
    -------
    covariance
        (parameters, parameters); NaN for parameters without one.
    doubts
        At most one for each parameter.
    """
    free = moving(best.point, best.gradient, low, high)
    inner = information[np.ix_(free, free)]
    covariance = np.full((len(parameters), len(parameters)), np.nan)
    names = [each.name for each in parameters]
    found = {
        k: Doubt(names[k], f"it lies at its bound {parameters[k].from_search(best.point[k]):g}")
        for k in np.flatnonzero(~free).tolist()
    }
    places = np.flatnonzero(free)
    flat = flat_parameters(inner)
    partners = [int(k) for k in places[flat]]
    for k in partners:
        others = tuple(names[other] for other in partners if other != k)
        why = f"{', '.join(others)} can make up for it" if others else "nothing depends on it"
        found[k] = Doubt(names[k], why, others)
    if places.size:
        covariance[np.ix_(free, free)] = covariance_of(inner)
    for k in np.flatnonzero(free & np.isnan(np.diag(covariance))).tolist():
        along = ", ".join(names[other] for other in partners if other != k)
        why = f"it changes a little where {along} make up for each other"
        found.setdefault(k, Doubt(names[k], why))
    for k, each in enumerate(parameters):
        why = _too_wide(each, best.point[k], covariance[k, k]) or _rivalled(each, k, rivals)
        if why:
            found.setdefault(k, Doubt(names[k], why))
    return covariance, tuple(found[k] for k in sorted(found))


def statement_of(converged: bool, doubts: Sequence[Doubt]) -> str:
    """Return in words whether a fit can be relied on."""
    parts = [] if converged else ["The search did not converge: its steps ran out."]
    told: set[str] = set()
    for doubt in doubts:
        group = [each.name for each in doubts if each.name in (doubt.name, *doubt.others)]
        if len(group) > 1 and not told.issuperset(group):
            names = f"{', '.join(group[:-1])} and {group[-1]}"
            parts.append(f"{names} are not identifiable: they can make up for each other.")
            told.update(group)
        elif doubt.name not in told:
            parts.append(f"{doubt.name} is not identifiable: {doubt.why}.")
    if not parts:
        return "All parameters are identifiable."
    if doubts:
        parts.append("Hold parameters at known values, or share them over a cohort.")
    return " ".join(parts)


def observed_information(evaluate: Evaluate, point: Floats, low: Floats, high: Floats) -> Floats:
    """Return the second derivatives of the loss, (parameters, parameters).

    They are central differences of the exact gradient, taken inside the bounds.
    """
    count = len(point)
    information = np.zeros((count, count))
    for k in range(count):
        ahead, behind = point.copy(), point.copy()
        ahead[k] = min(point[k] + STEP, high[k])
        behind[k] = max(point[k] - STEP, low[k])
        slope = evaluate(ahead)[1] - evaluate(behind)[1]
        information[k] = slope / (ahead[k] - behind[k])
    return (information + information.T) / 2


def flat_parameters(information: Floats) -> NDArray[np.bool_]:
    """Return which parameters take part in a direction in which the loss does not rise."""
    if not information.size:
        return np.zeros(0, np.bool_)
    _, values, vectors = directions(information)
    lowest = vectors[:, values < SINGULAR]
    no_slope = np.diag(information) <= 0
    return np.asarray((np.abs(lowest) > TAKES_PART).any(axis=1) | no_slope)


def covariance_of(information: Floats) -> Floats:
    """Return the inverse of the information, (parameters, parameters).

    Where the loss does not rise in some direction, the parameters along it have none (NaN), and
    the others that which they have whatever the values of those: one mouse of a cohort that tells
    nothing does not make the others' values less sure.
    """
    size, values, vectors = directions(information)
    flat = values < SINGULAR
    steep = vectors[:, ~flat]
    covariance = (steep / values[~flat]) @ steep.T / np.outer(size, size)
    along = (np.abs(vectors[:, flat]) > ALONG).any(axis=1)
    covariance[along, :] = np.nan
    covariance[:, along] = np.nan
    return np.asarray(covariance)


def directions(information: Floats) -> tuple[Floats, Floats, Floats]:
    """Return sizes of the parameters, and the scaled information's eigenvalues and vectors."""
    diagonal = np.diag(information)
    size = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    return size, values, vectors


def _too_wide(each: Parameter, searched: float, variance: float) -> str:
    """Return why an interval does not tell a parameter; empty if it does, or if there is none."""
    half = Z_95 * math.sqrt(variance)
    width = 2 * half
    if each.scale == "log":
        wide = width > WIDEST_DECADES * math.log(10)
    else:
        wide = width > WIDEST_SHARE * (each.high - each.low)
    if not wide:
        return ""
    low, high = each.around(searched, half)
    return f"its 95 % interval is {low:.2g} to {high:.2g}"


def _rivalled(each: Parameter, k: int, rivals: Sequence[Floats]) -> str:
    """Return why a parameter is not told if other values of it fit as well; else nothing."""
    values = [float(rival[k]) for rival in rivals]
    wide = 0.1 if each.scale == "log" else 0.02 * (each.high - each.low)
    if not values or max(values) - min(values) <= wide:
        return ""
    low, high = each.from_search(min(values)), each.from_search(max(values))
    return f"values from {low:.2g} to {high:.2g} fit as well"
