"""Drivers of NI cards: what they promise beyond the contracts of their kinds, on emulated cards."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from ni_bench import NiBench
from ni_rig import ANALOG, DRIVERS, LICK, SAMPLE, SPEAKER, VALVE, all_of, bench, waited_for

from calibration.speaker import SpeakerCalibration
from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.library import installed
from hardware.ni.input_tasks import InputTasks
from hardware.ni_analog_input import NiAnalogInput
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_speaker import NiSpeaker
from hardware.ni_valve import NiValve
from hardware.sound.synthesis import render
from rig.bench import Wanted
from rig.clock import SystemClock
from rig.devices import Context, Device
from rig.inbox import Edge, Failure, Inbox, Report
from rig.lab import Lab
from rig.plan import plan_protocol
from rig.rehearsal import rehearse
from rig.rig_plan import plan_rig
from rig.room import Room
from rig.sound import Chord, Sound
from rig.stream_store import StreamStore
from rig.streams import read_stream
from rig.trying import try_rig

pytestmark = pytest.mark.realtime

ROOT = Path(__file__).resolve().parent.parent
RIG_FILES = re.compile(r"into `rigs/(\w+)\.toml`.*?```toml\n(.*?)```", re.DOTALL)
SCREEN = """
[devices.screen]
driver = "hardware.display:DisplayTwin"
line = "HDMI-1"
refresh_hz = 60
width_cm = 35
width_px = 1920
distance_cm = 30
"""


@pytest.fixture
def x_series() -> Iterator[EmulatedCard]:
    """Start a card that has a sample clock for its digital lines."""
    with EmulatedCard("pcie_6321") as card:
        yield card


def licked(made: NiBench, card: EmulatedCard) -> tuple[np.ndarray, np.ndarray]:
    """Touch the sensor five times; return when, and what the driver told."""
    touched: list[float] = []
    told: list[float] = []
    for width in (0.03, 0.005, 0.0472, 0.002, 0.0311):
        at = made.session_time(card.pulse("Dev1/port0/line1", width))
        touched += [at, at + width]
        while len(told) < len(touched):
            told += [each.hardware_time for each in all_of(made, Edge)]
    return np.array(touched), np.array(told)


@pytest.mark.parametrize("which", ["emulated_card", "x_series"])
def test_licks_are_timed_to_a_sample(which: str, request: pytest.FixtureRequest, lab: Lab) -> None:
    """On a computer that is busy, the two clocks are compared less well: one run of five counts."""
    card = request.getfixturevalue(which)
    made = bench(NiDigitalInput, dict(LICK), lab, card)
    made.device.open()
    errors = []
    for _ in range(5):
        touched, told = licked(made, card)
        assert len(told) == len(touched)
        off = np.abs(told - touched).max() / SAMPLE
        stretched = np.abs(np.diff(told)[::2] - np.diff(touched)[::2]).max() / SAMPLE
        errors.append((off, stretched))
        if off < 2 and stretched < 1.01:
            break
    made.close()
    assert off < 2, errors
    assert stretched < 1.01, errors
    assert max(off for off, _ in errors) < 100, "never off by more than 10 ms"


def test_what_bounces_is_left_out_and_low_can_count_as_on(
    emulated_card: EmulatedCard, lab: Lab
) -> None:
    settings = {**LICK, "debounce_ms": 20.0, "active_low": True}
    emulated_card.set_line("Dev1/port0/line1", True)
    made = bench(NiDigitalInput, settings, lab, emulated_card)
    made.device.open()
    begin = time.monotonic() + 0.02
    for at, level in ((0.0, False), (0.008, True), (0.016, False), (0.1, True)):
        emulated_card.set_line("Dev1/port0/line1", level, begin + at)
        time.sleep(max(0.0, begin + at + 0.001 - time.monotonic()))
    time.sleep(0.06)
    told = [(each.level, each.hardware_time) for each in made.messages() if isinstance(each, Edge)]
    made.close()
    start = made.session_time(begin)
    assert told == [
        (True, pytest.approx(start + 0.016, abs=0.01)),
        (False, pytest.approx(start + 0.1, abs=0.01)),
    ]
    assert told[1][1] - told[0][1] == pytest.approx(0.084, abs=2 * SAMPLE)


def test_a_sensor_that_is_on_at_the_start_is_told(emulated_card: EmulatedCard, lab: Lab) -> None:
    emulated_card.set_line("Dev1/port0/line1", True)
    made = bench(NiDigitalInput, dict(LICK), lab, emulated_card)
    made.device.open()
    edge = waited_for(made, Edge)
    made.close()
    assert isinstance(edge, Edge)
    assert edge.level


def test_the_devices_of_one_card_share_its_tasks(emulated_card: EmulatedCard, lab: Lab) -> None:
    clock, inbox = SystemClock(time.monotonic), Inbox()
    context = Context(clock, inbox, Room(), lab.folder)

    def device(name: str, line: str) -> NiDigitalInput:
        table = {"line": line, "address": emulated_card.address}
        return NiDigitalInput(name, NiDigitalInput.Settings.model_validate(table), context)

    port, lick = device("port", "Dev1/port0/line0"), device("lick", "Dev1/port0/line1")
    for each in (port, lick):
        assert each.check() == []
        each.open()
    port.close()
    emulated_card.pulse("Dev1/port0/line0", 0.01)
    emulated_card.pulse("Dev1/port0/line1", 0.01)
    told = [inbox.wait(1.0), inbox.wait(1.0)]
    lick.close()
    assert [(each.device, each.level) for each in told if isinstance(each, Edge)] == [
        ("lick", True),
        ("lick", False),
    ]
    assert inbox.is_empty()


def test_an_opening_is_recorded_as_its_read_back_shows_it(
    emulated_card: EmulatedCard, lab: Lab
) -> None:
    made = bench(NiValve, dict(VALVE), lab, emulated_card)
    valve = made.device
    assert isinstance(valve, NiValve)
    valve.open()
    for volume_ul in (2.0, 5.0):
        valve.deliver(volume_ul)
        report = waited_for(made, Report)
        assert isinstance(report, Report)
        begin, end = made.openings()[-1]
        assert report.volume_ul == volume_ul
        assert end - begin == pytest.approx(report.requested, abs=1e-6), "the card ends the pulse"
        assert report.achieved == pytest.approx(report.requested, abs=1.01 * SAMPLE)
        assert report.hardware_time == pytest.approx(begin, abs=0.01)
    made.close()


def test_a_read_back_that_shows_nothing_is_told(emulated_card: EmulatedCard, lab: Lab) -> None:
    settings = {**VALVE, "read_back": "Dev1/port0/line6"}
    made = bench(NiValve, settings, lab, emulated_card)
    assert isinstance(made.device, NiValve)
    made.device.open()
    made.device.deliver(2.0)
    failure = waited_for(made, Failure)
    made.close()
    assert isinstance(failure, Failure)
    assert "read-back line did not show it" in failure.what


def test_a_computer_that_looks_late_does_not_blame_the_read_back(
    emulated_card: EmulatedCard, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read of the card for ten times as long as the read-back has to show an opening."""
    monkeypatch.setattr("hardware.ni_valve.SEEN_WITHIN", 0.02)
    busy = threading.Event()
    look = InputTasks.look
    made = bench(NiValve, dict(VALVE), lab, emulated_card)
    assert isinstance(made.device, NiValve)
    made.device.open()
    monkeypatch.setattr(InputTasks, "look", lambda tasks: busy.wait() and look(tasks))
    made.device.deliver(2.0)
    made.pass_time(0.2)
    assert made.messages() == []
    busy.set()
    report = waited_for(made, Report)
    made.close()
    assert isinstance(report, Report)
    assert report.achieved == pytest.approx(report.requested, abs=1.01 * SAMPLE)
    assert not [each for each in made.messages() if isinstance(each, Failure)]


