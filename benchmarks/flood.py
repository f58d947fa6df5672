"""A lab whose sessions produce events as fast as they can, and a stream beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydantic

from rig.commands.init import make_lab
from rig.graph import END, Count, State, TrialGraph, TurnOff, TurnOn
from rig.lab import LAB_TOML, Lab, find_lab
from rig.plan import Plan, make_plan
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.room import Mouse, MouseSettings, Room
from rig.trials import TrialRow

RIG = """
[devices.lick]
driver = "hardware.digital_input:DigitalInputTwin"
line = "Dev1/port0/line1"

[devices.light]
driver = "hardware.digital_output:DigitalOutputTwin"
line = "Dev1/port1/line0"

[devices.treadmill]
driver = "hardware.analog_input:AnalogInputTwin"
meaning = "Speed of the treadmill."
rate_hz = 10000
channels = [
    {{ name = "speed", line = "Dev1/ai0", unit = "cm/s", per_volt = 10.0 }},
    {{ name = "photodiode", line = "Dev1/ai1" }},
]

[simulation]
mouse = "benchmarks.flood:FloodMouse"

[simulation.settings]
edges_per_s = {edges_per_s}
rest = {rest}
"""
PROTOCOL = """
protocol = "benchmarks.flood:Flood"

[params]
licks = {licks}
trials = {trials}

[session]
max_trials = 100000
max_duration = 86400
"""
_BURST = 0.002
"""Seconds between two bursts of edges, at least."""
_BOUT = 0.4
"""Seconds of licking between two rests."""


class FloodSettings(MouseSettings):
    """How often the mouse begins or ends to lick, and how long it rests after each bout."""

    edges_per_s: float = pydantic.Field(gt=0)
    rest: float = pydantic.Field(ge=0)


class FloodMouse(Mouse):
    """A mouse that licks far faster than a mouse can, and learns nothing."""

    Settings = FloodSettings

    def __init__(
        self, settings: FloodSettings, memory: dict[str, Any], rng: np.random.Generator
    ) -> None:
        self._edges = max(1, round(settings.edges_per_s * _BURST))
        self._burst_lasts = self._edges / settings.edges_per_s
        self._rest = settings.rest
        self._bout_ends = _BOUT
        self._level = False

    def enter(self, room: Room) -> None:
        """Begin to lick."""
        self._room = room
        room.agenda.at(0.0, self._burst)

    def attend(self, time: float) -> None:
        """Attend to nothing."""

    def hear(self, sound: str, time: float) -> None:
        """Hear nothing."""

    def see(self, grating: str, time: float) -> None:
        """See nothing."""

    def feel(self, flashes: str, time: float) -> None:
        """Feel nothing."""

    def drink(self, volume_ul: float, time: float) -> None:
        """Drink nothing."""

    def memory(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def _burst(self, time: float) -> None:
        for edge in range(self._edges):
            self._level = not self._level
            self._room.touch("lick", self._level, time + edge * self._burst_lasts / self._edges)
        begins = time + self._burst_lasts
        if begins >= self._bout_ends:
            begins += self._rest
            self._bout_ends = begins + _BOUT
        self._room.agenda.at(begins, self._burst)


class FloodParams(Parameters):
    """Licks in a trial, and trials in a session."""

    licks: int = pydantic.Field(ge=1)
    trials: int = pydantic.Field(ge=1)


class Flood(TrialProtocol):
    """Enters a state at each edge and switches a light, so that each edge makes three events."""

    Params = FloodParams

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return a trial that ends after so many licks."""
        if number > self.params.trials:
            return Finished("all trials are over")
        licks = Count("licks", "lick_on", self.params.licks, "done")
        dark = State(
            "dark", "The light is off until the next lick begins.", enter=(TurnOff("light"),),
            to={"lick_on": "lit"}, count=(licks,), timeout=(60.0, "done"),
        )  # fmt: skip
        lit = State(
            "lit", "The light is on as long as the lick lasts.", enter=(TurnOn("light"),),
            to={"lick_off": "dark"}, timeout=(60.0, "done"),
        )  # fmt: skip
        done = State(
            "done", "The light goes off and the trial ends.", enter=(TurnOff("light"),),
            timeout=(0.0, END), outcome="hit",
        )  # fmt: skip
        return TrialGraph((dark, lit, done), "go", "A")


def flood_lab(
    folder: Path,
    edges_per_s: float = 20_000,
    rest: float = 0.0,
    licks: int = 300,
    trials: int = 1_000_000,
) -> Lab:
    """Make a lab whose sessions are flooded; its data may lie on a small disk."""
    make_lab(folder)
    text = (folder / LAB_TOML).read_text(encoding="utf-8")
    text = text.replace("min_free_mb = 200", "min_free_mb = 1")
    (folder / LAB_TOML).write_text(text, encoding="utf-8")
    rig = RIG.format(edges_per_s=edges_per_s, rest=rest)
    (folder / "rigs/flood.toml").write_text(rig, encoding="utf-8")
    (folder / "protocols/flood.toml").write_text(
        PROTOCOL.format(licks=licks, trials=trials), encoding="utf-8"
    )
    return find_lab(folder)


def flood_plan(lab: Lab) -> Plan:
    """Return the plan of a flooded session."""
    rig, protocol = Path("rigs/flood.toml"), Path("protocols/flood.toml")
    return make_plan(lab, rig, protocol, "SIM01", simulate=True, seed=1)
