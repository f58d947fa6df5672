"""The stochastic decision circuit (Ceballo et al. 2019, equations 1 to 3), trial by trial.

Many simulated mice at once; and the probability of each choice of a mouse given those before it,
with exact derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.compiled import compiled
from models.errors import (
    Floats,
    ImpossibleOutcomeError,
    ShapeError,
    Whole,
    check_numbers,
    check_same_length,
    check_some,
    flags,
    whole,
)
from models.mean_field import Course
from models.normal import cumulative_normal, normal
from models.reinforcement import PUBLISHED, Core, Rule, is_additive
from models.task import Task, starting_weights


@dataclass(frozen=True)
class Simulated:
    """What simulated mice did.

    Attributes
    ----------
    stimuli
        Stimulus of each trial, (mice, trials).
    responded
        Whether the mouse responded, (mice, trials).
    excitation, inhibition
        Weights after the last trial, (mice, units).
    """

    stimuli: Whole
    responded: NDArray[np.bool_]
    excitation: Floats
    inhibition: Floats

    def performance(self, task: Task, bin_trials: int = 100) -> Floats:
        """Return the fraction of correct trials in bins, (mice, bins); a rest is left out."""
        check_some(bin_trials=bin_trials)
        correct = self.responded == (np.asarray(task.rewards)[self.stimuli] > 0)
        bins = correct.shape[1] // bin_trials
        whole_bins = correct[:, : bins * bin_trials].reshape(len(correct), bins, bin_trials)
        return np.asarray(whole_bins.mean(axis=2))


def balanced_order(mice: int, trials: int, seed: int, per_stimulus: int = 4) -> Whole:
    """Return an order of two stimuli, (mice, trials): each `per_stimulus` times in every block.

    The paper has 4 S+ and 4 S- in every 8 trials.
    """
    check_some(mice=mice, trials=trials, per_stimulus=per_stimulus)
    block = np.repeat([0, 1], per_stimulus)
    blocks = -(-trials // len(block))
    order = np.random.default_rng(seed).permuted(np.tile(block, (mice, blocks, 1)), axis=2)
    return order.reshape(mice, -1)[:, :trials].astype(np.int64)


def simulate(
    task: Task,
    initial: ArrayLike,
    stimuli: ArrayLike,
    seed: int,
    core: Core = PUBLISHED,
    rule: Rule = "multiplicative",
) -> Simulated:
    """Let mice learn.

    Parameters
    ----------
    task
        Stimuli and rewards; what comes when is said by `stimuli`.
    initial
        Common excitation, common inhibition and specific weight, (3,) for all or (mice, 3).
    stimuli
        Stimulus of each trial, (mice, trials).
    seed
        Of the mice's chance. The same seed gives the same choices.
    core
        Learning rate, asymptote and asymmetry.
    rule
        How weights change.

    Examples
    --------
    >>> from models.task import PUBLISHED_STRONG, discrimination
    >>> order = balanced_order(mice=100, trials=4000, seed=1)
    >>> mice = simulate(discrimination(), PUBLISHED_STRONG, order, seed=2)
    >>> mice.performance(discrimination()).mean(axis=0)[[0, -1]].round(2)
    array([0.5 , 0.94])
    """
    units, rewards, _ = task.arrays
    order = whole("stimuli", stimuli, 2)
    check_stimuli(order, len(units))
    mice, trials = order.shape
    table = np.asarray(initial, dtype=np.float64)
    if table.shape not in {(3,), (mice, 3)}:
        raise ShapeError(f"initial weights {table.shape}", f"Give (3,), or {(mice, 3)}.")
    rows = np.broadcast_to(table, (mice, 3)).tolist()
    starts = [starting_weights(row, units.shape[1], rule) for row in rows]
    excitation = np.array([start[0] for start in starts])
    inhibition = np.array([start[1] for start in starts])
    responded = np.zeros((mice, trials), dtype=np.bool_)
    rng = np.random.default_rng(seed)
    constants = np.array([core.alpha, core.sigma, core.asymmetry])
    for mouse in range(mice):
        _live(
            constants,
            excitation[mouse],
            inhibition[mouse],
            units,
            rewards,
            is_additive(rule),
            order[mouse],
            np.asarray(rng.random(trials)),
            responded[mouse],
        )
    return Simulated(order, responded, excitation, inhibition)


def check_stimuli(stimuli: Whole, count: int) -> None:
    """Refuse stimuli that a task of `count` lacks.

    Raises
    ------
    ImpossibleOutcomeError
        If there is one.
    """
    if (stimuli >= count).any():
        raise ImpossibleOutcomeError(
            f"stimulus {int(stimuli.max())} in a task of {count}", "Number stimuli from 0."
        )


@dataclass(frozen=True)
class Choices:
    """Single choices of a mouse, in order.

    Attributes
    ----------
    stimuli
        Stimulus of each trial, (trials,), by its row in the task.
    responded
        Whether the mouse responded, (trials,).
    numbers
        Number of each trial, (trials,), from 1, rising; left out, they are 1, 2, 3. Trials that
        are missing among them still pass in the mean field. The circuit learns from what is
        given only.
    """

    stimuli: ArrayLike
    responded: ArrayLike
    numbers: ArrayLike = ()

    def __post_init__(self) -> None:
        stimuli = whole("stimuli", self.stimuli, 1)
        numbers = np.arange(1, len(stimuli) + 1)
        if np.size(self.numbers):
            numbers = whole("numbers", self.numbers, 1)
        responded = flags("responded", self.responded)
        check_same_length(stimuli=stimuli, responded=responded, numbers=numbers)
        check_numbers(numbers)
        for name, array in (("stimuli", stimuli), ("responded", responded), ("numbers", numbers)):
            object.__setattr__(self, name, array)


def followed_course(
    task: Task, core: Floats, excitation: Floats, inhibition: Floats, choices: Choices, rule: Rule
) -> Course:
    """Return the course of the weights of a mouse that made some choices.

    Parameters
    ----------
    task
        Stimuli and rewards.
    core
        Learning rate, asymptote, asymmetry, (3,).
    excitation, inhibition
        Initial weights, (units,).
    choices
        What was presented, and what the mouse did.
    rule
        How weights change.

    Returns
    -------
    Course
        With the probability of a response to every stimulus, also those not presented.
    """
    units, rewards, _ = task.arrays
    order = np.asarray(choices.stimuli)
    check_stimuli(order, len(units))
    courses = np.zeros((2, order.size + 1, units.shape[1]))
    none = np.zeros((units.shape[1], 0))
    run_choices(
        core,
        excitation.copy(),
        inhibition.copy(),
        np.zeros((3, 0)),
        none,
        none.copy(),
        units,
        rewards,
        is_additive(rule),
        order,
        np.asarray(choices.responded),
        np.zeros(order.size),
        np.zeros((order.size, 0)),
        courses[0],
        courses[1],
    )
    responses = cumulative_normal((courses[0, :-1] - courses[1, :-1]) @ units.T)
    return Course(responses, courses[0], courses[1])


@compiled
def _live(
    core: Floats,
    excitation: Floats,
    inhibition: Floats,
    units: Floats,
    rewards: Floats,
    additive: bool,
    stimuli: Whole,
    draws: Floats,
    responded: NDArray[np.bool_],
) -> None:
    """Let one mouse learn; its weights change in place, and its responses are written."""
    alpha, sigma, asymmetry = core[0], core[1], core[2]
    for trial in range(stimuli.size):
        s = stimuli[trial]
        drive = 0.0
        for u in range(units.shape[1]):
            drive += (excitation[u] - inhibition[u]) * units[s, u]
        if draws[trial] >= normal(drive)[0]:
            continue
        responded[trial] = True
        error = rewards[s] - sigma * drive
        step = alpha * (asymmetry * error if error > 0 else error)
        for u in range(units.shape[1]):
            change = step * units[s, u]
            if additive:
                excitation[u] += change
                inhibition[u] -= change
            else:
                excitation[u] *= max(1.0 + change, 0.0)
                inhibition[u] *= max(1.0 - change, 0.0)


@compiled
def run_choices(
    core: Floats,
    excitation: Floats,
    inhibition: Floats,
    core_slopes: Floats,
    excitation_slopes: Floats,
    inhibition_slopes: Floats,
    units: Floats,
    rewards: Floats,
    additive: bool,
    stimuli: Whole,
    responded: NDArray[np.bool_],
    responses: Floats,
    slopes: Floats,
    excitation_course: Floats,
    inhibition_course: Floats,
) -> None:
    """Write the probability of a response in each trial, given the choices before it.

    Parameters
    ----------
    core, excitation, inhibition, core_slopes, excitation_slopes, inhibition_slopes, units, rewards
        As in `models.mean_field.run_mean_field`.
    additive
        Whether the size of a weight does not matter.
    stimuli, responded
        The choices, (trials,).
    responses
        Probability of a response, (trials,).
    slopes
        Its derivatives, (trials, parameters).
    excitation_course, inhibition_course
        Weights before each trial, and after the last, (trials + 1, units); nothing is written
        where they have no rows.
    """
    alpha, sigma, asymmetry = core[0], core[1], core[2]
    n_units, n_parameters = units.shape[1], core_slopes.shape[1]
    drive_slope = np.zeros(n_parameters)
    kept = excitation_course.shape[0]
    for trial in range(stimuli.size):
        if trial < kept:
            for u in range(n_units):
                excitation_course[trial, u] = excitation[u]
                inhibition_course[trial, u] = inhibition[u]
        s = stimuli[trial]
        drive = 0.0
        drive_slope[:] = 0.0
        for u in range(n_units):
            x = units[s, u]
            if x != 0.0:
                drive += (excitation[u] - inhibition[u]) * x
                for k in range(n_parameters):
                    drive_slope[k] += (excitation_slopes[u, k] - inhibition_slopes[u, k]) * x
        responses[trial], density = normal(drive)
        for k in range(n_parameters):
            slopes[trial, k] = density * drive_slope[k]
        if not responded[trial]:
            continue
        error = rewards[s] - sigma * drive
        weight = asymmetry if error > 0 else 1.0
        step = weight * error
        for u in range(n_units):
            x = units[s, u]
            if x == 0.0:
                continue
            change = alpha * step * x
            up, down = 1.0 + change, 1.0 - change
            for k in range(n_parameters):
                gain = -weight * (core_slopes[1, k] * drive + sigma * drive_slope[k])
                if error > 0:
                    gain += core_slopes[2, k] * error
                slope = (core_slopes[0, k] * step + alpha * gain) * x
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
    if kept:
        for u in range(n_units):
            excitation_course[-1, u] = excitation[u]
            inhibition_course[-1, u] = inhibition[u]