@pytest.mark.parametrize(("driver", "settings"), DRIVERS[1:3])
def test_off_sets_a_line_low_that_somebody_else_left_high(
    driver: type[Device], settings: dict[str, object], emulated_card: EmulatedCard, lab: Lab
) -> None:
    output = "Dev1/PFI12" if driver is NiValve else str(settings["line"])
    emulated_card.set_line(output, True)
    guardian = bench(driver, settings, lab, emulated_card).device
    guardian.off()
    guardian.off()
    assert [level for _, level in emulated_card.history(output)][-1] is False


def with_ni_card(lab: Lab, name: str, address: str) -> Path:
    """Put a rig file of the documentation into a lab, its card at an address."""
    texts = dict(RIG_FILES.findall((ROOT / "docs/how-to/ni-card.md").read_text(encoding="utf-8")))
    path = lab.folder / f"rigs/{name}.toml"
    moved = texts[name].replace("driver =", f'address = "{address}"\ndriver =')
    path.write_text(moved, encoding="utf-8")
    return path


def test_the_rig_file_of_the_documentation_can_be_simulated(lab: Lab) -> None:
    plan = plan_rig(lab, with_ni_card(lab, "ni", "rig-computer:31763"), simulate=True)
    assert {driver.simulated for driver in plan.drivers.values()} == {True}
    assert plan.settings["port"].model_dump()["debounce_ms"] == 1.0


