"""A ledger for tests of the window: one in a lab, and rows of a water board without any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from fake_jobs import FakeJobs
from inside import inside

from rig.lab import Lab
from rig.ledger.entries import Entry, enter_supplement, enter_weight
from rig.ledger.records import Row
from rig.ledger.store import begin_ledger
from rig.ledger.subject_file import write_facts
from rig.ledger.subjects import Facts, add_subject


def row(subject: str = "M014", **changes: Any) -> Row:
    """Return a mouse that was weighed and is due 0.22 mL."""
    values: dict[str, Any] = {
        "subject": subject, "tag": subject[-2:], "cage": "C-221", "status": "restricted",
        "weight_g": 21.4, "weighed_at": datetime(2026, 11, 25, 8, tzinfo=UTC), "weighed": True,
        "before_g": 21.6, "baseline_g": 25.0, "implant_g": None, "ratio": 0.856,
        "policy": "per_gram", "need_ml": 0.86, "due_ml": 0.22, "session_ml": 0.62,
        "hand_ml": 0.02, "supplement_ml": 0.0, "since_weighing_ml": 0.64,
        "last_water_at": datetime(2026, 11, 25, 9, tzinfo=UTC), "dry_h": 1.0,
        "words": "0.04 mL/g x 21.4 g = 0.86 mL a day, less 0.62 mL in sessions and 0.02 mL by hand:"
        " 0.22 mL due",
        "alerts": (),
    }  # fmt: skip
    return Row(**{**values, **changes})


def board(*rows: Row) -> dict[str, Any]:
    """Return what ``rig water`` prints."""
    return {"day": "2026-11-25", "board": rows}


def begin(lab: Lab, **weights_g: float) -> None:
    """Begin the ledger of a lab with mice of 25 g that weigh this much today."""
    now = datetime.now(UTC)
    with begin_ledger(lab) as ledger:
        for name, weight_g in weights_g.items():
            facts = Facts(tag=name[-2:], cage="C-221", baseline_g=25.0)
            mouse = add_subject(ledger, name, facts, "anna", now)
            write_facts(lab, mouse)
            enter_weight(ledger, Entry(mouse, now - timedelta(days=1), now, "anna"), weight_g)
            enter_weight(ledger, Entry(mouse, now, now, "anna"), weight_g)
            enter_supplement(ledger, Entry(mouse, now, now, "anna"), 400.0)


class InsideJobs(FakeJobs):
    """In place of `gui.jobs.Jobs`: real commands, in the tests' own process.

    Parameters
    ----------
    lab
        Where they run.
    """

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self._lab = lab
        self._next = 0

    def work(self) -> None:
        """Run all commands that wait, and those that these ask for."""
        while self._next < len(self.asked):
            waits = self.asked[self._next]
            self._next += 1
            done = inside(self._lab, *waits.arguments, "--json")
            waits.answer(msgspec.json.decode(done.out), done.code, done.err)
