"""Which sound at which level comes next: constant stimuli, or QUEST+."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import numpy as np

from protocols.sequences import BalancedSequence, CatchTrials
from rig.trials import TrialRow

SILENT_WINDOW = 20
SLOPES = (1.0, 2.0, 3.5, 6.0)
GUESS_RATES = (0.02, 0.1, 0.25)
LAPSE_RATES = (0.02, 0.1)


class LevelChoice(ABC):
    """Chooses the sound and the level of each trial."""

    @abstractmethod
    def next(self, number: int) -> tuple[str | None, float]:
        """Return sound and level in dB SPL of trial `number`; the sound is None for silence."""

    @abstractmethod
    def learn(self, row: TrialRow) -> None:
        """Take in how a trial ended; the same trial again changes nothing."""

    @abstractmethod
    def estimate(self, sound: str) -> dict[str, float]:
        """Return what is known of the threshold of a sound, by name; empty if nothing is."""


class ConstantLevels(LevelChoice):
    """Every block holds each sound once at each level, and the silent trials, in random order."""

    def __init__(
        self,
        sounds: Sequence[str],
        levels_db_spl: Sequence[float],
        silent_trials: int,
        rng: np.random.Generator,
    ) -> None:
        trials: list[tuple[str | None, float]] = [
            (sound, float(level)) for sound in sounds for level in levels_db_spl
        ]
        trials += [(None, 0.0)] * silent_trials
        self._order = BalancedSequence(trials, len(trials), rng)

    def next(self, number: int) -> tuple[str | None, float]:
        """Return the next sound and level of the block."""
        return self._order.next()

    def learn(self, row: TrialRow) -> None:
        """Learn nothing: the levels are constant."""

    def estimate(self, sound: str) -> dict[str, float]:
        """Return nothing: thresholds are fitted afterwards."""
        return {}


class QuestLevels(LevelChoice):
    """QUEST+ for each sound by itself: the level whose outcome will tell most.

    Parameters
    ----------
    sounds, levels_db_spl
        What can be presented; sounds come equally often.
    silent_probability
        Share of silent trials, exact in every 20 trials.
    rng
        Source of chance of the order of sounds and silent trials.
    """

    def __init__(
        self,
        sounds: Sequence[str],
        levels_db_spl: Sequence[float],
        silent_probability: float,
        rng: np.random.Generator,
    ) -> None:
        self._quests = {sound: QuestPlus(levels_db_spl) for sound in sounds}
        self._order = BalancedSequence(sounds, len(sounds), rng)
        self._silent = CatchTrials(("silence",), silent_probability, SILENT_WINDOW, rng)
        self._asked: tuple[int, str, float] | None = None

    def next(self, number: int) -> tuple[str | None, float]:
        """Return silence, or the next sound at the level that its QUEST+ chooses."""
        self._asked = None
        if self._silent.next() is not None:
            return None, 0.0
        sound = self._order.next()
        level = self._quests[sound].level()
        self._asked = (number, sound, level)
        return sound, level

    def learn(self, row: TrialRow) -> None:
        """Tell QUEST+ whether the mouse responded to what it chose last."""
        if self._asked is None or self._asked[0] != row.trial:
            return
        (_, sound, level), self._asked = self._asked, None
        if row.outcome is not None:
            self._quests[sound].tell(level, responded=row.outcome == "hit")

    def estimate(self, sound: str) -> dict[str, float]:
        """Return the mean of the threshold before the trial, to 0.01 dB SPL."""
        return {"threshold_db_spl": round(self._quests[sound].threshold(), 2)}


class QuestPlus:
    """The psychometric function of one sound, as far as it is known; by the package `questplus`.

    A Weibull function of the level in dB; threshold, slope, guess rate and lapse rate have flat
    priors on a grid.
    """

    def __init__(self, levels_db_spl: Sequence[float]) -> None:
        # Not at the top: they take a second to load, which few sessions need.
        import questplus
        import xarray

        # Its arrays all have the same axes; looking for differences takes a third of the time.
        set_options: Callable[..., AbstractContextManager[object]] = xarray.set_options
        self._same_axes = partial(set_options, arithmetic_join="exact")
        self._levels = levels = np.asarray(levels_db_spl, dtype=float)
        self._quest: Any = questplus.QuestPlus(
            stim_domain={"intensity": levels},
            param_domain={
                "threshold": levels,
                "slope": np.array(SLOPES),
                "lower_asymptote": np.array(GUESS_RATES),
                "lapse_rate": np.array(LAPSE_RATES),
            },
            outcome_domain={"response": ["yes", "no"]},
            func="weibull",
            stim_scale="dB",
            stim_selection_method="min_entropy",
            param_estimation_method="mean",
        )

    def level(self) -> float:
        """Return the level in dB SPL whose outcome will tell most."""
        with self._same_axes():
            return float(self._quest.next_stim["intensity"])

    def tell(self, level_db_spl: float, *, responded: bool) -> None:
        """Take in whether the mouse responded at a level."""
        outcome = {"response": "yes" if responded else "no"}
        with self._same_axes():
            self._quest.update(stim={"intensity": level_db_spl}, outcome=outcome)

    def threshold(self) -> float:
        """Return the mean of the threshold in dB SPL."""
        chances = self._quest.posterior.values.reshape(len(self._levels), -1).sum(axis=1)
        return math.fsum(chances * self._levels) / math.fsum(chances)
