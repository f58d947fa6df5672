"""A virtual mouse for set-shifting: it knows the stimuli, and infers which modality counts."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pydantic

from hardware.common.meaning import Answers, answers, meaning, refuse_both
from hardware.common.mouse_body import (
    HEAD_FIXED_BODY,
    SPOUT,
    HeadFixedBody,
    MouseBody,
    Percept,
    Stimulus,
)
from models.context_inference import Choice, Inference, Outcome, expect, learn, lick_probability
from rig.config import validated
from rig.frozen import FrozenModel, Items
from rig.room import Mouse, MouseSettings, Room


class ShiftingSettings(MouseSettings):
    """What a shifting mouse knows, how it infers the context, and how it chooses.

    The numbers are those of `models.context_inference`; the probability of seeing a reward without
    licking is the body's `notice_probability`. Names in `go` and `nogo` may hold ``*`` for any
    text.
    """

    go: Items[str] = ("45 deg", "5 kHz")
    nogo: Items[str] = ("135 deg", "10 kHz")
    hazard: float = pydantic.Field(default=0.02, ge=0, le=0.5)
    outcome_noise: float = pydantic.Field(default=0.2, ge=0.001, le=0.5)
    priming_weight: float = pydantic.Field(default=0.2, ge=0, le=1)
    inference_noise: float = pydantic.Field(default=0.8, ge=0, le=10)
    decision_noise: float = pydantic.Field(default=0.5, ge=0, le=10)
    lapse: float = pydantic.Field(default=0.01, ge=0, le=0.5)
    bias: float = pydantic.Field(default=0.0, ge=-1, le=1)
    body: HeadFixedBody = HEAD_FIXED_BODY

    @pydantic.model_validator(mode="after")
    def _tells_go_from_nogo(self) -> ShiftingSettings:
        refuse_both(self.go, self.nogo)
        return self


class Memory(FrozenModel):
    """What a shifting mouse remembers: the log-odds of the visual context."""

    log_odds_visual: Annotated[float, pydantic.Field(ge=-1e6, le=1e6)]


class ShiftingMouse(Mouse):
    """A mouse that follows the modality that it takes to be the relevant one.

    Attributes
    ----------
    beliefs
        The log-odds of the visual context with which it went into each trial.
    """

    Settings = ShiftingSettings

    def __init__(
        self, settings: ShiftingSettings, memory: dict[str, Any], rng: np.random.Generator
    ) -> None:
        self.beliefs: list[float] = []
        self._settings = settings
        self._inference = Inference(
            settings.hazard,
            settings.outcome_noise,
            settings.body.notice_probability,
            settings.priming_weight,
            settings.inference_noise,
        )
        self._choice = Choice(settings.decision_noise, settings.lapse, settings.bias)
        naive = {"log_odds_visual": 0.0}
        remembered = validated(Memory, memory or naive, "the subject's .memory.json")
        self._log_odds = remembered.log_odds_visual
        self._rng = rng
        self._open: tuple[Answers, bool] | None = None
        self._body = MouseBody(settings.body, rng, self._decide, self._close)

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
        """Feel flashes on the cortex: they mean nothing."""

    def drink(self, volume_ul: float, time: float) -> None:
        """Drink a drop; one that it finds after withholding tells of the context, too."""
        if self._body.drink(volume_ul, time):
            self._close(True)

    def memory(self) -> dict[str, Any]:
        """Return its belief."""
        return {"log_odds_visual": self._log_odds}

    def _sense(self, stimulus: Stimulus, time: float) -> None:
        """Sense a stimulus; one that is neither in `go` nor in `nogo` means nothing."""
        if meaning(stimulus.name, self._settings.go, self._settings.nogo) is not None:
            self._body.sense(stimulus, time)

    def _decide(self, percept: Percept) -> str | None:
        """Decide by the belief, after the trial before has taught what it can."""
        self._close(False)
        asked = answers(percept, self._settings.go, self._settings.nogo)
        expected = expect(self._log_odds, self._inference.hazard)
        self.beliefs.append(expected)
        licks = self._rng.random() < lick_probability(expected, *asked, self._choice)
        self._open = asked, licks
        return SPOUT if licks else None

    def _close(self, rewarded: bool) -> None:
        """Learn from the last trial, once."""
        if self._open is None:
            return
        (asked, licked), self._open = self._open, None
        noise = float(self._rng.standard_normal())
        trial = Outcome(asked.visual, asked.auditory, licked, rewarded)
        self._log_odds = learn(self._log_odds, trial, self._inference, noise)
