"""What tests do again and again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rig.hdf5_file import is_sealed
from rig.journal import digest
from rig.lab import Lab
from rig.locks import hold
from rig.plan import Plan, make_plan
from rig.session import Result, Session
from rig.session_folder import SessionFolder, find_sessions
from rig.session_record import load_session

RIG = Path("rigs/box1.toml")
GO_NOGO = Path("protocols/go_nogo.toml")


def plan_for(lab: Lab, protocol: Path = GO_NOGO, subject: str = "SIM01", seed: int = 1) -> Plan:
    """Return the plan of a simulated session."""
    return make_plan(lab, RIG, protocol, subject, simulate=True, seed=seed)


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
