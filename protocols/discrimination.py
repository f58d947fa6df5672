"""Visual or auditory discrimination (Hajnal et al. 2024, Methods, "Animal training").

One of two gratings, or one of two tones, in every trial: lick to one, withhold to the other. The
stage before set-shifting; its trial is described in `protocols.audiovisual`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pydantic

from protocols.audiovisual import (
    Answer,
    AudiovisualTrial,
    Modality,
    audiovisual_states,
    lead_in,
    stimulus_name,
)
from protocols.sequences import BalancedSequence
from protocols.trial_parts import CollectedFraction, CollectedTrials, collected
from rig.graph import Pulse, TrialGraph
from rig.picture import Grating
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.sound import Sound
from rig.trials import TrialRow

BLOCK = 8


class Discrimination(TrialProtocol):
    """Go/NoGo discrimination of two gratings or of two tones."""

    class Params(Parameters):
        """Parameters; the defaults are the paper's where it gives a value."""

        modality: Modality = pydantic.Field(
            default="visual", description="gratings of two orientations, or tones of two pitches"
        )
        stage: Literal["pretraining", "discrimination"] = pydantic.Field(
            default="discrimination", description="go alone, or go and nogo"
        )
        longest_run: int = pydantic.Field(
            default=4, ge=1, le=8, description="trials of one type that follow each other at most"
        )
        collected_fraction: CollectedFraction = 0.8
        collected_trials: CollectedTrials = 50
        trial: AudiovisualTrial = AudiovisualTrial()

    params: Params

    def __init__(self, params: Params, rng: np.random.Generator) -> None:
        super().__init__(params, rng)
        alone = params.stage == "pretraining"
        answers: tuple[Answer, ...] = ("go",) if alone else ("go", "nogo")
        longest_run = None if alone else params.longest_run
        self._order = BalancedSequence(answers, BLOCK, rng, longest_run)

    def gratings(self) -> Mapping[str, Grating]:
        """Return the gratings, if they are to be discriminated."""
        return self.params.trial.gratings() if self.params.modality == "visual" else {}

    def sounds(self) -> Mapping[str, Sound]:
        """Return the tones, if they are to be discriminated."""
        return self.params.trial.tones() if self.params.modality == "auditory" else {}

    def reward(self) -> Pulse:
        """Return a drop of the usual volume."""
        return self.params.trial.reward()

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next trial; 4 go and 4 nogo in every 8."""
        params, trial = self.params, self.params.trial
        if params.stage == "pretraining":
            done = collected(past, params.collected_fraction, params.collected_trials)
            if done is not None:
                return done
        answer = self._order.next()
        visual = answer if params.modality == "visual" else None
        auditory = answer if params.modality == "auditory" else None
        error_interval = trial.visual_error_interval if visual else trial.auditory_error_interval
        states = audiovisual_states(trial, visual, auditory, answer, error_interval)
        if number == 1:
            states = (lead_in(trial.interval), *states)
        return TrialGraph(
            states,
            answer,
            stimulus_name(trial, visual, auditory),
            stimulus_state="stimulus",
            labels={"context": params.modality, "phase": params.stage},
        )
