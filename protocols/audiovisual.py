"""The trial of Hajnal et al. 2024 (Methods, "Animal training"): lick to one stimulus of two.

A grating, a tone or both last 3 s. Licks count in the last second. In go trials a drop falls 2 s
after the onset, licked or not; a drop that was missed is removed by vacuum at the end. Between
stimuli, and throughout auditory trials, the screen is grey and as bright as the gratings.
"""

from __future__ import annotations

from typing import Literal

import pydantic

from protocols.trial_parts import RewardUl
from rig.graph import END, Action, Count, Play, Pulse, Rule, Show, State, TurnOff, TurnOn
from rig.picture import Grating
from rig.protocol import NEXT_TRIAL, Parameters
from rig.sound import Chord, Sound

Modality = Literal["visual", "auditory"]
Answer = Literal["go", "nogo"]
OTHER: dict[Modality, Modality] = {"visual": "auditory", "auditory": "visual"}


class AudiovisualTrial(Parameters):
    """The parameters of a trial; the defaults are the paper's where it gives a value."""

    go_orientation_deg: float = pydantic.Field(
        default=45.0, ge=0, lt=360, description="orientation of the go grating, degrees"
    )
    nogo_orientation_deg: float = pydantic.Field(
        default=135.0, ge=0, lt=360, description="orientation of the nogo grating, degrees"
    )
    spatial_frequency_cpd: float = pydantic.Field(
        default=0.04, gt=0, le=1, description="spatial frequency, cycles per degree"
    )
    drift_hz: float = pydantic.Field(default=2.0, ge=0, le=20, description="drift, cycles/s")
    contrast: float = pydantic.Field(default=1.0, gt=0, le=1, description="Michelson contrast")
    go_frequency_hz: float = pydantic.Field(
        default=5000.0, gt=0, le=100_000, description="frequency of the go tone, Hz"
    )
    nogo_frequency_hz: float = pydantic.Field(
        default=10_000.0, gt=0, le=100_000, description="frequency of the nogo tone, Hz"
    )
    level_db_spl: float = pydantic.Field(
        default=90.0, ge=20, le=110, description="level of the tones at the ear, dB SPL"
    )
    stimulus_time: float = pydantic.Field(
        default=3.0, gt=0, le=30, description="how long the stimuli last, s"
    )
    reward_time: float = pydantic.Field(
        default=2.0,
        gt=0,
        le=30,
        description="from the onset to the drop and to the window in which licks count, s",
    )
    reward_by: Literal["engine", "hardware"] = pydantic.Field(
        default="engine",
        description="who times the drop: the engine, or the valve's own hardware, armed at the "
        "onset (exact to its clock)",
    )
    licks: int = pydantic.Field(
        default=1,
        ge=1,
        le=20,
        description="licks in the window that are a response",
        json_schema_extra=NEXT_TRIAL,
    )
    reward_ul: RewardUl = 2.0
    vacuum_time: float = pydantic.Field(
        default=0.5, gt=0, le=3, description="how long the vacuum removes a missed drop, s"
    )
    interval: float = pydantic.Field(
        default=3.0,
        gt=0,
        le=60,
        description="from the end of the stimuli to the next ones after a correct answer, s",
        json_schema_extra=NEXT_TRIAL,
    )
    visual_error_interval: float = pydantic.Field(
        default=6.5,
        gt=0,
        le=60,
        description="the same after an error in visual discrimination, s",
        json_schema_extra=NEXT_TRIAL,
    )
    auditory_error_interval: float = pydantic.Field(
        default=9.0,
        gt=0,
        le=60,
        description="the same after an error in auditory discrimination and with distractors, s",
        json_schema_extra=NEXT_TRIAL,
    )

    @pydantic.model_validator(mode="after")
    def _possible(self) -> AudiovisualTrial:
        if self.go_orientation_deg == self.nogo_orientation_deg:
            raise ValueError("go_orientation_deg and nogo_orientation_deg must differ")
        if self.go_frequency_hz == self.nogo_frequency_hz:
            raise ValueError("go_frequency_hz and nogo_frequency_hz must differ")
        if self.reward_time >= self.stimulus_time:
            raise ValueError("reward_time must lie before the end of the stimuli, stimulus_time")
        if self.vacuum_time >= min(self.visual_error_interval, self.auditory_error_interval):
            raise ValueError("vacuum_time must be shorter than the intervals after an error")
        return self

    def grating_name(self, answer: Answer) -> str:
        """Return the name of the grating that asks for an answer, such as ``45 deg``."""
        go = answer == "go"
        return f"{self.go_orientation_deg if go else self.nogo_orientation_deg:g} deg"

    def tone_name(self, answer: Answer) -> str:
        """Return the name of the tone that asks for an answer, such as ``5 kHz``."""
        go = answer == "go"
        return f"{(self.go_frequency_hz if go else self.nogo_frequency_hz) / 1000:g} kHz"

    def gratings(self) -> dict[str, Grating]:
        """Return both gratings by name."""
        orientations = (self.go_orientation_deg, self.nogo_orientation_deg)
        return {
            f"{orientation:g} deg": Grating(
                orientation,
                self.stimulus_time,
                self.spatial_frequency_cpd,
                self.drift_hz,
                self.contrast,
            )
            for orientation in orientations
        }

    def tones(self) -> dict[str, Sound]:
        """Return both tones by name."""
        frequencies = (self.go_frequency_hz, self.nogo_frequency_hz)
        return {
            f"{frequency / 1000:g} kHz": Sound(
                (Chord((frequency,), self.stimulus_time, self.level_db_spl),)
            )
            for frequency in frequencies
        }

    def reward(self) -> Pulse:
        """Return the drop of a go trial."""
        return Pulse("valve", self.reward_ul)


