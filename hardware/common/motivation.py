"""Whether a virtual mouse takes part: it gets sated, tires, and is absent now and then."""

from __future__ import annotations

import math

import numpy as np
import pydantic

from rig.room import MouseSettings


class MotivationSettings(MouseSettings):
    """How motivation goes in a session; seconds. Without any of it, it ends when thirst does.

    Motivation is (1 - (drunk / thirst_ul) ^ steepness) (1 - (time / stamina) ^ steepness), and 0
    from there on. It is the probability of taking part in a trial. Without `steepness` it is 1
    until it ends, without `stamina` the second factor is 1.

    Periods of disengagement begin at the rate 1 / (disengaged_every x motivation), so that there
    are more of them as motivation falls, and last `disengaged_for` on average. Without
    `disengaged_every` there are none.
    """

    stamina: float | None = pydantic.Field(default=None, gt=0)
    steepness: float | None = pydantic.Field(default=None, ge=1, le=20)
    disengaged_every: float | None = pydantic.Field(default=None, gt=0)
    disengaged_for: float = pydantic.Field(default=30.0, gt=0)


class Motivation:
    """The motivation of one mouse in one session.

    Parameters
    ----------
    settings
        How it goes.
    thirst_ul
        Water that sates the mouse.
    rng
        Source of chance. Nothing is drawn for what the settings leave out.
    """

    def __init__(
        self, settings: MotivationSettings, thirst_ul: float, rng: np.random.Generator
    ) -> None:
        self._settings = settings
        self._thirst_ul = thirst_ul
        self._rng = rng
        self._drunk_ul = 0.0
        self._looked = 0.0
        self._absent_until = 0.0

    @property
    def thirst(self) -> float:
        """The share of thirst that is left; 0 if the mouse is sated."""
        return max(0.0, 1 - self._drunk_ul / self._thirst_ul)

    def drink(self, volume_ul: float) -> None:
        """Take in water."""
        self._drunk_ul += volume_ul

    def level(self, time: float) -> float:
        """Return the motivation at a time of the session, 0 to 1."""
        used = [self._drunk_ul / self._thirst_ul]
        if self._settings.stamina is not None:
            used.append(time / self._settings.stamina)
        if max(used) >= 1:
            return 0.0
        steepness = self._settings.steepness
        return 1.0 if steepness is None else math.prod(1 - share**steepness for share in used)

    def absent_until(self, time: float) -> float:
        """Return the end of the period of disengagement that `time` is in; `time` if in none.

        Times must not fall from call to call.
        """
        every = self._settings.disengaged_every
        level = self.level(time)
        if every is not None and level > 0 and time >= self._absent_until:
            engaged = time - max(self._looked, self._absent_until)
            if self._rng.random() < -math.expm1(-engaged / (every * level)):
                length = self._settings.disengaged_for * self._rng.standard_exponential()
                self._absent_until = time + length
        self._looked = time
        return max(time, self._absent_until)

    def takes_part(self, time: float) -> bool:
        """Whether the mouse takes part in a trial that begins."""
        if self.absent_until(time) > time:
            return False
        level = self.level(time)
        return level >= 1 or bool(level > 0 and self._rng.random() < level)
