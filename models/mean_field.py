"""Average course of multiplicative learning (Ceballo et al. 2019, equations 4 to 6), with slopes.

The loop carries the derivatives by every parameter along, so gradients are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.compiled import compiled
from models.errors import Floats, Whole, floats
from models.reinforcement import Core
from models.task import Task, starting_weights

ROOT_HALF = math.sqrt(0.5)
DENSITY = 1 / math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Course:
    """How response probabilities and weights change with trials.

    Attributes
    ----------
    responses
        Probability of a response to each stimulus in each trial, (trials, stimuli).
    excitation, inhibition
        Weights before each trial and after the last one, (trials + 1, units).
    """

    responses: Floats
    excitation: Floats
    inhibition: Floats

    @property
    def performance(self) -> Floats:
        """Fraction correct in each trial, (trials,), of a task of S+ and S- (in that order)."""
        return (self.responses[:, 0] + 1 - self.responses[:, 1]) / 2

    def probabilities(self, units: ArrayLike, trial: int = -1) -> Floats:
        """Return the probability of a response to other stimuli, (stimuli,).

        Parameters
        ----------
        units
            Activity of the sensory units, (stimuli, units), such as that of the common unit alone.
        trial
            After how many trials; -1 is after all of them.
        """
        net = self.excitation[trial] - self.inhibition[trial]
        drives = floats("units", units, 2) @ net
        return np.array([0.5 * math.erfc(-drive * ROOT_HALF) for drive in drives])


def mean_field(
    task: Task,
    initial: Sequence[float],
    trials: int,
    core: Core = Core(),  # noqa: B008 (frozen)
    *,
    additive: bool = False,
) -> Course:
    """Return the average course of learning.

    Parameters
    ----------
    task
        Stimuli, rewards and shares.
    initial
        Weights of the common unit, excitatory and inhibitory, and the one weight of all others.
    trials
        How many trials; each is of either stimulus, with the task's shares.
    core
        Learning rate, asymptote and asymmetry.
    additive
        Whether weights change by the same step whatever their size, and may be negative
        (Rescorla and Wagner), in place of in proportion to themselves.

    Examples
    --------
    >>> from models.task import PUBLISHED_STRONG, discrimination
    >>> course = mean_field(discrimination(s_minus=2), PUBLISHED_STRONG, 6000)
    >>> course.responses[[0, -1]].round(3)
    array([[0.841, 0.841],
           [0.947, 0.053]])
    """
    units, rewards, shares = task.arrays
    excitation, inhibition = starting_weights(initial, units.shape[1])
    course = Course(
        np.zeros((trials, len(units))),
        np.zeros((trials + 1, units.shape[1])),
        np.zeros((trials + 1, units.shape[1])),
    )
    none = np.zeros((3, 0)), np.zeros((units.shape[1], 0)), np.zeros((units.shape[1], 0))
    run_mean_field(
        np.array([core.alpha, core.sigma, core.asymmetry]),
        excitation,
        inhibition,
        *none,
        units,
        rewards,
        shares,
        additive,
        np.arange(1, trials + 1),
        course.responses,
        np.zeros((trials, len(units), 0)),
        course.excitation,
        course.inhibition,
    )
    return course


@compiled
def run_mean_field(
    core: Floats,
    excitation: Floats,
    inhibition: Floats,
    core_slopes: Floats,
    excitation_slopes: Floats,
    inhibition_slopes: Floats,
    units: Floats,
    rewards: Floats,
    shares: Floats,
    additive: bool,
    ends: Whole,
    responses: Floats,
    slopes: Floats,
    excitation_course: Floats,
    inhibition_course: Floats,
) -> None:
    """Run equations 4 to 6, and write the mean of each bin of trials into the last four arrays.

    Parameters
    ----------
    core
        Learning rate, asymptote, asymmetry, (3,).
    excitation, inhibition
        Initial weights, (units,); left as they are after the last trial.
    core_slopes, excitation_slopes, inhibition_slopes
        Derivatives of these by the parameters, (3, parameters) and (units, parameters); the last
        two change.
    units, rewards, shares
        The task's, (stimuli, units), (stimuli,), (stimuli,).
    additive
        Whether the size of a weight does not matter.
    ends
        Number of the last trial of each bin, (bins,), rising.
    responses
        Mean probability of a response in each bin, (bins, stimuli).
    slopes
        Its derivatives, (bins, stimuli, parameters).
    excitation_course, inhibition_course
        Weights before each trial, and after the last, (trials + 1, units); nothing is written
        where they have no rows.
    """
    n_stimuli, n_units = units.shape
    n_parameters = core_slopes.shape[1]
    alpha, sigma, asymmetry = core[0], core[1], core[2]
    alpha_slope, sigma_slope, asymmetry_slope = core_slopes[0], core_slopes[1], core_slopes[2]
    drive_slope = np.zeros(n_parameters)
    push = np.zeros(n_stimuli)
    push_slopes = np.zeros((n_stimuli, n_parameters))
    n_kept = excitation_course.shape[0]
    trial = 0
    for a_bin in range(ends.size):
        first = trial
        while trial < ends[a_bin]:
            if trial < n_kept:
                excitation_course[trial] = excitation
                inhibition_course[trial] = inhibition
            for s in range(n_stimuli):
                drive = 0.0
                for k in range(n_parameters):
                    drive_slope[k] = 0.0
                for u in range(n_units):
                    x = units[s, u]
                    if x != 0.0:
                        drive += (excitation[u] - inhibition[u]) * x
                        for k in range(n_parameters):
                            drive_slope[k] += (
                                excitation_slopes[u, k] - inhibition_slopes[u, k]
                            ) * x
                p = 0.5 * math.erfc(-drive * ROOT_HALF)
                density = DENSITY * math.exp(-0.5 * drive * drive)
                error = rewards[s] - sigma * drive
                weight = asymmetry if error > 0 else 1.0
                push[s] = shares[s] * weight * error * p
                responses[a_bin, s] += p
                for k in range(n_parameters):
                    slopes[a_bin, s, k] += density * drive_slope[k]
                    gain = -weight * (sigma_slope[k] * drive + sigma * drive_slope[k])
                    if error > 0:
                        gain += asymmetry_slope[k] * error
                    push_slopes[s, k] = shares[s] * (
                        gain * p + weight * error * density * drive_slope[k]
                    )
            for u in range(n_units):
                step = 0.0
                for s in range(n_stimuli):
                    step += units[s, u] * push[s]
                change = alpha * step
                up = 1.0 + change
                down = 1.0 - change
                for k in range(n_parameters):
                    slope = 0.0
                    for s in range(n_stimuli):
                        slope += units[s, u] * push_slopes[s, k]
                    slope = alpha_slope[k] * step + alpha * slope
                    if additive:
                        excitation_slopes[u, k] += slope
                        inhibition_slopes[u, k] -= slope
                    else:
                        e_slope = excitation_slopes[u, k] * up + excitation[u] * slope
                        i_slope = inhibition_slopes[u, k] * down - inhibition[u] * slope
                        excitation_slopes[u, k] = e_slope if up > 0 else 0.0
                        inhibition_slopes[u, k] = i_slope if down > 0 else 0.0
                if additive:
                    excitation[u] += change
                    inhibition[u] -= change
                else:
                    excitation[u] *= max(up, 0.0)
                    inhibition[u] *= max(down, 0.0)
            trial += 1
        for s in range(n_stimuli):
            responses[a_bin, s] /= trial - first
            for k in range(n_parameters):
                slopes[a_bin, s, k] /= trial - first
    if trial < n_kept:
        excitation_course[trial] = excitation
        inhibition_course[trial] = inhibition
