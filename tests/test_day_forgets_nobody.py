"""`rig day` names every mouse that may be due water, and every planned one, whatever came first."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from inside import inside
from ledger_bench import MORNING, drink, put_in, small_lab
from test_ledger_commands import done, told

from rig.errors import ExitCode
from rig.lab import Lab
from rig.ledger.store import begin_ledger
from rig.ledger.subjects import edit_subject

PLAN = '[[mice]]\nsubject = "M1"\n\n[[mice]]\nsubject = "M2"\n\n[[mice]]\nsubject = "M3"\n'


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Return a lab whose mice M1 and M2 are in the ledger, weighed and watered today."""
    lab = small_lab(tmp_path / "lab")
    for mouse in ("M1", "M2"):
        done(lab, "subject", "add", mouse, "--baseline", "25")
        done(lab, "weigh", mouse, "24")
    done(lab, "give", "--all")
    done(lab, "day")
    return lab


def left(lab: Lab, kind: str) -> list[str]:
    """Return the mice of which the day asks this; it ends well if it asks nothing at all."""
    came = inside(lab, "day", "--json")
    tasks: list[dict[str, Any]] = json.loads(came.out)["tasks"]
    assert came.code == (ExitCode.CHECK_FAILED if tasks else ExitCode.OK)
    assert ("nothing is forgotten" in folded(inside(lab, "day").out)) == (not tasks)
    return [task["subject"] for task in tasks if task["kind"] == kind]


def folded(text: str) -> str:
    """Return a text without the breaks of its lines, which depend on the width of the terminal."""
    return " ".join(text.split())


def file_of(lab: Lab) -> Path:
    return lab.folder / "ledger.db"


def lose(lab: Lab) -> None:
    """Make the ledger unreadable."""
    for aside in lab.folder.glob("ledger.db-*"):
        aside.unlink()
    file_of(lab).write_bytes(b"this is no ledger" * 1000)


def test_mice_that_are_lost_with_the_ledger_stay_on_the_list_until_they_are_in_it(lab: Lab) -> None:
    drink(lab, "M3", MORNING, [5.0])
    drink(lab, "M4", datetime.now(UTC) - timedelta(days=2), [5.0])
    lose(lab)
    came = inside(lab, "ledger", "rebuild", "--json")
    assert came.code == ExitCode.RECORDING
    rebuilt = json.loads(came.out)
    assert rebuilt["missing"] == ["M1", "M2", "M3", "M4"]
    assert rebuilt["not_brought_back"]["weighings"] == "weights"
    assert set(rebuilt["not_brought_back"]) <= set(rebuilt["not_whole"])
    assert left(lab, "enter") == ["M1", "M2", "M4"], "those with a file, or who ran of late"
    assert "Do: rig subject add M1" in folded(inside(lab, "day").out)
    done(lab, "subject", "add", "M1", "--status", "retired")
    (lab.folder / "mice.csv").write_text("name,status\nM2,restricted\nM4,free\n")
    done(lab, "ledger", "import", "mice.csv", "--as", "subjects")
    assert left(lab, "enter") == []
    assert left(lab, "water") == ["M2"]


def test_a_rebuild_says_in_words_what_it_could_not_bring_back(lab: Lab) -> None:
    lose(lab)
    said = " ".join(inside(lab, "ledger", "rebuild").out.split())
    for words in (
        "Not brought back, or not all of it: mice, what was known of mice (an older state may hold",
        "weights, water given beside sessions, notes and consents",
        "No other file has it.",
        "rig ledger import FILE --as subjects",
        "Not in the ledger: M1, M2. `rig day` asks for each of them.",
    ):
        assert words in said
    came = inside(lab, "ledger", "rebuild")
    assert (came.code, "Not brought back" in came.out) == (ExitCode.OK, False), "all of it is read"
    assert "Not in the ledger: M1, M2." in folded(came.out)


