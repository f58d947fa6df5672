"""Emulated rigs: real drivers on emulated hardware, and a mouse that senses by what comes out."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import RIG_COMMAND, Done
from inside import inside
from light_bench import registration
from presented import disks
from serial_bench import SYRINGE
from test_docs import files_in

from calibration.speaker import SpeakerCalibration
from hardware.emulators.emulated_rig import EmulatedRig
from hardware.emulators.rig.hearing import SoundRecogniser, first_loud
from hardware.policy_mouse import PolicyMouse, PolicySettings
from hardware.sound.synthesis import render
from rig.clock import SystemClock
from rig.devices import Camera, Projector, Speaker, Valve
from rig.emulation_link import NOTHING, stimuli_of
from rig.errors import CheckFailed, ExitCode
from rig.inbox import Edge, Inbox, Report
from rig.lab import Lab
from rig.plan import make_plan, plan_protocol
from rig.rig_plan import led_to, new_context, plan_emulated_rig
from rig.session_folder import find_session
from rig.session_record import load_session
from rig.stream_store import Drain

pytestmark = pytest.mark.realtime

PAGE = Path(__file__).parent.parent / "docs/how-to/try-without-hardware.md"
RIG = Path("rigs/emulated.toml")
RATE_HZ = 192_000.0
SERIAL_RIG = """
[devices.lick]
driver = "hardware.board_digital_input:BoardDigitalInput"
line = "11504350"

