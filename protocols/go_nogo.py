"""Auditory Go/NoGo discrimination (Ceballo et al. 2019, Methods, "Go/NoGo discrimination").

One of two sounds in every trial, announced by two 4 kHz pips or not. Licking in the window after
S+ gives water; licking after S- gives a time-out. Pretraining is the same trial with S+ alone,
until the mouse collects 80 % of its rewards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pydantic

from protocols.sequences import BalancedSequence
from protocols.sounds import PIPS_DURATION, Recipe, find, pips
from protocols.trial_parts import (
    BeamDwell,
    CollectedFraction,
    CollectedTrials,
    DrinkingTime,
    Pause,
    PortVisit,
    Response,
    ResponseDelay,
    ResponseWindow,
    RewardUl,
    Start,
    TimeOut,
    collected,
    draw_interval,
    go_outcomes,
    judge_state,
    nogo_outcomes,
    response_state,
    waiting_states,
)
from rig.graph import Play, Pulse, State, TrialGraph
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.sound import Sound
from rig.trials import TrialRow

BLOCK = 8


class GoNoGo(TrialProtocol):
    """Auditory Go/NoGo, freely moving or head-fixed, with its pretraining."""

    class Params(Parameters):
        """Parameters; the defaults are the paper's where it gives a value."""

        stage: Literal["pretraining", "discrimination"] = pydantic.Field(
            default="discrimination", description="S+ alone, or S+ and S-"
        )
        start: Start = pydantic.Field(default=PortVisit(), description="how a trial starts")
        response: Response = pydantic.Field(
            default=BeamDwell(), description="what counts as a response"
        )
        go_sound: str = pydantic.Field(default="A", description="S+")
        nogo_sound: str = pydantic.Field(default="B", description="S-")
        sounds: Mapping[str, Recipe] = pydantic.Field(
            default={}, description="the lab's own sounds, by name"
        )
        announcement: Literal["pips", "none"] = pydantic.Field(
            default="pips", description="two pips before the sound, or nothing"
        )
        level_db_spl: float = pydantic.Field(
            default=73.0,
            ge=20,
            le=100,
            description="mean level of all sounds but ramps at the ear, dB SPL",
        )
        longest_run: int = pydantic.Field(
            default=8, ge=1, le=8, description="trials of one type that follow each other at most"
        )
        response_delay: ResponseDelay = 0.58
        response_window: ResponseWindow = 1.0
        reward_ul: RewardUl = 5.0
        drinking_time: DrinkingTime = 2.0
        time_out: TimeOut = 8.0
        pause: Pause = 1.0
        collected_fraction: CollectedFraction = 0.8
        collected_trials: CollectedTrials = 50

        @pydantic.model_validator(mode="after")
        def _two_sounds(self) -> GoNoGo.Params:
            if self.go_sound == self.nogo_sound:
                raise ValueError("go_sound and nogo_sound must differ")
            if find(self.go_sound, self.sounds) == find(self.nogo_sound, self.sounds):
                raise ValueError("go_sound and nogo_sound are the same sound")
            return self

    params: Params

    def __init__(self, params: Params, rng: np.random.Generator) -> None:
        super().__init__(params, rng)
        alone = params.stage == "pretraining"
        types = ("go",) if alone else ("go", "nogo")
        self._order = BalancedSequence(types, BLOCK, rng, None if alone else params.longest_run)

    def sounds(self) -> Mapping[str, Sound]:
        """Return S+ and S-, each behind its announcement, by their names."""
        params = self.params
        before = pips(params.level_db_spl) if params.announcement == "pips" else ()
        return {
            name: Sound((find(name, params.sounds).part(params.level_db_spl),), before)
            for name in (params.go_sound, params.nogo_sound)
        }

    def reward(self) -> Pulse:
        """Return a drop of the usual volume."""
        return Pulse("valve", self.params.reward_ul)

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next trial; 4 S+ and 4 S- in every 8."""
        params = self.params
        if params.stage == "pretraining":
            done = collected(past, params.collected_fraction, params.collected_trials)
            if done is not None:
                return done
        draws = draw_interval(params.start, self.rng)
        if self._order.next() == "go":
            return TrialGraph(
                (
                    *self._opening(params.go_sound, draws),
                    judge_state(params.response, params.response_window, "hit", "miss"),
                    *go_outcomes(params.reward_ul, params.drinking_time, params.pause),
                ),
                "go",
                params.go_sound,
                draws,
                stimulus_state="sound",
            )
        return TrialGraph(
            (
                *self._opening(params.nogo_sound, draws),
                judge_state(
                    params.response, params.response_window, "false_alarm", "correct_rejection"
                ),
                *nogo_outcomes(params.time_out, params.pause),
            ),
            "nogo",
            params.nogo_sound,
            draws,
            stimulus_state="sound",
        )

    def _opening(self, sound: str, draws: Mapping[str, float]) -> tuple[State, ...]:
        """Return the states from the start of the trial to the end of the window."""
        params = self.params
        play = (Play("speaker", sound),)
        announced = params.announcement == "pips"
        announcement = State(
            "pips",
            "two pips announce the sound; the whole sound is started here",
            enter=play,
            timeout=(PIPS_DURATION, "sound"),
        )
        delay = State(
            "delay",
            "waits between the sound and the response window",
            timeout=(params.response_delay, "response"),
        )
        duration = find(sound, params.sounds).duration
        return (
            *waiting_states(params.start, draws, "pips" if announced else "sound"),
            *((announcement,) if announced else ()),
            State(
                "sound",
                "the sound plays",
                enter=() if announced else play,
                timeout=(duration, "delay" if params.response_delay else "response"),
            ),
            *((delay,) if params.response_delay else ()),
            response_state(params.response, params.response_window),
        )
