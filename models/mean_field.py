"""Average course of multiplicative learning (Ceballo et al. 2019, equations 4 to 6), with slopes.

The loop carries the derivatives by every parameter along, so gradients are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.compiled import compiled
from models.errors import Floats, ModelError, ShapeError, Whole, check_some, floats
from models.normal import cumulative_normal, normal
from models.reinforcement import PUBLISHED, Core, Rule, is_additive
from models.task import Task, starting_weights

LANES = 8
"""Most parameters to differentiate by. The loop carries as many, since a processor does them at
once if their number is known beforehand and all are in one array."""
E0, E1, E2, I0, I1, I2, ALPHA, SIGMA, ASYMMETRY, SUM_P, SUM_M = range(0, 11 * LANES, LANES)
"""Where the derivatives of what begin in that array."""


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
        """Mean of hits and correct rejections in each trial, (trials,)."""
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
        net, active = self.excitation[trial] - self.inhibition[trial], floats("units", units, 2)
        if active.shape[1] != net.size:
            raise ShapeError(f"{active.shape[1]} units", f"Give the activity of all {net.size}.")
        return cumulative_normal(active @ net)


def mean_field(
    task: Task,
    initial: Sequence[float],
    trials: int,
    core: Core = PUBLISHED,
    rule: Rule = "multiplicative",
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
    rule
        How weights change.

    Examples
    --------
    >>> from models.task import PUBLISHED_STRONG, discrimination
    >>> course = mean_field(discrimination(s_minus=2), PUBLISHED_STRONG, 6000)
    >>> course.responses[[0, -1]].round(3)
    array([[0.841, 0.841],
           [0.947, 0.053]])
    """
    constants = np.array([core.alpha, core.sigma, core.asymmetry])
    weights = starting_weights(initial, rule=rule)
    return average_course(task, constants, *weights, trials, rule)


def average_course(
    task: Task, core: Floats, excitation: Floats, inhibition: Floats, trials: int, rule: Rule
) -> Course:
    """Return the average course of learning from any weights.

    Parameters
    ----------
    task, trials, rule
        As in `mean_field`.
    core
        Learning rate, asymptote, asymmetry, (3,).
    excitation, inhibition
        Initial weights, (units,).
    """
    check_two_stimuli(task)
    check_some(trials=trials)
    units, rewards, shares = task.arrays
    course = Course(
        np.zeros((trials, len(units))),
        np.zeros((trials + 1, units.shape[1])),
        np.zeros((trials + 1, units.shape[1])),
    )
    none = np.zeros((3, 0)), np.zeros((units.shape[1], 0)), np.zeros((units.shape[1], 0))
    run_mean_field(
        core,
        excitation,
        inhibition,
        *none,
        units,
        rewards,
        shares,
        is_additive(rule),
        np.arange(1, trials + 1),
        course.responses,
        np.zeros((trials, len(units), 0)),
        course.excitation,
        course.inhibition,
    )
    return course


