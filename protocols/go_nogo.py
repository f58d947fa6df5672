"""Auditory Go/NoGo discrimination (Ceballo et al. 2019, Methods, "Go/NoGo discrimination").

Two 4 kHz pips announce one of two complex sounds. Licking in the window after S+ gives water;
licking after S- gives a time-out. Pretraining is the same trial with S+ alone, until the mouse
collects 80 % of its rewards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
import pydantic

from protocols.sequences import BalancedSequence
from protocols.sounds import COMPLEX_DURATION, PIP_DURATION, PIP_INTERVAL, cued_sound
from rig.graph import END, Count, Dwell, Play, Pulse, Rule, State, TrialGraph
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.sound import Sound
from rig.trials import TrialRow

SoundName = Literal["A", "B", "C"]


class PortVisit(Parameters):
    """Freely moving: a visit to the port starts the trial."""

    form: Literal["port_visit"]


class QuietInterval(Parameters):
    """Head-fixed: a random interval and then a time without licking start the trial."""

    form: Literal["quiet_interval"]
    shortest: float = pydantic.Field(default=3.0, ge=0, description="shortest interval, s")
    longest: float = pydantic.Field(default=7.0, gt=0, description="longest interval, s")
    quiet: float = pydantic.Field(default=3.0, gt=0, description="time without licking, s")

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> QuietInterval:
        if self.longest < self.shortest:
            raise ValueError("the longest interval must not be shorter than the shortest")
        return self


class BeamDwell(Parameters):
    """The mouse responds if it breaks the beam for a fraction of the window."""

    form: Literal["beam_dwell"]
    fraction: float = pydantic.Field(default=0.75, gt=0, le=1, description="share of the window")


class LickCount(Parameters):
    """The mouse responds if it licks that often in the window."""

    form: Literal["lick_count"]
    licks: int = pydantic.Field(default=3, ge=1, le=20, description="number of licks")


class GoNoGo(TrialProtocol):
    """Auditory Go/NoGo, freely moving or head-fixed, with its pretraining."""

    class Params(Parameters):
        """Parameters; the defaults are the paper's."""

        stage: Literal["pretraining", "discrimination"] = pydantic.Field(
            default="discrimination", description="S+ alone, or S+ and S-"
        )
        start: Annotated[PortVisit | QuietInterval, pydantic.Field(discriminator="form")] = (
            PortVisit(form="port_visit")
        )
        response: Annotated[BeamDwell | LickCount, pydantic.Field(discriminator="form")] = (
            BeamDwell(form="beam_dwell")
        )
        go_sound: SoundName = pydantic.Field(default="A", description="S+")
        nogo_sound: SoundName = pydantic.Field(default="B", description="S-")
        level_db_spl: float = pydantic.Field(
            default=73.0, ge=20, le=100, description="level of all sounds at the ear, dB SPL"
        )
        response_delay: float = pydantic.Field(
            default=0.58, ge=0, le=10, description="from the end of the sound to the window, s"
        )
        response_window: float = pydantic.Field(
            default=1.0, gt=0, le=10, description="window in which licking is assessed, s"
        )
        reward_ul: float = pydantic.Field(
            default=5.0, gt=0, le=20, description="volume of a reward, uL"
        )
        drinking_time: float = pydantic.Field(
            default=2.0, gt=0, le=30, description="from a reward to the end of the trial, s"
        )
        time_out: float = pydantic.Field(
            default=8.0, ge=0, le=60, description="time-out after a false alarm, s"
        )
        pause: float = pydantic.Field(
            default=1.0, gt=0, le=60, description="from any other outcome to the end, s"
        )
        collected_fraction: float = pydantic.Field(
            default=0.8, gt=0, le=1, description="share of rewards that ends pretraining"
        )
        collected_trials: int = pydantic.Field(
            default=50, ge=1, le=1000, description="last trials over which it is taken"
        )

        @pydantic.model_validator(mode="after")
        def _two_sounds(self) -> GoNoGo.Params:
            if self.go_sound == self.nogo_sound:
                raise ValueError("go_sound and nogo_sound must differ")
            return self

    params: Params

    def __init__(self, params: Params, rng: np.random.Generator) -> None:
        super().__init__(params, rng)
        types = ("go",) if params.stage == "pretraining" else ("go", "nogo")
        self._order = BalancedSequence(types, 8, rng)

    def sounds(self) -> Mapping[str, Sound]:
        """Return S+ and S-, each behind its two pips, by the names of the complex sounds."""
        names = (self.params.go_sound, self.params.nogo_sound)
        return {name: cued_sound(name, self.params.level_db_spl) for name in names}

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next trial; 4 S+ and 4 S- in every 8."""
        params = self.params
        if params.stage == "pretraining" and self._collects(past):
            return Finished(f"{params.collected_fraction:.0%} of rewards collected")
        draws = self._draw()
        if self._order.next() == "go":
            states = (*self._opening(params.go_sound, draws), *self._go_outcomes())
            return TrialGraph(states, "go", params.go_sound, draws, stimulus_state="sound")
        states = (*self._opening(params.nogo_sound, draws), *self._nogo_outcomes())
        return TrialGraph(states, "nogo", params.nogo_sound, draws, stimulus_state="sound")

    def _collects(self, past: Sequence[TrialRow]) -> bool:
        """Whether the mouse collected enough of its last rewards."""
        last = past[-self.params.collected_trials :]
        hits = sum(row.outcome == "hit" for row in last)
        enough = len(last) == self.params.collected_trials
        return enough and hits >= self.params.collected_fraction * len(last)

    def _draw(self) -> dict[str, float]:
        """Return what is random in this trial."""
        start = self.params.start
        if isinstance(start, PortVisit):
            return {}
        return {"inter_trial_interval": float(self.rng.uniform(start.shortest, start.longest))}

    def _opening(self, sound: str, draws: Mapping[str, float]) -> tuple[State, ...]:
        """Return the states from the start of the trial to the decision."""
        params = self.params
        announcement = 2 * (PIP_DURATION + PIP_INTERVAL)
        return (
            *self._start(draws),
            State(
                "pips",
                "two pips announce the sound; the whole sound is started here",
                enter=(Play("speaker", sound),),
                timeout=(announcement, "sound"),
            ),
            State("sound", "the complex sound plays", timeout=(COMPLEX_DURATION, "delay")),
            State(
                "delay",
                "waits between the sound and the response window",
                timeout=(params.response_delay, "response"),
            ),
            self._response_state(),
        )

    def _start(self, draws: Mapping[str, float]) -> tuple[State, ...]:
        """Return the states that wait for the mouse."""
        start = self.params.start
        if isinstance(start, PortVisit):
            return (
                State(
                    "wait_for_visit",
                    "waits until the mouse comes to the port",
                    to={"port_on": "pips"},
                ),
            )
        return (
            State(
                "interval",
                "random interval between trials",
                timeout=(draws["inter_trial_interval"], "quiet"),
            ),
            State(
                "quiet",
                "waits until the mouse has not licked for a while",
                timeout=(start.quiet, "pips"),
                restart=("lick_on", "lick_off"),
            ),
        )

    def _response_state(self) -> State:
        """Return the state in which licking is measured."""
        window = (self.params.response_window, "judge")
        meaning = "measures licking until the window closes"
        if isinstance(self.params.response, BeamDwell):
            return State("response", meaning, timeout=window, dwell=(Dwell("dwell", "lick"),))
        return State("response", meaning, timeout=window, count=(Count("licks", "lick_on"),))

    def _judge(self, responded: str, withheld: str) -> State:
        """Return the decision whether the mouse responded."""
        response = self.params.response
        if isinstance(response, BeamDwell):
            rule = Rule("dwell", response.fraction * self.params.response_window, responded)
        else:
            rule = Rule("licks", response.licks, responded)
        return State(
            "judge", "decides whether the mouse responded", decide=(rule,), otherwise=withheld
        )

    def _go_outcomes(self) -> tuple[State, ...]:
        params = self.params
        return (
            self._judge("hit", "miss"),
            State(
                "hit",
                "the mouse licked to S+ and gets its reward",
                outcome="hit",
                enter=(Pulse("valve", params.reward_ul),),
                timeout=(params.drinking_time, END),
            ),
            State(
                "miss", "the mouse did not lick to S+", outcome="miss", timeout=(params.pause, END)
            ),
        )

    def _nogo_outcomes(self) -> tuple[State, ...]:
        params = self.params
        return (
            self._judge("false_alarm", "correct_rejection"),
            State(
                "false_alarm",
                "the mouse licked to S-: time-out",
                outcome="false_alarm",
                timeout=(params.time_out, END),
            ),
            State(
                "correct_rejection",
                "the mouse withheld its licks to S-",
                outcome="correct_rejection",
                timeout=(params.pause, END),
            ),
        )
