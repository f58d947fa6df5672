"""One trial as frozen data: states, what they do, and what leads from one to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np

END: Final = "end"
"""The target that ends the trial."""


class Pulse(msgspec.Struct, frozen=True, tag="pulse", omit_defaults=True):
    """Deliver one drop: the valve opens once, for a time that its calibration gives.

    With a `delay` the valve is armed: its hardware opens it so many seconds later. The state must
    last as long.
    """

    device: str
    volume_ul: float
    delay: float = 0.0


class Play(msgspec.Struct, frozen=True, tag="play"):
    """Play a loaded sound; it goes on when the state that started it is left."""

    device: str
    sound: str


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Show a loaded grating; it goes on when the state that started it is left."""

    device: str
    grating: str


class Flash(msgspec.Struct, frozen=True, tag="flash"):
    """Project loaded flashes; they go on when the state that started them is left."""

    device: str
    flashes: str


class TurnOn(msgspec.Struct, frozen=True, tag="on"):
    """Switch an output on; some state on every path must switch it off again."""

    device: str


class TurnOff(msgspec.Struct, frozen=True, tag="off"):
    """Switch an output off."""

    device: str


class Flush(msgspec.Struct, frozen=True, tag="flush"):
    """Flush a valve: an order of a person, which no trial gives."""

    device: str


Action = Pulse | Play | Show | Flash | TurnOn | TurnOff


class Count(msgspec.Struct, frozen=True):
    """While the state lasts, add 1 to `measure` at each `event`; go to `target` at `reaches`."""

    measure: str
    event: str
    reaches: float | None = None
    target: str | None = None


class Dwell(msgspec.Struct, frozen=True):
    """While the state lasts, add to `measure` the seconds that the input is on."""

    measure: str
    device: str


class Rule(msgspec.Struct, frozen=True):
    """Go to `target` if `measure` is at least `at_least`."""

    measure: str
    at_least: float
    target: str


class State(msgspec.Struct, frozen=True):
    """One state of a trial.

    Parameters
    ----------
    name, meaning
        The meaning is one sentence; it is stored with the data and shown to the operator.
    enter
        What is done on entering.
    timeout
        ``(seconds, target)``: where to go when the time is up.
    to
        Event name -> target. The events of an input are its name with ``_on`` or ``_off``.
    restart
        Events that start the timeout anew ("3 s without licking").
    count, dwell
        What is measured while the state lasts; a measure lives until the trial ends.
    decide, otherwise
        A state with rules takes no time: the first rule that holds gives the target.
    outcome
        The outcome of the trial, given by entering this state.
    """

    name: str
    meaning: str
    enter: tuple[Action, ...] = ()
    timeout: tuple[float, str] | None = None
    to: Mapping[str, str] = {}
    restart: tuple[str, ...] = ()
    count: tuple[Count, ...] = ()
    dwell: tuple[Dwell, ...] = ()
    decide: tuple[Rule, ...] = ()
    otherwise: str | None = None
    outcome: str | None = None

    def presents(self) -> bool:
        """Whether entering it starts a stimulus, or arms what begins later."""
        return any(
            isinstance(action, Play | Show | Flash)
            or (isinstance(action, Pulse) and action.delay > 0)
            for action in self.enter
        )

    def targets(self) -> tuple[tuple[str, str], ...]:
        """Return every way out as ``(cause, target)``."""
        timeout = (("timeout", self.timeout[1]),) if self.timeout else ()
        counts = tuple(
            (f"{count.measure} >= {count.reaches:g}", count.target)
            for count in self.count
            if count.target is not None and count.reaches is not None
        )
        rules = tuple((f"{rule.measure} >= {rule.at_least:g}", rule.target) for rule in self.decide)
        otherwise = (("otherwise", self.otherwise),) if self.otherwise else ()
        return (*timeout, *self.to.items(), *counts, *rules, *otherwise)


class TrialGraph(msgspec.Struct, frozen=True):
    """One trial.

    Parameters
    ----------
    states
        The first one is where the trial starts.
    trial_type
        ``go``, ``nogo``, ...
    stimulus
        What is presented, in the words of the experiment.
    draws
        What the protocol drew for this trial, by name (an inter-trial interval, ...).
    stimulus_state
        The state whose entry is the onset of the stimulus; empty if there is none.
    block
        Number of the block (1, 2, ...) that the trial belongs to; 0 in a task without blocks.
    labels
        What else sets the trial apart, in words by name (``context``, ``congruency``, ...).
    """

    states: tuple[State, ...]
    trial_type: str
    stimulus: str
    draws: Mapping[str, float] = {}
    stimulus_state: str = ""
    block: int = 0
    labels: Mapping[str, str] = {}

    def shape(self) -> tuple[Any, ...]:
        """Return what stays the same when only the lengths of timeouts change.

        Timeouts of no time at all and impossible ones are told apart from the others.
        """
        states = tuple(
            (
                state.name,
                state.meaning,
                state.enter,
                _timeout_shape(state.timeout) if state.timeout else None,
                tuple(state.to.items()),
                state.restart,
                state.count,
                state.dwell,
                state.decide,
                state.otherwise,
                state.outcome,
            )
            for state in self.states
        )
        return (self.stimulus_state, *states)

    def described(self) -> tuple[dict[str, Any], ...]:
        """Return the states as plain data, without the lengths of their timeouts."""
        return tuple(_described(state) for state in self.states)


def plain(value: object) -> object:
    """Return a NumPy scalar, as random generators give them, as a plain value."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be recorded")


def _timeout_shape(timeout: tuple[float, str]) -> tuple[str, bool, bool]:
    """Return the target of a timeout, whether its time is possible, and whether it is above 0."""
    seconds, target = timeout
    return target, 0 <= seconds < math.inf, seconds > 0


def _described(state: State) -> dict[str, Any]:
    """Return one state as plain data; what is empty is left out."""
    data: dict[str, Any] = msgspec.to_builtins(state, enc_hook=plain)
    data["timeout"] = state.timeout[1] if state.timeout else None
    return {key: value for key, value in data.items() if value}