[devices.valve]
driver = "hardware.syringe_pump:SyringePump"
line = "AB0LZ2TM"
calibration = "calibration/box1-syringe.toml"
max_open_ms = 60
rate_ml_min = 8.064
"""
SOUND_CARD_RIG = """
[devices.speaker]
driver = "hardware.sound_card:SoundCard"
line = "Digi 192"
host_api = "Windows WASAPI"
exclusive = true
rate_hz = 192_000
calibration = "calibration/box1-speaker.toml"
"""
PATIENT = "[guardian]\nlongest_silence = 5\n"
"""Other tests keep the computer busy."""
Edit = Callable[[str, str, str], None]


@pytest.fixture
def ready(lab: Lab, edit: Edit) -> Lab:
    """Return a lab with the rig file of the page, whose sessions and trials are short."""
    for name, text in files_in(PAGE.name).items():
        (lab.folder / name).write_text(text, encoding="utf-8")
    for old, new in (
        ("max_trials = 250", "max_trials = 3"),
        ("time_out = 8.0", "time_out = 0.5"),
        ("fraction = 0.75", "fraction = 0.3"),
    ):
        edit("protocols/go_nogo.toml", old, new)
    edit(str(RIG), "[simulation]\n", f"{PATIENT}[simulation]\n")
    return lab


def test_a_session_runs_as_the_page_says(ready: Lab, command: Callable[..., Done]) -> None:
    typed = re.findall(r"\$ rig (.*)", PAGE.read_text(encoding="utf-8"))
    run, listed, replayed = (command(*line.split()) for line in typed[:3])
    assert run.code == ExitCode.OK, run.err
    assert "SIM01 on emulated (EMULATED)" in run.out
    assert "emulated rig: card Dev1 (PCI-6221)" in run.err
    assert "go_nogo (emulated)" in listed.out
    assert "Identical" in replayed.out
    record = load_session(find_session(ready.data, "SIM01"))
    assert record.definition.emulated
    assert not any(device.simulated for device in record.definition.devices)
    outcomes = {row.trial_type: row.outcome for row in record.rows}
    assert outcomes == {"go": "hit", "nogo": "correct_rejection"}, "it heard which sound it was"
    drops = sum(row.outcome == "hit" for row in record.rows)
    assert record.water_ul == pytest.approx(5.0 * drops, abs=0.05)
    assert json.loads((ready.folder / "subjects/SIM01.memory.json").read_text()) == {}


def test_the_emulators_run_until_their_input_ends(ready: Lab) -> None:
    started = subprocess.Popen(
        [*RIG_COMMAND, "emulate", str(RIG), "--json"],
        cwd=ready.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        assert started.stdout is not None
        assert started.stdin is not None
        ways = json.loads(started.stdout.readline())
        assert set(ways["settings"]) == {"port", "lick", "valve", "speaker", "house_light"}
        address = ways["settings"]["lick"]["address"]
        assert address == ways["settings"]["speaker"]["address"], "one card for all"
        started.stdin.close()
        assert started.wait(20) == 0


def test_the_guardian_closes_the_outputs_of_a_session_that_is_killed(ready: Lab) -> None:
    """The emulators outlive the engine by so long, and end then."""
    typed = re.search(r"\$ rig (run .*)", PAGE.read_text(encoding="utf-8"))
    assert typed is not None
    engine = subprocess.Popen(
        [*RIG_COMMAND, *typed[1].split()], cwd=ready.folder, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 40.0
    while time.monotonic() < end and engine.poll() is None:
        logs = list(ready.data.rglob("guardian.log"))
        if logs and "armed" in logs[0].read_text(encoding="utf-8"):
            break
        time.sleep(0.05)
    engine.kill()
    engine.communicate(timeout=20)  # the emulators hold this pipe, too
    (log,) = ready.data.rglob("guardian.log")
    told = log.read_text(encoding="utf-8")
    assert "the engine is gone: closes every output" in told
    assert "valve: closed" in told
    assert "NOT" not in told


def test_a_pump_is_drunk_from_and_a_board_is_licked_at(lab: Lab) -> None:
    (lab.folder / RIG).write_text(SERIAL_RIG, encoding="utf-8")
    (lab.folder / "calibration/box1-syringe.toml").write_text(SYRINGE, encoding="utf-8")
    mouse = PolicyMouse(PolicySettings(policy="always"), {}, np.random.default_rng(1))
    rig = plan_emulated_rig(lab, lab.folder / RIG)
    emulation = EmulatedRig(lab, rig, NOTHING, mouse)
    try:
        ways = emulation.start(str)
        inbox = Inbox()
        context = new_context(lab, SystemClock(), inbox, None, Drain())
        devices = led_to(lab, rig, ways.settings).devices(context)
        for device in devices.values():
            device.open()
        emulation.let_mouse_in()
        valve = devices["valve"]
        assert isinstance(valve, Valve)
        valve.deliver(5.0)
        told = [inbox.wait(5.0) for _ in range(3)]
        for device in devices.values():
            device.close()
    finally:
        emulation.stop()
    assert sum(isinstance(each, Edge) and each.device == "lick" for each in told) >= 2


def test_the_rig_of_serial_devices_can_be_emulated(lab: Lab) -> None:
    for name, text in files_in("serial-devices.md").items():
        (lab.folder / name).write_text(text, encoding="utf-8")
    rig = plan_emulated_rig(lab, lab.folder / "rigs/box4.toml")
    emulation = EmulatedRig(lab, rig, NOTHING, None)
    try:
        ways = emulation.start(str)
    finally:
        emulation.stop()
    assert set(ways.started) == {"lick", "treadmill", "valve", "speaker"}


LIGHT_RIG = """
[devices.projector]
driver = "hardware.lightcrafter:LightCrafter"
line = "projector"
calibration = "calibration/box1-projector.toml"
led_current = 100
frame_hz = 1000
field_width_um = 4000
field_height_um = 2600

