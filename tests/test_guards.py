"""How grave a single finding is before a session: calibrations, the disk, the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rig import guards
from rig.calibration_age import Age
from rig.calibration_checks import SpotCheck
from rig.config import LabLimits
from rig.disk_room import expected_gb
from rig.lab import Lab
from rig.preflight import LastSession, SavingCard
from rig.rig_plan import made_devices, plan_rig


@pytest.mark.parametrize(
    ("days", "level", "needs", "words"),
    [
        (0, "ok", "", "Valve: calibrated today."),
        (1, "ok", "", "Valve: last calibrated 1 day ago."),
        (30, "ok", "", "Valve: last calibrated 30 days ago."),
        (31, "confirm", "reason", "Valve: last calibrated 31 days ago (limit 30)."),
        (90, "confirm", "reason", "90 days ago (limit 30)."),
        (91, "override", "reason", "91 days ago (limit 30)."),
        (-3, "confirm", "reason", "on a day that is 3 days ahead"),
        (None, "stop", "", "Valve: never calibrated."),
    ],
)
def test_an_old_calibration_needs_a_reason(
    days: int | None, level: str, needs: str, words: str
) -> None:
    age = Age("valve", "valve", days)
    guard = guards.calibration(age, LabLimits(), simulated=False)
    assert (guard.level, guard.needs) == (level, needs)
    assert words in guard.text
    twin = guards.calibration(age, LabLimits(), simulated=True)
    assert twin.level == ("ok" if level == "ok" else "note")


def test_each_kind_of_calibration_has_limits_of_its_own() -> None:
    limits = LabLimits(light_calibration_days=10)
    found = {
        kind: guards.calibration(Age("it", kind, 60), limits, simulated=False)
        for kind in ("screen", "projector", "light")
    }
    assert {kind: each.level for kind, each in found.items()} == {
        "screen": "ok", "projector": "ok", "light": "confirm",
    }  # fmt: skip
    assert found["light"].name == "calibration of light of it"
    with pytest.raises(ValueError, match="screen_overdue_days is less"):
        LabLimits(screen_overdue_days=10)


NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)


def checked(days: float, given_ul: float) -> SpotCheck:
    return SpotCheck(
        at=NOW - timedelta(days=days),
        rig="box1",
        device="valve",
        by="anna",
        ordered_ul=3.0,
        drops=20,
        weight_mg=20 * given_ul,
        given_ul=given_ul,
        tolerance=0.15,
    )


@pytest.mark.parametrize(
    ("checks", "level"),
    [
        ([], None),
        ([(3, 3.0)], None),
        ([(3, 2.56)], None),
        ([(3, 2.54)], "confirm"),
        ([(3, 3.5)], "confirm"),
        ([(3, 2.3), (2, 3.0)], None),
        ([(29, 2.3), (2, 2.3)], "override"),
        ([(31, 2.3), (2, 2.3)], "confirm"),
        ([(20, 2.3), (10, 2.3), (2, 3.0)], "override"),
    ],
)
def test_failed_spot_checks_need_a_reason(
    checks: list[tuple[float, float]], level: str | None
) -> None:
    made = [checked(*each) for each in checks]
    guard = guards.spot_checks("valve", made, NOW, simulated=False)
    assert (guard.level if guard else None) == level
    twin = guards.spot_checks("valve", made, NOW, simulated=True)
    assert (twin.level if twin else None) == ("note" if level else None)


def test_a_failed_spot_check_says_what_came() -> None:
    guard = guards.spot_checks("valve", [checked(2, 2.3)], NOW, simulated=False)
    assert guard is not None
    assert guard.text == "Valve gave 2.3 uL for 3.0 (-23 %) on 2026-11-27."


@pytest.mark.parametrize(
    ("free", "level", "simulated", "words"),
    [
        (100.0, "ok", False, "Room for 33 more sessions"),
        (15.0, "confirm", False, "Free space before tomorrow."),
        (15.0, "note", True, "Room for 5 more sessions"),
        (3.1, "confirm", False, "Room for 1 more session: "),
        (2.9, "stop", False, "There is no room for this session"),
        (2.9, "stop", True, "3 GB are needed"),
    ],
)
def test_room_on_the_disk(free: float, level: str, simulated: bool, words: str) -> None:
    card = SavingCard("data", True, free, 3.0)
    *_, guard = guards.disk(card, 0.2, 10.0, simulated=simulated)
    assert guard.level == level
    assert words in f"{guard.text} {guard.do}"


def test_a_small_session_still_needs_what_the_lab_asks_for() -> None:
    card = SavingCard("data", True, 0.3, 0.05)
    assert [each.level for each in guards.disk(card, 0.5, 10.0, simulated=True)] == ["ok", "stop"]


def test_what_is_sampled_and_filmed_is_reckoned_with(lab: Lab) -> None:
    path = lab.folder / "rigs/box1.toml"
    path.write_text(
        path.read_text()
        + """
[devices.analog]
driver = "hardware.analog_input:AnalogInputTwin"
meaning = "treadmill"
rate_hz = 10_000
channels = [{ name = "speed", line = "Dev2/ai0" }]

[devices.eye]
driver = "hardware.camera:CameraTwin"
line = "cam-17"
meaning = "the eye"
"""
    )
    rig = plan_rig(lab, path, simulate=True)
    settings = {name: each.model_dump() for name, each in rig.settings.items()}
    small = expected_gb({}, {}, 3600, copies=1)
    whole = expected_gb(made_devices(lab, rig), settings, 3600, copies=1) - small
    samples, video = 10_000 * 2 * 3600 / 1e9, 320 * 240 * 30 * 0.2 * 3600 / 1e9
    assert whole == pytest.approx(samples + video, rel=0.01)


def test_a_lossless_video_may_need_all_the_bits_of_its_pixels(lab: Lab) -> None:
    path = lab.folder / "rigs/box1.toml"
    path.write_text(
        path.read_text()
        + """
[devices.eye]
driver = "hardware.opencv_camera:OpenCVCamera"
line = "cam-17"
meaning = "the cortex"
source = "synthetic"
recording = "lossless"
bits = 16
"""
    )
    rig = plan_rig(lab, path, simulate=True)
    settings = {name: each.model_dump() for name, each in rig.settings.items()}
    needed = expected_gb(made_devices(lab, rig), settings, 3600, copies=1)
    video = 320 * 240 * 30 * 2 * 3600 / 1e9
    assert needed == pytest.approx(expected_gb({}, {}, 3600, copies=1) + video, rel=0.01)


@pytest.mark.parametrize(
    ("year", "last", "simulated", "level"),
    [
        (2019, None, False, "confirm"),
        (2026, "2026-11-25T08:00:00+00:00", False, "ok"),
        (2026, "2027-01-01T08:00:00+00:00", False, "confirm"),
        (2026, "2027-01-01T08:00:00+00:00", True, "note"),
    ],
)
def test_a_clock_that_cannot_be_right_is_asked_about(
    year: int, last: str | None, simulated: bool, level: str
) -> None:
    now = datetime.fromisoformat(f"{year}-11-25T09:00:00+00:00")
    session = LastSession("", "", last, "", "", "", 0, 0.0, None, "", True) if last else None
    assert guards.clock(now, session, simulated=simulated).level == level