def stimulus_name(trial: AudiovisualTrial, visual: Answer | None, auditory: Answer | None) -> str:
    """Return what a trial presents, in words, such as ``45 deg + 10 kHz``."""
    grating = trial.grating_name(visual) if visual else ""
    tone = trial.tone_name(auditory) if auditory else ""
    return " + ".join(filter(None, (grating, tone)))


def lead_in(seconds: float) -> State:
    """Return the state that waits before the first trial."""
    meaning = "the screen is grey before the first trial"
    return State("lead_in", meaning, timeout=(seconds, "stimulus"))


def audiovisual_states(
    trial: AudiovisualTrial,
    visual: Answer | None,
    auditory: Answer | None,
    answer: Answer,
    error_interval: float,
) -> tuple[State, ...]:
    """Return the states of a trial, from the onset of its stimuli to the next onset.

    Parameters
    ----------
    trial
        The parameters.
    visual, auditory
        What the grating and the tone ask for; None if there is no grating or no tone.
    answer
        What is right in this trial.
    error_interval
        Seconds from the end of the stimuli to the next ones after an error.
    """
    show = (Show("screen", trial.grating_name(visual)),) if visual else ()
    play = (Play("speaker", trial.tone_name(auditory)),) if auditory else ()
    armed, drop = _drops(trial, answer)
    # A sound may first have to be loaded: what waits for its onset, or for nothing, comes later.
    start: tuple[Action, ...] = (*play, *armed, *show)
    responded, withheld = (
        ("hit", "miss") if answer == "go" else ("false_alarm", "correct_rejection")
    )
    return (
        State(
            "stimulus",
            "the stimuli begin; licks do not count yet",
            enter=start,
            timeout=(trial.reward_time, "response"),
        ),
        State(
            "response",
            "the drop falls in go trials; licks count until the stimuli end",
            enter=drop,
            count=(Count("licks", "lick_on"),),
            timeout=(trial.stimulus_time - trial.reward_time, "judge"),
        ),
        State(
            "judge",
            "decides whether the mouse responded",
            decide=(Rule("licks", trial.licks, responded),),
            otherwise=withheld,
        ),
        *(_go_outcomes(trial, error_interval) if answer == "go" else ()),
        *(_nogo_outcomes(trial, error_interval) if answer == "nogo" else ()),
    )


def _drops(trial: AudiovisualTrial, answer: Answer) -> tuple[tuple[Pulse, ...], tuple[Pulse, ...]]:
    """Return the drops that are armed at the onset, and those that fall in the window."""
    if answer != "go":
        return (), ()
    if trial.reward_by == "hardware":
        return (Pulse("valve", trial.reward_ul, trial.reward_time),), ()
    return (), (trial.reward(),)


def _go_outcomes(trial: AudiovisualTrial, error_interval: float) -> tuple[State, ...]:
    return (
        State("hit", "the mouse licked to go", outcome="hit", timeout=(trial.interval, END)),
        State(
            "miss",
            "the mouse did not lick to go: the vacuum removes the drop",
            outcome="miss",
            enter=(TurnOn("vacuum"),),
            timeout=(trial.vacuum_time, "miss_interval"),
        ),
        State(
            "miss_interval",
            "the rest of the longer interval after a miss",
            enter=(TurnOff("vacuum"),),
            timeout=(error_interval - trial.vacuum_time, END),
        ),
    )


def _nogo_outcomes(trial: AudiovisualTrial, error_interval: float) -> tuple[State, ...]:
    return (
        State(
            "false_alarm",
            "the mouse licked to nogo: the interval is longer",
            outcome="false_alarm",
            timeout=(error_interval, END),
        ),
        State(
            "correct_rejection",
            "the mouse withheld its licks to nogo",
            outcome="correct_rejection",
            timeout=(trial.interval, END),
        ),
    )