def test_a_ledger_that_is_gone_and_begun_again_hides_no_mouse(lab: Lab) -> None:
    for part in lab.folder.glob("ledger.db*"):
        part.unlink()
    done(lab, "subject", "add", "M1", "--baseline", "25")
    assert left(lab, "enter") == ["M2"]


def test_a_ledger_without_a_mouse_is_not_in_order(tmp_path: Path) -> None:
    lab = small_lab(tmp_path / "lab")
    done(lab, "ledger", "rebuild")
    assert left(lab, "enter") == ["ledger"]
    assert "No mouse is in it" in folded(inside(lab, "day").out)


def test_a_mouse_that_runs_after_it_was_retired_is_there_all_the_same(lab: Lab) -> None:
    drink(lab, "M1", datetime.now(UTC) - timedelta(hours=1), [5.0])
    done(lab, "subject", "edit", "M1", "--status", "retired", "--reason", "perfused")
    assert left(lab, "enter") == [], "its last session was before that"
    drink(lab, "M1", datetime.now(UTC), [5.0], number=2)
    assert left(lab, "enter") == ["M1"]
    done(lab, "subject", "edit", "M1", "--status", "free", "--reason", "it was M2")
    assert left(lab, "enter") == []


def test_virtual_mice_and_days_that_are_over_ask_for_no_entry(lab: Lab) -> None:
    (lab.folder / "subjects/SIM01.toml").write_text('id = "SIM01"\nsimulated = true\n')
    assert left(lab, "enter") == []
    (lab.folder / "subjects/M5.toml").write_text('id = "M5"\n')
    assert left(lab, "enter") == ["M5"]
    drink(lab, "M6", MORNING, [5.0])
    day = f"{MORNING:%Y-%m-%d}"
    tasks = told(lab, "day", "--day", day)["tasks"]
    assert [task["subject"] for task in tasks if task["kind"] == "enter"] == ["M6"]


def test_a_planned_mouse_without_a_session_is_left_until_it_runs_or_is_left_out(lab: Lab) -> None:
    (lab.folder / "day-plan.toml").write_text(PLAN, encoding="utf-8")
    assert left(lab, "plan") == ["M1", "M2", "M3"]
    now = datetime.now(UTC)
    drink(lab, "M1", now, [5.0])
    assert left(lab, "plan") == ["M2", "M3"]
    done(lab, "today", "--skip", "M2", "--reason", "wound: ear")
    assert left(lab, "plan") == ["M3"]
    yesterday = f"{now - timedelta(days=1):%Y-%m-%d}"
    tasks = told(lab, "day", "--day", yesterday)["tasks"]
    assert [task for task in tasks if task["kind"] == "plan"] == [], "nobody knows the plan of then"


def test_a_plan_that_cannot_be_read_is_left_too(lab: Lab) -> None:
    (lab.folder / "day-plan.toml").write_text('[[mice]]\nsubjet = "M1"\n', encoding="utf-8")
    assert left(lab, "plan")[0] == "day-plan.toml"
    assert "unknown key 'subjet'" in folded(inside(lab, "day").out)


def test_a_day_that_is_over_has_the_mice_and_the_facts_that_it_had(tmp_path: Path) -> None:
    lab = small_lab(tmp_path / "lab")
    later = MORNING + timedelta(days=2)
    with begin_ledger(lab) as ledger:
        for name, changes in (("M1", {"status": "retired"}), ("M2", {"baseline_g": 20.0})):
            mouse = put_in(ledger, name, 23.0)
            facts = msgspec.structs.replace(mouse.facts, **changes)
            edit_subject(ledger, mouse, facts, "anna", later, "it is so from now on")
    for day, known in ((MORNING, {"M1": 25.0, "M2": 25.0}), (later, {"M2": 20.0})):
        found = told(lab, "day", "--day", f"{day:%Y-%m-%d}")
        assert {row["subject"]: row["baseline_g"] for row in found["board"]} == known
        assert {task["subject"] for task in found["tasks"] if task["kind"] == "water"} == set(known)
