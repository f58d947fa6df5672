"""What is asked of a fit, as ``fit.json`` keeps it."""

from __future__ import annotations

from typing import Literal

import msgspec

from analysis.behaviour.bins import BIN_TRIALS
from analysis.fits.asked import CoreName, LickRate, ModelName
from models.consistency import SESSIONS
from models.learning import Variant
from models.psychometric import Shape

STARTS, STARTS_TOGETHER = 20, 5
"""Searches for one mouse alone, and for all mice together."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a fit.

    Attributes
    ----------
    model
        The model.
    core, variant
        Of the learning models: how the core comes about, and the learning rule. Without a core it
        depends on the number of mice (`resolved`).
    bin_trials
        Trials in a bin: of the mean field, and of the figures of learning.
    recruitment
        Activity of the specific units, by the name of the stimulus.
    pretraining, catch
        What becomes of trials of S+ before discrimination, and of catch trials.
    lags
        How many trials back the history of the logistic regression goes.
    shape
        Of the psychometric function.
    lick_rate_of, simulations
        Of the chance of consistent trials.
    held
        Values of parameters that are not fitted, by name.
    starts, seed
        How many searches (None: as usual), and the seed of their first points and of all
        simulations.
    intervals
        What the 95 % intervals are.
    """

    model: ModelName
    core: CoreName | None = None
    variant: Variant = "multiplicative asymmetric"
    bin_trials: int = BIN_TRIALS
    recruitment: dict[str, float] = {}
    pretraining: Literal["left out", "first"] = "left out"
    catch: Literal["learned from", "left out"] = "learned from"
    lags: int = 1
    shape: Shape = "logistic"
    lick_rate_of: LickRate = LickRate.INCONGRUENT
    simulations: int = SESSIONS
    held: dict[str, float] = {}
    starts: int | None = None
    seed: int = 0
    intervals: Literal["standard error", "profile"] = "standard error"

    @property
    def learns(self) -> bool:
        """Whether the model is one of learning."""
        return self.model in {ModelName.CIRCUIT, ModelName.MEAN_FIELD}

    def resolved(self, mice: int) -> Settings:
        """Return what is asked of a fit of so many mice, with nothing left to decide.

        One mouse does not tell the core of learning, so it is the published one; several mice
        share one that is fitted.
        """
        usual = CoreName.SHARED if mice > 1 else CoreName.PUBLISHED
        core = (self.core or usual) if self.learns else None
        starts = STARTS_TOGETHER if core == CoreName.SHARED else STARTS
        return msgspec.structs.replace(self, core=core, starts=self.starts or starts)

    def seconds(self, mice: int) -> float:
        """Return about how long a fit of so many mice takes on one core."""
        if self.model == ModelName.CHOICES:
            return 5.0 * mice * self.simulations / SESSIONS
        together = self.resolved(mice).core == CoreName.SHARED and self.intervals == "profile"
        return 0.05 * mice * (mice if together else 1)
