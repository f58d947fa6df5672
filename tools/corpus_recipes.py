"""What the sessions of the corpus are: protocols, mice, orders of persons, failures, ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rig.inbox import Command

PROTOCOLS = (
    "auditory_discrimination", "detection", "detection_training", "go_nogo", "go_nogo_head_fixed",
    "go_nogo_noise", "go_nogo_ramps", "go_nogo_tones", "habituation", "habituation_head_fixed",
    "imaging_noise", "imaging_ramps", "imaging_sounds", "optogenetic", "optogenetic_pretraining",
    "pretraining", "set_shifting", "visual_discrimination",
)  # fmt: skip
"""All of a new lab but adaptive detection, which may choose otherwise on another processor."""
GO = ("A", "up", "noise_1_hz", "low", "? at *", "S+ and C", "45 deg", "5 kHz")
WHIMS = {"listening_time": 0.2, "persistence": 4.0, "guess_probability": 0.2}
MICE: Mapping[str, Mapping[str, object] | None] = {
    "learning": None,
    "always": {"policy": "always"},
    "never": {"policy": "never"},
    "perfect": {"policy": "perfect", "go": GO},
    "random": {"policy": "random", "body": WHIMS},
    "impulsive": {"policy": "impulsive"},
}
"""Settings of the mouse; None for the one that learns."""


@dataclass(frozen=True)
class Recipe:
    """A session of the corpus.

    Attributes
    ----------
    subject
        The mouse; sessions of one mouse follow each other.
    protocol, mouse, seed, trials
        What is run, with which of `MICE`.
    edits
        Changes of the lab's files: file, old text, new text.
    orders
        ``(trial, how manieth state of it)`` -> commands that are given there.
    answer
        What is answered when the protocol asks; empty if nobody answers.
    clock
        Which clock it runs on.
    stage
        Parameters that a stage lays over those of the file.
    cut
        Bytes that are missing at the end of the journal.
    resume
        Whether it goes on with the mouse's last session.
    before
        Commands that are given before it is run.
    run
        Whether it is run at all.
    """

    subject: str
    protocol: str
    mouse: str = "always"
    seed: int = 1
    trials: int = 10
    edits: Sequence[tuple[str, str, str]] = ()
    orders: Mapping[tuple[int, int], Sequence[Command]] = field(default_factory=dict)
    answer: str = ""
    clock: Literal["virtual", "system"] = "virtual"
    stage: Mapping[str, Any] = field(default_factory=dict)
    cut: int = 0
    resume: bool = False
    before: Sequence[Command] = ()
    run: bool = True


def recipes() -> Iterator[Recipe]:
    """Return all recipes: each protocol with each mouse, and then what else can happen."""
    for number, protocol in enumerate(PROTOCOLS):
        for mouse in MICE:
            yield Recipe(f"{protocol}-{mouse}", protocol, mouse, seed=10 + number)
    yield from ORDERED
    yield from ENDED
    yield from REAL_TIME


def anna(verb: Any, key: str = "", value: object = None, text: str = "") -> Command:
    """Return a command of a person."""
    return Command(verb, text, "anna", key, value)


PAUSE, RESUME = anna("pause_after_trial"), anna("resume")
DROP, SKIP, STOP = anna("reward"), anna("skip_block"), anna("stop_now")
LESS = anna("set", "reward_ul", 3.0)
ASKS = ("protocols/set_shifting.toml", '"more_priming"', '"ask"')
SHORT_PRIMING = ("protocols/set_shifting.toml", "priming_trials = 30", "priming_trials = 20")
SHORT_BLOCK = ("protocols/set_shifting.toml", "bimodal_trials = 120", "bimodal_trials = 8")
BLOCKS = (SHORT_PRIMING, SHORT_BLOCK)
OWN = ("protocols/own.toml", "fails_at = 0")
TREADMILL = """[devices.treadmill]
driver = "hardware.analog_input:AnalogInputTwin"
meaning = "how fast the mouse runs"
rate_hz = 100
channels = [{ name = "speed", line = "Dev1/ai0", unit = "cm/s", per_volt = 20.0 }]

