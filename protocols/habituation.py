"""Habituation: water for nothing, so that the mouse learns where it comes from.

Drops that fall by themselves (head-fixed) or at each visit to the port (freely moving), until most
of them are collected. The papers' mice get used to the rig first, too, but how is told only in
part: in Ceballo et al. 2019 the first sessions are S+ alone (the pretraining of Go/NoGo), in
Hajnal et al. 2024 mice spend 15 min a day head-fixed. The numbers here are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import pydantic

from protocols.trial_parts import CollectedTrials, PortVisit, RewardUl, collected
from rig.graph import END, Count, Pulse, State, TrialGraph
from rig.protocol import NEXT_TRIAL, Finished, Parameters, TrialProtocol
from rig.trials import TrialRow


class FreeReward(Parameters):
    """A drop falls by itself after a random interval."""

    form: Literal["free_reward"] = "free_reward"
    shortest: float = pydantic.Field(
        default=5.0, ge=0, le=600, description="shortest interval, s", json_schema_extra=NEXT_TRIAL
    )
    longest: float = pydantic.Field(
        default=15.0, gt=0, le=600, description="longest interval, s", json_schema_extra=NEXT_TRIAL
    )

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> FreeReward:
        if self.longest < self.shortest:
            raise ValueError("the longest interval must not be shorter than the shortest")
        return self


class Habituation(TrialProtocol):
    """Drops for nothing, until the mouse collects them."""

    class Params(Parameters):
        """Parameters."""

        start: Annotated[PortVisit | FreeReward, pydantic.Field(discriminator="form")] = (
            pydantic.Field(default=FreeReward(), description="what makes a drop fall")
        )
        reward_ul: RewardUl = 5.0
        collection_time: float = pydantic.Field(
            default=5.0,
            gt=0,
            le=60,
            description="time in which a lick counts as collecting the reward, s",
            json_schema_extra=NEXT_TRIAL,
        )
        drinking_time: float = pydantic.Field(
            default=2.0,
            gt=0,
            le=30,
            description="from the first lick at the reward to the end of the trial, s",
            json_schema_extra=NEXT_TRIAL,
        )
        collected_fraction: float = pydantic.Field(
            default=0.8, gt=0, le=1, description="share of rewards that ends habituation"
        )
        collected_trials: CollectedTrials = 50

    params: Params

    def reward(self) -> Pulse:
        """Return a drop of the usual volume."""
        return Pulse("valve", self.params.reward_ul)

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next trial: a wait, and a drop."""
        params = self.params
        done = collected(past, params.collected_fraction, params.collected_trials)
        if done is not None:
            return done
        draws = self._draw()
        states = (
            self._wait(draws),
            State(
                "reward",
                "a drop falls; the first lick collects it",
                enter=(Pulse("valve", params.reward_ul),),
                count=(Count("licks", "lick_on", reaches=1, target="collected"),),
                timeout=(params.collection_time, "left"),
            ),
            State(
                "collected",
                "the mouse drinks",
                outcome="hit",
                timeout=(params.drinking_time, END),
            ),
            State("left", "the mouse left the drop", outcome="miss", timeout=(0.0, END)),
        )
        return TrialGraph(states, "reward", "water", draws, stimulus_state="reward")

    def _draw(self) -> dict[str, float]:
        """Return what is random in this trial."""
        start = self.params.start
        if isinstance(start, PortVisit):
            return {}
        return {"inter_trial_interval": float(self.rng.uniform(start.shortest, start.longest))}

    def _wait(self, draws: Mapping[str, float]) -> State:
        """Return the state that waits for a visit, or for the interval to pass."""
        if isinstance(self.params.start, PortVisit):
            return State(
                "wait_for_visit",
                "waits until the mouse comes to the port",
                to={"port_on": "reward"},
            )
        return State(
            "interval",
            "random interval between rewards",
            timeout=(draws["inter_trial_interval"], "reward"),
        )