[devices.eye]
driver = "hardware.opencv_camera:OpenCVCamera"
line = "cam-17"
meaning = "the mouse's eye"
"""


def test_a_projector_flashes_and_a_camera_films(lab: Lab) -> None:
    (lab.folder / RIG).write_text(LIGHT_RIG, encoding="utf-8")
    (lab.folder / "calibration/box1-projector.toml").write_text(registration(), encoding="utf-8")
    rig = plan_emulated_rig(lab, lab.folder / RIG)
    emulation = EmulatedRig(lab, rig, NOTHING, None)
    try:
        ways = emulation.start(str)
        inbox = Inbox()
        context = new_context(lab, SystemClock(), inbox, None, Drain())
        devices = led_to(lab, rig, ways.settings).devices(context)
        projector, eye = devices["projector"], devices["eye"]
        assert isinstance(projector, Projector)
        assert isinstance(eye, Camera)
        eye.record_to(lab.folder)
        for device in devices.values():
            device.open()
        projector.load({"short": disks()})
        projector.present("short")
        told = inbox.wait(5.0)
        for device in devices.values():
            device.close()
    finally:
        emulation.stop()
    assert isinstance(told, Report)
    assert told.achieved == 0.4
    assert (lab.folder / "eye.avi").stat().st_size > 0


def test_what_a_sound_card_plays_is_heard(lab: Lab) -> None:
    (lab.folder / RIG).write_text(SOUND_CARD_RIG, encoding="utf-8")
    plan = plan_protocol(lab, lab.folder / "protocols/go_nogo_tones.toml")
    stimuli = stimuli_of(plan, 1)
    rig = plan_emulated_rig(lab, lab.folder / RIG)
    mouse = PolicyMouse(PolicySettings(policy="perfect", go=("low",)), {}, np.random.default_rng(1))
    emulation = EmulatedRig(lab, rig, stimuli, mouse)
    try:
        ways = emulation.start(str)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in ways.environment.items():
                patch.setenv(name, value)
            inbox = Inbox()
            context = new_context(lab, SystemClock(), inbox, None, Drain())
            speaker = led_to(lab, rig, ways.settings).devices(context)["speaker"]
            assert isinstance(speaker, Speaker)
            speaker.load(stimuli.sounds)
            speaker.open()
            emulation.let_mouse_in()
            for decisions, sound in enumerate(("low", "high"), start=1):
                speaker.present(sound)
                assert inbox.wait(10.0) is not None
                end = time.monotonic() + 5.0
                while len(mouse.decisions) < decisions and time.monotonic() < end:
                    time.sleep(0.01)
            speaker.close()
    finally:
        emulation.stop()
    assert mouse.decisions == [True, False]


@pytest.mark.parametrize(
    "protocol", ["go_nogo", "go_nogo_ramps", "go_nogo_noise", "go_nogo_tones", "set_shifting"]
)
def test_each_sound_is_told_from_the_others_by_its_samples(protocol: str, lab: Lab) -> None:
    plan = plan_protocol(lab, lab.folder / "protocols" / f"{protocol}.toml")
    calibration = SpeakerCalibration(lab.folder, "calibration/box1-speaker.toml")
    stimuli = stimuli_of(plan, 1)
    sounds = {
        name: render(sound, RATE_HZ, calibration, lab.folder).astype(np.float64)
        for name, sound in stimuli.sounds.items()
    }
    recogniser = SoundRecogniser(sounds, stimuli.announcements, RATE_HZ)
    heard = {}
    for name, samples in sounds.items():
        first = first_loud(samples)
        assert first is not None
        window = samples[first + 1 :][: round(recogniser.window * RATE_HZ)]
        heard[name] = recogniser.name_of(window)
    assert heard == {name: name for name in sounds}
    broken = {}
    for name, samples in sounds.items():
        first = first_loud(samples) or 0
        window = samples[first:][: round(recogniser.window * RATE_HZ)]
        gap = len(window) // 3
        late = np.concatenate([window[:gap], np.zeros(50), window[gap:-50]])
        broken[name] = recogniser.name_of(late)
    assert all(told in (name, None) for name, told in broken.items()), "never taken for another"
    if protocol in ("set_shifting", "go_nogo_tones"):
        assert broken == {name: name for name in sounds}
    hiss = np.random.default_rng(1).normal(0.0, 0.1, round(recogniser.window * RATE_HZ))
    assert recogniser.name_of(hiss) is None


def test_a_driver_without_an_emulator_is_refused_by_name(lab: Lab) -> None:
    text = 'driver = "hardware.digital_output:DigitalOutputTwin"\nline = "somewhere"\n'
    (lab.folder / RIG).write_text(f"[devices.fan]\n{text}", encoding="utf-8")
    emulation = EmulatedRig(lab, plan_emulated_rig(lab, lab.folder / RIG), NOTHING, None)
    with pytest.raises(CheckFailed) as caught:
        emulation.start(str)
    (problem,) = caught.value.problems
    assert "'DigitalOutputTwin' has no emulator" in problem.what
    assert problem.where.endswith("devices.fan")
    assert "--simulate" in problem.do


def test_all_that_cannot_be_emulated_is_told_before_the_session(
    ready: Lab, command: Callable[..., Done]
) -> None:
    path = ready.folder / RIG
    twin = 'driver = "hardware.digital_output:DigitalOutputTwin"\nline = "{0}"\n'
    text = path.read_text(encoding="utf-8")
    fans = "".join(f"[devices.{name}]\n{twin.format(name)}" for name in ("fan", "lamp"))
    path.write_text(text.replace("[simulation]\n", f"{fans}[simulation]\n"), encoding="utf-8")
    done = command("emulate", str(RIG))
    assert done.code == ExitCode.CHECK_FAILED
    assert "devices.fan" in done.err
    assert "devices.lamp" in done.err
    assert "Traceback" not in done.err


def test_a_card_that_nobody_knows_is_refused(ready: Lab, edit: Edit) -> None:
    edit(str(RIG), 'card = "pci_6221"', 'card = "mx_6431"')
    emulation = EmulatedRig(ready, plan_emulated_rig(ready, ready.folder / RIG), NOTHING, None)
    with pytest.raises(CheckFailed) as caught:
        emulation.start(str)
    assert "'mx_6431'" in caught.value.problems[0].what
    assert "pci_6221" in caught.value.problems[0].do


def test_no_real_mouse_runs_on_an_emulated_rig(ready: Lab, edit: Edit) -> None:
    edit("subjects/SIM01.toml", "simulated = true", "")
    with pytest.raises(CheckFailed) as caught:
        make_plan(
            ready, RIG, Path("protocols/go_nogo.toml"), "SIM01",
            simulate=False, emulate=True, seed=1,
        )  # fmt: skip
    assert [problem.what for problem in caught.value.problems] == [
        "'SIM01' is a real mouse, and the rig is emulated"
    ]


@pytest.mark.parametrize("other", ["--simulate", "--virtual"])
def test_a_session_is_emulated_or_simulated(
    other: str, ready: Lab, command: Callable[..., Done]
) -> None:
    done = command(
        "run", "--rig", str(RIG), "--protocol", "protocols/go_nogo.toml", "--subject", "SIM01",
        "--emulate", other,
    )  # fmt: skip
    assert done.code == ExitCode.USAGE
    assert "--emulate goes with neither" in done.err


def test_an_emulated_session_is_looked_at_before_it_without_a_card(ready: Lab) -> None:
    task = ("--rig", str(RIG), "--protocol", "protocols/go_nogo.toml")
    checked = inside(ready, "check", *task, "--emulate", "--json")
    assert checked.code == ExitCode.OK, checked.out
    assert json.loads(checked.out)["rehearsals"][0]["rig"] == "emulated"
    page = inside(ready, "preflight", *task, "--subject", "SIM01", "--emulate")
    assert page.code == ExitCode.OK, page.out
    assert "EMULATED: no animal" in page.out
    (ready.folder / "calibration/box1-valve.toml").unlink()
    page = inside(ready, "preflight", *task, "--subject", "SIM01", "--emulate")
    assert page.code == ExitCode.CHECK_FAILED
    assert "box1-valve.toml" in page.out
    for verb in ("check", "preflight"):
        more = ("--subject", "SIM01") if verb == "preflight" else ()
        done = inside(ready, verb, *task, *more, "--emulate", "--simulate")
        assert done.code == ExitCode.USAGE
