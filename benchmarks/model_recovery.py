"""How often intervals of fits hold the truth, and how sigmoids beside crossings find the phases.

``python -m benchmarks.model_recovery --mice 200`` (some minutes; not part of ``make bench``).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from models.circuit import Choices, balanced_order, simulate
from models.errors import Floats
from models.fitting import fit
from models.learning import Circuit, LearningRule, MeanField, binned
from models.mean_field import mean_field
from models.model import Data, Model
from models.phases import BinnedPerformance, Sigmoid, crossings
from models.profiles import profile_interval
from models.task import (
    PUBLISHED_STRONG,
    PUBLISHED_WEAK,
    Task,
    discrimination,
    draw_initial_weights,
)

TRIALS = 2500
TRUTHS, ORDER, CHANCE = 100, 101, 102
"""Seeds."""


def main() -> None:
    """Print the share of intervals that hold the truth, for each parameter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mice", type=int, default=200)
    mice = parser.parse_args().mice
    task = discrimination(2, 1)
    truths = draw_initial_weights(mice, TRUTHS)
    order = balanced_order(mice, TRIALS, ORDER)
    done = simulate(task, truths, order, CHANCE)
    choices = [Choices(order[k], done.responded[k]) for k in range(mice)]
    rule = LearningRule(task)
    report(Circuit(rule), choices, truths)
    report(MeanField(rule), [binned(each) for each in choices], truths)
    for initial in (PUBLISHED_STRONG, PUBLISHED_WEAK):
        for each in (discrimination(1, 2), discrimination(2, 1)):
            phases(each, initial, mice)


def report(model: Model[Data], data: Sequence[Data], truths: Floats) -> None:
    """Print how often the profile intervals of a model hold the truth."""
    names = [each.name for each in model.parameters]
    held, open_ends = np.zeros(len(names)), np.zeros(len(names))
    for each, truth in zip(data, truths, strict=True):
        found = fit(model, each, starts=5)
        for k, name in enumerate(names):
            interval = profile_interval(model, each, found, name)
            held[k] += float(truth[k]) in interval
            open_ends[k] += not (interval.low_closed and interval.high_closed)
    print(f"\n{model.name}: {len(data)} mice, {TRIALS} trials each")
    for k, name in enumerate(names):
        print(
            f"  {name:<20} in the 95 % interval {held[k] / len(data):.3f}, "
            f"an end open {open_ends[k] / len(data):.3f}"
        )


def phases(task: Task, initial: tuple[float, float, float], mice: int) -> None:
    """Print both phases by crossings on the model's curve and by sigmoids of mice."""
    bins = 40
    truth = crossings(mean_field(task, initial, bins * 100).performance)
    done = simulate(task, initial, balanced_order(mice, bins * 100, ORDER), CHANCE)
    ends, trials = np.arange(1, bins + 1) * 100, np.full(bins, 100)
    found = [
        fit(
            Sigmoid(),
            BinnedPerformance(ends, np.round(row * 100), trials),
            held={"start": 0.5},
            starts=4,
        ).values[:2]
        for row in done.performance(task)
    ]
    (delay, learning), (delay_sd, learning_sd) = np.mean(found, axis=0), np.std(found, axis=0)
    print(
        f"S+ {np.asarray(task.units)[0, 2]:g}, S- {np.asarray(task.units)[1, 1]:g}, "
        f"weights {initial}: delay {truth.delay:.0f}, sigmoid {delay:.0f} +- {delay_sd:.0f}; "
        f"learning {truth.learning:.0f}, sigmoid {learning:.0f} +- {learning_sd:.0f}"
    )


if __name__ == "__main__":
    main()
