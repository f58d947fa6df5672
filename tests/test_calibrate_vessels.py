"""Blood vessels are registered by command, and sessions find where the cortex lies."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from conftest import Done
from helpers import run_virtual
from inside import inside

from analysis.report import report
from calibration.camera_registration import register_camera
from calibration.dot_grid import DotGrid
from calibration.homography import mapped
from calibration.lens import middle
from calibration.map_file import map_file
from calibration.projector import ProjectorCalibration
from calibration.stage_micrometer import Scale
from calibration.store import RECORDS, put_in_force, text_of
from calibration.vessels_reference import VesselsReference, reference_file
from hardware.calibrating.kept import head
from hardware.calibrating.vessels_command import disks_of
from hardware.emulators.cortex.projected_dots import PlantedCamera, planted_camera
from hardware.emulators.cortex.tones import Imaging, filmed_tones
from hardware.emulators.cortex.vessels import View, grown_cortex
from rig import guards
from rig.calibration_record import read_calibration, sealed
from rig.commands.init import make_lab
from rig.errors import CheckFailed, ConfigError, ExitCode
from rig.export.nwb_facts import facts_of
from rig.export.nwb_metadata import new_file
from rig.lab import Lab, find_lab
from rig.picture import Disk, Flashes
from rig.placement import Placement, placed, placement_file, placement_of, recorded_placement
from rig.plan import Plan, make_plan
from rig.replay import replay
from rig.session import Session
from rig.session_record import load_session
from rig.stimuli import Stimuli

SHAPE, UM = (240, 320), 8.0
MOVED = View(shift_px=(14.0, -9.0), turn=0.05, frames=6)
PROTOCOL = "protocols/optogenetic.toml"
RIG = """setup = "head_fixed"

[devices.projector]
driver = "hardware.lightcrafter:LightCrafter"
line = "projector"
calibration = "calibration/lc-projector.toml"
led_current = 120
frame_hz = 40
field_width_um = 4000
field_height_um = 3000

[devices.lick]
driver = "hardware.digital_input:DigitalInputTwin"
line = "Dev2/port0/line1"

[devices.valve]
driver = "hardware.valve:ValveTwin"
line = "Dev2/ctr0"
calibration = "calibration/box1-valve.toml"
max_open_ms = 150

[devices.masking_light]
driver = "hardware.digital_output:DigitalOutputTwin"
line = "Dev2/port1/line1"
"""
ASKED = ("calibrate", "vessels", "lc", "--subject", "SIM01", "--by", "anna")
Command = Callable[..., Done]


@pytest.fixture(scope="module")
def camera() -> PlantedCamera:
    return planted_camera(SHAPE, k1=0.0)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Write films of a window on two days, of another mouse's window, and of none."""
    folder = tmp_path_factory.mktemp("films")
    mouse = grown_cortex(SHAPE, seed=1)
    rng = np.random.default_rng(1)
    taken = {
        "first": mouse.frames(replace(MOVED, shift_px=(0.0, 0.0), turn=0.0), rng),
        "second": mouse.frames(MOVED, rng),
        "other": grown_cortex(SHAPE, seed=2).frames(MOVED, rng),
        "blank": mouse.frames(replace(MOVED, contrast=0.0), rng),
        "small": mouse.frames(MOVED, rng)[:, :200],
    }
    for name, frames in taken.items():
        np.save(folder / f"{name}.npy", frames)
    return {name: str(folder / f"{name}.npy") for name in taken}


@pytest.fixture(scope="module")
def registered(camera: PlantedCamera) -> str:
    """Return the record of a projector that this camera registered."""
    grid = DotGrid(across=7, down=6)
    found = register_camera(camera.picture(grid, np.random.default_rng(1)), grid)
    scale = Scale(UM, UM - 0.01, UM + 0.01, 20, 0.0, np.zeros(20))
    said = head("projector", Path("lc.toml"), "projector", "LightCrafter projector", "anna", "")
    return text_of(sealed(found.to_file("eye", 100.0, scale, **said)))