[simulation]
"""


def driver(device: str, name: str, rig: str = "box1") -> Sequence[tuple[str, str, str]]:
    """Return the edit that gives a device of a rig another driver."""
    was = {
        "valve": "hardware.valve:ValveTwin",
        "house_light": "hardware.digital_output:DigitalOutputTwin",
    }
    old = was.get(device, "hardware.digital_input:DigitalInputTwin")
    head = f'[devices.{device}]\ndriver = "'
    return [(f"rigs/{rig}.toml", f'{head}{old}"', f'{head}drivers/weak.py:{name}"')]


ORDERED = (
    Recipe("drops", "go_nogo", orders={
        (2, 1): [DROP, DROP], (3, 2): [anna("reward", value=4)], (4, 1): [anna("reward", value=90)],
        (5, 1): [anna("reward", value="much")], (7, 2): [DROP],
    }),
    Recipe("drops-head_fixed", "visual_discrimination", orders={
        (trial, 1): [DROP] for trial in range(1, 10)
    }),
    Recipe("drops-over_the_limit", "go_nogo", edits=[
        ("protocols/go_nogo.toml", "max_water_ul = 1200", "max_water_ul = 12"),
    ], orders={(1, 1): [DROP], (2, 1): [DROP], (3, 1): [DROP]}),
    Recipe("drops-postponed", "own", orders={
        (2, 1): [DROP], (4, 1): [anna("reward", value=3.0), DROP], (5, 1): [DROP],
    }),
    Recipe("changes", "go_nogo", "perfect", orders={
        (3, 2): [LESS], (5, 1): [anna("set", "time_out", 2.0), anna("set", "reward_ul", 4.5)],
        (8, 2): [anna("set", "reward_ul", 6)],
    }),
    Recipe("changes-refused", "go_nogo", "random", orders={
        (2, 2): [anna("set", "reward_ml", 1), anna("set", "reward_ul", "much")],
        (3, 1): [anna("set", "reward_ul", 90.0), anna("set", "stage", "pretraining")],
        (4, 1): [anna("set", "", [1, {"a": None}]), LESS],
    }),
    Recipe("changes-in_tables", "visual_discrimination", "perfect", orders={
        (2, 2): [anna("set", "trial.reward_ul", 4.0)], (5, 2): [anna("set", "trial.interval", 5.0)],
    }),
    Recipe("clumsy", "go_nogo", orders={
        (1, 1): [RESUME, SKIP, anna("answer", text="yes"), anna("note", text="  ")],
        (2, 2): [anna("note", text="fur looks rough"), PAUSE, PAUSE, RESUME, RESUME],
    }),
    Recipe("anonymous", "go_nogo", orders={(2, 1): [Command("reward"), Command("note", "hello")]}),
    Recipe("skipped", "set_shifting", "perfect", trials=16, orders={
        (3, 2): [SKIP], (8, 2): [SKIP, SKIP], (12, 1): [SKIP],
    }),
    Recipe("blocks", "set_shifting", "perfect", trials=34, edits=BLOCKS, orders={
        (15, 1): [anna("set", "bimodal_trials", 10)],
    }),
    Recipe("asked", "set_shifting", "never", trials=26, edits=[SHORT_PRIMING, ASKS],
           answer="go on"),
    Recipe("asked-more", "set_shifting", "never", trials=24, edits=[SHORT_PRIMING, ASKS],
           answer="more priming"),
    Recipe("asked-wrongly", "set_shifting", "never", trials=24, edits=[SHORT_PRIMING, ASKS],
           answer="perhaps"),
    Recipe("asked-nobody", "set_shifting", "never", trials=24, edits=[SHORT_PRIMING, ASKS]),
    Recipe("failing-orders", "own", orders={(2, 1): [SKIP], (3, 1): [LESS]}),
    Recipe("treadmill", "go_nogo", edits=[("rigs/box1.toml", "[simulation]\n", TREADMILL)]),
    Recipe("stage", "go_nogo", "perfect", stage={"reward_ul": 2.5, "response": {"fraction": 0.5}}),
)  # fmt: skip
"""Sessions with orders of persons."""

ENDED = (
    Recipe("stopped", "go_nogo", orders={(4, 2): [STOP]}),
    Recipe("stopped-after", "optogenetic", orders={
        (5, 2): [anna("stop_after_trial", text="the mouse is sated"), DROP],
    }),
    Recipe("stopped-by_signal", "set_shifting", orders={(4, 2): [Command("stop_now", "SIGINT")]}),
    Recipe("stopped-and_more", "go_nogo", orders={(3, 2): [STOP, DROP, anna("note", text="late")]}),
    Recipe("stopped-before", "optogenetic", before=[STOP, DROP]),
    Recipe("stopped-in_pause", "go_nogo", orders={
        (3, 2): [PAUSE, anna("stop_after_trial")],
    }),
    Recipe("paused-to_the_limit", "visual_discrimination", edits=[
        ("protocols/visual_discrimination.toml", "max_duration = 5400", "max_duration = 60"),
    ], orders={(3, 2): [PAUSE]}),
    Recipe("paused-before", "go_nogo", before=[PAUSE, DROP, LESS, RESUME]),
    Recipe("limit-duration", "go_nogo", trials=20, edits=[
        ("protocols/go_nogo.toml", "max_duration = 3600", "max_duration = 21"),
    ]),
    Recipe("limit-last_trial", "visual_discrimination", trials=20, edits=[
        ("protocols/visual_discrimination.toml", "max_duration = 5400",
         "max_duration = 33\nlast_trial = 0.5"),
    ]),
    Recipe("limit-water", "visual_discrimination", trials=20, edits=[
        ("protocols/visual_discrimination.toml", "max_water_ul = 1000", "max_water_ul = 7"),
    ]),
    Recipe("never-run", "go_nogo", run=False),
    Recipe("protocol-fails", "own", edits=[(*OWN, "fails_at = 5")]),
    Recipe("protocol-fails_at_once", "own", edits=[(*OWN, "fails_at = 1")]),
    Recipe("protocol-asks_in_vain", "own", edits=[(*OWN, "fails_at = 0\nasks_at = 4")]),
    Recipe("valve-fails", "go_nogo", edits=driver("valve", "WeakValve")),
    Recipe("valve-fails_on_a_lick", "visual_discrimination", edits=driver(
        "valve", "WeakValve", "box2"
    )),
    Recipe("valve-fails_in_order", "go_nogo", edits=driver("valve", "WeakValve"), orders={
        (n, 1): [DROP] for n in (2, 3, 4, 5)
    }),
    Recipe("input-fails", "go_nogo", edits=driver("port", "LooseInput")),
    Recipe("output-fails", "own", edits=driver("house_light", "OddOutput")),
    Recipe("output-stuck", "own", edits=driver("house_light", "StuckOutput")),
    Recipe("touched-from_the_start", "go_nogo", edits=driver("lick", "TouchedInput")),
    Recipe("cut-in_a_trial", "go_nogo", "random", cut=900),
    Recipe("cut-torn", "set_shifting", "perfect", cut=123),
    Recipe("cut-early", "optogenetic", cut=6000),
    Recipe("resumed", "go_nogo", "random", orders={(3, 2): [LESS], (6, 2): [STOP]}),
    Recipe("resumed", "go_nogo", "random", resume=True, trials=12, orders={(9, 1): [DROP]}),
    Recipe("resumed-twice", "set_shifting", "perfect", trials=30, edits=BLOCKS, orders={
        (5, 2): [SKIP], (9, 2): [anna("set", "bimodal_trials", 10), STOP],
    }),
    Recipe("resumed-twice", "set_shifting", "perfect", trials=30, edits=BLOCKS, resume=True,
           cut=9000),
    Recipe("resumed-twice", "set_shifting", "perfect", trials=30, edits=BLOCKS, resume=True),
)  # fmt: skip
"""Sessions that end in other ways, or begin so."""

FAST = (
    ("protocols/go_nogo.toml", "response_delay = 0.58", "response_delay = 0.1"),
    ("protocols/go_nogo.toml", "time_out = 8.0", "time_out = 0.3"),
    ("protocols/go_nogo.toml", "response_window = 1.0", "response_window = 0.3"),
)
REAL_TIME = tuple(
    Recipe(f"real_time-{name}", "go_nogo", mouse, seed, trials=6, edits=FAST, clock="system",
           orders=orders)
    for name, mouse, seed, orders in (
        ("eager", "eager", 1, {}),
        ("eager-2", "eager", 2, {}),
        ("drops", "eager", 3, {(2, 1): [DROP, DROP], (4, 2): [DROP], (5, 1): [LESS]}),
        ("paused", "eager", 4, {(2, 2): [PAUSE], (4, 1): [PAUSE]}),
        ("stopped", "eager", 5, {(3, 2): [STOP, DROP]}),
        ("never", "absent", 6, {(1, 1): [DROP, STOP]}),
    )
)  # fmt: skip
"""Sessions in real time, with a mouse that comes at once and trials that are short."""

BODY = "body = { visit_interval = 0.2, listening_time = 0.3 }"
FILES = {
    "protocols/own.toml": 'protocol = "protocols/own.py:Own"\n[session]\nmax_trials = 8\n'
    "[params]\nfails_at = 0\n",
    "protocols/own.py": '''"""A protocol that fails, asks in vain, and gives drops."""

from rig.graph import END, Pulse, State, TrialGraph, TurnOff, TurnOn
from rig.protocol import NEXT_TRIAL, Parameters, Question, TrialProtocol

import pydantic


class Own(TrialProtocol):
    class Params(Parameters):
        fails_at: int = 0
        asks_at: int = 0
        reward_ul: float = pydantic.Field(default=5.0, json_schema_extra=NEXT_TRIAL)

    def reward(self):
        return Pulse("valve", self.params.reward_ul)

    def skip_block(self):
        raise RuntimeError("there is no block here")

    def answer(self, choice):
        raise RuntimeError("no answer is right")

    def trial(self, number, past):
        if number == self.params.fails_at:
            raise RuntimeError("a mistake of the protocol")
        if number == self.params.asks_at:
            return Question("Well?", ("yes", "no"), "no", 60.0)
        wait = float(self.rng.exponential(2.0))
        return TrialGraph(
            (
                State("ready", "waits for a moment", timeout=(0.005, "drop")),
                State("drop", "gives a drop", (Pulse("valve", self.params.reward_ul),
                      TurnOn("house_light")), timeout=(1.0, "wait")),
                State("wait", "waits a while", (TurnOff("house_light"),), timeout=(wait, END),
                      outcome="hit"),
            ),
            "go", "x", {"wait": wait},
        )
''',
    "drivers/weak.py": '''"""Devices that fail."""

from hardware.digital_input import DigitalInputTwin
from hardware.digital_output import DigitalOutputTwin
from hardware.valve import ValveTwin
from rig.errors import DeviceError
from rig.inbox import Failure


class WeakValve(ValveTwin):
    """Fails at its third drop, and from then on."""

    drops = 0

    def deliver(self, volume_ul, delay=0.0):
        self.drops += 1
        if self.drops > 2:
            raise DeviceError("the valve does not answer", "device 'valve'", "Look at its cable.")
        super().deliver(volume_ul, delay)


class LooseInput(DigitalInputTwin):
    """Tells after 20 s that it has failed."""

    def __init__(self, name, settings, context):
        super().__init__(name, settings, context)
        failure = Failure(name, "the sensor is gone", "Look at its cable.")
        context.room.agenda.at(20.0, lambda _: context.inbox.put(failure))


class OddOutput(DigitalOutputTwin):
    """Raises what no driver should, when it is switched on for the fourth time."""

    times = 0

    def switch_on(self):
        self.times += 1
        if self.times == 4:
            raise RuntimeError("what no driver should raise")
        super().switch_on()


class StuckOutput(DigitalOutputTwin):
    """Does not go off at the end."""

    def off(self):
        if self._open:
            raise RuntimeError("the line is stuck")


class TouchedInput(DigitalInputTwin):
    """Is on when the session begins."""

    def open(self):
        super().open()
        self._level = True
''',
}
"""Files of the lab's own."""
