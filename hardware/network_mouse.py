"""A virtual mouse whose mind is the trained network of Hajnal et al. 2024 (models.network)."""

from __future__ import annotations

from typing import Any

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
from models.network import read_trained_network
from models.network_task import DECISION, STEPS, inputs_at
from rig.frozen import Items
from rig.room import Mouse, MouseSettings, Room

VISUAL, AUDITORY = slice(0, 2), slice(2, 4)
"""Where the inputs of each modality stand."""


class NetworkSettings(MouseSettings):
    """What a network mouse is shown, and whether it is set back.

    Names in `go` and `nogo` may hold ``*`` for any text. The published network was trained on
    sequences of five trials from its start state: with `set_back_after` it goes back to that state
    after so many trials, without it it runs on through the session.
    """

    go: Items[str] = ("45 deg", "5 kHz")
    nogo: Items[str] = ("135 deg", "10 kHz")
    set_back_after: int | None = pydantic.Field(default=None, ge=1, le=1000)
    body: HeadFixedBody = HEAD_FIXED_BODY

    @pydantic.model_validator(mode="after")
    def _tells_go_from_nogo(self) -> NetworkSettings:
        refuse_both(self.go, self.nogo)
        return self


class NetworkMouse(Mouse):
    """A mouse that does what the network decides; it learns by its activity alone.

    A trial of the protocol is one of the network's of 15 steps. It decides at the onset, in step
    10. Whether that was right it is told in steps 11 to 15, which it takes, like the first three
    of the next trial, when the next stimulus comes: it was if it licked and a drop fell since, or
    did not and none fell.

    Attributes
    ----------
    decisions
        For each trial whether it licked.
    """

    Settings = NetworkSettings

    def __init__(
        self, settings: NetworkSettings, memory: dict[str, Any], rng: np.random.Generator
    ) -> None:
        self.decisions: list[bool] = []
        self._settings = settings
        self._network = read_trained_network()
        self._state = self._network.start
        self._trials = 0
        self._asked = Answers()
        self._dropped = False
        self._before: bool | None = None
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
        """Feel flashes on the cortex: they mean nothing."""

    def drink(self, volume_ul: float, time: float) -> None:
        """Take in that a drop fell, also if it withholds its licks, and perhaps drink it.

        A drop of a trial that it takes no part in is none of its outcomes.
        """
        self._dropped |= self._body.takes_part
        self._body.drink(volume_ul, time)

    def memory(self) -> dict[str, Any]:
        """Return nothing: each session begins in the network's start state."""
        return {}

    def _sense(self, stimulus: Stimulus, time: float) -> None:
        """Sense a stimulus; one that is neither in `go` nor in `nogo` means nothing."""
        if meaning(stimulus.name, self._settings.go, self._settings.nogo) is not None:
            self._body.sense(stimulus, time)

    def _decide(self, percept: Percept) -> str | None:
        """End the trial before, and take the first steps of this one."""
        if self.decisions:
            self._end_trial()
        self._asked = answers(percept, self._settings.go, self._settings.nogo)
        for step in range(1, DECISION + 1):
            self._step(step, None)
        licks = bool(self._network.goes(self._state))
        self.decisions.append(licks)
        self._dropped = False
        return SPOUT if licks else None

    def _end_trial(self) -> None:
        """Take the last steps of a trial, with its outcome; go back to the start if it is time."""
        right = self.decisions[-1] == self._dropped
        for step in range(DECISION + 1, STEPS + 1):
            self._step(step, right)
        self._before = right
        self._trials += 1
        if self._trials == self._settings.set_back_after:
            self._state, self._before, self._trials = self._network.start, None, 0

    def _step(self, step: int, outcome: bool | None) -> None:
        """Take one step; the input of a modality without a stimulus is 0."""
        asked = self._asked
        inputs = inputs_at(step, bool(asked.visual), bool(asked.auditory), self._before, outcome)
        if asked.visual is None:
            inputs[VISUAL] = 0
        if asked.auditory is None:
            inputs[AUDITORY] = 0
        self._state = self._network.step(self._state, inputs)

    def _learn(self, rewarded: bool) -> None:
        """Learn nothing here: a drop is enough."""
