"""What can be decoded of trials, each as two classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.session_decoding.asked import VariableName

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Meaning:
    """How a variable is told from the facts of trials.

    Attributes
    ----------
    fact
        The column of `analysis.neural.facts.trial_facts`.
    values
        Its value in the one class and in the other; trials of other values are of neither.
    classes
        What the two are called.
    in_catch
        Whether catch trials tell it, in which no answer is right or wrong.
    """

    fact: str
    values: tuple[object, object]
    classes: tuple[str, str]
    in_catch: bool


_GO_NOGO = ("go", "nogo")
MEANINGS = {
    VariableName.STIMULUS: Meaning("go", (True, False), _GO_NOGO, in_catch=False),
    VariableName.VISUAL: Meaning("visual", _GO_NOGO, _GO_NOGO, in_catch=True),
    VariableName.AUDITORY: Meaning("auditory", _GO_NOGO, _GO_NOGO, in_catch=True),
    VariableName.CHOICE: Meaning("licked", (True, False), ("lick", "none"), in_catch=True),
    VariableName.CONTEXT: Meaning(
        "context", ("visual", "auditory"), ("visual", "auditory"), in_catch=True
    ),
    VariableName.OUTCOME: Meaning("correct", (True, False), ("correct", "error"), in_catch=False),
}
CATCH = ("catch_lick", "catch_no_lick")
"""Outcomes of catch trials."""


@dataclass(frozen=True, eq=False)
class Labels:
    """The classes of some trials.

    Attributes
    ----------
    places
        Which trials are of one of the two classes, counted from 0.
    told
        Whether each of these is of the first, (places,).
    """

    places: NDArray[np.int64]
    told: Flags

    @property
    def counts(self) -> tuple[int, int]:
        """Trials of the first class and of the second."""
        return int(self.told.sum()), int((~self.told).sum())


def labels_of(facts: pd.DataFrame, name: VariableName) -> Labels:
    """Return the class of each trial that has one.

    Examples
    --------
    >>> facts = pd.DataFrame({"visual": ["go", "", "nogo"], "outcome": ["hit"] * 3})
    >>> labels = labels_of(facts, VariableName.VISUAL)
    >>> labels.places.tolist(), labels.told.tolist()
    ([0, 2], [True, False])
    """
    meaning = MEANINGS[name]
    values = facts[meaning.fact].to_numpy()
    one, other = (values == value for value in meaning.values)
    known = one | other
    if not meaning.in_catch:
        known &= ~facts["outcome"].isin(CATCH).to_numpy()
    places = np.flatnonzero(known)
    return Labels(places, np.asarray(one[places], dtype=np.bool_))
