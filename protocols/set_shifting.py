"""Set-shifting with priming blocks (Hajnal et al. 2024, Methods, "Animal training").

Gratings and tones are presented together, and only one modality tells what to do. Which one it
is must be inferred: each block begins with priming trials in which the relevant modality is
presented alone. A mouse that has the rule goes on to bimodal trials, whose other modality is a
distractor; after a break the other modality becomes the relevant one. In every 8 bimodal trials
each pair of relevant stimulus and distractor comes twice: 4 trials are congruent, 4 incongruent.
The trial itself is described in `protocols.audiovisual`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pydantic

from protocols.audiovisual import (
    OTHER,
    Answer,
    AudiovisualTrial,
    Modality,
    audiovisual_states,
    lead_in,
    stimulus_name,
)
from protocols.sequences import BalancedSequence
from rig.graph import Pulse, State, TrialGraph
from rig.performance import Performance, performance
from rig.picture import Grating
from rig.protocol import NEXT_BLOCK, NEXT_TRIAL, Finished, Parameters, Question, TrialProtocol
from rig.sound import Sound
from rig.trials import TrialRow

PAIRS: tuple[tuple[Answer, Answer], ...] = (
    ("go", "go"),
    ("go", "nogo"),
    ("nogo", "go"),
    ("nogo", "nogo"),
)
"""What the relevant stimulus and the distractor of a bimodal trial ask for."""
ANSWERS: tuple[Answer, ...] = ("go", "nogo")
BLOCK = 8
MORE, GO_ON, STOP = "more priming", "go on", "stop"


class Criterion(Parameters):
    """What the priming trials must show; rates are clipped to 0.01 and 0.99 for d'."""

    d_prime_above: float = pydantic.Field(
        default=2.0, ge=0, le=4.6, description="d' must be above this", json_schema_extra=NEXT_TRIAL
    )
    correct_rejections_above: float = pydantic.Field(
        default=0.7,
        ge=0,
        lt=1,
        description="share of nogo trials without a response must be above this",
        json_schema_extra=NEXT_TRIAL,
    )
    hits_above: float = pydantic.Field(
        default=0.95,
        ge=0,
        lt=1,
        description="share of go trials with a response must be above this",
        json_schema_extra=NEXT_TRIAL,
    )

    def met(self, done: Performance) -> bool:
        """Whether priming trials meet the criterion."""
        if done.d_prime is None or done.hit_rate is None or done.false_alarm_rate is None:
            return False
        return (
            done.d_prime > self.d_prime_above
            and 1 - done.false_alarm_rate > self.correct_rejections_above
            and done.hit_rate > self.hits_above
        )


