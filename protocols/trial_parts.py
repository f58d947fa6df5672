"""What Go/NoGo trials are made of: how they start, what counts as a response, what follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
import pydantic

from rig.graph import END, Count, Dwell, Pulse, Rule, State
from rig.protocol import NEXT_TRIAL, Finished, Parameters
from rig.trials import TrialRow


class PortVisit(Parameters):
    """Freely moving: a visit to the port starts the trial."""

    form: Literal["port_visit"] = "port_visit"


class QuietInterval(Parameters):
    """Head-fixed: a random interval and then a time without licking start the trial."""

    form: Literal["quiet_interval"] = "quiet_interval"
    shortest: float = pydantic.Field(
        default=3.0, ge=0, le=120, description="shortest interval, s", json_schema_extra=NEXT_TRIAL
    )
    longest: float = pydantic.Field(
        default=7.0, gt=0, le=120, description="longest interval, s", json_schema_extra=NEXT_TRIAL
    )
    quiet: float = pydantic.Field(
        default=3.0,
        gt=0,
        le=120,
        description="time without licking, s",
        json_schema_extra=NEXT_TRIAL,
    )

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> QuietInterval:
        if self.longest < self.shortest:
            raise ValueError("the longest interval must not be shorter than the shortest")
        return self


class BeamDwell(Parameters):
    """The mouse responds if it breaks the beam for a fraction of the window."""

    form: Literal["beam_dwell"] = "beam_dwell"
    fraction: float = pydantic.Field(
        default=0.75, gt=0, le=1, description="share of the window", json_schema_extra=NEXT_TRIAL
    )


class LickCount(Parameters):
    """The mouse responds if it licks that often in the window."""

    form: Literal["lick_count"] = "lick_count"
    licks: int = pydantic.Field(
        default=3, ge=1, le=20, description="number of licks", json_schema_extra=NEXT_TRIAL
    )


Start = Annotated[PortVisit | QuietInterval, pydantic.Field(discriminator="form")]
Response = Annotated[BeamDwell | LickCount, pydantic.Field(discriminator="form")]


RewardUl = Annotated[
    float,
    pydantic.Field(gt=0, le=20, description="volume of a reward, uL", json_schema_extra=NEXT_TRIAL),
]
DrinkingTime = Annotated[
    float,
    pydantic.Field(
        gt=0,
        le=30,
        description="from a reward to the end of the trial, s",
        json_schema_extra=NEXT_TRIAL,
    ),
]
TimeOut = Annotated[
    float,
    pydantic.Field(
        ge=0,
        le=60,
        description="time-out after a false alarm, s",
        json_schema_extra=NEXT_TRIAL,
    ),
]
Pause = Annotated[
    float,
    pydantic.Field(
        gt=0,
        le=60,
        description="from any other outcome to the end of the trial, s",
        json_schema_extra=NEXT_TRIAL,
    ),
]
ResponseDelay = Annotated[
    float,
    pydantic.Field(
        ge=0,
        le=10,
        description="from the end of the stimulus to the window, s",
        json_schema_extra=NEXT_TRIAL,
    ),
]
ResponseWindow = Annotated[
    float,
    pydantic.Field(
        gt=0,
        le=10,
        description="window in which licking is assessed, s",
        json_schema_extra=NEXT_TRIAL,
    ),
]
CollectedFraction = Annotated[
    float, pydantic.Field(gt=0, le=1, description="share of rewards that ends pretraining")
]
CollectedTrials = Annotated[
    int, pydantic.Field(ge=1, le=1000, description="last trials over which it is taken")
]


def draw_interval(start: PortVisit | QuietInterval, rng: np.random.Generator) -> dict[str, float]:
    """Return what is random in the start of a trial, by name."""
    if isinstance(start, PortVisit):
        return {}
    return {"inter_trial_interval": float(rng.uniform(start.shortest, start.longest))}


def waiting_states(
    start: PortVisit | QuietInterval, draws: Mapping[str, float], then: str
) -> tuple[State, ...]:
    """Return the states that wait for the mouse, and lead to the state `then`."""
    if isinstance(start, PortVisit):
        return (
            State(
                "wait_for_visit", "waits until the mouse comes to the port", to={"port_on": then}
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
            timeout=(start.quiet, then),
            restart=("lick_on", "lick_off"),
        ),
    )


def response_state(response: BeamDwell | LickCount, window: float) -> State:
    """Return the state in which licking is measured for `window` seconds."""
    meaning = "measures licking until the window closes"
    if isinstance(response, BeamDwell):
        dwell = (Dwell("dwell", "lick"),)
        return State("response", meaning, timeout=(window, "judge"), dwell=dwell)
    count = (Count("licks", "lick_on"),)
    return State("response", meaning, timeout=(window, "judge"), count=count)


def judge_state(
    response: BeamDwell | LickCount, window: float, responded: str, withheld: str
) -> State:
    """Return the decision whether the mouse responded."""
    if isinstance(response, BeamDwell):
        rule = Rule("dwell", response.fraction * window, responded)
    else:
        rule = Rule("licks", response.licks, responded)
    return State("judge", "decides whether the mouse responded", decide=(rule,), otherwise=withheld)


def go_outcomes(reward_ul: float, drinking_time: float, pause: float) -> tuple[State, ...]:
    """Return what follows the judgement of an S+ trial."""
    return (
        State(
            "hit",
            "the mouse licked to S+ and gets its reward",
            outcome="hit",
            enter=(Pulse("valve", reward_ul),),
            timeout=(drinking_time, END),
        ),
        State("miss", "the mouse did not lick to S+", outcome="miss", timeout=(pause, END)),
    )


def nogo_outcomes(time_out: float, pause: float) -> tuple[State, ...]:
    """Return what follows the judgement of an S- trial."""
    return (
        State(
            "false_alarm",
            "the mouse licked to S-: time-out",
            outcome="false_alarm",
            timeout=(time_out, END),
        ),
        State(
            "correct_rejection",
            "the mouse withheld its licks to S-",
            outcome="correct_rejection",
            timeout=(pause, END),
        ),
    )


def collected(past: Sequence[TrialRow], fraction: float, trials: int) -> Finished | None:
    """Return the end of pretraining, if enough rewards of the last `trials` were collected."""
    last = past[-trials:]
    hits = sum(row.outcome == "hit" for row in last)
    if len(last) < trials or hits < fraction * trials:
        return None
    return Finished(f"{fraction:.0%} of rewards collected")
