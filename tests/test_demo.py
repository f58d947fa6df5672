"""The demonstration: four mice, days of training, and one that visibly learns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done

from rig.lab import Lab, find_lab
from rig.session_folder import find_sessions

KEYS = ["day", "trials", "hit_rate", "false_alarm_rate", "d_prime", "water_ml", "session"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "lab"


@pytest.fixture
def days(command: Callable[..., Done], folder: Path) -> list[dict[str, float]]:
    """Return the days of the demonstration; it is run once."""
    kept = folder.parent / "days.json"
    if not kept.exists():
        arguments = ("--headless", "--days", "10", "--seed", "1", "--lab", str(folder), "--json")
        done = command("demo", *arguments)
        assert done.code == 0, done.err
        assert done.err == ""
        kept.write_text(done.out)
    found: list[dict[str, float]] = json.loads(kept.read_text())["days"]
    return found


def test_the_table_has_a_row_a_day(days: list[dict[str, float]]) -> None:
    assert [day["day"] for day in days] == list(range(1, 11))
    assert all(list(day) == KEYS for day in days)


def test_pretraining_comes_first_and_has_no_false_alarms(days: list[dict[str, float]]) -> None:
    stages = [day["false_alarm_rate"] is None for day in days]
    assert stages[0]
    assert not stages[-1]
    assert stages == sorted(stages, reverse=True)
    assert all((day["d_prime"] is None) == (day["false_alarm_rate"] is None) for day in days)


def test_withholding_is_what_takes_time(days: list[dict[str, float]]) -> None:
    """From the first day of Go/NoGo the mouse licks to S+; it takes days not to lick to S-."""
    trained = [day for day in days if day["false_alarm_rate"] is not None]
    assert all(day["hit_rate"] > 0.85 for day in trained)
    assert trained[0]["false_alarm_rate"] > 0.7
    assert trained[1]["false_alarm_rate"] > 0.25
    assert trained[-1]["false_alarm_rate"] < 0.15
    assert trained[-1]["d_prime"] > 2.5


def test_mice_are_at_different_points(days: list[dict[str, float]], folder: Path) -> None:
    lab = find_lab(folder)
    sessions = [session.path.parts[-3] for session in find_sessions(lab.data)]
    assert {name: sessions.count(name) for name in set(sessions)} == {
        "SIM01": 10, "SIM02": 2, "SIM03": 5, "SIM04": 9,
    }  # fmt: skip
    assert len(days) == 10


def test_the_sessions_are_real_sessions(days: list[dict[str, float]], folder: Path) -> None:
    for day in days:
        session = folder / "data" / str(day["session"])
        assert (session / "session.journal").is_file()
        assert (session / "session.h5").is_file()


def test_the_learning_curve_is_a_picture(days: list[dict[str, float]], folder: Path) -> None:
    assert days
    assert (folder / "learning_curve.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_name_the_next_free_folder_is_taken_and_the_same_seed_gives_the_same_days(
    days: list[dict[str, float]], lab: Lab, command: Callable[..., Done]
) -> None:
    (lab.folder / "demo-lab").mkdir()
    done = command("demo", "--headless", "--days", "2", "--seed", "1", "--json")
    assert done.code == 0
    assert (lab.folder / "demo-lab-2/learning_curve.png").is_file()
    again = json.loads(done.out)["days"]
    assert len(again) == 2
    for first, second in zip(days, again, strict=False):
        assert {**first, "session": ""} == {**second, "session": ""}


def test_for_people_it_prints_a_table_and_a_curve(
    shell: Callable[..., Done], tmp_path: Path
) -> None:
    """On a console that lacks characters, too, as one with Windows' code page 1252."""
    arguments = ("--headless", "--days", "3", "--lab", str(tmp_path / "demo"))
    done = shell("demo", *arguments, PYTHONIOENCODING="cp1252")
    assert done.code == 0, done.err
    out = done.out
    for words in (
        "FA rate",
        "pretraining",
        "go_nogo",
        "licks to S+ (hits)",
        "Learning curve:",
        "Sessions:",
    ):
        assert words in out, words
