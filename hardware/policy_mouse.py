"""Virtual mice of known behaviour, for rehearsals and tests: they learn nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import pydantic

from hardware.common.meaning import meaning, refuse_both
from hardware.common.mouse_body import (
    SPOUT,
    BodySettings,
    MouseBody,
    Percept,
    Stimulus,
    laid_over_own,
)
from rig.frozen import Items
from rig.room import Mouse, MouseSettings, Room

_NEVER = 1e12
"""Seconds: longer than any session."""
STEADY_BODY = BodySettings(
    reaction_spread=0.0,
    persistence=4.0,
    notice_probability=0.0,
    find_probability=1.0,
    impulsive_probability=0.0,
    spontaneous_interval=_NEVER,
    thirst_ul=1e12,
)
"""A body without whims: what the mouse does is what its policy says."""


class PolicySettings(MouseSettings):
    """What a mouse does at each stimulus.

    ``policy`` is one of

    - ``always`` and ``never``: licks to every stimulus, or to none;
    - ``perfect``: licks to the stimuli that `go` names, and not to those that `nogo` names. To
      others it licks with `lick_probability`. Of a sound and a grating that begin together it
      follows the one whose sense was last met alone;
    - ``random``: licks with `lick_probability`, at any of the rig's spouts;
    - ``impulsive``: licks twice as soon as a stimulus begins, and not again.

    Names in `go` and `nogo` may hold ``*`` for any text; `go` comes first.
    """

    policy: Literal["always", "never", "perfect", "random", "impulsive"] = "random"
    lick_probability: float = pydantic.Field(default=0.5, ge=0, le=1)
    go: Items[str] = ()
    nogo: Items[str] = ("*",)
    body: Annotated[BodySettings, laid_over_own(STEADY_BODY)] = STEADY_BODY

    @pydantic.model_validator(mode="after")
    def _knows_what_is_go(self) -> PolicySettings:
        if self.policy == "perfect" and not self.go:
            raise ValueError("a perfect mouse must know which stimuli are go")
        refuse_both(self.go, self.nogo)
        return self


class PolicyMouse(Mouse):
    """A mouse that does what its policy says.

    Attributes
    ----------
    decisions
        For each time that stimuli began: whether it licked to them.
    """

    Settings = PolicySettings

    def __init__(
        self, settings: PolicySettings, memory: dict[str, Any], rng: np.random.Generator
    ) -> None:
        self.decisions: list[bool] = []
        self._settings = settings
        self._rng = rng
        self._attended = ""
        self._spouts: tuple[str, ...] = (SPOUT,)
        body = settings.body
        if settings.policy == "impulsive":
            body = body.model_copy(update={"impulsive_probability": 1.0})
        self._body = MouseBody(body, rng, self._decide, self._learn)

    def enter(self, room: Room) -> None:
        """Begin the session."""
        spouts = tuple(name for name in room.sensors() if name.startswith(SPOUT))
        self._spouts = spouts or self._spouts
        self._body.enter(room)

    def attend(self, time: float) -> None:
        """Wait for what is announced."""
        self._body.attend(time)

    def hear(self, sound: str, time: float) -> None:
        """Hear a sound."""
        self._body.sense(Stimulus("sound", sound), time)

    def see(self, grating: str, time: float) -> None:
        """See a grating."""
        self._body.sense(Stimulus("grating", grating), time)

    def feel(self, flashes: str, time: float) -> None:
        """Feel flashes on the cortex."""
        self._body.sense(Stimulus("flashes", flashes), time)

    def drink(self, volume_ul: float, time: float) -> None:
        """Drink a drop, unless the mouse never licks."""
        if self._settings.policy in {"always", "perfect", "random"}:
            self._body.drink(volume_ul, time)

    def memory(self) -> dict[str, Any]:
        """Return nothing: it has learned nothing."""
        return {}

    def _decide(self, percept: Percept) -> str | None:
        licks = self._licks(percept)
        self.decisions.append(licks)
        if not licks:
            return None
        if len(self._spouts) == 1:
            return self._spouts[0]
        return self._spouts[int(self._rng.integers(len(self._spouts)))]

    def _licks(self, percept: Percept) -> bool:
        match self._settings.policy:
            case "always":
                return True
            case "random":
                return self._licks_by_chance()
            case "perfect":
                return self._follows(self._relevant(percept))
            case _:
                return False

    def _licks_by_chance(self) -> bool:
        return bool(self._rng.random() < self._settings.lick_probability)

    def _relevant(self, percept: Percept) -> str:
        """Return the stimulus that counts; one that begins alone makes its sense the one."""
        if len(percept) == 1:
            self._attended = percept[0].sense
        relevant = [one.name for one in percept if one.sense == self._attended]
        return relevant[0] if relevant else percept[0].name

    def _follows(self, name: str) -> bool:
        """Whether a mouse that knows the task licks to a stimulus."""
        licks = meaning(name, self._settings.go, self._settings.nogo)
        return self._licks_by_chance() if licks is None else licks

    def _learn(self, rewarded: bool) -> None:
        pass
