"""Drivers of NI cards: what they promise beyond the contracts of their kinds, on emulated cards."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ni_bench import NiBench

from hardware.emulators.ni_client import EmulatedCard
from hardware.line_filter import LineFilter
from hardware.ni_analog_input import NiAnalogInput
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_digital_output import NiDigitalOutput
from hardware.ni_valve import NiValve
from hardware.sample_clock import SampleClock
from rig.clock import SystemClock
from rig.devices import Context, Device
from rig.errors import DeviceError
from rig.inbox import Edge, Failure, Inbox, Report
from rig.lab import Lab
from rig.rig_plan import plan_rig
from rig.room import Room
from rig.stream_store import StreamStore
from rig.streams import read_stream

RATE_HZ = 10_000.0
SAMPLE = 1 / RATE_HZ
LICK = {"line": "Dev1/port0/line1"}
LIGHT = {"line": "Dev1/port1/line0"}
VALVE = {
    "line": "Dev1/ctr0",
    "calibration": "calibration/box1-valve.toml",
    "max_open_ms": 60,
    "read_back": "Dev1/port0/line7",
}
DRIVERS: list[tuple[type[Device], dict[str, object]]] = [
    (NiDigitalInput, dict(LICK)),
    (NiDigitalOutput, dict(LIGHT)),
    (NiValve, dict(VALVE)),
]


@pytest.fixture
def x_series() -> Iterator[EmulatedCard]:
    """Start a card that has a sample clock for its digital lines."""
    with EmulatedCard("pcie_6321") as card:
        yield card


def bench(
    driver: type[Device], settings: dict[str, object], lab: Lab, card: EmulatedCard
) -> NiBench:
    return NiBench(driver, settings, lab.folder, card)


def in_order(device: Device) -> str:
    """Return the first problem of a device as one text; empty if there is none."""
    return "; ".join(str(problem) for problem in device.check())


def waited_for(made: NiBench, sort: type[object], seconds: float = 3.0) -> object:
    """Return the next message of a sort."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = [message for message in made.messages() if isinstance(message, sort)]
        if found:
            return found[0]
        time.sleep(0.005)
    raise AssertionError(f"no {sort.__name__} came within {seconds} s")


def edges_of(made: NiBench, card: EmulatedCard, widths: list[float]) -> tuple[list, list]:
    """Touch the sensor; return when, and what the driver told."""
    touched = []
    for width in widths:
        touched.append(made.session_time(card.pulse("Dev1/port0/line1", width)))
        touched.append(touched[-1] + width)
        time.sleep(width + 0.02)
    return touched, [each.hardware_time for each in made.messages() if isinstance(each, Edge)]


@pytest.mark.parametrize("which", ["emulated_card", "x_series"])
def test_licks_are_timed_to_a_sample(which: str, request: pytest.FixtureRequest, lab: Lab) -> None:
    card = request.getfixturevalue(which)
    made = bench(NiDigitalInput, dict(LICK), lab, card)
    made.device.open()
    touched, told = edges_of(made, card, [0.03, 0.005, 0.0472, 0.002, 0.0311])
    made.close()
    assert len(told) == len(touched)
    assert np.abs(np.array(told) - touched).max() < 2 * SAMPLE
    assert np.abs(np.diff(told)[::2] - np.diff(touched)[::2]).max() < 1.01 * SAMPLE


def test_what_bounces_is_left_out_and_low_can_count_as_on(
    emulated_card: EmulatedCard, lab: Lab
) -> None:
    settings = {**LICK, "debounce_ms": 5.0, "active_low": True}
    emulated_card.set_line("Dev1/port0/line1", True)
    made = bench(NiDigitalInput, settings, lab, emulated_card)
    made.device.open()
    begin = time.monotonic() + 0.02
    for at, level in ((0.0, False), (0.002, True), (0.004, False), (0.05, True)):
        emulated_card.set_line("Dev1/port0/line1", level, begin + at)
        time.sleep(max(0.0, begin + at + 0.001 - time.monotonic()))
    time.sleep(0.03)
    told = [(each.level, each.hardware_time) for each in made.messages() if isinstance(each, Edge)]
    made.close()
    start = made.session_time(begin)
    assert told == [
        (True, pytest.approx(start + 0.004, abs=2 * SAMPLE)),
        (False, pytest.approx(start + 0.05, abs=2 * SAMPLE)),
    ]


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
        assert report.hardware_time == pytest.approx(begin, abs=2 * SAMPLE)
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


