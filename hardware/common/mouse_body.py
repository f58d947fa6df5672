"""The body of a virtual mouse: visits the port, licks in bouts, gets sated. It has no opinions.

What the mouse does with a stimulus is its mind's to say: `decide` is asked at each stimulus,
`learn` is told whether a decision to lick was rewarded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import numpy as np
import pydantic

from hardware.common.motivation import Motivation, MotivationSettings
from rig.config import laid_over
from rig.room import MouseSettings, Room

PORT = "port"
SPOUT = "lick"


class Stimulus(NamedTuple):
    """Something that the mouse sensed."""

    sense: Literal["sound", "grating", "flashes"]
    name: str


Percept = tuple[Stimulus, ...]
"""The stimuli that began together: the mouse makes one decision about them."""


class BodySettings(MouseSettings):
    """How a virtual mouse moves; seconds unless the name says otherwise."""

    visit_interval: float = pydantic.Field(default=4.0, gt=0)
    patience: float = pydantic.Field(default=1.0, gt=0)
    listening_time: float = pydantic.Field(default=0.2, gt=0)
    reaction_time: float = pydantic.Field(default=0.2, gt=0)
    reaction_spread: float = pydantic.Field(default=0.25, ge=0, le=2)
    lick_rate_hz: float = pydantic.Field(default=7.0, ge=5, le=9)
    contact_fraction: float = pydantic.Field(default=0.9, gt=0, lt=1)
    persistence: float = pydantic.Field(default=3.0, gt=0)
    drinking_time: float = pydantic.Field(default=1.0, gt=0)
    notice_probability: float = pydantic.Field(default=0.2, ge=0, le=1)
    find_probability: float = pydantic.Field(default=0.9, ge=0, le=1)
    guess_probability: float = pydantic.Field(default=0.0, ge=0, le=1)
    impulsive_probability: float = pydantic.Field(default=0.2, ge=0, le=1)
    spontaneous_interval: float = pydantic.Field(default=15.0, gt=0)
    thirst_ul: float = pydantic.Field(default=1500.0, gt=0)
    motivation: MotivationSettings = MotivationSettings()


def laid_over_own(own: BodySettings) -> pydantic.BeforeValidator:
    """Return what lays a table of a file over a mouse's own body, tables inside it too."""

    def lay(given: object) -> object:
        return laid_over(own.model_dump(), given) if isinstance(given, dict) else given

    return pydantic.BeforeValidator(lay)


HEAD_FIXED_BODY = BodySettings(
    spontaneous_interval=60.0,
    motivation=MotivationSettings(
        stamina=7200.0, steepness=4.0, disengaged_every=1800.0, disengaged_for=30.0
    ),
)
"""The body of mice that shift sets: it tires, and seldom licks for no reason."""
HeadFixedBody = Annotated[BodySettings, laid_over_own(HEAD_FIXED_BODY)]
"""Such a body, but for what a file says of it."""


