"""What tests do again and again."""

from __future__ import annotations

import json
from pathlib import Path

from rig.hdf5_file import is_sealed
from rig.journal import digest
from rig.lab import Lab
from rig.locks import hold
from rig.plan import Plan, make_plan, plan_protocol
from rig.session import Result, Session
from rig.session_folder import SessionFolder, find_sessions
from rig.session_record import load_session

RIGS = {"freely_moving": Path("rigs/box1.toml"), "head_fixed": Path("rigs/box2.toml")}
GO_NOGO = Path("protocols/go_nogo.toml")


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


def run_virtual(plan: Plan) -> Result:
    """Run a session in virtual time."""
    with Session(plan, "virtual") as session:
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
