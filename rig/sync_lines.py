"""Sync lines: outputs that tell other recorders, wire by wire, what the session does.

Which outputs they are stands in the table ``[sync]`` of the rig file. They are switched by the
loop, right after the devices; each switch is recorded with the time at which it was done.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pydantic

from rig.clock import Clock
from rig.config import SyncConfig, resolved
from rig.devices import Device, DeviceSettings, DigitalOutput
from rig.errors import Problem
from rig.event_log import EventLog
from rig.graph import State, TrialGraph

PULSE = 0.01
"""Seconds that a pulse lasts."""
SHORTEST_GAP, LONGEST_GAP = 0.5, 1.5
"""Seconds between the onsets of two pulses of the barcode."""


@dataclass(frozen=True)
class Sync:
    """The sync lines of a session; the seed is that of the barcode."""

    config: SyncConfig
    seed: tuple[int, ...] = (0,)


NO_SYNC = Sync(SyncConfig())


class SyncLines:
    """Switches the sync lines of one session: a chore of its loop (`rig.chores`).

    Parameters
    ----------
    sync
        Which lines there are.
    devices
        The devices of the rig by name.
    clock, log
        The session's.

    Attributes
    ----------
    due
        Seconds of session time at which a pulse begins or ends next.
    """

    def __init__(
        self, sync: Sync, devices: Mapping[str, Device], clock: Clock, log: EventLog
    ) -> None:
        self._config = sync.config
        outputs = {name: devices[name] for name in sync_names(sync.config)}
        self._outputs = {
            name: each for name, each in outputs.items() if isinstance(each, DigitalOutput)
        }
        self._clock = clock
        self._log = log
        self._gaps = barcode_gaps(sync.seed)
        self._next_bar = next(self._gaps) if sync.config.barcode else math.inf
        self._ends: dict[str, float] = {}
        self._switched: list[tuple[str, bool, float, float]] = []
        self._state = ""
        self.due = self._next_bar

    def run(self, now: float) -> None:
        """End the pulses whose time is up, and begin the next one of the barcode."""
        for line in [line for line, end in self._ends.items() if end <= now]:
            del self._ends[line]
            self._switch(line, on=False)
        self._plan()
        if self._next_bar <= now:
            self._next_bar += next(self._gaps)
            self._pulse(self._config.barcode)
        self.record()
        self._log.keep()

    def trial_began(self, graph: TrialGraph) -> None:
        """Show that a trial begins, and of which type."""
        self._pulse(self._config.trial)
        self._pulse(self._config.trial_types.get(graph.trial_type, ""))

    def trial_ended(self) -> None:
        """Show that its last state has ended."""
        self._leave_state()

    def entered(self, state: State) -> None:
        """Show that a state was entered, and its onset if it starts what others must see.

        The onset comes first: devices may wait for it.
        """
        if self._config.onset and state.presents():
            self._pulse(self._config.onset)
        self._leave_state()
        self._state = state.name
        self._switch(self._config.states.get(state.name, ""), on=True)

    def input_changed(self, device: str, level: bool) -> None:
        """Let a line follow an input."""
        self._switch(self._config.inputs.get(device, ""), on=level)

    def record(self) -> None:
        """Record what was switched since the last call."""
        for switched in self._switched:
            self._log.sync_switched(*switched)
        self._switched.clear()

    def _leave_state(self) -> None:
        self._switch(self._config.states.get(self._state, ""), on=False)
        self._state = ""

    def _pulse(self, line: str) -> None:
        if line in self._ends:  # the loop was late: others must see an edge all the same
            self._switch(line, on=False)
        if line:
            self._switch(line, on=True)
            self._ends[line] = self._clock.now() + PULSE
            self._plan()

    def _plan(self) -> None:
        self.due = min(self._next_bar, *self._ends.values(), math.inf)

    def _switch(self, line: str, *, on: bool) -> None:
        """Switch a line; none is switched if its name is empty."""
        output = self._outputs.get(line)
        if output is None:
            return
        before = self._clock.now()
        if on:
            output.switch_on()
        else:
            output.switch_off()
        after = self._clock.now()
        self._switched.append((line, on, (before + after) / 2, (after - before) / 2))


def sync_names(config: SyncConfig) -> list[str]:
    """Return the names of all sync lines, each as often as it is used."""
    single = [config.onset, config.trial, config.barcode]
    tables = (config.states, config.trial_types, config.inputs)
    return [*filter(None, single), *(line for table in tables for line in table.values())]


@lru_cache(maxsize=16)  # the sessions of a rig have the same file
def sync_of(rig_toml: str) -> SyncConfig:
    """Return the table ``[sync]`` of a recorded rig file.

    It is empty if the file has none, or one that cannot be read.
    """
    try:
        return SyncConfig.model_validate(tomllib.loads(rig_toml).get("sync", {}))
    except (tomllib.TOMLDecodeError, pydantic.ValidationError):
        return SyncConfig()


def barcode_gaps(seed: tuple[int, ...]) -> Iterator[float]:
    """Return the seconds from pulse to pulse of the barcode, without end.

    No two stretches of some pulses are alike, so that a recorder that saw a part of the session
    can tell which part.
    """
    rng = np.random.default_rng(seed)
    while True:
        yield float(rng.uniform(SHORTEST_GAP, LONGEST_GAP))


def wrong_lines(
    config: SyncConfig, outputs: list[str], inputs: list[str], where: str
) -> list[Problem]:
    """Return sync lines that are no outputs or are used twice, and inputs that are none.

    Parameters
    ----------
    config
        The table ``[sync]``.
    outputs, inputs
        Names of the rig's digital outputs and inputs.
    where
        The rig file.
    """
    at = f"{where}, sync"
    used = sync_names(config)
    found = [
        Problem(f"the rig has no digital output '{name}'", at, _one_of(outputs))
        for name in dict.fromkeys(used)
        if name not in outputs
    ]
    found += [
        Problem(f"two signals share the sync line '{name}'", at, "Give each a line of its own.")
        for name in dict.fromkeys(used)
        if used.count(name) > 1
    ]
    found += [
        Problem(f"the rig has no digital input '{name}'", f"{at}.inputs", _one_of(inputs))
        for name in config.inputs
        if name not in inputs
    ]
    return found


def never_shown(
    config: SyncConfig, states: Collection[str], trial_types: Collection[str], where: str
) -> list[Problem]:
    """Return states and trial types of the table that no protocol on the rig has.

    Parameters
    ----------
    config
        The table ``[sync]``.
    states, trial_types
        Those of all protocols of the lab that run on the rig.
    where
        The rig file.
    """
    tables = (
        ("states", "state", config.states, sorted(states)),
        ("trial_types", "trial type", config.trial_types, sorted(trial_types)),
    )
    return [
        Problem(
            f"no protocol that runs on this rig has a {what} '{name}'",
            f"{where}, sync.{table}",
            _one_of(known),
            "warning",
        )
        for table, what, lines, known in tables
        for name in lines
        if name not in known
    ]


def wrong_triggers(
    config: SyncConfig, settings: Mapping[str, DeviceSettings], where: str
) -> list[Problem]:
    """Return devices that wait for an edge which no onset line gives them.

    Parameters
    ----------
    config
        The table ``[sync]``.
    settings
        Settings of the rig's devices by name.
    where
        The rig file.
    """
    tables = {name: resolved(each) for name, each in settings.items()}
    onset = str(tables.get(config.onset, {}).get("line", ""))
    found = []
    for name, table in tables.items():
        trigger, at = table.get("trigger", ""), f"{where}, devices.{name}.trigger"
        if not trigger:
            continue
        if not config.onset:
            found.append(
                Problem(
                    f"'{name}' waits for an edge at '{trigger}', and no output gives one",
                    at,
                    "Name the output that is wired there in the rig file: `onset` in [sync]; or "
                    "leave `trigger` out: it begins at its order.",
                )
            )
        elif settings[name].trigger_is_line and onset not in ("", trigger):
            found.append(
                Problem(
                    f"'{name}' waits for an edge of the line '{trigger}', and the onset comes on "
                    f"'{onset}', the line of '{config.onset}'",
                    at,
                    f"Wire it to '{onset}' and write that line, or name the output of "
                    f"'{trigger}' as `onset` in [sync].",
                )
            )
    return found


def _one_of(known: list[str]) -> str:
    return f"Use one of: {', '.join(known)}." if known else "Add it to the rig's devices."