@pytest.mark.parametrize(("driver", "settings"), DRIVERS[1:])
def test_off_sets_a_line_low_that_somebody_else_left_high(
    driver: type[Device], settings: dict[str, object], emulated_card: EmulatedCard, lab: Lab
) -> None:
    output = "Dev1/PFI12" if driver is NiValve else str(settings["line"])
    emulated_card.set_line(output, True)
    guardian = bench(driver, settings, lab, emulated_card).device
    guardian.off()
    guardian.off()
    assert [level for _, level in emulated_card.history(output)][-1] is False


@pytest.mark.parametrize(
    ("driver", "change", "words"),
    [
        (NiDigitalInput, {"line": "Dev2/port0/line1"}, "no card of that name"),
        (NiDigitalInput, {"line": "Dev1/port0/line9"}, "no such line: 'Dev1' is a PCI-6221"),
        (NiDigitalInput, {"line": "Dev1/port1/line0"}, "cannot sample that line by a clock"),
        (NiDigitalOutput, {"line": "Dev1/port7/line0"}, "no such line"),
        (NiValve, {"line": "Dev1/ctr5"}, "Name one of: Dev1/ctr0, Dev1/ctr1"),
        (NiValve, {"read_back": "Dev1/port2/line0"}, "cannot sample that line by a clock"),
    ],
)
def test_a_wrong_line_is_told_before_the_session(
    driver: type[Device],
    change: dict[str, object],
    words: str,
    emulated_card: EmulatedCard,
    lab: Lab,
) -> None:
    settings = {**dict(DRIVERS)[driver], **change}
    assert words in in_order(bench(driver, settings, lab, emulated_card).device)


def test_a_line_that_is_in_use_is_told(emulated_card: EmulatedCard, lab: Lab) -> None:
    first = bench(NiDigitalOutput, dict(LIGHT), lab, emulated_card).device
    second = bench(NiDigitalOutput, dict(LIGHT), lab, emulated_card).device
    first.open()
    with pytest.raises(DeviceError, match="in use already"):
        second.open()
    second.close()
    first.close()


def test_two_devices_on_one_sampled_line_are_told(emulated_card: EmulatedCard, lab: Lab) -> None:
    context = Context(SystemClock(), Inbox(), Room(), lab.folder)
    lick = NiDigitalInput.Settings.model_validate(
        {"line": "Dev1/port0/line7", "address": emulated_card.address}
    )
    valve = NiValve.Settings.model_validate({**VALVE, "address": emulated_card.address})
    NiDigitalInput("lick", lick, context)
    assert "'lick' and 'valve' share the line" in in_order(NiValve("valve", valve, context))


@pytest.mark.parametrize(("driver", "settings"), DRIVERS)
def test_a_server_that_is_not_there_is_told(
    driver: type[Device], settings: dict[str, object], lab: Lab
) -> None:
    table = {**settings, "address": "127.0.0.1:1"}
    context = Context(SystemClock(), Inbox(), Room(), lab.folder)
    device = driver("box", driver.Settings.model_validate(table), context)
    assert "no device server answers" in in_order(device)
    with pytest.raises(DeviceError, match="no device server answers"):
        device.open()
    device.close()


