"""The table of trials: one row a trial, made from the events, with fixed columns.

What is missing is None (NaN in HDF5), never 0. Times are seconds since session start.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from rig.events import (
    ActionDone,
    DeviceReported,
    Event,
    InputChanged,
    StateEntered,
    StimuliStarted,
    TrialEnded,
    TrialStarted,
)

LICK_INPUT = "lick"
"""Inputs whose name begins so count as the mouse's tongue at a spout."""
VACUUM_OUTPUT = "vacuum"
"""The output of this name removes the drop of its trial from the spout."""


class TrialRow(msgspec.Struct, frozen=True):
    """One trial.

    Attributes
    ----------
    trial, trial_type, stimulus
        Number (1, 2, ...), type (``go``, ``nogo``) and what was presented.
    outcome
        ``hit``, ``miss``, ``false_alarm``, ``correct_rejection``, ...; None if aborted.
    aborted
        Whether the trial was cut short.
    start_time, end_time
        When it began and ended.
    stimulus_time
        Onset of the stimulus: when the state that the protocol names as such had started it; None
        if the trial did not get there.
    first_lick_time
        First lick at or after that onset; None if there was none.
    lick_count
        Licks in the whole trial.
    dwell, licks
        What the criterion saw: seconds that the beam was broken, or licks, in the response
        window; None if the protocol does not measure it or the trial did not get there.
    reward_ul
        Volume that the protocol delivered for this trial; None if no valve opened.
    removed_ul
        How much of it the vacuum removed: 0 if the mouse had licked since the drop fell; None if
        the vacuum did not run.
    block
        Number of the block; 0 in a task without blocks.
    labels
        What else sets the trial apart, in words by name (``context``, ``congruency``, ...).
    """

    trial: int
    trial_type: str
    stimulus: str
    outcome: str | None
    aborted: bool
    start_time: float
    end_time: float
    stimulus_time: float | None
    first_lick_time: float | None
    lick_count: int
    dwell: float | None
    licks: float | None
    reward_ul: float | None
    removed_ul: float | None = None
    block: int = 0
    labels: dict[str, str] = {}


_SHORT = {"false_alarm": "FA", "correct_rejection": "CR"}


def short_outcome(outcome: str) -> str:
    """Return the field's abbreviation of an outcome where there is one.

    Examples
    --------
    >>> short_outcome("false_alarm"), short_outcome("hit")
    ('FA', 'hit')
    """
    return _SHORT.get(outcome, outcome)


class TrialTable:
    """Builds the rows from the events, one by one.

    A drop that falls after its trial has ended is added to its own trial's row, so a row is
    final only when the next trial has ended.

    Attributes
    ----------
    rows
        The rows of the trials that have ended.
    water_ul
        Water that the mouse could drink so far: all that was delivered, drops that a person gave
        included, but for what the vacuum removed.
    """

    def __init__(self) -> None:
        self.rows: list[TrialRow] = []
        self.water_ul = 0.0
        self._started: TrialStarted | None = None
        self._stimulus_time: float | None = None
        self._entered = 0.0
        self._first_lick_time: float | None = None
        self._lick_count = 0
        self._reward_ul: float | None = None
        self._removed_ul: float | None = None
        self._last_lick_time: float | None = None
        self._drop_time: float | None = None

    def add(self, event: Event) -> TrialRow | None:
        """Take in an event; return the row of a trial that it ended."""
        # By the exact type: `isinstance` is slow where a class of msgspec does not fit.
        if type(event) is InputChanged:
            if event.level and event.device.startswith(LICK_INPUT) and self._started:
                self._lick(event.hardware_time)
        elif type(event) is StateEntered:
            self._enter(event)
        elif type(event) is StimuliStarted:
            self._shift_onset(event)
        elif type(event) is ActionDone:
            if event.device == VACUUM_OUTPUT and event.verb == "on":
                self._remove()
        elif type(event) is DeviceReported:
            self._report(event)
        elif type(event) is TrialStarted:
            self._start(event)
        elif type(event) is TrialEnded:
            return self._end(event)
        return None

    def _start(self, event: TrialStarted) -> None:
        self._started = event
        self._stimulus_time = self._first_lick_time = None
        self._reward_ul = self._removed_ul = None
        self._last_lick_time = self._drop_time = None
        self._lick_count = 0

    def _lick(self, time: float) -> None:
        self._lick_count += 1
        self._last_lick_time = time
        if self._first_lick_time is None and self._stimulus_time is not None:
            self._first_lick_time = time

    def _shift_onset(self, event: StimuliStarted) -> None:
        """Let the onset be when the stimuli were started, if the state entered last is theirs."""
        if self._stimulus_time is not None and self._stimulus_time == self._entered:
            self._stimulus_time = event.hardware_time

    def _enter(self, event: StateEntered) -> None:
        self._entered = event.hardware_time
        started = self._started
        if self._stimulus_time is None and started and event.state == started.stimulus_state:
            self._stimulus_time = event.hardware_time

    def _report(self, event: DeviceReported) -> None:
        started = self._started
        own = started is not None and event.trial == started.trial
        if event.volume_ul is None:
            return
        self.water_ul += event.volume_ul
        if event.author:
            return
        if own:
            self._drop_time = event.hardware_time
            self._reward_ul = (self._reward_ul or 0.0) + event.volume_ul
        elif self.rows and event.trial == self.rows[-1].trial:
            total = (self.rows[-1].reward_ul or 0.0) + event.volume_ul
            self.rows[-1] = msgspec.structs.replace(self.rows[-1], reward_ul=total)

    def _remove(self) -> None:
        """Take the drop of the running trial away, unless the mouse has licked it up."""
        licked, dropped = self._last_lick_time, self._drop_time
        drunk = licked is not None and dropped is not None and licked >= dropped
        drop_ul = 0.0 if drunk else (self._reward_ul or 0.0) - (self._removed_ul or 0.0)
        self._removed_ul = (self._removed_ul or 0.0) + drop_ul
        self.water_ul -= drop_ul

    def _end(self, event: TrialEnded) -> TrialRow | None:
        started = self._started
        if started is None:
            return None
        row = TrialRow(
            trial=started.trial,
            trial_type=started.trial_type,
            stimulus=started.stimulus,
            outcome=event.outcome,
            aborted=event.aborted,
            start_time=started.hardware_time,
            end_time=event.hardware_time,
            stimulus_time=self._stimulus_time,
            first_lick_time=self._first_lick_time,
            lick_count=self._lick_count,
            dwell=event.measures.get("dwell"),
            licks=event.measures.get("licks"),
            reward_ul=self._reward_ul,
            removed_ul=self._removed_ul,
            block=started.block,
            labels=started.labels,
        )
        self.rows.append(row)
        self._started = None
        return row


@dataclass(frozen=True)
class Before:
    """What the sessions came to that a session goes on with.

    Attributes
    ----------
    trial
        Number of their last completed trial.
    water_ul
        Their water.
    """

    trial: int
    water_ul: float


ALONE = Before(0, 0.0)
