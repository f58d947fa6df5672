"""Water for a weekend: what each mouse will be due, and what it got when nobody typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from inside import inside
from ledger_bench import MORNING, drink, hours, small_lab
from test_ledger_commands import done, refused, told

from rig.lab import Lab

FIRST, SECOND = (f"{MORNING + timedelta(days=days):%Y-%m-%d}" for days in (1, 2))
AHEAD = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
"""A day to come that is further away than the days whose sessions are looked at."""


def lab_of(folder: Path, policy: str) -> Lab:
    """Return a lab with two mice on restriction, one of them weighed, and a free one."""
    lab = small_lab(folder, f'[water]\npolicy = "{policy}"\n')
    for mouse in ("M1", "M2"):
        done(lab, "subject", "add", mouse, "--baseline", "25")
    done(lab, "subject", "add", "M3", "--status", "free")
    done(lab, "weigh", "M1", "23", "--at", f"{MORNING:%Y-%m-%dT%H:%M}")
    return lab


@pytest.mark.parametrize(
    ("policy", "due", "words"),
    [
        ("fixed", {"M1": 1.0, "M2": 1.0}, "Due in all: 2.00 mL."),
        ("per_gram", {"M1": 0.92, "M2": None}, "Due in all: 0.92 mL, and 1 mouse of which nobody"),
        ("target_ratio", {"M1": None, "M2": None}, "0.00 mL, and 2 mice of which nobody can tell"),
    ],
)
def test_a_day_to_come_tells_what_each_mouse_will_be_due(
    tmp_path: Path, policy: str, due: dict[str, float | None], words: str
) -> None:
    lab = lab_of(tmp_path / "lab", policy)
    drink(lab, "M1", datetime.now(UTC), [400.0])
    rows = {row["subject"]: row for row in told(lab, "water", "--day", AHEAD)["board"]}
    assert {name: rows[name]["due_ml"] for name in due} == due
    assert rows["M1"]["last_water_at"] is not None, "the sessions of today are in"
    assert (rows["M3"]["due_ml"], rows["M1"]["session_ml"]) == (0.0, 0.0)
    assert words in done(lab, "water", "--day", AHEAD)


def test_what_all_mice_got_on_a_weekend_is_entered_later_day_by_day(tmp_path: Path) -> None:
    lab = lab_of(tmp_path / "lab", "fixed")
    drink(lab, "M1", MORNING + timedelta(days=1) + hours(1), [400.0])
    for day, given in ((FIRST, {"M1": 0.6, "M2": 1.0}), (SECOND, {"M1": 1.0, "M2": 1.0})):
        kinds = [task["kind"] for task in told(lab, "day", "--day", day)["tasks"]]
        assert kinds.count("water") == 2
        assert told(lab, "give", "--all", "--at", f"{day}T10:00")["given_ml"] == given
        kinds = [task["kind"] for task in told(lab, "day", "--day", day)["tasks"]]
        assert "water" not in kinds
    assert told(lab, "give", "--all", "--at", f"{SECOND}T11:00")["given_ml"] == {}


def test_water_of_a_day_to_come_is_not_entered(tmp_path: Path) -> None:
    lab = lab_of(tmp_path / "lab", "fixed")
    assert "still to come" in refused(lab, "give", "--all", "--at", f"{AHEAD}T10:00")
    assert "Due in all" in inside(lab, "water").out