@pytest.fixture
def window(lab: Lab, registered: str) -> Lab:
    """Give the lab a rig `lc`, whose projector was registered."""
    (lab.folder / "rigs/lc.toml").write_text(RIG, encoding="utf-8")
    (lab.folder / "calibration/lc-projector.toml").write_text(registered, encoding="utf-8")
    return lab


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, registered: str, films: dict[str, str]) -> Path:
    """Make the first film of SIM01 its reference; return the folder of the calibrations."""
    folder = tmp_path_factory.mktemp("first") / "lab"
    make_lab(folder)
    (folder / "rigs/lc.toml").write_text(RIG, encoding="utf-8")
    (folder / "calibration/lc-projector.toml").write_text(registered, encoding="utf-8")
    done = inside(find_lab(folder), *ASKED, "--picture", films["first"], "--confirm")
    assert done.code == ExitCode.OK, done.err
    return folder / "calibration"


@pytest.fixture
def seen(window: Lab, first: Path) -> Lab:
    """Give SIM01 its reference."""
    shutil.copytree(first, window.folder / "calibration", dirs_exist_ok=True)
    return window


@pytest.fixture
def look(window: Lab, films: dict[str, str], command: Command) -> Command:
    """Return a function that registers a film of SIM01."""

    def typed(film: str, *options: str) -> Done:
        return command(*ASKED, "--picture", films[film], *options)

    return typed


def session_of(lab: Lab) -> Plan:
    return make_plan(lab, Path("rigs/lc.toml"), Path(PROTOCOL), "SIM01", simulate=True, seed=1)


def test_disks_of_a_session_fall_on_the_tissue_where_they_lie_on_the_reference(
    seen: Lab,
    look: Command,
    camera: PlantedCamera,
    edit: Callable[[str, str, str], None],
) -> None:
    reference = read_calibration(seen.folder, reference_file("SIM01"), VesselsReference)
    still = placement_of(seen, "SIM01", "lc")
    assert still is not None
    assert still.shift_um == (0.0, 0.0)
    second = look("second", "--confirm", "--protocol", PROTOCOL, "--json")
    told = json.loads(second.out)
    assert Path(told["picture"]).read_bytes().startswith(b"\x89PNG")
    found = placement_of(seen, "SIM01", "lc")
    assert found is not None
    assert reference.record is not None
    assert found.reference == reference.record.id
    assert found.shift_um == pytest.approx((14 * UM, -9 * UM), abs=2)

    disk = Disk(-300.0, 200.0, 240.0)
    stimuli = Stimuli({}, {}, {"S+": Flashes((disk,), 1.0)}, ())
    ((carried,),) = (each.disks for each in placed(stimuli, seen, "SIM01", "lc").flashes.values())
    lit = ProjectorCalibration(seen.folder, "calibration/lc-projector.toml").render([carried])
    row, column = np.argwhere(lit).mean(axis=0)
    lit_at = camera.lens.distorted(mapped(camera.matrix, np.array([[column + 0.25, row]])))[0]
    on_reference = np.array(middle(SHAPE)) + np.array([-300.0, 200.0]) / UM
    assert lit_at == pytest.approx(MOVED.matrix(SHAPE) @ [*on_reference, 1.0], abs=0.7)

    edit(PROTOCOL, "max_trials = 250", "max_trials = 4")
    with Session(session_of(seen), "virtual") as session:
        session.run()
    record = load_session(session.folder)
    kept = record.definition.calibration_toml[placement_file("SIM01")]
    assert found.record is not None
    assert tomllib.loads(kept)["record"]["id"] == found.record.id
    lay = f"{found.words}, by the blood vessels of {found.measured_on}, record {found.record.id}"
    assert lay in report(record)
    exported = new_file(record, facts_of(record), "core", ())
    assert f"lay against its reference: {lay}." in exported.data_collection
    turned = kept.replace(f"turn_deg = {found.turn_deg}", "turn_deg = 20.0")
    changed = msgspec.structs.replace(
        record.definition, calibration_toml={placement_file("SIM01"): turned}
    )
    assert "was changed after it was measured" in recorded_placement(changed)
    assert replay(record).differences == []


