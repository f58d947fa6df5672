"""A virtual mouse with a hearing threshold: its responses follow a psychometric function."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Annotated, Any

import numpy as np
import pydantic

from hardware.common.motivation import MotivationSettings
from hardware.common.mouse_body import (
    PORT,
    SPOUT,
    BodySettings,
    MouseBody,
    Percept,
    Stimulus,
    laid_over_own,
)
from models.detection import probability_at
from rig.frozen import Items
from rig.room import Mouse, MouseSettings, Room

AT_A_LEVEL = re.compile(r"(?P<sound>.+) at (?P<level>-?\d+(\.\d+)?) dB")
"""Names of sounds that have a level, as those of detection: ``A at 73 dB``."""
DETECTING_BODY = BodySettings(
    notice_probability=1.0,
    find_probability=1.0,
    motivation=MotivationSettings(
        stamina=7200.0, steepness=4.0, disengaged_every=1200.0, disengaged_for=30.0
    ),
)
"""A body that tires, and finds whatever drop falls."""


class DetectingSettings(MouseSettings):
    """What a detecting mouse hears.

    It responds with the probability guess + (1 - guess - lapse) F, times its motivation; F rises
    logistically with the level, is one half at the threshold and has the slope `slope_per_db`
    there. A freely moving mouse guesses when it comes to the port, before it has heard anything.
    """

    sounds: Items[str] = ("*",)
    threshold_db_spl: float = pydantic.Field(default=35.0, ge=-20, le=120)
    slope_per_db: float = pydantic.Field(default=0.05, gt=0, le=2)
    guess: float = pydantic.Field(default=0.05, ge=0, le=0.45)
    lapse: float = pydantic.Field(default=0.02, ge=0, le=0.45)
    body: Annotated[BodySettings, laid_over_own(DETECTING_BODY)] = DETECTING_BODY

    @pydantic.model_validator(mode="after")
    def _guesses_once(self) -> DetectingSettings:
        if self.body.guess_probability:
            raise ValueError("write guess in place of body.guess_probability")
        return self


class DetectingMouse(Mouse):
    """A mouse that responds to the sounds it hears, if it feels like it; it learns nothing."""

    Settings = DetectingSettings

    def __init__(
        self, settings: DetectingSettings, memory: dict[str, Any], rng: np.random.Generator
    ) -> None:
        self._settings = settings
        self._rng = rng
        self._guessed_before = False
        body = settings.body.model_copy(update={"guess_probability": settings.guess})
        self._body = MouseBody(body, rng, self._decide, self._learn)

    def enter(self, room: Room) -> None:
        """Begin the session."""
        self._guessed_before = room.has(PORT)
        self._body.enter(room)

    def attend(self, time: float) -> None:
        """Wait for what is announced."""
        self._body.attend(time)

    def hear(self, sound: str, time: float) -> None:
        """Hear a sound; one that has no level, or is not in `sounds`, means nothing."""
        found = AT_A_LEVEL.fullmatch(sound)
        if found and any(fnmatchcase(found["sound"], known) for known in self._settings.sounds):
            self._body.sense(Stimulus("sound", sound), time)

    def see(self, grating: str, time: float) -> None:
        """See a grating: it means nothing."""

    def feel(self, flashes: str, time: float) -> None:
        """Feel flashes on the cortex: they mean nothing."""

    def drink(self, volume_ul: float, time: float) -> None:
        """Drink a drop."""
        self._body.drink(volume_ul, time)

    def memory(self) -> dict[str, Any]:
        """Return nothing: it has learned nothing."""
        return {}

    def _decide(self, percept: Percept) -> str | None:
        """Decide by the loudest sound; with the guess on arrival that makes the whole function."""
        level = max(_level(stimulus.name) for stimulus in percept)
        mouse = self._settings
        chance = probability_at(
            level, mouse.threshold_db_spl, mouse.slope_per_db, mouse.guess, mouse.lapse
        )
        if self._guessed_before:
            chance = (chance - mouse.guess) / (1 - mouse.guess)
        return SPOUT if self._rng.random() < chance else None

    def _learn(self, rewarded: bool) -> None:
        pass


def _level(name: str) -> float:
    """Return the level of a sound that has one, dB SPL."""
    return float(name.rsplit(" ", 2)[-2])
