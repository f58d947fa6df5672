"""An experiment: ordinary Python between trials that returns the next trial's graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pydantic

from rig.frozen import FrozenModel
from rig.graph import Pulse, TrialGraph
from rig.picture import Flashes, Grating
from rig.sound import Sound
from rig.trials import TrialRow

NEXT_TRIAL: Final[dict[str, pydantic.JsonValue]] = {"changeable": "next trial"}
"""Marks a parameter that a person may change in a session: it acts from the next trial."""
NEXT_BLOCK: Final[dict[str, pydantic.JsonValue]] = {"changeable": "next block"}
"""Marks a parameter that a person may change in a session: it acts from the next block."""


class Parameters(FrozenModel):
    """Base of a protocol's parameters; each has a description with its unit.

    A field with ``json_schema_extra=NEXT_TRIAL`` may be changed while a session runs.
    """


@dataclass(frozen=True)
class Finished:
    """Returned in place of a graph: the experiment is over, and why."""

    reason: str


@dataclass(frozen=True)
class Question:
    """Returned in place of a graph: the operator is to choose; the session waits meanwhile.

    Parameters
    ----------
    text
        What is asked, in a sentence.
    choices
        What can be answered.
    default
        The choice that is taken when nobody answers within `patience` seconds.
    """

    text: str
    choices: tuple[str, ...]
    default: str
    patience: float


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

    def gratings(self) -> Mapping[str, Grating]:
        """Return the gratings that trials show, by name; they are loaded before the session."""
        return {}

    def flashes(self) -> Mapping[str, Flashes]:
        """Return the flashes that trials project, by name; they are loaded before the session."""
        return {}

    def session_outputs(self) -> tuple[str, ...]:
        """Return the digital outputs that are on throughout the session (a masking light)."""
        return ()

    def reward(self) -> Pulse | None:
        """Return the drop that the command ``reward`` gives; None if its volume must be named."""
        return None

    def skip_block(self) -> str | None:
        """Leave the running block: the next trial begins another; say what comes, in words.

        None if there is no block to skip.
        """
        return None

    def answer(self, choice: str) -> None:
        """Take in what the operator chose when the protocol asked a `Question`."""
        raise NotImplementedError("a protocol that asks must take the answer")

    @abstractmethod
    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished | Question:
        """Return the graph of trial `number` (1, 2, ...), or `Finished`, or a `Question`.

        Parameters
        ----------
        number
            Number of the trial in the session.
        past
            The finished trials, in their order; look at the last few only, so that a long
            session stays as quick as a short one.
        """
