"""A projector is registered to a camera, checked and measured: emulated, and simulated."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from conftest import Done
from light_bench import registration

from calibration.camera_registration import camera_of
from calibration.dot_grid import DotGrid
from calibration.homography import mapped
from calibration.light_power import read_power
from calibration.projector import ProjectorCalibration, ProjectorFile
from calibration.store import RECORDS
from hardware.calibrating.simulated_sight import UM_PER_PX
from hardware.emulators.cortex.projected_dots import PlantedCamera, planted_camera
from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from rig import guards
from rig.calibration_checks import DOT_CHECKS, DotCheck, dots_against
from rig.calibration_record import read_calibration
from rig.errors import ExitCode
from rig.lab import Lab

SHAPE = (300, 400)
PROJECTOR, LIGHT = "calibration/lc-projector.toml", "calibration/lc-light.toml"
RIG = """setup = "head_fixed"

[devices.projector]
driver = "hardware.lightcrafter:LightCrafter"
line = "projector"
address = "{address}"
calibration = "calibration/lc-projector.toml"
led_current = 120
max_led_current = 200
frame_hz = 40
field_width_um = 2000
field_height_um = 1500

[devices.eye]
driver = "hardware.opencv_camera:OpenCVCamera"
line = "eye"
meaning = "the cortex"
source = "hardware.emulators.cortex.camera:CortexCamera"
address = "{side}"
width_px = 400
height_px = 300

