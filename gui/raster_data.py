"""Licks and drops of all trials, by trial type, around the onset of the stimulus."""

from __future__ import annotations

from rig.events import (
    DeviceReported,
    Event,
    InputChanged,
    StateEntered,
    TrialEnded,
    TrialStarted,
)
from rig.measures import Growing
from rig.trials import LICK_INPUT

RESPONSE_STATE = "response"
"""The state of this name is the response window."""
TICK = 0.8
"""Height of a lick's tick, in rows."""


class TypeRaster:
    """The trials of one type, a row each.

    Attributes
    ----------
    lick_x, lick_y
        Two points for each lick, the lower and the upper end of its tick: seconds from the onset
        of the stimulus, and rows.
    drop_x, drop_y
        One point for each drop of the protocol.
    outcomes
        Outcome of each row; None for a trial that was aborted or still runs.
    """

    def __init__(self) -> None:
        self.lick_x, self.lick_y = Growing(), Growing()
        self.drop_x, self.drop_y = Growing(), Growing()
        self.outcomes: list[str | None] = []

    def lick(self, seconds: float) -> None:
        """Add a lick to the last row."""
        row = len(self.outcomes) - 1
        for height in (row + (1 - TICK) / 2, row + (1 + TICK) / 2):
            self.lick_x.append(seconds)
            self.lick_y.append(height)

    def drop(self, seconds: float) -> None:
        """Add a drop to the last row."""
        self.drop_x.append(seconds)
        self.drop_y.append(len(self.outcomes) - 0.5)


class RasterData:
    """Sorts licks and drops into rows, event by event.

    Attributes
    ----------
    types
        The rasters by trial type, in the order in which the types first came.
    window
        The last response window, begin and end in seconds from the onset of the stimulus; None
        if no trial has come to one.
    """

    def __init__(self) -> None:
        self.types: dict[str, TypeRaster] = {}
        self.window: tuple[float, float] | None = None
        self._trial: TrialStarted | None = None
        self._onset: float | None = None
        self._waiting: list[InputChanged | DeviceReported] = []

    @property
    def running(self) -> str | None:
        """The type of the trial that runs, whose row is its type's last; None between trials."""
        return None if self._trial is None else self._trial.trial_type

    def take(self, event: Event) -> None:
        """Take in an event."""
        match event:
            case TrialStarted():
                self._trial, self._onset, self._waiting = event, None, []
                self.types.setdefault(event.trial_type, TypeRaster()).outcomes.append(None)
            case InputChanged(device=device, level=True) if device.startswith(LICK_INPUT):
                self._place(event)
            case DeviceReported(author="", volume_ul=float()):
                self._place(event)
            case StateEntered():
                self._enter(event)
            case TrialEnded():
                self._end(event)

    def _place(self, event: InputChanged | DeviceReported) -> None:
        """Put a lick or a drop into the running trial, as soon as its onset is known."""
        trial = self._trial
        if trial is None or event.trial != trial.trial:
            return
        if self._onset is None:
            self._waiting.append(event)
            return
        raster = self.types[trial.trial_type]
        seconds = event.hardware_time - self._onset
        if isinstance(event, InputChanged):
            raster.lick(seconds)
        else:
            raster.drop(seconds)

    def _enter(self, event: StateEntered) -> None:
        """Note the onset of the stimulus and the response window."""
        trial, time = self._trial, event.hardware_time
        if trial is not None and event.state == trial.stimulus_state:
            self._begin(time)
        if event.state == RESPONSE_STATE and self._onset is not None and event.requested:
            begin = time - self._onset
            self.window = begin, begin + event.requested

    def _begin(self, time: float) -> None:
        """Let the row's time begin; the first onset counts."""
        if self._onset is not None:
            return
        self._onset = time
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._place(event)

    def _end(self, event: TrialEnded) -> None:
        """End the row; a trial without a stimulus is drawn from its start."""
        trial = self._trial
        if trial is None:
            return
        self._begin(trial.hardware_time)
        self.types[trial.trial_type].outcomes[-1] = event.outcome
        self._trial = None
