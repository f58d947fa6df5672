"""Detection threshold of sounds (Ceballo et al. 2019, Fig. 1b and c).

The mouse is trained to respond to all sounds at 73 dB SPL. Then it is probed: the same sounds at
other levels, and silent trials that tell how often it responds by chance. The levels are either
constant stimuli, as in the paper, or chosen by QUEST+ (Watson 2017) where they tell most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
import pydantic

from protocols.level_choice import ConstantLevels, LevelChoice, QuestLevels
from protocols.sounds import Ramp, Recipe, find
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
    collected,
    draw_interval,
    go_outcomes,
    judge_state,
    response_state,
    waiting_states,
)
from rig.frozen import Items
from rig.graph import END, Play, Pulse, State, TrialGraph
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.sound import Sound
from rig.trials import TrialRow


class ConstantStimuli(Parameters):
    """Every block holds each sound once at each level, and some silent trials."""

    form: Literal["constant"] = "constant"
    levels_db_spl: Items[Annotated[float, pydantic.Field(ge=0, le=110)]] = pydantic.Field(
        default=(73, 63, 53, 43, 33, 23, 13), min_length=2, description="levels, dB SPL"
    )
    silent_trials: int = pydantic.Field(
        default=3, ge=1, le=100, description="silent trials in a block"
    )

    @pydantic.model_validator(mode="after")
    def _different(self) -> ConstantStimuli:
        if len(set(self.levels_db_spl)) != len(self.levels_db_spl):
            raise ValueError("levels_db_spl names a level twice")
        return self

    def choice(self, sounds: Sequence[str], rng: np.random.Generator) -> LevelChoice:
        """Return what chooses the levels."""
        return ConstantLevels(sounds, self.levels_db_spl, self.silent_trials, rng)


class Adaptive(Parameters):
    """QUEST+ chooses the level of each trial, for each sound by itself."""

    form: Literal["quest_plus"] = "quest_plus"
    lowest_db_spl: float = pydantic.Field(default=8.0, ge=0, description="lowest level, dB SPL")
    highest_db_spl: float = pydantic.Field(
        default=73.0, le=110, description="highest level, dB SPL"
    )
    step_db: float = pydantic.Field(default=5.0, gt=0, le=20, description="between levels, dB")
    silent_probability: float = pydantic.Field(
        default=0.1, gt=0, le=0.5, description="share of silent trials, exact in every 20 trials"
    )

    @pydantic.model_validator(mode="after")
    def _possible(self) -> Adaptive:
        if self.highest_db_spl < self.lowest_db_spl + 2 * self.step_db:
            raise ValueError("highest_db_spl must lie at least two steps above lowest_db_spl")
        if abs(20 * self.silent_probability - round(20 * self.silent_probability)) > 1e-9:
            raise ValueError("20 times silent_probability must be a whole number of trials")
        return self

    @property
    def levels_db_spl(self) -> tuple[float, ...]:
        """All levels, dB SPL."""
        count = int((self.highest_db_spl - self.lowest_db_spl) / self.step_db + 1e-9) + 1
        return tuple(self.lowest_db_spl + self.step_db * number for number in range(count))

    def choice(self, sounds: Sequence[str], rng: np.random.Generator) -> LevelChoice:
        """Return what chooses the levels."""
        return QuestLevels(sounds, self.levels_db_spl, self.silent_probability, rng)


class Detection(TrialProtocol):
    """Respond when there was a sound."""

    class Params(Parameters):
        """Parameters; the defaults are the paper's where it gives a value."""

        stage: Literal["training", "probing"] = pydantic.Field(
            default="probing", description="all sounds at the training level, or at many levels"
        )
        start: Start = pydantic.Field(default=PortVisit(), description="how a trial starts")
        response: Response = pydantic.Field(
            default=BeamDwell(), description="what counts as a response"
        )
        detect: Items[str] = pydantic.Field(
            default=("A", "B", "C"), min_length=1, description="the sounds to detect"
        )
        sounds: Mapping[str, Recipe] = pydantic.Field(
            default={}, description="the lab's own sounds, by name"
        )
        training_level_db_spl: float = pydantic.Field(
            default=73.0, ge=0, le=100, description="level in training, dB SPL"
        )
        procedure: Annotated[ConstantStimuli | Adaptive, pydantic.Field(discriminator="form")] = (
            pydantic.Field(default=ConstantStimuli(), description="how the levels are chosen")
        )
        response_delay: ResponseDelay = 0.58
        response_window: ResponseWindow = 1.0
        reward_ul: RewardUl = 5.0
        drinking_time: DrinkingTime = 2.0
        pause: Pause = 1.0
        collected_fraction: CollectedFraction = 0.8
        collected_trials: CollectedTrials = 50

        @pydantic.model_validator(mode="after")
        def _levels_can_be_set(self) -> Detection.Params:
            if len(set(self.detect)) != len(self.detect):
                raise ValueError("detect names a sound twice")
            for name in self.detect:
                if isinstance(find(name, self.sounds), Ramp):
                    raise ValueError(f"'{name}' is a ramp: its level cannot be set")
            return self

    params: Params

    def __init__(self, params: Params, rng: np.random.Generator) -> None:
        super().__init__(params, rng)
        if params.stage == "training":
            level = (params.training_level_db_spl,)
            self._choice: LevelChoice = ConstantLevels(params.detect, level, 0, rng)
        else:
            self._choice = params.procedure.choice(params.detect, rng)

    def sounds(self) -> Mapping[str, Sound]:
        """Return every sound at every level, by names such as ``A at 73 dB``."""
        params = self.params
        levels: tuple[float, ...] = (params.training_level_db_spl,)
        if params.stage == "probing":
            levels = tuple(params.procedure.levels_db_spl)
        return {
            _name(sound, level): Sound((find(sound, params.sounds).part(level),))
            for sound in params.detect
            for level in levels
        }

    def reward(self) -> Pulse:
        """Return a drop of the usual volume."""
        return Pulse("valve", self.params.reward_ul)

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next trial: a sound at some level, or silence."""
        params = self.params
        if params.stage == "training":
            done = collected(past, params.collected_fraction, params.collected_trials)
            if done is not None:
                return done
        if past:
            self._choice.learn(past[-1])
        draws = draw_interval(params.start, self.rng)
        sound, level = self._choice.next(number)
        if sound is None:
            duration = max(find(name, params.sounds).duration for name in params.detect)
            silence = State(
                "silence", "no sound: tells how often the mouse responds by chance",
                timeout=(duration, "delay"),
            )  # fmt: skip
            states = (*self._states(silence, draws, "false_alarm", "correct_rejection"),
                      *self._silent_outcomes())  # fmt: skip
            return TrialGraph(states, "silent", "silence", draws, stimulus_state="silence")
        draws |= {"level_db_spl": level, **self._choice.estimate(sound)}
        play = State(
            "sound",
            "the sound plays",
            enter=(Play("speaker", _name(sound, level)),),
            timeout=(find(sound, params.sounds).duration, "delay"),
        )
        outcomes = go_outcomes(params.reward_ul, params.drinking_time, params.pause)
        states = (*self._states(play, draws, "hit", "miss"), *outcomes)
        return TrialGraph(states, "sound", sound, draws, stimulus_state="sound")

    def _states(
        self, stimulus: State, draws: Mapping[str, float], responded: str, withheld: str
    ) -> tuple[State, ...]:
        """Return the states from the start of the trial to the judgement."""
        params = self.params
        return (
            *waiting_states(params.start, draws, stimulus.name),
            stimulus,
            State(
                "delay",
                "waits between the sound and the response window",
                timeout=(params.response_delay, "response"),
            ),
            response_state(params.response, params.response_window),
            judge_state(params.response, params.response_window, responded, withheld),
        )

    def _silent_outcomes(self) -> tuple[State, ...]:
        pause = self.params.pause
        return (
            State(
                "false_alarm",
                "the mouse responded to silence; nothing follows",
                outcome="false_alarm",
                timeout=(pause, END),
            ),
            State(
                "correct_rejection",
                "the mouse did not respond to silence",
                outcome="correct_rejection",
                timeout=(pause, END),
            ),
        )


def _name(sound: str, level_db_spl: float) -> str:
    return f"{sound} at {level_db_spl:g} dB"