class SetShifting(TrialProtocol):
    """Attend to one modality, ignore the other, then the reverse."""

    class Params(Parameters):
        """Parameters; the defaults are the paper's where it gives a value."""

        first: Literal["visual", "auditory", "random"] = pydantic.Field(
            default="random", description="relevant modality of the first block"
        )
        blocks: int = pydantic.Field(
            default=2, ge=1, le=20, description="blocks; the relevant modality alternates"
        )
        priming_trials: int = pydantic.Field(
            default=30,
            ge=20,
            le=60,
            multiple_of=2,
            description="trials of the relevant modality alone, as many go as nogo",
            json_schema_extra=NEXT_BLOCK,
        )
        bimodal_trials: int = pydantic.Field(
            default=120,
            ge=8,
            le=500,
            description="trials with a distractor in a block",
            json_schema_extra=NEXT_BLOCK,
        )
        criterion: Criterion = Criterion()
        on_failure: Literal["more_priming", "stop", "ask"] = pydantic.Field(
            default="more_priming",
            description="what happens when the priming trials do not meet the criterion",
            json_schema_extra=NEXT_TRIAL,
        )
        priming_rounds: int = pydantic.Field(
            default=3,
            ge=1,
            le=20,
            description="rounds of priming trials in a block before the session ends",
            json_schema_extra=NEXT_TRIAL,
        )
        patience: float = pydantic.Field(
            default=600.0,
            gt=0,
            le=3600,
            description="how long an answer is waited for before the session ends, s",
            json_schema_extra=NEXT_TRIAL,
        )
        break_time: float = pydantic.Field(
            default=300.0, ge=0, le=3600, description="break between two blocks, s",
            json_schema_extra=NEXT_BLOCK,
        )  # fmt: skip
        longest_run: int = pydantic.Field(
            default=4,
            ge=2,
            le=8,
            description="priming trials of one type that follow each other at most",
        )
        trial: AudiovisualTrial = AudiovisualTrial()

    params: Params

    def __init__(self, params: Params, rng: np.random.Generator) -> None:
        super().__init__(params, rng)
        modalities: tuple[Modality, Modality] = ("visual", "auditory")
        drawn = modalities[int(rng.integers(2))]
        self._relevant: Modality = drawn if params.first == "random" else params.first
        self._block = 0
        self._bimodal = False
        self._round = 0
        self._rows: list[TrialRow] = []
        self._seen = 0
        self._skip = False
        self._answer = ""
        self._of_block = params
        self._priming: BalancedSequence[Answer]
        self._pairs: BalancedSequence[tuple[Answer, Answer]]
        self._begin_block()

    def gratings(self) -> Mapping[str, Grating]:
        """Return both gratings."""
        return self.params.trial.gratings()

    def sounds(self) -> Mapping[str, Sound]:
        """Return both tones."""
        return self.params.trial.tones()

    def reward(self) -> Pulse:
        """Return a drop of the usual volume."""
        return self.params.trial.reward()

    def skip_block(self) -> str | None:
        """Leave the running block."""
        self._skip = True
        if self._block >= self.params.blocks:
            return "this was the last block: the session ends"
        return f"the {OTHER[self._relevant]} block begins with the next trial"

    def answer(self, choice: str) -> None:
        """Take in what the operator wants after a criterion that was not met."""
        self._answer = choice

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished | Question:
        """Return the next trial of the running phase, or of the one that follows it."""
        self._take_in(past)
        before = self._block
        ends = self._go_on()
        if ends is not None:
            return ends
        first: tuple[State, ...] = ()
        if number == 1:
            first = (lead_in(self.params.trial.interval),)
        elif self._block != before and self._of_block.break_time:
            timeout = (self._of_block.break_time, "stimulus")
            first = (State("break", "the break between two blocks", timeout=timeout),)
        return self._graph(first)

    def _take_in(self, past: Sequence[TrialRow]) -> None:
        """Add the trials that have ended to those of the phase; aborted ones do not count."""
        new = past[self._seen :]
        self._seen += len(new)
        self._rows += [row for row in new if not row.aborted]

    def _go_on(self) -> Finished | Question | None:
        """Go over to the next phase if the running one is complete; None if a trial follows."""
        if self._skip:
            return self._next_block()
        if self._bimodal:
            return self._next_block() if self._complete(self._of_block.bimodal_trials) else None
        if not self._complete(self._of_block.priming_trials):
            return None
        if self.params.criterion.met(performance(self._rows)):
            self._begin_bimodal()
            return None
        return self._failed()

    def _complete(self, trials: int) -> bool:
        return len(self._rows) >= trials

    def _failed(self) -> Finished | Question | None:
        """Do what is to be done after priming trials that did not meet the criterion."""
        params = self.params
        choice = self._answer or {"more_priming": MORE, "stop": STOP}.get(params.on_failure)
        self._answer = ""
        found = f"{self._relevant} priming: {_in_words(performance(self._rows))}"
        if choice is None:
            text = f"The criterion is not met ({found}). What now?"
            return Question(text, (MORE, GO_ON, STOP), STOP, params.patience)
        if choice == GO_ON:
            self._begin_bimodal()
            return None
        if choice == MORE and self._round < params.priming_rounds:
            self._begin_priming()
            return None
        return Finished(f"criterion not met in {self._round} rounds of {found}")

    def _next_block(self) -> Finished | None:
        """Make the other modality the relevant one; or end the session after the last block."""
        self._skip = False
        self._answer = ""
        if self._block >= self.params.blocks:
            return Finished(f"{self._block} blocks done")
        self._relevant = OTHER[self._relevant]
        self._begin_block()
        return None

    def _begin_block(self) -> None:
        """Begin a block: its parameters hold until its end."""
        self._block += 1
        self._of_block = self.params
        self._round = 0
        self._begin_priming()

    def _begin_priming(self) -> None:
        self._rows = []
        self._bimodal = False
        self._round += 1
        params = self._of_block
        self._priming = BalancedSequence(
            ANSWERS, params.priming_trials, self.rng, params.longest_run
        )

    def _begin_bimodal(self) -> None:
        self._rows = []
        self._bimodal = True
        self._pairs = BalancedSequence(PAIRS, BLOCK, self.rng)

    def _graph(self, first: tuple[State, ...]) -> TrialGraph:
        """Return the next trial of the running phase, behind the states that come first."""
        trial = self.params.trial
        distractor: Answer | None = None
        if self._bimodal:
            answer, distractor = self._pairs.next()
        else:
            answer = self._priming.next()
        both: tuple[Answer | None, Answer | None] = answer, distractor
        visual, auditory = both if self._relevant == "visual" else both[::-1]
        states = audiovisual_states(trial, visual, auditory, answer, trial.auditory_error_interval)
        return TrialGraph(
            (*first, *states),
            answer,
            stimulus_name(trial, visual, auditory),
            stimulus_state="stimulus",
            block=self._block,
            labels=self._labels(answer, distractor),
        )

    def _labels(self, answer: Answer, distractor: Answer | None) -> dict[str, str]:
        """Return where the trial stands in the experiment."""
        labels = {"context": self._relevant, "phase": "bimodal" if self._bimodal else "priming"}
        if distractor is not None:
            labels["congruency"] = "congruent" if answer == distractor else "incongruent"
        return labels


def _in_words(done: Performance) -> str:
    """Return hits, correct rejections and d' for people."""
    hits, rejections = done.hit_rate or 0.0, 1 - (done.false_alarm_rate or 0.0)
    return f"hits {hits:.0%}, correct rejections {rejections:.0%}, d' {done.d_prime or 0.0:.2f}"
