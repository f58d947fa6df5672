"""What tests do again and again."""

from __future__ import annotations

import dataclasses
import json
import queue
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hardware.policy_mouse import PolicyMouse, PolicySettings
from rig.clock import VirtualClock
from rig.config import Limits, validated
from rig.events import Event
from rig.hdf5_disk import _signature
from rig.hdf5_file import is_sealed
from rig.inbox import Command, Inbox, Reply, Request
from rig.journal import digest
from rig.lab import Lab
from rig.loading import ask_for_stimuli, load_stimuli
from rig.locks import hold
from rig.loop import Loop
from rig.plan import Plan, generators, make_plan, plan_protocol
from rig.recorder import MemoryRecorder
from rig.rig_plan import graph_check, new_context, plan_rig
from rig.room import Mouse
from rig.session import Session
from rig.session_folder import SessionFolder, find_sessions
from rig.session_record import load_session
from rig.session_result import Result
from rig.stream_store import Drain
from rig.trial_source import TrialSource
from rig.trials import TrialRow
from rig.watcher import Nobody

RIGS = {"freely_moving": Path("rigs/box1.toml"), "head_fixed": Path("rigs/box2.toml")}
GO_NOGO = Path("protocols/go_nogo.toml")
PROTOCOLS = (
    "auditory_discrimination",
    "detection",
    "detection_adaptive",
    "detection_training",
    "go_nogo",
    "go_nogo_head_fixed",
    "go_nogo_noise",
    "go_nogo_ramps",
    "go_nogo_tones",
    "habituation",
    "habituation_head_fixed",
    "imaging_noise",
    "imaging_ramps",
    "imaging_sounds",
    "optogenetic",
    "optogenetic_pretraining",
    "pretraining",
    "set_shifting",
    "visual_discrimination",
)
"""The parameter files of a new lab."""


def rig_for(lab: Lab, protocol: Path) -> Path:
    """Return the rig of the lab that a protocol is meant for."""
    setup = plan_protocol(lab, lab.find(protocol)).config.setup
    return RIGS[setup or "freely_moving"]


def plan_for(lab: Lab, protocol: Path = GO_NOGO, subject: str = "SIM01", seed: int = 1) -> Plan:
    """Return the plan of a simulated session."""
    rig = rig_for(lab, protocol)
    return make_plan(lab, rig, protocol, subject, simulate=True, seed=seed)


def put_mouse(lab: Lab, **settings: object) -> None:
    """Put a mouse of known behaviour into both rigs, with these settings."""
    table = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    mouse = ["[simulation]", 'mouse = "hardware.policy_mouse:PolicyMouse"', ""]
    for rig in RIGS.values():
        path = lab.folder / rig
        text = path.read_text(encoding="utf-8").split("[simulation]")[0]
        path.write_text(
            text + "\n".join([*mouse, "[simulation.settings]", *table, ""]), encoding="utf-8"
        )


@dataclass(frozen=True)
class Played:
    """Trials that were played in memory: the events, and what the mouse decided each time."""

    rows: list[TrialRow]
    events: list[Event]
    decisions: list[bool]
    reason: str
    replies: list[Reply]


def play(
    lab: Lab,
    protocol: Path,
    trials: int,
    seed: int = 1,
    params: dict[str, object] | None = None,
    orders: Mapping[float, Command] | None = None,
    max_water_ul: float = 1e12,
    **mouse: object,
) -> Played:
    """Play trials of a protocol in memory, with a mouse of known behaviour; as `play_with`."""
    animal = PolicyMouse(PolicySettings.model_validate(mouse), {}, generators(seed)[1])
    played = play_with(lab, protocol, trials, animal, seed, params, orders, max_water_ul)
    return dataclasses.replace(played, decisions=animal.decisions)


def play_with(
    lab: Lab,
    protocol: Path,
    trials: int,
    animal: Mouse,
    seed: int = 1,
    params: dict[str, object] | None = None,
    orders: Mapping[float, Command] | None = None,
    max_water_ul: float = 1e12,
) -> Played:
    """Play trials of a protocol in memory, with a mouse.

    `params` lies over the parameters of the protocol file; `orders` are commands by their time.
    """
    rig = plan_rig(lab, lab.folder / rig_for(lab, protocol), simulate=True)
    plan = plan_protocol(lab, lab.find(protocol))
    if params:
        made = validated(plan.protocol.Params, {**plan.config.params, **params}, "test")
        plan = dataclasses.replace(plan, params=made)
    context = new_context(lab, VirtualClock(), Inbox(), animal, Drain())
    devices = rig.devices(context)
    experiment = plan.make(generators(seed)[0])
    stimuli = ask_for_stimuli(experiment, str(protocol))
    load_stimuli(devices, stimuli, str(protocol))
    for device in devices.values():
        device.open()
    context.room.let_mouse_in()
    events: list[Event] = []
    recorder = MemoryRecorder(events.extend)
    source = TrialSource(experiment, graph_check(devices), stimuli.outputs)
    source.rows = recorder.table.rows
    replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
    for time, command in (orders or {}).items():
        request = Request(command, replies)
        context.room.agenda.at(time, lambda _, request=request: context.inbox.put(request))
    limits = Limits.model_construct(
        max_trials=trials, max_duration=1e6, last_trial=0.0, max_water_ul=max_water_ul
    )
    loop = Loop(
        context.clock, context.inbox, context.room, devices, source, limits, recorder, Nobody()
    )
    loop.run()
    loop.end()
    answered = [replies.get_nowait() for _ in range(replies.qsize())]
    return Played(recorder.table.rows, events, [], loop.ending.reason or "", answered)


def run_virtual(plan: Plan, started_at: datetime | None = None) -> Result:
    """Run a session in virtual time."""
    with Session(plan, "virtual", started_at=started_at) as session:
        return session.run()


def assert_ended_safely(lab: Lab, trials: int) -> SessionFolder:
    """Assert that the last session is sealed and complete, and nothing is held any more."""
    folder = list(find_sessions(lab.data))[-1]
    record = load_session(folder)
    assert record.ended is not None
    assert record.damage == ""
    assert len(record.rows) == trials
    assert is_sealed(folder.hdf5, digest(folder.journal))
    with hold(lab.locks, "rig", "box1", "test"), hold(lab.locks, "subject", "SIM01", "test"):
        return folder


def sign_again(hdf5: Path) -> None:
    """Sign an HDF5 file that a test has changed, as if it had been sealed so."""
    with hdf5.open("r+b") as file:
        block = _signature(file)
        file.seek(0)
        file.write(block)
