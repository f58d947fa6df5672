"""What tests do again and again."""

from __future__ import annotations

from pathlib import Path

from rig.lab import Lab
from rig.plan import Plan, make_plan
from rig.session import Result, Session

RIG = Path("rigs/box1.toml")
GO_NOGO = Path("protocols/go_nogo.toml")


def plan_for(lab: Lab, protocol: Path = GO_NOGO, subject: str = "SIM01", seed: int = 1) -> Plan:
    """Return the plan of a simulated session."""
    return make_plan(lab, RIG, protocol, subject, simulate=True, seed=seed)


def run_virtual(plan: Plan) -> Result:
    """Run a session in virtual time."""
    with Session(plan, "virtual") as session:
        return session.run()
