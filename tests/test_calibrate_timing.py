"""The timing of a rig is measured on an emulated card, kept, and told of what a session reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from conftest import Done
from helpers import plan_for
from hypothesis import given
from hypothesis import strategies as st
from lamps import lamps_plan
from looped_rig import put_rig
from nwb_sessions import changed, odd_definition, write_session
from screen_bench import PATCH, measured

import rig
from analysis.report_timing import timing_parts
from calibration.store import text_of
from calibration.timing import path_of
from hardware.calibrating.timing import GATE, tone_lags
from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.screen_grab import Change, ScreenWatch
from hardware.emulators.x_display import x_display
from rig.arming import Wish, preflight
from rig.calibration_record import Origin, read_calibration, sealed
from rig.commands.check import check_lab
from rig.errors import CheckFailed, ExitCode
from rig.events import ClockRead, DeviceRecord, DeviceReported
from rig.lab import Lab
from rig.plan import Plan
from rig.provenance import make_definition
from rig.rig_plan import made_devices, plan_rig
from rig.stimuli import Stimuli
from rig.timing import TimingFile, lateness_of

RATE_HZ = 10_000
MORE = """
[devices.sync_onset]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line2"
address = "{address}"

[devices.house_light]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line3"
address = "{address}"

[devices.ends]
driver = "hardware.ni_line_record:NiLineRecord"
meaning = "the ends of outputs"
rate_hz = 10_000
channels = [{{ name = "sync_onset", line = "Dev1/port0/line5" }}]
address = "{address}"
"""


@pytest.fixture
def card(lab: Lab, emulated_card: CardWires) -> CardWires:
    """Return an emulated card with the rig `ni` on it, whose ends are wired to inputs."""
    emulated_card.wire("Dev1/port1/line2", "Dev1/port0/line5")
    put_rig(lab, emulated_card, MORE)
    return emulated_card


@pytest.mark.realtime
@pytest.mark.usefixtures("card")
def test_every_output_whose_end_is_seen_is_measured_and_kept(
    lab: Lab, command: Callable[..., Done]
) -> None:
    done = command("calibrate", "timing", "ni", "--by", "anna", "--pulses", "5", "--json")
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    record = read_calibration(lab.folder, "calibration/ni-timing.toml", TimingFile)
    paths = {each.device: each for each in record.paths}
    assert {name: (each.since, each.seen_by) for name, each in paths.items()} == {
        "valve": ("order", "read-back Dev1/port0/line7"),
        "sync_onset": ("order", "sync_onset of ends"),
        "speaker": ("report", "microphone of sensors"),
    }
    assert all(len(each.lags_ms) == 5 for each in record.paths)
    assert abs(paths["speaker"].lag_ms) < 3, "the emulated card knows when it began"
    assert [each["device"] for each in told["unseen"]] == ["house_light"]
    assert Path(told["picture"]).read_bytes().startswith(b"\x89PNG")
    listed = json.loads(command("calibrations", "--json").out)
    assert [each["state"] for each in listed if each["kind"] == "timing"] == ["good"]
    assert Path(told["kept"]).name.startswith("ni-timing-")


LIT = """[devices.screen]
driver = "hardware.psychopy_display:PsychopyDisplay"
line = "HDMI-1"
refresh_hz = 60
width_cm = 40
width_px = 640
distance_cm = 30
calibration = "calibration/box1-screen.toml"
pace = "clock"

[devices.sensors]
driver = "hardware.ni_analog_input:NiAnalogInput"
meaning = "photodiode"
rate_hz = 10_000
range_v = 5.0
channels = [{{ name = "photodiode", line = "Dev1/ai6" }}]
address = "{address}"

