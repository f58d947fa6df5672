"""An experiment: ordinary Python between trials that returns the next trial's graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rig.frozen import FrozenModel
from rig.graph import TrialGraph
from rig.sound import Sound
from rig.trials import TrialRow


class Parameters(FrozenModel):
    """Base of a protocol's parameters; each has a description with its unit."""


@dataclass(frozen=True)
class Finished:
    """Returned in place of a graph: the experiment is over, and why."""

    reason: str


class TrialProtocol(ABC):
    """Base of all protocols.

    A protocol has a nested class ``Params`` and is made with its parameters and a seeded random
    generator, the only source of chance that it may use.

    Attributes
    ----------
    params
        The parameters; the session replaces them when a person changes one, between trials.
    rng
        The source of chance.
    """

    Params: type[Parameters]

    def __init__(self, params: Any, rng: np.random.Generator) -> None:
        self.params = params
        self.rng = rng

    def sounds(self) -> Mapping[str, Sound]:
        """Return the sounds that trials play, by name; they are loaded before the session."""
        return {}

    @abstractmethod
    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the graph of trial `number` (1, 2, ...), or `Finished`.

        Parameters
        ----------
        number
            Number of the trial in the session.
        past
            The finished trials, in their order; look at the last few only, so that a long
            session stays as quick as a short one.
        """