def check_two_stimuli(task: Task) -> None:
    """Refuse a task that is not of S+ and S- and three units, as equations 5 and 6 are.

    Raises
    ------
    ShapeError
        If it has others.
    ModelError
        If the first is not S+, or the second not S-.
    """
    if np.shape(task.units) != (2, 3):
        raise ShapeError(
            f"the mean field got {np.shape(task.units)} stimuli and units",
            "It needs S+ and S-, in that order, and three units: leave out those that neither "
            "drives. Responses to others come from `Course.probabilities`.",
        )
    rewards = task.arrays[1].tolist()
    if rewards != [1.0, -1.0]:
        raise ModelError(f"the mean field got rewards {rewards}", "Give S+ first, then S-.")


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

    Two stimuli (p, m) and three units (0, 1, 2) are written out: so all scalars stay in registers,
    which makes it 1.6 times as fast as loops over them.

    Parameters
    ----------
    core
        Learning rate, asymptote, asymmetry, (3,).
    excitation, inhibition
        Initial weights, (3,).
    core_slopes, excitation_slopes, inhibition_slopes
        Derivatives of these by the parameters, (3, parameters) each.
    units, rewards, shares
        The task's, (2, 3), (2,), (2,).
    additive
        Whether the size of a weight does not matter.
    ends
        Number of the last trial of each bin, (bins,), rising.
    responses
        Mean probability of a response in each bin, (bins, 2).
    slopes
        Its derivatives, (bins, 2, parameters).
    excitation_course, inhibition_course
        Weights before each trial, and after the last, (trials + 1, 3); nothing is written where
        they have no rows.
    """
    n = min(core_slopes.shape[1], LANES)
    alpha, sigma, asymmetry = core[0], core[1], core[2]
    xp0, xp1, xp2 = units[0, 0], units[0, 1], units[0, 2]
    xm0, xm1, xm2 = units[1, 0], units[1, 1], units[1, 2]
    reward_p, reward_m, share_p, share_m = rewards[0], rewards[1], shares[0], shares[1]
    e0, e1, e2 = excitation[0], excitation[1], excitation[2]
    i0, i1, i2 = inhibition[0], inhibition[1], inhibition[2]
    tangents = np.zeros(11 * LANES)
    for k in range(n):
        for u in range(3):
            tangents[k + E0 + u * LANES] = excitation_slopes[u, k]
            tangents[k + I0 + u * LANES] = inhibition_slopes[u, k]
            tangents[k + ALPHA + u * LANES] = core_slopes[u, k]
    kept = excitation_course.shape[0]
    trial = 0
    for a_bin in range(ends.size):
        first, sum_p, sum_m = trial, 0.0, 0.0
        tangents[SUM_P:] = 0.0
        while trial < ends[a_bin]:
            if trial < kept:
                keep(excitation_course, trial, e0, e1, e2)
                keep(inhibition_course, trial, i0, i1, i2)
            # Equation 4.
            drive_p = (e0 - i0) * xp0 + (e1 - i1) * xp1 + (e2 - i2) * xp2
            drive_m = (e0 - i0) * xm0 + (e1 - i1) * xm1 + (e2 - i2) * xm2
            p, density_p = normal(drive_p)
            m, density_m = normal(drive_m)
            sum_p += p
            sum_m += m
            # What pulls at the weights, share f[R - sigma drive] p, and its derivatives by the
            # drive, by sigma and by the asymmetry.
            error_p, error_m = reward_p - sigma * drive_p, reward_m - sigma * drive_m
            gain_p = share_p * (asymmetry if error_p > 0 else 1.0)
            gain_m = share_m * (asymmetry if error_m > 0 else 1.0)
            pull_p, pull_m = gain_p * error_p * p, gain_m * error_m * m
            by_drive_p = gain_p * (error_p * density_p - sigma * p)
            by_drive_m = gain_m * (error_m * density_m - sigma * m)
            by_sigma_p, by_sigma_m = -gain_p * drive_p * p, -gain_m * drive_m * m
            by_asymmetry_p = share_p * max(error_p, 0.0) * p
            by_asymmetry_m = share_m * max(error_m, 0.0) * m
            # Equations 5 and 6: what every weight is multiplied by, or moved by.
            pull_0 = xp0 * pull_p + xm0 * pull_m
            pull_1 = xp1 * pull_p + xm1 * pull_m
            pull_2 = xp2 * pull_p + xm2 * pull_m
            if additive:
                up_0 = up_1 = up_2 = down_0 = down_1 = down_2 = 1.0
                at_e0 = at_e1 = at_e2 = at_i0 = at_i1 = at_i2 = 1.0
                e0, e1, e2 = e0 + alpha * pull_0, e1 + alpha * pull_1, e2 + alpha * pull_2
                i0, i1, i2 = i0 - alpha * pull_0, i1 - alpha * pull_1, i2 - alpha * pull_2
            else:
                up_0, down_0 = max(1 + alpha * pull_0, 0.0), max(1 - alpha * pull_0, 0.0)
                up_1, down_1 = max(1 + alpha * pull_1, 0.0), max(1 - alpha * pull_1, 0.0)
                up_2, down_2 = max(1 + alpha * pull_2, 0.0), max(1 - alpha * pull_2, 0.0)
                at_e0, at_i0 = e0 if up_0 > 0 else 0.0, i0 if down_0 > 0 else 0.0
                at_e1, at_i1 = e1 if up_1 > 0 else 0.0, i1 if down_1 > 0 else 0.0
                at_e2, at_i2 = e2 if up_2 > 0 else 0.0, i2 if down_2 > 0 else 0.0
                e0, e1, e2 = e0 * up_0, e1 * up_1, e2 * up_2
                i0, i1, i2 = i0 * down_0, i1 * down_1, i2 * down_2
            for k in range(LANES if n else 0):
                d0 = tangents[k + E0] - tangents[k + I0]
                d1 = tangents[k + E1] - tangents[k + I1]
                d2 = tangents[k + E2] - tangents[k + I2]
                d_drive_p = d0 * xp0 + d1 * xp1 + d2 * xp2
                d_drive_m = d0 * xm0 + d1 * xm1 + d2 * xm2
                tangents[k + SUM_P] += density_p * d_drive_p
                tangents[k + SUM_M] += density_m * d_drive_m
                d_alpha, d_sigma = tangents[k + ALPHA], tangents[k + SIGMA]
                d_asymmetry = tangents[k + ASYMMETRY]
                d_pull_p = by_drive_p * d_drive_p + by_sigma_p * d_sigma
                d_pull_m = by_drive_m * d_drive_m + by_sigma_m * d_sigma
                d_pull_p += by_asymmetry_p * d_asymmetry
                d_pull_m += by_asymmetry_m * d_asymmetry
                d0 = d_alpha * pull_0 + alpha * (xp0 * d_pull_p + xm0 * d_pull_m)
                d1 = d_alpha * pull_1 + alpha * (xp1 * d_pull_p + xm1 * d_pull_m)
                d2 = d_alpha * pull_2 + alpha * (xp2 * d_pull_p + xm2 * d_pull_m)
                tangents[k + E0] = tangents[k + E0] * up_0 + at_e0 * d0
                tangents[k + E1] = tangents[k + E1] * up_1 + at_e1 * d1
                tangents[k + E2] = tangents[k + E2] * up_2 + at_e2 * d2
                tangents[k + I0] = tangents[k + I0] * down_0 - at_i0 * d0
                tangents[k + I1] = tangents[k + I1] * down_1 - at_i1 * d1
                tangents[k + I2] = tangents[k + I2] * down_2 - at_i2 * d2
            trial += 1
        passed = trial - first
        responses[a_bin, 0], responses[a_bin, 1] = sum_p / passed, sum_m / passed
        for k in range(n):
            slopes[a_bin, 0, k] = tangents[k + SUM_P] / passed
            slopes[a_bin, 1, k] = tangents[k + SUM_M] / passed
    if trial < kept:
        keep(excitation_course, trial, e0, e1, e2)
        keep(inhibition_course, trial, i0, i1, i2)


@compiled
def keep(course: Floats, row: int, first: float, second: float, third: float) -> None:
    """Write three weights into a row."""
    course[row, 0] = first
    course[row, 1] = second
    course[row, 2] = third
