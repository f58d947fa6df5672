"""The virtual mouse that learns as in Ceballo et al. 2019: a mind on a body."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

import numpy as np
import pydantic

from hardware.common.mouse_body import SPOUT, BodySettings, MouseBody, Percept, Stimulus
from models.reinforcement import Core, Weights, learn, response_probability
from rig.config import validated
from rig.errors import ConfigError
from rig.frozen import FrozenModel, Items
from rig.room import Mouse, MouseSettings, Room

Weight = Annotated[float, pydantic.Field(ge=0)]
Activity = Annotated[float, pydantic.Field(ge=0, le=100)]


class LearningSettings(MouseSettings):
    """What a learning mouse finds in each stimulus, and how it begins.

    ``recruitment`` gives for each stimulus the activity of the sensory units: the first is
    common to all of them, the others answer to one stimulus each. A name may hold ``*`` for any
    text. The initial weights are those
    of a mouse that has never been in the rig; it licks to one stimulus in forty.
    """

    alpha: float = pydantic.Field(default=0.01, gt=0, le=0.2)
    sigma: float = pydantic.Field(default=0.6195, gt=0)
    asymmetry: float = pydantic.Field(default=6.0, gt=0)
    recruitment: Mapping[str, Items[Activity]] = pydantic.Field(
        default_factory=lambda: {"A": (1.0, 1.0, 0.0), "B": (1.0, 0.0, 2.0)}
    )
    common_excitation: float = pydantic.Field(default=0.7, gt=0)
    common_inhibition: float = pydantic.Field(default=2.7, gt=0)
    specific_weight: float = pydantic.Field(default=0.01, gt=0)
    body: BodySettings = BodySettings()

    @pydantic.model_validator(mode="after")
    def _equal_lengths(self) -> LearningSettings:
        if len({len(units) for units in self.recruitment.values()}) != 1:
            raise ValueError("recruitment must give each stimulus the same number of units")
        return self


class Memory(FrozenModel):
    """What a learning mouse remembers: the weights of its sensory units."""

    excitation: Items[Weight]
    inhibition: Items[Weight]


class LearningMouse(Mouse):
    """A mouse that learns which stimuli mean water; its memory is its weights."""

    Settings = LearningSettings

    def __init__(
        self, settings: LearningSettings, memory: dict[str, Any], rng: np.random.Generator
    ) -> None:
        self._core = Core(settings.alpha, settings.sigma, settings.asymmetry)
        self._units = {name: np.array(units) for name, units in settings.recruitment.items()}
        count = len(next(iter(self._units.values())))
        specific = [settings.specific_weight] * (count - 1)
        naive = {
            "excitation": [settings.common_excitation, *specific],
            "inhibition": [settings.common_inhibition, *specific],
        }
        remembered = validated(Memory, memory or naive, "the subject's .memory.json")
        self._excitation: Weights = np.array(remembered.excitation)
        self._inhibition: Weights = np.array(remembered.inhibition)
        if len(self._excitation) != count or len(self._inhibition) != count:
            raise ConfigError(
                f"the mouse remembers {len(self._excitation)} units, and recruitment has {count}",
                "the subject's .memory.json",
                "Delete that file (the mouse is naive then), or restore the rig's recruitment.",
            )
        self._rng = rng
        self._last = np.zeros(count)
        self._body = MouseBody(settings.body, rng, self._decide, self._learn)

    def enter(self, room: Room) -> None:
        """Begin the session."""
        self._body.enter(room)

    def attend(self, time: float) -> None:
        """Wait for what is announced."""
        self._body.attend(time)

    def hear(self, sound: str, time: float) -> None:
        """Hear a sound."""
        self._sense(Stimulus("sound", sound), time)

    def see(self, grating: str, time: float) -> None:
        """See a grating."""
        self._sense(Stimulus("grating", grating), time)

    def feel(self, flashes: str, time: float) -> None:
        """Feel flashes on the cortex."""
        self._sense(Stimulus("flashes", flashes), time)

    def drink(self, volume_ul: float, time: float) -> None:
        """Drink a drop."""
        self._body.drink(volume_ul, time)

    def memory(self) -> dict[str, Any]:
        """Return the weights."""
        return {"excitation": self._excitation.tolist(), "inhibition": self._inhibition.tolist()}

    def _sense(self, stimulus: Stimulus, time: float) -> None:
        """Sense a stimulus; one that is not in ``recruitment`` means nothing."""
        if self._units_of(stimulus.name) is not None:
            self._body.sense(stimulus, time)

    def _units_of(self, name: str) -> Weights | None:
        """Return the activity of the units for a stimulus: of its name, or of a pattern of it."""
        if name in self._units:
            return self._units[name]
        found = [units for pattern, units in self._units.items() if fnmatchcase(name, pattern)]
        return found[0] if found else None

    def _decide(self, percept: Percept) -> str | None:
        """Decide; stimuli that began together drive each unit as the stronger one does."""
        units = [self._units_of(stimulus.name) for stimulus in percept]
        self._last = np.max([each for each in units if each is not None], axis=0)
        chance = response_probability(self._excitation, self._inhibition, self._last)
        return SPOUT if self._rng.random() < chance else None

    def _learn(self, rewarded: bool) -> None:
        self._excitation, self._inhibition = learn(
            self._excitation, self._inhibition, self._last, 1.0 if rewarded else -1.0, self._core
        )
