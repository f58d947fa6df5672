"""What the ledger says before a session: weight, threshold, water, and the session's ceiling."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from helpers import put_mouse
from inside import inside
from ledger_bench import MORNING, small_lab

from rig.arming import Wish, preflight
from rig.errors import ExitCode
from rig.lab import Lab, find_lab
from rig.ledger.board import board
from rig.ledger.days import zone_of
from rig.ledger.entries import Entry, enter_supplement, enter_weight, enter_wellness
from rig.ledger.records import Status
from rig.ledger.store import Ledger, begin_ledger, open_ledger
from rig.ledger.subjects import Facts, add_subject, edit_subject
from rig.preflight import Guard
from rig.water_guards import welfare_guards

Edit = Callable[[str, str, str], None]
NOW = MORNING + timedelta(hours=1)
RIG, PROTOCOL = Path("rigs/box1.toml"), Path("protocols/go_nogo.toml")
ARGUMENTS = ("--rig", str(RIG), "--protocol", str(PROTOCOL), "--subject", "SIM01")


@pytest.fixture
def zoned(tmp_path: Path) -> Lab:
    """Return a lab with nothing in it, whose day is that of UTC."""
    return small_lab(tmp_path / "lab")


@pytest.fixture
def whole(lab: Lab) -> Lab:
    """Return a lab with rigs and protocols, whose day is that of UTC."""
    path = lab.folder / "lab.toml"
    path.write_text('timezone = "UTC"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    return find_lab(lab.folder)


def looked(lab: Lab) -> dict[str, Guard]:
    return {each.name: each for each in welfare_guards(lab, "SIM01", NOW)}


def enrolled(ledger: Ledger, *weights: float, baseline: float | None = 25.0) -> Entry:
    """Enter the mouse, and a weight of each day up to today; return an entry of now."""
    subject = add_subject(ledger, "SIM01", Facts(baseline_g=baseline), "anna", MORNING)
    for days, weight in enumerate(reversed(weights)):
        at = MORNING - timedelta(days=days)
        enter_weight(ledger, Entry(subject, at, at, "anna"), weight)
    return Entry(subject, NOW, NOW, "anna")


def test_a_lab_without_a_ledger_is_not_asked_anything(zoned: Lab) -> None:
    assert welfare_guards(zoned, "SIM01", NOW) == []
    assert not (zoned.folder / "ledger.db").exists()


def test_a_mouse_that_is_not_in_the_ledger_may_run(zoned: Lab) -> None:
    begin_ledger(zoned).close()
    (guard,) = welfare_guards(zoned, "SIM01", NOW)
    assert (guard.level, guard.do) == ("note", "Enter it (`rig subject add SIM01`).")


def test_a_ledger_that_is_damaged_forbids_no_session(zoned: Lab) -> None:
    (zoned.folder / "ledger.db").write_bytes(b"no ledger" * 1000)
    (guard,) = welfare_guards(zoned, "SIM01", NOW)
    assert guard.level == "note"
    assert "The ledger is damaged" in guard.text
    assert "rig ledger rebuild" in guard.do


@pytest.mark.parametrize(
    ("weights", "name", "level", "words"),
    [
        ((24.0, 24.0), "weight", "ok", "weighs 24.0 g"),
        ((), "weight", "confirm", "is not weighed today"),
        ((24.0, 21.0), "weight", "confirm", "Weight of SIM01: 24.0 -> 21.0 g (-12 %)."),
        ((24.0, 24.0), "weight threshold", "ok", "96.0 % of its baseline weight"),
        ((21.3, 21.0), "weight threshold", "confirm", "84.0 % of its baseline weight (limit 85 %)"),
        ((20.3, 19.9), "weight threshold", "stop", "79.6 % of its baseline weight (limit 80 %)"),
    ],
)
def test_weight_and_threshold(
    zoned: Lab, weights: tuple[float, ...], name: str, level: str, words: str
) -> None:
    with begin_ledger(zoned) as ledger:
        enrolled(ledger, *weights)
    guard = looked(zoned)[name]
    assert guard.level == level
    assert words in guard.text


def test_a_doubtful_weight_that_was_typed_twice_counts_as_any_other(zoned: Lab) -> None:
    """So does the next one, which agrees with it; one that nobody has confirmed is asked about."""
    with begin_ledger(zoned) as ledger:
        entry = enrolled(ledger, 24.0, 24.0)
        enter_weight(ledger, replace(entry, at=NOW - timedelta(minutes=9)), 21.0, confirmed=True)
        assert looked(zoned)["weight"].level == "ok"
        assert looked(zoned)["weight threshold"].level == "confirm", "it is light all the same"
        enter_weight(ledger, replace(entry, at=NOW - timedelta(minutes=6)), 21.1)
        assert looked(zoned)["weight"].level == "ok"
        enter_weight(ledger, replace(entry, at=NOW - timedelta(minutes=3)), 24.1)
        assert looked(zoned)["weight"].text == "Weight of SIM01: 21.1 -> 24.1 g (+14 %)."


def test_below_the_lowest_weight_a_named_person_must_consent_on_that_day(zoned: Lab) -> None:
    with begin_ledger(zoned) as ledger:
        entry = enrolled(ledger, 19.0)
        yesterday = Entry(entry.subject, NOW - timedelta(days=1), NOW, "anna")
        enter_wellness(ledger, yesterday, "Doe, Jane", "was fine", "consent")
        assert looked(zoned)["weight threshold"].level == "stop"
        assert "--person NAME --consent" in looked(zoned)["weight threshold"].do
        enter_wellness(ledger, entry, "Doe, Jane", "lively, one short session", "consent")
    guard = looked(zoned)["weight threshold"]
    assert (guard.level, guard.needs) == ("confirm", "click")
    assert "Consent of Doe, Jane: lively, one short session." in guard.text


def test_a_mouse_without_water_for_23_hours_is_told_of(zoned: Lab) -> None:
    with begin_ledger(zoned) as ledger:
        entry = enrolled(ledger, 24.0)
        assert looked(zoned)["water before"].level == "ok"
        before = Entry(entry.subject, NOW - timedelta(hours=24), NOW, "anna")
        enter_supplement(ledger, before, 400.0)
    guard = looked(zoned)["water before"]
    assert guard.level == "confirm"
    assert guard.text == "SIM01 has had no water for 24 h (limit 23)."


def test_the_guards_stand_on_the_page_before_a_session(whole: Lab) -> None:
    with begin_ledger(whole) as ledger:
        enrolled(ledger, 19.0)
    found = preflight(whole, Wish(RIG, "SIM01", PROTOCOL, simulate=True), NOW)
    assert found.stopped
    assert {"weight", "weight threshold", "water before"} <= {each.name for each in found.guards}


def test_a_session_gives_no_more_than_the_mouse_may_still_get_on_its_day(
    whole: Lab, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.ledger.poster.start_apart", lambda *_: None)
    put_mouse(whole, policy="random")
    edit("lab.toml", "[recording]", "[water]\nceiling_ml = 1.0\n\n[recording]")
    with begin_ledger(find_lab(whole.folder)) as ledger:
        entry = enrolled(ledger, 24.0)
        today = datetime.now(UTC)
        enter_supplement(ledger, Entry(entry.subject, today, today, "anna"), 980.0)
        came = inside(whole, "run", *ARGUMENTS, "--virtual", "--seed", "1", "--json")
        assert came.code == ExitCode.OK, came
        told = json.loads(came.out)
        assert told["reason"] == "20 uL of water"
        assert told["water_ml"] == 0.02
    came = inside(whole, "run", *ARGUMENTS, "--virtual")
    assert came.code == ExitCode.CHECK_FAILED
    assert "has got all the water that it may on this day" in came.err
    came = inside(whole, "preflight", *ARGUMENTS, "--simulate", "--json")
    levels = {each["name"]: each["level"] for each in json.loads(came.out)["guards"]}
    assert levels["water ceiling"] == "stop"


@pytest.mark.parametrize("before", ["restricted", "free"])
def test_a_mouse_that_never_got_water_is_without_it_since_it_is_on_restriction(
    zoned: Lab, before: Status
) -> None:
    began = NOW - timedelta(hours=40)
    with begin_ledger(zoned) as ledger:
        facts = Facts(baseline_g=25.0, status=before)
        mouse = add_subject(ledger, "SIM01", facts, "anna", began - timedelta(days=5))
        restricted = Facts(baseline_g=25.0, cage="C1")
        edit_subject(ledger, mouse, restricted, "anna", began, "it begins")
    hours = {"restricted": 160, "free": 40}[before]
    assert f"no water for {hours} h (limit 23)" in looked(zoned)["water before"].text
    with open_ledger(zoned) as ledger, ledger.reading() as connection:
        (row,) = board(connection, zoned.config.water, zone_of(zoned.config), NOW.date(), NOW)
    assert row.last_water_at is None
    assert f"No water was entered since {NOW - timedelta(hours=hours):%Y-%m-%d}" in row.alerts[-1]


def test_a_retired_mouse_is_told_of_before_a_session(zoned: Lab) -> None:
    with begin_ledger(zoned) as ledger:
        add_subject(ledger, "SIM01", Facts(status="retired"), "anna", MORNING)
    assert "SIM01 is retired in the lab's ledger" in looked(zoned)["ledger"].text
