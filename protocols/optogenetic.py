"""Patterned optogenetic Go/NoGo, head-fixed (Ceballo et al. 2019, Methods, "Go/NoGo").

Disks of light flash on the auditory cortex. S+ and S- are a disk each, together with a disk C
that is common to both. Licking after S+ gives water; licking after S- gives a time-out. When the
mouse has learned the task, a few unrewarded catch trials present C, S+ or S- alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pydantic

from protocols.sequences import BalancedSequence, CatchTrials
from protocols.trial_parts import (
    CollectedFraction,
    CollectedTrials,
    DrinkingTime,
    LickCount,
    Pause,
    QuietInterval,
    ResponseDelay,
    ResponseWindow,
    RewardUl,
    TimeOut,
    collected,
    draw_interval,
    go_outcomes,
    judge_state,
    nogo_outcomes,
    response_state,
    waiting_states,
)
from rig.frozen import Items
from rig.graph import END, Flash, Pulse, State, TrialGraph
from rig.picture import Disk, Flashes
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.trials import TrialRow

CatchKind = Literal["C", "S+", "S-"]
BLOCK = 8
GO, NOGO = "S+ and C", "S- and C"


class Spot(Parameters):
    """Where a disk lies on the cortex, from the centre of the reference image, and its size."""

    x_um: float = pydantic.Field(ge=-5000, le=5000, description="centre, to the right, um")
    y_um: float = pydantic.Field(
        ge=-5000, le=5000, description="centre, downwards in the picture of the vessels, um"
    )
    diameter_um: float = pydantic.Field(gt=0, le=5000, description="diameter, um")

    def disk(self) -> Disk:
        """Return the disk of light."""
        return Disk(self.x_um, self.y_um, self.diameter_um)


class Catch(Parameters):
    """Unrewarded trials with one disk alone, once the mouse has learned the task."""

    probability: float = pydantic.Field(
        default=0.1, ge=0, le=0.5, description="share of catch trials"
    )
    window: int = pydantic.Field(
        default=20, ge=1, le=200, description="trials over which the share is exact"
    )
    kinds: Items[CatchKind] = pydantic.Field(
        default=("C", "S+", "S-"), min_length=1, description="disks that are presented alone"
    )
    after_correct: float = pydantic.Field(
        default=0.85, ge=0, le=1, description="fraction correct from which they begin"
    )
    after_trials: int = pydantic.Field(
        default=60, ge=1, le=1000, description="last trials over which it is taken"
    )

    @pydantic.model_validator(mode="after")
    def _exact(self) -> Catch:
        share = self.probability * self.window
        if abs(share - round(share)) > 1e-9:
            raise ValueError("probability times window must be a whole number of catch trials")
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError("kinds names a disk twice")
        return self


class Optogenetic(TrialProtocol):
    """Go/NoGo discrimination of patterns of light on the cortex, with its pretraining."""

    class Params(Parameters):
        """Parameters; the defaults are the paper's where it gives a value."""

        stage: Literal["pretraining", "discrimination"] = pydantic.Field(
            default="discrimination", description="S+ alone, or S+ and S-"
        )
        common: Spot = pydantic.Field(
            default=Spot(x_um=0, y_um=600, diameter_um=360), description="disk C"
        )
        go: Spot = pydantic.Field(
            default=Spot(x_um=-700, y_um=-300, diameter_um=360), description="disk of S+"
        )
        nogo: Spot = pydantic.Field(
            default=Spot(x_um=700, y_um=-300, diameter_um=720), description="disk of S-"
        )
        flash_hz: float = pydantic.Field(default=20.0, gt=0, le=200, description="flashes per s")
        flash_time: float = pydantic.Field(
            default=1.0, gt=0, le=10, description="how long the disks flash, s"
        )
        start: QuietInterval = QuietInterval()
        response: LickCount = LickCount()
        response_delay: ResponseDelay = 0.0
        response_window: ResponseWindow = 1.0
        reward_ul: RewardUl = 5.0
        drinking_time: DrinkingTime = 2.0
        time_out: TimeOut = 7.0
        pause: Pause = 1.0
        catch: Catch = Catch()
        collected_fraction: CollectedFraction = 0.8
        collected_trials: CollectedTrials = 50

        @pydantic.model_validator(mode="after")
        def _two_disks(self) -> Optogenetic.Params:
            if self.go == self.nogo:
                raise ValueError("the disks of go and nogo must differ")
            return self

    params: Params

    def __init__(self, params: Params, rng: np.random.Generator) -> None:
        super().__init__(params, rng)
        types = ("go",) if params.stage == "pretraining" else ("go", "nogo")
        self._order = BalancedSequence(types, BLOCK, rng)
        catch = params.catch
        self._catch = CatchTrials(catch.kinds, catch.probability, catch.window, rng)
        self._learned = False

    def flashes(self) -> Mapping[str, Flashes]:
        """Return both patterns, and each disk alone, by name."""
        params = self.params
        common, go, nogo = params.common.disk(), params.go.disk(), params.nogo.disk()
        patterns = {
            GO: (go, common),
            NOGO: (nogo, common),
            "C": (common,),
            "S+": (go,),
            "S-": (nogo,),
        }
        return {
            name: Flashes(disks, params.flash_time, params.flash_hz)
            for name, disks in patterns.items()
        }

    def session_outputs(self) -> tuple[str, ...]:
        """Return the light that hides the projector's from the mouse's eyes, on throughout."""
        return ("masking_light",)

    def reward(self) -> Pulse:
        """Return a drop of the usual volume."""
        return Pulse("valve", self.params.reward_ul)

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next trial; 4 S+ and 4 S- in every 8, catch trials left out."""
        params = self.params
        if params.stage == "pretraining":
            done = collected(past, params.collected_fraction, params.collected_trials)
            if done is not None:
                return done
        draws = draw_interval(params.start, self.rng)
        kind = self._catch.next() if self._has_learned(past) else None
        if kind is not None:
            judge = judge_state(params.response, params.response_window, "lick", "no_lick")
            states = (*self._opening(kind, draws), judge, *self._catch_outcomes())
            return TrialGraph(states, "catch", kind, draws, stimulus_state="flashes")
        if self._order.next() == "go":
            judge = judge_state(params.response, params.response_window, "hit", "miss")
            outcomes = go_outcomes(params.reward_ul, params.drinking_time, params.pause)
            states = (*self._opening(GO, draws), judge, *outcomes)
            return TrialGraph(states, "go", GO, draws, stimulus_state="flashes")
        judge = judge_state(
            params.response, params.response_window, "false_alarm", "correct_rejection"
        )
        outcomes = nogo_outcomes(params.time_out, params.pause)
        states = (*self._opening(NOGO, draws), judge, *outcomes)
        return TrialGraph(states, "nogo", NOGO, draws, stimulus_state="flashes")

    def _has_learned(self, past: Sequence[TrialRow]) -> bool:
        """Whether the mouse has learned the task; once it has, it goes on to count as such."""
        catch = self.params.catch
        if self.params.stage == "discrimination" and not self._learned:
            last = past[-catch.after_trials :]
            correct = sum(row.outcome in {"hit", "correct_rejection"} for row in last)
            enough = len(last) == catch.after_trials
            self._learned = enough and correct >= catch.after_correct * len(last)
        return self._learned

    def _opening(self, flashes: str, draws: Mapping[str, float]) -> tuple[State, ...]:
        """Return the states from the start of the trial to the end of the window."""
        params = self.params
        delay = params.response_delay
        after = "delay" if delay else "response"
        waiting = (
            State("delay", "waits between the flashes and the window", timeout=(delay, "response")),
        )
        return (
            *waiting_states(params.start, draws, "flashes"),
            State(
                "flashes",
                "the disks flash on the cortex",
                enter=(Flash("projector", flashes),),
                timeout=(params.flash_time, after),
            ),
            *(waiting if delay else ()),
            response_state(params.response, params.response_window),
        )

    def _catch_outcomes(self) -> tuple[State, ...]:
        pause = self.params.pause
        return (
            State(
                "lick",
                "the mouse licked to a disk alone; nothing follows",
                outcome="catch_lick",
                timeout=(pause, END),
            ),
            State(
                "no_lick",
                "the mouse did not lick to a disk alone",
                outcome="catch_no_lick",
                timeout=(pause, END),
            ),
        )
