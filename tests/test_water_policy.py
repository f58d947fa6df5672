"""What a mouse is due, by each of the three policies, in numbers and in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rig.config import LabConfig, validated
from rig.errors import CheckFailed
from rig.water_policy import Animal, WaterConfig, water_need

DAY = date(2026, 11, 2)
MOUSE = Animal(DAY, baseline_g=25.0, weight_g=21.4, weighed_on=DAY, session_ml=0.62, hand_ml=0.02)
FIXED = WaterConfig()
GRAM = WaterConfig(policy="per_gram")
TARGET = WaterConfig(policy="target_ratio")


def test_a_fixed_volume_a_day_less_what_was_taken() -> None:
    need = water_need(FIXED, MOUSE)
    assert (need.need_ml, need.taken_ml, need.due_ml) == (1.0, 0.64, 0.36)
    assert need.words == (
        "Fixed 1.00 mL a day, less 0.62 mL in sessions and 0.02 mL by hand: 0.36 mL due"
    )
    assert water_need(FIXED, replace(MOUSE, supplement_ml=0.5)).due_ml == 0.0


def test_a_volume_per_gram_of_what_the_mouse_itself_weighs() -> None:
    """As Alyx: 0.04 mL/g, and 0.05 mL/g for a mouse that is too light."""
    need = water_need(GRAM, replace(MOUSE, implant_g=1.4, weight_g=23.4))
    assert need.words == (
        "0.04 mL/g x (23.4 g - 1.4 g of implant) = 0.88 mL a day, less 0.62 mL in sessions and "
        "0.02 mL by hand: 0.24 mL due"
    )
    low = water_need(GRAM, replace(MOUSE, weight_g=21.0))
    assert low.need_ml == pytest.approx(0.05 * 21.0)
    assert low.words.startswith("0.05 mL/g (below 85 % of 25.0 g) x 21.0 g = 1.05 mL a day")


def test_what_brings_the_mouse_to_its_target_weight() -> None:
    """As the Allen Institute: 0.85 x baseline - weight; at least 1 mL a day."""
    need = water_need(TARGET, replace(MOUSE, weight_g=20.0, since_weighing_ml=0.2))
    assert need.due_ml == pytest.approx(0.85 * 25 - 20 - 0.2)
    assert need.words == (
        "0.85 x 25.0 g - 20.0 g - 0.20 mL since it was weighed = 1.05 mL; at least 1.00 mL a day, "
        "less 0.62 mL in sessions and 0.02 mL by hand = 0.36 mL: 1.05 mL due"
    )
    heavy = water_need(TARGET, replace(MOUSE, weight_g=24.0))
    assert heavy.due_ml == 0.36, "at least the least"


def test_over_the_cap_health_is_asked_about() -> None:
    need = water_need(TARGET, replace(MOUSE, weight_g=17.0))
    assert need.due_ml == 3.5
    assert "not over 3.50 mL" in need.words
    assert need.alerts[-1] == "Health: it lacks 4.25 mL, more than the cap of 3.50 mL."


@pytest.mark.parametrize(
    ("config", "mouse", "words"),
    [
        (GRAM, replace(MOUSE, weight_g=None, weighed_on=None), "It was never weighed"),
        (TARGET, replace(MOUSE, weight_g=None, weighed_on=None), "It was not weighed on this day"),
        (TARGET, replace(MOUSE, weighed_on=date(2026, 11, 1)), "It was not weighed on this day"),
        (TARGET, replace(MOUSE, baseline_g=None), "It has no baseline weight"),
    ],
)
def test_a_missing_weight_is_said_and_never_taken_for_0(
    config: WaterConfig, mouse: Animal, words: str
) -> None:
    need = water_need(config, mouse)
    assert (need.need_ml, need.due_ml) == (None, None)
    assert words in need.words


def test_an_older_weight_is_told_with_its_day() -> None:
    need = water_need(GRAM, replace(MOUSE, weighed_on=date(2026, 10, 31)))
    assert "0.04 mL/g x 21.4 g of 2026-10-31 = 0.86 mL" in need.words


@pytest.mark.parametrize(("weight", "alerts"), [(22.6, 0), (22.5, 1), (21.0, 1)])
def test_a_loss_of_a_tenth_of_the_baseline_weight_is_an_alert(weight: float, alerts: int) -> None:
    need = water_need(FIXED, replace(MOUSE, weight_g=weight))
    assert len(need.alerts) == alerts
    assert water_need(FIXED, replace(MOUSE, weight_g=weight, baseline_g=None)).alerts == ()


def test_the_implant_does_not_hide_a_loss() -> None:
    (alert,) = water_need(FIXED, replace(MOUSE, weight_g=24.0, implant_g=2.0)).alerts
    assert alert == (
        "It weighs (24.0 g - 2.0 g of implant), 12 % below its baseline weight of 25.0 g "
        "(alert at 10 %)."
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"policy": "thirst"}, "'fixed', 'per_gram' or 'target_ratio'"),
        ({"fixed_ml": 0}, "greater than 0"),
        ({"stop_ratio": 0.9}, "stop_ratio is above warn_ratio"),
        ({"least_ml": 4}, "least_ml is above cap_ml"),
        ({"lightest_g": 70}, "lightest_g is not below heaviest_g"),
        ({"fixed": 1}, "unknown key 'fixed'"),
    ],
)
def test_rules_that_cannot_be_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(CheckFailed, match=words):
        validated(LabConfig, {"name": "x", "water": settings}, "lab.toml")


def test_a_time_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(CheckFailed, match="no such time zone"):
        validated(LabConfig, {"name": "x", "timezone": "Vienna/../x"}, "lab.toml")
