"""Light per area on the cortex, by readings of a power meter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.light_power import PowerCalibration, PowerFile, read_power
from rig.errors import ConfigError

LEVELS = (0.0, 40.0, 80.0, 120.0, 160.0, 200.0)
SLOPE, AREA, DARK = 0.03, 1.6, 0.01


def calibration(readings_mw: np.ndarray, levels: tuple[float, ...] = LEVELS) -> PowerCalibration:
    points = [
        {"level": level, "power_mw": max(float(power), 0.0)}
        for level, power in zip(levels, readings_mw, strict=True)
    ]
    table = {"measured_on": "2026-11-02", "measured_by": "test", "meter": "PM100"}
    import json

    text = json.dumps({**table, "area_mm2": AREA, "dark_mw": DARK, "points": points})
    return PowerCalibration(PowerFile.model_validate_json(text), "calibration/light.toml")


def line(levels: tuple[float, ...] = LEVELS) -> np.ndarray:
    return DARK + SLOPE * np.array(levels)


def test_a_level_gives_power_per_lit_area_and_the_inverse_the_level() -> None:
    found = calibration(line())
    assert found.at(100).value == pytest.approx(SLOPE * 100 / AREA)
    assert found.level(SLOPE * 100 / AREA) == pytest.approx(100)
    assert found.at(100).high - found.at(100).low == pytest.approx(0, abs=1e-9)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng, inside, widths = np.random.default_rng(1), 0, []
    for _ in range(1000):
        noisy = line() + 1.0 + rng.normal(0, 0.05, len(LEVELS))
        found = calibration(noisy).at(150)
        inside += found.low <= (SLOPE * 150 + 1.0) / AREA <= found.high
        widths.append((found.low, found.high))
    assert 0.93 <= inside / 1000 <= 0.97
    middle, rim = (calibration(noisy).at(level) for level in (100, 200))
    assert rim.high - rim.low > middle.high - middle.low


def test_nothing_is_said_beyond_what_was_measured() -> None:
    found = calibration(line(LEVELS[1:]), LEVELS[1:])
    for level in (39, 201):
        with pytest.raises(ConfigError, match=rf"level {level} lies outside.*40 to 200"):
            found.at(level)
    for power in (0.5, 3.8):
        with pytest.raises(ConfigError, match=r"mW/mm2 lies outside.*0\.75 to 3\.75"):
            found.level(power)
    assert found.refuse(40) is None
    assert found.refuse_power(2.0) is None


def test_readings_on_no_rising_line_are_refused() -> None:
    with pytest.raises(ConfigError, match="no rising line"):
        calibration(line()[::-1])
    bent = line()
    bent[-1] *= 0.7
    with pytest.raises(ConfigError, match=r"% of the highest one beside the line.*warm up"):
        calibration(bent)
    with pytest.raises(ConfigError, match="more in the dark than at level 0"):
        calibration(line() / 1000)
    with pytest.raises(ConfigError, match="fewer than 4 different levels"):
        calibration(line((0, 0, 0, 40, 80)), (0, 0, 0, 40, 80))


def test_a_file_is_read_and_a_wrong_key_refused(tmp_path: Path) -> None:
    points = ", ".join(f"{{ level = {each}, power_mw = {SLOPE * each} }}" for each in LEVELS)
    text = (
        'measured_on = 2026-11-02\nmeasured_by = "test"\nmeter = "PM100"\narea_mm2 = 1.6\n'
        f"points = [{points}]\n"
    )
    (tmp_path / "light.toml").write_text(text, encoding="utf-8")
    assert read_power(tmp_path, "light.toml").level(1.5) == pytest.approx(80)
    (tmp_path / "light.toml").write_text(text + "area_mm = 2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="area_mm"):
        read_power(tmp_path, "light.toml")