@pytest.mark.parametrize(("driver", "settings"), DRIVERS)
def test_a_computer_without_ni_is_told(
    driver: type[Device], settings: dict[str, object], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(SystemClock(), Inbox(), Room(), lab.folder)
    device = driver("box", driver.Settings.model_validate(settings), context)
    assert "the NI-DAQmx driver is not installed" in in_order(device)
    for module in ("nidaqmx", "nidaqmx.system"):
        monkeypatch.setitem(sys.modules, module, None)
    assert "package 'nidaqmx' is not installed" in in_order(device)
    with pytest.raises(DeviceError, match="package 'nidaqmx' is not installed"):
        device.open()
    device.close()


def test_a_card_that_is_unplugged_ends_the_session_in_words(lab: Lab) -> None:
    with EmulatedCard() as card:
        lick = bench(NiDigitalInput, dict(LICK), lab, card)
        light = bench(NiDigitalOutput, dict(LIGHT), lab, card)
        lick.device.open()
        light.device.open()
        card.unplug()
        failure = waited_for(lick, Failure)
        assert isinstance(failure, Failure)
        assert failure.what == "the card does not answer: it was unplugged, or has no power"
        with pytest.raises(DeviceError, match="unplugged"):
            light.device.off()
        with pytest.raises(DeviceError, match="unplugged"):
            light.device.close()
        lick.device.close()
        card.plug_in()
        lick.device.open()
        lick.device.close()


def test_a_computer_that_is_too_slow_is_told() -> None:
    """-200279 is what the driver says when samples were overwritten."""
    from nidaqmx.errors import DaqError

    from hardware.ni_errors import in_words

    what, do = in_words(DaqError("", -200279))
    assert "too slow" in what
    assert do


def test_a_rig_file_with_an_ni_card_can_be_simulated(lab: Lab) -> None:
    path = lab.folder / "rigs/ni.toml"
    text = (lab.folder / "rigs/box1.toml").read_text(encoding="utf-8")
    for name in ("digital_input:DigitalInput", "digital_output:DigitalOutput", "valve:Valve"):
        text = text.replace(f"{name}Twin", "ni_" + name.replace(":", ":Ni"))
    path.write_text(text, encoding="utf-8")
    plan = plan_rig(lab, path, simulate=True)
    assert {driver.simulated for driver in plan.drivers.values()} == {True}
    assert plan.settings["lick"].model_dump()["debounce_ms"] == 1.0


def test_the_times_of_samples_follow_a_card_that_runs_fast() -> None:
    """The card runs 40 millionths fast, and each look takes up to a millisecond."""
    rng = np.random.default_rng(1)
    start, rate_hz = 12.5, RATE_HZ * (1 + 40e-6)
    clock = SampleClock(RATE_HZ, start - 5e-4, start + 5e-4)
    errors = []
    for look in np.arange(0.01, 300.0, 0.01):
        before, after = look - rng.exponential(2e-4), look + rng.exponential(2e-4)
        clock.saw(int(look * rate_hz) + 1, start + before, start + after)
        sample = int(look * rate_hz)
        errors.append(clock.time(sample) - (start + sample / rate_hz))
    assert np.abs(errors).max() < 2 * SAMPLE
    assert np.abs(errors[len(errors) // 2 :]).max() < SAMPLE


def test_a_card_that_hands_over_packets_is_late_by_no_more_than_its_quickest() -> None:
    start, packet = 3.0, 64
    clock = SampleClock(RATE_HZ, start - 1e-3, start + 1e-3)
    for look in np.arange(0.01, 20.0, 0.0021):
        count = int(look * RATE_HZ) // packet * packet
        clock.saw(count, start + look, start + look + 1e-4)
    assert clock.time(150_000) == pytest.approx(start + 15.0, abs=1e-3)


@pytest.mark.parametrize("steady", [0, 1, 3])
def test_changes_do_not_depend_on_how_samples_come(steady: int) -> None:
    rng = np.random.default_rng(steady)
    samples = np.repeat(rng.random(200) < 0.5, rng.integers(1, 7, 200))
    whole = LineFilter(steady).take(samples)
    pieces, found = LineFilter(steady), []
    for piece in np.array_split(samples, 97):
        found += pieces.take(piece)
    assert found == whole
    assert [level for level, _ in whole] == [n % 2 == 0 for n in range(len(whole))]


ANALOG = {
    "meaning": "treadmill and photodiode",
    "rate_hz": 10_000.0,
    "range_v": 5.0,
    "channels": [
        {"name": "speed", "line": "Dev1/ai0", "unit": "m/s", "per_volt": 0.2},
        {"name": "photodiode", "line": "Dev1/ai1"},
    ],
}


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
    assert times[np.flatnonzero(speed > 0.25)[0]] == pytest.approx(stepped, abs=2 * SAMPLE)
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) * SAMPLE, abs=5 * SAMPLE)
    assert times[-1] > stepped + 0.09, "off keeps what no block held"
    (edge, _) = (inbox.take(), inbox.take())
    assert isinstance(edge, Edge)


def test_analog_inputs_that_the_card_cannot_sample_together_are_told(
    emulated_card: EmulatedCard, lab: Lab
) -> None:
    context = Context(SystemClock(), Inbox(), Room(), lab.folder)

    def device(name: str, line: str, rate_hz: float) -> NiAnalogInput:
        table = {**ANALOG, "rate_hz": rate_hz, "address": emulated_card.address}
        table["channels"] = [{"name": "x", "line": line}]
        return NiAnalogInput(name, NiAnalogInput.Settings.model_validate(table), context)

    assert in_order(device("wheel", "Dev1/ai0", 1000.0)) == ""
    assert "sample at 1000 Hz" in in_order(device("breath", "Dev1/ai1", 500.0))
    assert "no such line" in in_order(device("pupil", "Dev1/ai99", 1000.0))
