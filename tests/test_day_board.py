"""The day board: the mice in their order, how far each is; who cannot be read hides nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from gui_ledger import begin
from helpers import plan_for, run_virtual
from inside import Done

from rig.lab import Lab

Command = Callable[..., Done]
NOW = datetime.now().astimezone()
DAY_PLAN = """
[[mice]]
subject = "SIM02"
rig = "box2"
protocol = "protocols/detection.toml"

[[mice]]
subject = "SIM01"

[[mice]]
subject = "M99"
"""


@pytest.fixture
def planned(short: Lab) -> Lab:
    """Return a lab with a plan of the day, in which SIM01 ran yesterday."""
    (short.folder / "day-plan.toml").write_text(DAY_PLAN, encoding="utf-8")
    run_virtual(plan_for(short), NOW - timedelta(days=1))
    return short


def told(command: Command, *options: str) -> dict[str, dict[str, object]]:
    """Return what is told of each mouse of the day."""
    done = command("today", *options, "--json")
    assert done.code == 0, done.err
    return {mouse["subject"]: mouse for mouse in json.loads(done.out)["mice"]}


def test_the_plan_says_who_runs_where_and_in_which_order(planned: Lab, command: Command) -> None:
    mice = told(command)
    assert list(mice) == ["SIM02", "SIM01", "M99"]
    assert (mice["SIM02"]["rig"], mice["SIM02"]["protocol"]) == ("box2", "protocols/detection.toml")
    assert mice["SIM01"]["rig"] == "box1", "that of its last session"
    assert [mouse["state"] for mouse in mice.values()] == ["planned"] * 3
    assert "there is no such file" in str(mice["M99"]["problem"])
    assert "SIM02" in command("today").out


def test_without_a_plan_the_order_is_that_of_the_last_day(planned: Lab, command: Command) -> None:
    run_virtual(plan_for(planned, subject="SIM03"), NOW - timedelta(days=1, hours=1))
    (planned.folder / "day-plan.toml").unlink()
    assert list(told(command)) == ["SIM03", "SIM01"]
    run_virtual(plan_for(planned, subject="SIM04"))
    mice = told(command)
    assert [(name, mouse["state"]) for name, mouse in mice.items()] == [
        ("SIM03", "planned"), ("SIM01", "planned"), ("SIM04", "done"),
    ]  # fmt: skip


def test_a_mouse_that_is_left_out_is_so_with_a_reason(planned: Lab, command: Command) -> None:
    refused = command("today", "--skip", "SIM01", "--reason", "wound")
    assert refused.code == 3, "who left it out is kept in the ledger alone"
    begin(planned, SIM01=24.0)
    assert command("today", "--skip", "SIM01").code == 2
    mice = told(command, "--skip", "SIM01", "--reason", "wound: ear", "--by", "anna")
    assert (mice["SIM01"]["state"], mice["SIM01"]["why"]) == ("skipped", "wound: ear")
    assert "skipped SIM01: wound: ear" in command("ledger", "log").out


def test_a_plan_with_a_mistake_says_where(short: Lab, command: Command) -> None:
    path = Path(short.folder) / "day-plan.toml"
    path.write_text('[[mice]]\nsubjet = "M1"\n', encoding="utf-8")
    done = command("today")
    assert done.code == 3
    assert "unknown key 'subjet'" in done.err


def test_a_damaged_ledger_hides_no_mouse(planned: Lab, command: Command) -> None:
    (planned.folder / "ledger.db").write_bytes(b"no database" * 100)
    done = command("today", "--json")
    assert done.code == 0
    assert "damaged" in json.loads(done.out)["problem"]
    assert "LOOK  " in command("today").out