@pytest.mark.parametrize("way", ["server", "library"])
@pytest.mark.parametrize(("name", "devices"), [("ni", 7), ("shifting", 11)])
def test_the_rigs_of_the_documentation_work(
    name: str, devices: int, way: str, emulated_card: EmulatedCard, lab: Lab
) -> None:
    emulated_card.wire("Dev1/PFI12", "Dev1/port0/line2")
    emulated_card.wire("Dev1/port0/line6", "Dev1/PFI0")
    emulated_card.wire("Dev1/port0/line6", "Dev1/port0/line4")
    emulated_card.set_line("Dev1/port0/line1", True)  # low counts as on
    path = with_ni_card(lab, name, emulated_card.address if way == "server" else "")
    with installed(emulated_card.address) if way == "library" else nullcontext():
        tried = try_rig(lab, path, Wanted(drops=1, tone=True), simulate=False)
    emulated_card.set_line("Dev1/port0/line1", False)
    found = {each.device: (each.state, each.words) for each in tried if each.state != "good"}
    assert found == {}
    assert len(tried) == devices
    assert not any(each.simulated for each in tried)


@pytest.mark.parametrize("who", ["engine", "hardware"])
def test_the_task_of_the_set_shifting_rig_can_be_played_on_it(who: str, lab: Lab) -> None:
    path = with_ni_card(lab, "shifting", "rig-computer:31763")
    with path.open("a", encoding="utf-8") as file:
        file.write(SCREEN)
    task = lab.folder / "protocols/set_shifting.toml"
    with task.open("a", encoding="utf-8") as file:
        file.write(f'[params.trial]\nreward_by = "{who}"\n')
    played = rehearse(lab, plan_rig(lab, path, simulate=True), plan_protocol(lab, task), trials=40)
    assert (played.problems, len(played.graphs) > 4) == ([], True)


def test_voltages_are_recorded_with_lines_on_one_clock(
    emulated_card: EmulatedCard, lab: Lab, tmp_path: Path
) -> None:
    clock, inbox, store = SystemClock(time.monotonic), Inbox(), StreamStore()
    began = time.monotonic() - clock.now()
    context = Context(clock, inbox, Room(), lab.folder, store)
    address = {"address": emulated_card.address}
    wheel = NiAnalogInput(
        "wheel", NiAnalogInput.Settings.model_validate({**ANALOG, **address}), context
    )
    lick = NiDigitalInput(
        "lick", NiDigitalInput.Settings.model_validate({**LICK, **address}), context
    )
    assert wheel.check() == []
    store.begin(tmp_path / "streams", [wheel.stream()])
    emulated_card.set_volts("Dev1/ai0", 0.0)
    wheel.open()
    lick.open()
    time.sleep(0.15)
    stepped = emulated_card.set_volts("Dev1/ai0", 2.5) - began
    emulated_card.pulse("Dev1/port0/line1", 0.01)
    time.sleep(0.1)
    wheel.off()
    wheel.off()
    lick.close()
    wheel.close()
    store.end()
    store.close()
    stream = read_stream(tmp_path / "streams" / "wheel.stream")
    speed, times = stream.values()[:, 0], stream.times()
    assert speed[0] == pytest.approx(0.0, abs=1e-3)
    assert speed[-1] == pytest.approx(0.5, abs=1e-3)
    assert times[np.flatnonzero(speed > 0.25)[0]] == pytest.approx(stepped, abs=0.01)
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) * SAMPLE, abs=5 * SAMPLE)
    assert times[-1] > stepped + 0.09, "off keeps what no block held"
    (edge, _) = (inbox.take(), inbox.take())
    assert isinstance(edge, Edge)


def test_a_sound_is_given_out_sample_for_sample_and_ends_at_zero(
    emulated_card: EmulatedCard, lab: Lab
) -> None:
    made = bench(NiSpeaker, dict(SPEAKER), lab, emulated_card)
    speaker = made.device
    assert isinstance(speaker, NiSpeaker)
    sound = Sound((Chord((10_000.0,), 0.1, 73.0),))
    speaker.load({"tone": sound})
    speaker.open()
    began = time.monotonic() - made.now()
    speaker.present("tone")
    report = waited_for(made, Report)
    since = began + report.hardware_time - 0.05
    calibration = SpeakerCalibration(lab.folder, SPEAKER["calibration"])
    meant = 2.0 * render(sound, SPEAKER["rate_hz"], calibration, lab.folder)
    # Looked at four times as often as the card gives samples, to hit each in its middle.
    seen = np.array(emulated_card.volts("Dev1/ao0", since, 4 * 20e6 / 104, 160_000))
    given = seen[np.flatnonzero(seen)[0] % 4 + 2 :: 4]
    first = np.flatnonzero(given)[0] - np.flatnonzero(meant)[0]
    assert given[first : first + len(meant)] == pytest.approx(meant, abs=1e-6)
    assert not given[first + len(meant) :].any()
    speaker.load({"tone": Sound((Chord((10_000.0,), 3.0, 73.0),))})
    speaker.present("tone")
    speaker.off()
    assert emulated_card.volts("Dev1/ao0", time.monotonic() - 1e-3, 1e6, 1000)[-1] == 0.0
    made.close()