def test_a_session_is_refused_whose_disks_are_carried_beyond_the_field_and_by_a_changed_record(
    seen: Lab, look: Command, edit: Callable[[str, str, str], None]
) -> None:
    assert placement_of(seen, "SIM01", "box2") is None, "it was measured at another rig"
    found = placement_of(seen, "SIM01", "lc")
    assert found is not None
    far = ((1.0, 0.0, 1800.0), (0.0, 1.0, 0.0))
    put_in_force(
        seen.folder, placement_file("SIM01"), sealed(found.model_copy(update={"matrix": far}))
    )
    with pytest.raises(CheckFailed, match="beyond its field"):
        run_virtual(session_of(seen))
    edit(placement_file("SIM01"), "1800", "10")
    with pytest.raises(ConfigError, match="its seal is broken"):
        run_virtual(session_of(seen))


def test_another_window_or_none_is_refused_and_what_was_in_force_stays(
    seen: Lab, look: Command
) -> None:
    before = (seen.folder / placement_file("SIM01")).read_bytes()
    small = "the picture has 320 x 200 px, and the camera that was registered 320 x 240"
    for film, words in (
        ("other", "the blood vessels are not those of the reference"),
        ("blank", "features agree and 30 are needed"),
        ("small", small),
    ):
        done = look(film, "--confirm")
        assert done.code == ExitCode.CHECK_FAILED
        assert words in done.err
    assert (seen.folder / placement_file("SIM01")).read_bytes() == before