[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"
"""


@pytest.mark.realtime
def test_the_light_of_a_screen_is_seen_by_a_photodiode(
    lab: Lab, card: CardWires, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Done]
) -> None:
    """Whatever looks at the patch of the virtual screen sets the volts of the input."""
    (lab.folder / "rigs/lit.toml").write_text(LIT.format(address=card.address), encoding="utf-8")
    (lab.folder / "calibration/box1-screen.toml").write_text(measured(), encoding="utf-8")
    card.set_volts("Dev1/ai6", 0.2)

    def shine(change: Change) -> None:
        card.set_volts("Dev1/ai6", 0.2 + change.level / 255)

    with x_display((640, 480)) as display:
        monkeypatch.setenv("DISPLAY", display.name)
        with ScreenWatch(display.name, 0, PATCH, shine):
            done = command("calibrate", "timing", "lit", "--by", "anna", "--pulses", "3", "--json")
    assert done.code == ExitCode.OK, done.err
    (path,) = read_calibration(lab.folder, "calibration/lit-timing.toml", TimingFile).paths
    assert (path.device, path.since, path.seen_by) == ("screen", "report", "photodiode of sensors")
    assert -5 < path.lag_ms < 500, "the patch is looked at every few ms, if nothing else runs"


def test_a_missed_pulse_is_refused_and_nothing_is_put_in_force(
    lab: Lab, card: CardWires, edit: Callable[[str, str, str], None], command: Callable[..., Done]
) -> None:
    """The wire of the onset line goes to another input, which stays low."""
    edit("rigs/ni.toml", "port0/line5", "port0/line4")
    edit("rigs/ni.toml", "read_back", "# read_back")
    done = command("calibrate", "timing", "ni", "--by", "anna", "--pulses", "3")
    assert done.code == ExitCode.CHECK_FAILED
    assert "sync_onset of ends saw 0 of 3 pulses of 'sync_onset'" in done.err
    assert not (lab.folder / "calibration/ni-timing.toml").exists()


def test_a_rig_of_which_nothing_is_seen_is_told_why(command: Callable[..., Done]) -> None:
    done = command("calibrate", "timing", "box1", "--by", "anna")
    assert done.code == ExitCode.CHECK_FAILED
    assert "'valve' is simulated" in done.err
    assert "Measure a real device" in done.err
    assert "Wire its end" not in done.err


UNWIRED = """setup = "freely_moving"

[devices.house_light]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line3"
address = "{address}"

[devices.valve]
driver = "hardware.valve:ValveTwin"
line = "Dev1/ctr0"
calibration = "calibration/box1-valve.toml"
max_open_ms = 60

[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"
"""


def test_only_a_real_output_is_to_be_wired(
    lab: Lab, emulated_card: CardWires, command: Callable[..., Done]
) -> None:
    text = UNWIRED.format(address=emulated_card.address)
    (lab.folder / "rigs/unwired.toml").write_text(text, encoding="utf-8")
    done = command("calibrate", "timing", "unwired", "--by", "anna")
    assert done.code == ExitCode.CHECK_FAILED
    assert done.err.count("Wire its end to an input") == 1
    assert done.err.count("Measure a real device") == 1
    assert "devices.house_light" in done.err.partition("Wire its end")[0].splitlines()[-2]


@given(
    lag=st.floats(-0.02, 0.08),
    noise=st.floats(0, 0.05),
    frequency_hz=st.sampled_from([1000.0, 2000.0]),
    phase=st.floats(0, 6.3),
)
def test_the_beginning_of_each_tone_is_found(
    lag: float, noise: float, frequency_hz: float, phase: float
) -> None:
    times = np.arange(0, 1.5, 1 / RATE_HZ) + 100.0
    onsets = np.array([100.2, 100.6, 101.1])
    heard = np.random.default_rng(1).normal(0, noise, len(times))
    for onset in onsets:
        into = times - onset - lag
        gate = np.clip(np.minimum(into, 0.05 - into) / GATE, 0, 1)
        heard += (1 - np.cos(np.pi * gate)) / 2 * np.sin(2 * np.pi * frequency_hz * into + phase)
    found = tone_lags(times, heard, onsets, frequency_hz)
    assert found == pytest.approx([lag] * 3, abs=5e-4)


def test_silence_and_a_rig_that_is_not_sampled_have_no_tones() -> None:
    times = np.arange(0, 1, 1 / RATE_HZ)
    quiet = np.random.default_rng(1).normal(0, 1, len(times))
    assert len(tone_lags(times, quiet, np.array([0.5]), 1000.0)) == 0
    assert len(tone_lags(times, 0 * quiet, np.array([0.5]), 1000.0)) == 0
    assert len(tone_lags(times[:0], quiet[:0], np.array([0.5]), 1000.0)) == 0


def test_the_numbers_of_a_path_are_those_of_its_lags() -> None:
    lags_ms = [1.0] * 90 + [2.0] * 9 + [30.0]
    path = path_of("screen", "display", "photodiode", "report", lags_ms, 100)
    assert (path.lag_ms, path.uncertainty_ms) == (1.0, 1.0), "one far off is none of the 95 %"
    assert path.jitter_ms == pytest.approx(np.std(lags_ms, ddof=1))
    with pytest.raises(CheckFailed, match="saw 99 of 100"):
        path_of("screen", "display", "photodiode", "report", lags_ms[:99], 100)


def record(rig: str = "ni") -> TimingFile:
    """Return a record in which the lags are 4 +- 2 ms of a speaker, and 3 +- 2.5 of a valve."""
    origin = Origin(
        kind="timing", rig=rig, device="timing", hardware="a test", software="1",
        measured_at=datetime(2026, 11, 2, tzinfo=UTC),
    )  # fmt: skip
    speaker = path_of("speaker", "speaker", "microphone", "report", [2.0, 4.0, 4.0], 3)
    valve = path_of("valve", "valve", "line", "order", [1.0, 3.0, 5.0], 3)
    return sealed(
        TimingFile(
            measured_on=date(2026, 11, 2), measured_by="anna", record=origin,
            paths=(
                speaker.model_copy(update={"jitter_ms": 1.0, "uncertainty_ms": 2.0}),
                valve.model_copy(update={"jitter_ms": 1.0, "uncertainty_ms": 2.5}),
            ),
        )
    )  # fmt: skip


TIMING = text_of(record())
EDITED = TIMING.replace("uncertainty_ms = 2.0", "uncertainty_ms = 0.1")


@pytest.mark.parametrize("is_simulated", [False, True])
def test_a_report_without_uncertainty_of_its_own_gets_that_of_its_path(
    tmp_path: Path, is_simulated: bool
) -> None:
    """The valve's lag counts from the order: it says nothing of the time that it reports."""
    devices = tuple(
        DeviceRecord(name, name, "d:D", "D", is_simulated, {}) for name in ("speaker", "valve")
    )
    definition = changed(
        odd_definition(), rig="ni", devices=devices,
        calibration_toml={"calibration/ni-timing.toml": TIMING},
    )  # fmt: skip
    events = [
        DeviceReported(0, 1.0, 1.0, 0, "speaker", "sound", "A", 1.0, 1.0, None),
        DeviceReported(0, 2.0, 2.0, 0, "valve", "opening", "", 0.05, 0.05, 5.0),
        ClockRead(0, 3.0, 3.0, 0, "utc", 1.7e9, 0.001),
    ]
    write_session(tmp_path, events, definition)
    session = rig.load(tmp_path / "data/M1/2026-01-31/1")
    told = session.events["uncertainty"].tolist()
    assert told == pytest.approx([np.nan if is_simulated else 0.002, np.nan, 0.001], nan_ok=True)
    assert session.meta["timing"] == ({} if is_simulated else {
        "speaker": {"since": "report", "lag": 0.004, "jitter": 0.001, "uncertainty": 0.002},
        "valve": {"since": "order", "lag": 0.003, "jitter": 0.001, "uncertainty": 0.0025},
    })  # fmt: skip


def test_a_session_keeps_the_timing_of_its_rig_unless_all_is_simulated(lab: Lab) -> None:
    def kept(plan: Plan) -> str | None:
        devices = made_devices(lab, plan.rig)
        stimuli = Stimuli({}, {}, {}, ())
        was = make_definition(plan, devices, stimuli, {}, "virtual", "", 0.0, (), 1.0)
        return was.calibration_toml.get(f"calibration/{plan.rig.name}-timing.toml")

    real, simulated = lamps_plan(lab, 1.0, lamp=""), plan_for(lab)
    assert kept(real) is None
    for plan in (real, simulated):
        (lab.folder / f"calibration/{plan.rig.name}-timing.toml").write_text(TIMING)
    assert kept(real) == TIMING
    assert kept(simulated) is None


def test_the_timing_of_another_rig_does_not_count() -> None:
    assert set(lateness_of("ni", {"calibration/ni-timing.toml": TIMING})) == {"speaker", "valve"}
    assert lateness_of("box1", {"calibration/box1-timing.toml": TIMING}) == {}
    assert lateness_of("ni", {"calibration/ni-timing.toml": "paths = 3"}) == {}
    assert lateness_of("ni", {"calibration/ni-timing.toml": "paths ="}) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (EDITED, "changed after it was measured"),
        (text_of(record("ni2")), "was measured at rig 'ni2', not at '{rig}'"),
    ],
)
def test_an_edited_or_foreign_timing_is_refused_before_a_session(
    lab: Lab, text: str, words: str
) -> None:
    rig = lamps_plan(lab, 1.0, lamp="").rig
    file = lab.folder / f"calibration/{rig.name}-timing.toml"
    file.write_text(text, encoding="utf-8")
    words = words.format(rig=rig.name)
    with pytest.raises(CheckFailed, match=words):
        lamps_plan(lab, 1.0, lamp="")
    page = preflight(lab, Wish(rig.path, "M1", options=()), datetime.now().astimezone())
    assert page.stopped
    assert any(words in each.text for each in page.guards)
    found, _ = check_lab(lab, [rig.path], [], simulate=False)
    assert [each.where for each in found if words in each.what] == [str(file)]
    plan_rig(lab, rig.path, simulate=False)  # it can still be measured anew


def test_the_report_of_a_session_says_that_its_timing_was_edited() -> None:
    for text, is_told in ((TIMING, False), (EDITED, True)):
        definition = changed(
            odd_definition(), rig="ni", calibration_toml={"calibration/ni-timing.toml": text}
        )
        told = "".join(timing_parts(definition, []))
        assert ("calibration/ni-timing.toml was changed after it was measured" in told) == is_told
        assert (lateness_of("ni", definition.calibration_toml) == {}) == is_told