[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"
"""
Command = Callable[..., Done]


@pytest.fixture(scope="module")
def camera() -> PlantedCamera:
    return planted_camera(SHAPE)


@pytest.fixture(scope="module")
def micrometer(tmp_path_factory: pytest.TempPathFactory, camera: PlantedCamera) -> str:
    """Write the picture of a stage micrometer; a pixel is 5 um."""
    path = tmp_path_factory.mktemp("pictures") / "micrometer.tif"
    sharp = replace(camera, blur_px=1.5)
    picture = sharp.micrometer(20.0, 0.1, 0.05, np.random.default_rng(1))
    cv2.imwrite(str(path), picture.astype(np.uint16) * 256)
    return str(path)


@pytest.fixture
def lit(
    lab: Lab, emulated_lightcrafter: EmulatedLightCrafter, monkeypatch: pytest.MonkeyPatch
) -> EmulatedLightCrafter:
    """Give the lab a rig `lc`: an emulated projector, and a camera that sees its light."""
    for module in ("projector", "sight", "light"):  # what is emulated is there at once
        monkeypatch.setattr(f"hardware.calibrating.{module}.SETTLED", 0.02)
    unit = emulated_lightcrafter
    text = RIG.format(address=unit.address, side=unit.side)
    (lab.folder / "rigs/lc.toml").write_text(text, encoding="utf-8")
    return unit


def test_a_camera_sees_the_grid_of_an_emulated_projector_and_next_day_that_it_was_moved(
    lab: Lab,
    lit: EmulatedLightCrafter,
    camera: PlantedCamera,
    micrometer: str,
    command: Command,
    edit: Callable[[str, str, str], None],
) -> None:
    asked = ("lc", "--by", "anna", "--json")
    done = command("calibrate", "projector", *asked, "--micrometer", micrometer)
    assert done.code == ExitCode.OK, done.err
    assert not lit.is_bright()
    told = json.loads(done.out)
    record = read_calibration(lab.folder, PROJECTOR, ProjectorFile)
    view = record.camera
    assert view is not None
    assert record.record is not None
    assert (view.camera, record.record.hardware) == ("eye", "LightCrafter projector")
    assert view.um_per_px_low < 5.0 < view.um_per_px_high
    grid = DotGrid()
    away = camera_of(record, view).expected_px(grid.mirrors()) - camera.seen(grid)
    assert np.linalg.norm(away, axis=1).max() < 0.3
    places = ProjectorCalibration(lab.folder, PROJECTOR).places()
    straight = mapped(camera.matrix, np.array([[200.5, 333.0]]))[0]
    truth = (straight - [(SHAPE[1] - 1) / 2, (SHAPE[0] - 1) / 2]) * 5.0
    assert places[333, 200] == pytest.approx(truth, abs=4)
    assert Path(told["picture"]).read_bytes().startswith(b"\x89PNG")

    assert json.loads(command("calibrate", "dots", *asked).out)["passed"]
    edit("rigs/lc.toml", lit.side, f"{lit.side}#6")
    failed = command("calibrate", "dots", *asked)
    assert failed.code == ExitCode.HARDWARE
    good, bad = dots_against(lab, "lc", "projector", record.record.id)
    assert good.rms_um < 3
    assert bad.rms_um == pytest.approx(30, abs=3)
    listed = {each["rig"]: each for each in json.loads(command("calibrations", "--json").out)}
    assert listed["lc"]["state"] == "good"
    assert "its dots lie 30 um from where they were" in listed["lc"]["words"]
    seen = command("preflight", "--rig", "rigs/lc.toml", "--subject", "SIM01", "--json").out
    found = {each["name"]: each for each in json.loads(seen)["guards"]}
    assert found["dots of projector"]["level"] == "confirm"
    assert found["dots of projector"]["needs"] == "reason"


def test_pictures_that_show_no_grid_put_nothing_in_force(
    lab: Lab, lit: EmulatedLightCrafter, camera: PlantedCamera, micrometer: str, command: Command,
    tmp_path: Path,
) -> None:  # fmt: skip
    blank, few = tmp_path / "blank.png", tmp_path / "few.png"
    cv2.imwrite(str(blank), np.random.default_rng(1).integers(18, 22, SHAPE, dtype=np.uint8))
    picture = camera.picture(DotGrid(), np.random.default_rng(1))
    cv2.imwrite(str(few), np.where(np.arange(400) < 130, picture, 20).astype(np.uint8))
    typed = ("calibrate", "projector", "lc", "--by", "anna", "--micrometer", micrometer)
    for file, words in ((blank, "no dots are to be seen"), (few, "dots are found and 40 are need"),
                        (tmp_path / "none.png", "there is no such file")):  # fmt: skip
        done = command(*typed, "--dots", str(file))
        assert done.code == ExitCode.CHECK_FAILED
        assert words in done.err
        assert not lit.is_bright()
    assert "nobody is there to put it under the camera" in command(*typed[:5]).err
    assert not (lab.folder / PROJECTOR).exists()
    assert "there is no such file" in command("calibrate", "dots", "lc", "--by", "anna").err
    assert not (lab.folder / DOT_CHECKS.path).exists()


def test_a_power_meter_is_read_while_a_disk_is_lit(
    lab: Lab,
    lit: EmulatedLightCrafter,
    command: Command,
    edit: Callable[[str, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is typed is the light that comes out of the mirrors, by 10 nW for each and a level."""
    edit(
        "rigs/lc.toml",
        "led_current = 120",
        'light = "calibration/lc-light.toml"\nled_current = 120',
    )
    (lab.folder / PROJECTOR).write_text(registration(), encoding="utf-8")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    mirrors: list[int] = []

    def stopped(question: str, **_: object) -> float | str:
        if "Level" not in question:
            return 0.0
        assert lit.is_bright()
        raise typer.Abort

    monkeypatch.setattr("typer.prompt", stopped)
    asked = ("calibrate", "light", "lc", "--by", "anna", "--disk-um", "800")
    assert command(*asked, "--meter", "PM100").code == ExitCode.STOPPED
    assert not lit.is_bright()
    assert not (lab.folder / LIGHT).exists()

    def typed(question: str, **_: object) -> float | str:
        if "press Enter" in question:
            return ""
        light = lit.light()[-1]
        mirrors.append(light.lit if light.is_bright else 0)
        return 0.5 + 1e-5 * mirrors[-1] * max(light.currents)

    monkeypatch.setattr("typer.prompt", typed)
    assert "nobody said what measures" in command(*asked).err
    done = command(*asked, "--meter", "PM100", "--levels", "4", "--json")
    assert done.code == ExitCode.OK, done.err
    assert mirrors[0] == 0
    assert len(set(mirrors[1:])) == 1
    power = read_power(lab.folder, LIGHT)
    assert power.band == (50.0, 200.0)
    area = np.pi * 0.4**2
    assert power.at(120).value == pytest.approx(1e-5 * mirrors[1] * 120 / area, rel=1e-6)
    assert Path(json.loads(done.out)["picture"]).read_bytes().startswith(b"\x89PNG")
    listed = [each["kind"] for each in json.loads(command("calibrations", "--json").out)
              if each["rig"] == "lc"]  # fmt: skip
    assert listed == ["projector", "light"]
    seen = command("preflight", "--rig", "rigs/lc.toml", "--subject", "SIM01", "--json").out
    found = {each["name"]: each["level"] for each in json.loads(seen)["guards"]}
    assert found["calibration of light of projector"] == "ok"
    assert "calibration of projector" in found
    edit("rigs/lc.toml", "led_current = 120", "led_current = 30")
    checked = command("check", "--rig", "rigs/lc.toml", "--protocol", "protocols/optogenetic.toml")
    assert "level 30 lies outside its calibration, 50 to 200" in checked.out


def test_readings_of_a_file_are_put_in_force_or_refused_by_line(
    lab: Lab, lit: EmulatedLightCrafter, command: Command,
    edit: Callable[[str, str, str], None], tmp_path: Path,
) -> None:  # fmt: skip
    file = tmp_path / "readings.csv"
    asked = ("calibrate", "light", "lc", "--by", "a", "--meter", "m", "--readings", str(file))
    assert 'Give it `light = "calibration/lc-projector-light.toml"`' in command(*asked).err
    edit(
        "rigs/lc.toml",
        "led_current = 120",
        'light = "calibration/lc-light.toml"\nled_current = 120',
    )
    assert "the readings cannot be read" in command(*asked, "--area-mm2", "2").err
    rows = [f"{level},{0.01 * level}" for level in (50, 100, 150, 200)]
    file.write_text("\n".join(["level,power_mw", *rows, "much,1"]), encoding="utf-8")
    assert "'much,1' is no reading" in command(*asked, "--area-mm2", "2").err
    file.write_text("\n".join(["level,power_mw", *rows]), encoding="utf-8")
    assert "nobody said how large the lit area was" in command(*asked).err
    done = command(*asked, "--area-mm2", "2")
    assert done.code == ExitCode.OK, done.err
    assert "From level 50 to 200: 0.25 to 1 mW/mm2" in done.out
    bent = "\n".join(["level,power_mw", *rows[:3], "200,1.2"])
    file.write_text(bent, encoding="utf-8")
    assert "beside the line" in command(*asked, "--area-mm2", "2").err
    edit("rigs/lc.toml", PROJECTOR, LIGHT)
    other = command("calibrate", "projector", "lc", "--by", "a", "--dots", "not-taken.png")
    assert other.code == ExitCode.CHECK_FAILED
    assert "holds the calibration of a light, and that of a projector would take" in other.err
    assert read_power(lab.folder, LIGHT).at(200).value == pytest.approx(1.0)


def test_simulated_calibrations_find_the_truth_and_keep_nothing(lab: Lab, command: Command) -> None:
    for kind in ("projector", "dots", "light"):
        done = command("calibrate", kind, "box2", "--by", "anna", "--simulate", "--json")
        assert done.code == ExitCode.OK, done.err
        if kind == "projector":
            view = json.loads(done.out)["record"]["camera"]
            assert view["um_per_px_low"] < UM_PER_PX < view["um_per_px_high"]
            assert "it gives no light" in command("calibrate", kind, "box2", "--by", "a").err
    assert not (lab.folder / RECORDS).exists()


def test_the_last_check_of_dots_counts_and_one_of_yesterday_is_told() -> None:
    now = datetime(2026, 11, 29, 9, tzinfo=UTC)

    def level(*checks: tuple[float, float], simulated: bool = False) -> str | None:
        made = [
            DotCheck(
                at=now - timedelta(days=days), rig="box2", device="projector", by="anna",
                registration="1", away_um=(um, um, um, um), limit_um=20.0,
            )
            for days, um in checks
        ]  # fmt: skip
        guard = guards.dots("projector", made, now, simulated=simulated)
        return guard.level if guard else None

    assert level((0, 2.0)) is None
    assert level((1, 2.0)) == "note"
    assert level() == "note"
    assert level((2, 2.0), (1, 40.0)) == "confirm"
    assert level((1, 40.0), (0, 2.0)) is None
    assert level((1, 40.0), simulated=True) == "note"
    assert level(simulated=True) is None
