"""What a mouse did over time: the fraction of correct trials in bins."""

from __future__ import annotations

from collections.abc import Sequence

from rig.trials import TrialRow


def binned_correct(rows: Sequence[TrialRow], size: int = 100) -> list[tuple[float, float]]:
    """Return the fraction of correct trials in bins of trials, as (middle trial, fraction).

    Source: Ceballo et al. 2019, Methods (bins of 100 trials). A last bin that is not full is
    left out; aborted trials are left out before.
    """
    correct = [row.outcome in {"hit", "correct_rejection"} for row in rows if not row.aborted]
    return [
        (start + size / 2, sum(correct[start : start + size]) / size)
        for start in range(0, len(correct) - size + 1, size)
    ]