class MouseBody:
    """The body.

    Parameters
    ----------
    settings
        How it moves.
    rng
        Its only source of chance.
    decide
        Asked with what began together: the spout to lick at, or None.
    learn
        Told after a decision to lick whether a reward came.
    """

    def __init__(
        self,
        settings: BodySettings,
        rng: np.random.Generator,
        decide: Callable[[Percept], str | None],
        learn: Callable[[bool], None],
    ) -> None:
        self._settings = settings
        self._rng = rng
        self._decide = decide
        self._learn = learn
        self._room = Room()
        self._at_port = False
        self._wait_number = 0
        self._spout = SPOUT
        self._percept: Percept = ()
        self._attending = False
        self._licking = False
        self._lick_until = 0.0
        self._hoping = False
        self._hope = 0
        self._withholds_until = 0.0
        self._motivation = Motivation(settings.motivation, settings.thirst_ul, rng)
        self._takes_part = True

    @property
    def takes_part(self) -> bool:
        """Whether it takes part in the trial that began last; freely moving in its last visit."""
        return self._takes_part

    def enter(self, room: Room) -> None:
        """Begin the session: freely moving if the rig has a port, else head-fixed."""
        self._room = room
        if room.has(PORT):
            self._plan_visit(0.0)
        else:
            self._plan_spontaneous(0.0)

    def attend(self, time: float) -> None:
        """Wait at the port, if it is there, for what is announced."""
        if self._at_port:
            self._wait(time)

    def sense(self, stimulus: Stimulus, time: float) -> None:
        """Sense a stimulus; what begins at the same time is taken together."""
        self._attending = True
        if not self._percept:
            self._at(time, self._react)
        self._percept = (*self._percept, stimulus)

    def _react(self, time: float) -> None:
        """Wait for a while, then lick or leave; a mouse that takes no part does not decide."""
        percept, self._percept = self._percept, ()
        settings = self._settings
        if not self._at_port:
            self._takes_part = self._motivation.takes_part(time)
        if not self._takes_part:
            self._at(time + settings.listening_time, self._leave)
            return
        start = time + settings.listening_time
        spread = settings.reaction_spread * self._rng.standard_normal()
        start += settings.reaction_time * math.exp(spread)
        spout = self._decide(percept)
        if spout is not None:
            self._spout = spout
            self._hoping = True
            self._hope += 1
            hope = self._hope
            self._lick(start, start + settings.persistence)
            self._at(start + settings.persistence, lambda now: self._give_up(hope, now))
            return
        self._withholds_until = start + settings.persistence
        if self._rng.random() < settings.impulsive_probability:
            self._lick(time + 0.3, time + 0.3 + 2 / settings.lick_rate_hz)
        self._at(start, self._leave)

    def drink(self, volume_ul: float, time: float) -> bool:
        """Drink a drop, and return whether it did.

        One that was not hoped for is noticed only sometimes. A mouse that takes no part drinks
        none, nor does a sated one.
        """
        if not (self._takes_part and self._motivation.thirst):
            return False
        if not self._hoping:
            withholds = time < self._withholds_until
            settings = self._settings
            chance = settings.notice_probability if withholds else settings.find_probability
            if self._rng.random() >= chance:
                return False
        self._motivation.drink(volume_ul)
        if self._hoping:
            self._hoping = False
            self._learn(True)
        end = time + self._settings.drinking_time
        self._lick(time, end)
        self._at(end, self._leave)
        return True

    def _give_up(self, hope: int, time: float) -> None:
        """Learn that no reward came, unless it came."""
        if self._hoping and hope == self._hope:
            self._hoping = False
            self._learn(False)
            self._leave(time)

    def _plan_visit(self, time: float) -> None:
        """Plan the next visit; a sated mouse takes its time."""
        thirst = max(0.02, self._motivation.thirst)
        self._at(time + self._draw_wait(self._settings.visit_interval / thirst), self._come)

    def _come(self, time: float) -> None:
        """Come to the port, and leave it if nothing happens; not while it is disengaged."""
        returns = self._motivation.absent_until(time)
        if returns > time:
            self._takes_part = False
            self._at(returns, self._come)
            return
        self._takes_part = self._motivation.takes_part(time)
        self._at_port = True
        self._attending = False
        self._room.touch(PORT, True, time)
        guess = self._settings.guess_probability
        if guess and self._takes_part and self._rng.random() < guess:
            start = time + self._settings.reaction_time
            self._lick(start, start + self._settings.persistence)
        self._wait(time)

    def _wait(self, time: float) -> None:
        """Wait at the port for what comes, as long as patience lasts from now on."""
        self._wait_number += 1
        number = self._wait_number
        self._at(time + self._settings.patience, lambda now: self._lose_patience(number, now))

    def _lose_patience(self, number: int, time: float) -> None:
        if number == self._wait_number and not self._attending:
            self._leave(time)

    def _leave(self, time: float) -> None:
        """Leave the port, if there is one and no reward is hoped for."""
        if self._at_port and not self._hoping:
            self._at_port = False
            self._room.touch(PORT, False, time)
            self._plan_visit(time)

    def _plan_spontaneous(self, time: float) -> None:
        """Plan some licks that nothing asked for, as head-fixed mice do."""
        wait = self._draw_wait(self._settings.spontaneous_interval)
        self._at(time + wait, self._lick_spontaneously)

    def _lick_spontaneously(self, time: float) -> None:
        if self._motivation.takes_part(time):
            self._lick(time, time + 3 / self._settings.lick_rate_hz)
        self._plan_spontaneous(time)

    def _lick(self, start: float, until: float) -> None:
        """Lick from `start` until `until`; a bout that goes on already goes on longer."""
        self._lick_until = max(self._lick_until, until)
        if not self._licking:
            self._licking = True
            self._at(start, self._touch)

    def _touch(self, time: float) -> None:
        settings = self._settings
        self._room.touch(self._spout, True, time)
        period = (1 + 0.1 * self._rng.standard_normal()) / settings.lick_rate_hz
        self._at(time + abs(period) * settings.contact_fraction, self._release)

    def _release(self, time: float) -> None:
        settings = self._settings
        self._room.touch(self._spout, False, time)
        next_touch = time + (1 - settings.contact_fraction) / settings.lick_rate_hz
        self._licking = next_touch < self._lick_until
        if self._licking:
            self._at(next_touch, self._touch)

    def _draw_wait(self, mean: float) -> float:
        return mean * self._rng.standard_exponential()

    def _at(self, time: float, action: Callable[[float], None]) -> None:
        self._room.agenda.at(time, action)