def test_nothing_holds_that_nobody_confirmed(
    window: Lab, look: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = look("first")
    assert done.code == ExitCode.USAGE
    overlay = window.folder / "calibration/SIM01-overlay.png"
    assert f"Look at {overlay}" in done.err
    assert overlay.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    answers = iter(["2", "1"])
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    assert "Discarded" in look("first").out
    assert not (window.folder / RECORDS).exists()
    assert "In force" in look("first").out
    assert placement_of(window, "SIM01", "lc") is not None


def test_a_new_reference_needs_a_reason_and_the_former_one_is_kept(
    seen: Lab, look: Command, command: Command
) -> None:
    old = (seen.folder / reference_file("SIM01")).read_bytes()
    done = look("other", "--confirm", "--new-reference", "new window")
    assert done.code == ExitCode.OK, done.err
    record = read_calibration(seen.folder, reference_file("SIM01"), VesselsReference)
    assert record.note == "new window"
    assert old in {path.read_bytes() for path in (seen.folder / RECORDS).glob("*.toml")}
    assert look("second", "--confirm").code == ExitCode.CHECK_FAILED
    (seen.folder / record.picture).unlink()
    assert "the picture of the record is missing" in look("other", "--confirm").err
    listed = json.loads(command("calibrations", "--json").out)
    kinds = {each["kind"]: each["state"] for each in listed if each["device"] == "SIM01"}
    assert kinds == {"reference": "good", "vessels": "good"}
    simulated = command("calibrate", "vessels", "box2", "--subject", "SIM01", "--by", "anna",
                        "--simulate")  # fmt: skip
    assert "nothing was kept" in simulated.out


def test_vessels_of_another_day_or_camera_need_a_reason_before_a_session(
    seen: Lab, look: Command, command: Command
) -> None:
    today = date.today()
    text = (seen.folder / "calibration/lc-projector.toml").read_text(encoding="utf-8")
    camera = tomllib.loads(text)["record"]["id"]

    def level(placement: Placement | None, day: date = today, of: str = camera) -> str | None:
        guard = guards.vessels(placement, {of}, day, simulated=False)
        return guard.level if guard else None

    assert level(None) == "note"
    assert guards.vessels(None, (), today, simulated=True) is None
    found = placement_of(seen, "SIM01", "lc")
    assert level(found) == "ok"
    assert level(found, today + timedelta(days=1)) == "confirm"
    assert level(found, of="another") == "confirm"
    asked = ("--rig", "rigs/lc.toml", "--subject", "SIM01", "--protocol", PROTOCOL, "--simulate")
    shown = json.loads(command("preflight", *asked, "--json").out)["guards"]
    (guard,) = [each for each in shown if each["name"] == "vessels"]
    assert guard["level"] == "note"
    assert "Disks are moved by 0, 0 um" in guard["text"]


@pytest.fixture
def film(seen: Lab) -> Callable[..., tuple[str, ...]]:
    """Return a function that writes a film of a cortex that lies turned, and names its files.

    Pixels of the camera are put together, 4 x 4; a tone of 4 kHz darkens it, one of 32 kHz not.
    """
    still = placement_of(seen, "SIM01", "lc")
    assert still is not None
    turned = still.model_copy(update={"matrix": ((0.0, -1.0, 100.0), (1.0, 0.0, -50.0))})
    put_in_force(seen.folder, placement_file("SIM01"), sealed(turned))
    imaging = Imaging(shape=(60, 80), um_per_px=4 * UM, depth=3e-3)
    filmed = filmed_tones({4e3: (-300.0, 250.0), 32e3: None}, imaging, np.random.default_rng(2))

    def written(**changes: str) -> tuple[str, ...]:
        rows = [f"{hz},{at}" for hz, ats in filmed.onsets.items() for at in ats]
        onsets = changes.get("onsets", "\n".join(["frequency_hz,onset", *rows]))
        times = "\n".join(["time", *map(str, filmed.times[: int(changes.get("frames", "-1"))])])
        for name, text in {"onsets": onsets, "times": times}.items():
            (seen.folder / f"{name}.csv").write_text(text, encoding="utf-8")
        np.save(seen.folder / "film.npy", filmed.frames[:-1])
        named = {name: str(seen.folder / f"{name}.csv") for name in ("onsets", "times")}
        return ("--frames", str(seen.folder / "film.npy"), "--onsets", named["onsets"],
                "--times", named["times"])  # fmt: skip

    return written


def test_tones_are_mapped_on_the_reference_of_a_mouse(
    window: Lab, film: Callable[..., tuple[str, ...]], command: Command
) -> None:
    asked = ("calibrate", "map", "lc", "--subject", "SIM01", "--by", "anna")
    done = command(*asked, *film(), "--json")
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    assert Path(told["picture"]).read_bytes().startswith(b"\x89PNG")
    low, high = told["record"]["tones"]
    assert (low["x_um"], low["y_um"]) == pytest.approx((300.0, 400.0), abs=80)
    assert (high["x_um"], high["spread_um"]) == (None, None)
    (disk,) = disks_of(window, "SIM01", None)
    assert (disk.x_um, disk.diameter_um) == (low["x_um"], 360.0)
    listed = [each["kind"] for each in json.loads(command("calibrations", "--json").out)]
    assert listed[-3:] == ["reference", "vessels", "map"]


def test_a_film_that_does_not_fit_is_refused(
    window: Lab, film: Callable[..., tuple[str, ...]], command: Command
) -> None:
    asked = ("calibrate", "map", "lc", "--subject", "SIM01", "--by", "anna")
    assert "there is no film" in command(*asked).err
    assert "there are 5 times for 479 frames" in command(*asked, *film(frames="5")).err
    assert "nobody said when frames were exposed" in command(*asked, *film()[:4]).err
    few = "frequency_hz,onset\n4000,3\n4000,9\n"
    assert "4000 Hz has 2 trials and 5 are needed" in command(*asked, *film(onsets=few)).err
    wrong = "frequency_hz,onset\n4 kHz,3\n"
    assert "'4 kHz,3' is no reading" in command(*asked, *film(onsets=wrong)).err
    named = film()
    np.save(window.folder / "film.npy", np.ones((479, 50, 80), np.uint8))
    assert "no whole share of the camera's 320 x 240" in command(*asked, *named).err
    assert not (window.folder / map_file("SIM01")).exists()
    other = ("calibrate", "map", "lc", "--subject", "SIM02", "--by", "anna", *named)
    assert "the blood vessels of 'SIM02' were not registered" in command(*other).err
