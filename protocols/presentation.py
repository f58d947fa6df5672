"""Sounds to a mouse that only listens (Ceballo et al. 2019, Methods, "Two-photon imaging").

The imaging sessions of the paper: every sound is repeated so many times, in random order, to an
awake head-fixed mouse. Nothing is asked and nothing is given; licks are recorded all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pydantic

from protocols.sequences import BalancedSequence
from protocols.sounds import PIPS_DURATION, Recipe, find, pips
from rig.frozen import Items
from rig.graph import END, Play, State, TrialGraph
from rig.protocol import NEXT_TRIAL, Finished, Parameters, TrialProtocol
from rig.sound import Sound
from rig.trials import TrialRow


class Presentation(TrialProtocol):
    """Each sound so many times, in random order."""

    class Params(Parameters):
        """Parameters; the defaults are the paper's where it gives a value."""

        present: Items[str] = pydantic.Field(
            default=("A", "B", "C"), min_length=1, description="the sounds"
        )
        sounds: Mapping[str, Recipe] = pydantic.Field(
            default={}, description="the lab's own sounds, by name"
        )
        repetitions: int = pydantic.Field(
            default=30, ge=1, le=1000, description="how often each sound is presented"
        )
        announcement: Literal["pips", "none"] = pydantic.Field(
            default="pips", description="two pips before the sound, or nothing"
        )
        level_db_spl: float = pydantic.Field(
            default=73.0,
            ge=0,
            le=100,
            description="mean level of all sounds but ramps at the ear, dB SPL",
        )
        shortest: float = pydantic.Field(
            default=4.0,
            ge=0,
            le=600,
            description="shortest interval before a presentation, s",
            json_schema_extra=NEXT_TRIAL,
        )
        longest: float = pydantic.Field(
            default=6.0,
            gt=0,
            le=600,
            description="longest interval before a presentation, s",
            json_schema_extra=NEXT_TRIAL,
        )

        @pydantic.model_validator(mode="after")
        def _possible(self) -> Presentation.Params:
            if self.longest < self.shortest:
                raise ValueError("the longest interval must not be shorter than the shortest")
            if len(set(self.present)) != len(self.present):
                raise ValueError("present names a sound twice")
            for name in self.present:
                find(name, self.sounds)
            return self

    params: Params

    def __init__(self, params: Params, rng: np.random.Generator) -> None:
        super().__init__(params, rng)
        self._order = BalancedSequence(params.present, len(params.present), rng)
        self._presented = 0
        self._seen = 0

    def sounds(self) -> Mapping[str, Sound]:
        """Return the sounds, each behind its announcement, by their names."""
        params = self.params
        before = pips(params.level_db_spl) if params.announcement == "pips" else ()
        return {
            name: Sound((find(name, params.sounds).part(params.level_db_spl),), before)
            for name in params.present
        }

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next presentation; every sound once before any comes again."""
        params = self.params
        self._presented += sum(not row.aborted for row in past[self._seen :])
        self._seen = len(past)
        if self._presented >= params.repetitions * len(params.present):
            return Finished(f"{params.repetitions} presentations of each sound")
        interval = float(self.rng.uniform(params.shortest, params.longest))
        sound = self._order.next()
        announced = params.announcement == "pips"
        play = (Play("speaker", sound),)
        announcement = State(
            "pips",
            "two pips announce the sound; the whole sound is started here",
            enter=play,
            timeout=(PIPS_DURATION, "sound"),
        )
        states = (
            State(
                "interval",
                "random interval between presentations",
                timeout=(interval, "pips" if announced else "sound"),
            ),
            *((announcement,) if announced else ()),
            State(
                "sound",
                "the sound plays",
                outcome="presented",
                enter=() if announced else play,
                timeout=(find(sound, params.sounds).duration, END),
            ),
        )
        draws = {"inter_trial_interval": interval}
        return TrialGraph(states, "presentation", sound, draws, stimulus_state="sound")
