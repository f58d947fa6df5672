"""The course of learning: of a mouse in bins, of the fitted model, and its phases."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis.behaviour.learning import fit_phases
from analysis.fits.found import number, values_of
from analysis.fits.learning_data import GO, NOGO, CommonTask, Recruitment, Series
from analysis.fits.results import Band, Learned, Value
from analysis.fits.settings import Settings
from models.circuit import simulate
from models.errors import Floats, ModelError
from models.fitting import FitResult
from models.learning import WEIGHTS
from models.mean_field import mean_field
from models.phases import BinnedPerformance, Phases, crossings
from models.reinforcement import PUBLISHED, Core, Rule
from models.task import discrimination

SIMULATED = 400
"""Mice that are simulated with the fitted values."""
COURSE = 6000
"""Trials over which phases are looked for, or the mouse's own if it had more: the maximum is the
largest value reached, so a short course would have other phases."""


def learned(
    choices: Series,
    recruitment: Recruitment,
    recruitment_from: str,
    result: FitResult,
    settings: Settings,
) -> Learned:
    """Return the course of learning of a mouse beside that of the fitted model.

    Phases are those of discrimination from its first trial on: behind pretraining there are none.
    """
    common = CommonTask([(choices, recruitment)])
    order = np.asarray(common.choices(choices, recruitment).stimuli)
    core, start = _core_of(result, settings), _start_of(result)
    rule: Rule = "additive" if settings.variant.startswith("additive") else "multiplicative"
    mice = simulate(
        common.task, start, np.tile(order, (SIMULATED, 1)), settings.seed, core, rule
    ).responded
    kinds, ends = np.array(choices.kinds), _ends(len(choices.kinds), settings.bin_trials)
    responded = np.array([choices.responded])
    hits, false_alarms = (_rates(responded, kinds == kind, ends)[0] for kind in (GO, NOGO))
    phases = Phases(math.nan, math.nan)
    sigmoid: tuple[Value, ...] = ()
    if settings.pretraining == "left out":
        phases = _phases(recruitment, core, start, rule, len(order))
        sigmoid = _sigmoid(responded[0], kinds, ends[: len(kinds) // settings.bin_trials])
    return Learned(
        s_plus=choices.go,
        s_minus=choices.nogo,
        recruitment=(recruitment.s_plus, recruitment.s_minus),
        recruitment_from=recruitment_from,
        session_ends=choices.session_ends,
        ends=tuple(ends.tolist()),
        hit_rate=_numbers(hits),
        false_alarm_rate=_numbers(false_alarms),
        model_hit_rate=_band(_rates(mice, kinds == GO, ends)),
        model_false_alarm_rate=_band(_rates(mice, kinds == NOGO, ends)),
        delay=number(phases.delay),
        learning=number(phases.learning),
        sigmoid=sigmoid,
    )


def _core_of(result: FitResult, settings: Settings) -> Core:
    """Return the core with which a mouse was fitted."""
    fitted = result.estimates
    symmetric = settings.variant.endswith(" symmetric")
    return Core(
        fitted.get("alpha", PUBLISHED.alpha),
        fitted.get("sigma", PUBLISHED.sigma),
        1.0 if symmetric else fitted.get("asymmetry", PUBLISHED.asymmetry),
    )


def _start_of(result: FitResult) -> tuple[float, float, float]:
    """Return common excitation, common inhibition and specific weight at the first trial."""
    fitted = result.estimates
    if "common_net" in fitted:
        return fitted["common_net"], 0.0, 0.0
    excitation, inhibition, specific = (fitted[each.name] for each in WEIGHTS)
    return excitation, inhibition, specific


def _ends(trials: int, bin_trials: int) -> NDArray[np.int64]:
    """Return the number of the last trial of each bin; the last bin may be shorter."""
    bins = -(-trials // bin_trials)
    return np.minimum(np.arange(1, bins + 1) * bin_trials, trials)


def _rates(
    responded: NDArray[np.bool_], chosen: NDArray[np.bool_], ends: NDArray[np.int64]
) -> Floats:
    """Return the share of responses among the chosen trials of each bin, (mice, bins).

    NaN where a bin has no such trial.
    """
    rates = np.full((len(responded), len(ends)), np.nan)
    for k, (first, behind) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        own = chosen[first:behind]
        if own.any():
            rates[:, k] = responded[:, first:behind][:, own].mean(axis=1)
    return rates


def _band(rates: Floats) -> Band:
    """Return mean and 95 % range of mice, (mice, bins)."""
    low, high = np.quantile(rates, [0.025, 0.975], axis=0)
    return Band(_numbers(rates.mean(axis=0)), _numbers(low), _numbers(high))


def _numbers(values: Floats) -> tuple[float | None, ...]:
    return tuple(number(value) for value in values.tolist())


def _phases(
    recruitment: Recruitment, core: Core, start: tuple[float, float, float], rule: Rule, trials: int
) -> Phases:
    """Return the phases of the model's course."""
    task = discrimination(recruitment.s_plus, recruitment.s_minus)
    course = mean_field(task, start, max(trials, COURSE), core, rule)
    return crossings(course.performance)


def _sigmoid(
    responded: NDArray[np.bool_], kinds: NDArray[np.str_], ends: NDArray[np.int64]
) -> tuple[Value, ...]:
    """Return the phases by a sigmoid that begins at 0.5; none if nothing was learned.

    The bins are whole ones, as those of `rig curve`: the same mouse has the same phases there.
    """
    if not len(ends):
        return ()
    counted = (kinds == GO) | (kinds == NOGO)
    correct = counted & (responded == (kinds == GO))
    sums = (np.concatenate([[0], np.cumsum(each)]) for each in (correct, counted))
    right, trials = (np.diff(each[[0, *ends]]) for each in sums)
    try:
        found = fit_phases(BinnedPerformance(ends, right, trials))
    except ModelError:
        return ()
    return values_of(found)
