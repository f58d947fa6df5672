"""What the operator reads when an NI card, its driver or its wiring is not as it should be."""

from __future__ import annotations

import json
import sys
import time

import pytest
from ni_rig import ANALOG, DRIVERS, LICK, LIGHT, SPEAKER, VALVE, bench, in_order, waited_for
from nidaqmx.errors import DaqError

from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.library import uninstalled
from hardware.ni.errors import in_words, is_lost
from hardware.ni_analog_input import NiAnalogInput
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_digital_output import NiDigitalOutput
from hardware.ni_speaker import NiSpeaker
from hardware.ni_valve import NiValve
from rig.clock import SystemClock
from rig.devices import Context, Device
from rig.errors import CheckFailed, DeviceError
from rig.inbox import Failure, Inbox
from rig.lab import Lab
from rig.rig_plan import plan_rig
from rig.room import Room


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
    with uninstalled():
        assert "the NI-DAQmx driver is not installed on this computer" in in_order(device)
        with pytest.raises(DeviceError, match="the NI-DAQmx driver is not installed"):
            device.open()
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


@pytest.mark.parametrize(("driver", "settings"), DRIVERS)
def test_another_computer_without_the_driver_is_told(
    driver: type[Device], settings: dict[str, object], emulated_card: EmulatedCard, lab: Lab
) -> None:
    made = bench(driver, settings, lab, emulated_card)
    emulated_card.uninstall()
    try:
        there = "the NI-DAQmx driver is not installed on the computer that has the card"
        assert there in in_order(made.device)
        with pytest.raises(DeviceError, match=there):
            made.device.open()
        made.device.close()
    finally:
        emulated_card.install()
    assert in_order(bench(driver, settings, lab, emulated_card).device) == ""


@pytest.mark.parametrize(("driver", "settings"), DRIVERS)
def test_a_card_of_another_name_is_told(
    driver: type[Device], settings: dict[str, object], emulated_card: EmulatedCard, lab: Lab
) -> None:
    renamed = json.loads(json.dumps(settings).replace("Dev1", "Dev2"))
    made = bench(driver, renamed, lab, emulated_card)
    assert "there is no card of that name" in in_order(made.device)
    with pytest.raises(DeviceError, match="there is no card of that name"):
        made.device.open()
    made.device.close()


@pytest.mark.parametrize("code", [-200088, -88709, -88710])
def test_a_task_that_somebody_else_ended_is_told_and_can_be_taken_hold_of_again(code: int) -> None:
    error = DaqError("aborted", code)
    assert in_words(error)[0].startswith("the card was reset while the session used it")
    assert is_lost(error)


def test_a_computer_that_is_too_slow_is_told(
    emulated_card: EmulatedCard, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples are overwritten when the next look at the card comes too late."""
    monkeypatch.setattr("hardware.ni.input_tasks.BUFFERED", 0.1)
    monkeypatch.setattr("hardware.ni.sampling.LOOK_EVERY", 1.2)
    made = bench(NiDigitalInput, LICK, lab, emulated_card)
    made.device.open()
    assert "the computer was too slow: samples" in waited_for(made, Failure).what
    made.device.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate_hz": 192_000}, "Write rate_hz = 192307.692"),
        ({"rate_hz": 1_000_000}, "the card cannot play at 1e+06 Hz"),
        ({"line": "Dev1/ao5"}, "Name one of: Dev1/ao0, Dev1/ao1"),
    ],
)
def test_a_speaker_that_the_card_cannot_be_is_told(
    change: dict[str, object], words: str, emulated_card: EmulatedCard, lab: Lab
) -> None:
    made = bench(NiSpeaker, {**SPEAKER, **change}, lab, emulated_card)
    assert words in in_order(made.device)


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


def test_a_server_that_hangs_is_told_and_does_not_hold_the_rig_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.ni.card.ANSWER_WITHIN", 0.3)
    with EmulatedCard() as card:
        lick = bench(NiDigitalInput, LICK, lab, card)
        valve = bench(NiValve, {**VALVE, "read_back": ""}, lab, card)
        lick.device.open()
        valve.device.open()
        card.slow(0.6)
        failure = waited_for(lick, Failure)
        assert isinstance(failure, Failure)
        assert "did not answer in time" in failure.what
        began = time.monotonic()
        with pytest.raises(DeviceError, match="did not answer in time"):
            valve.device.off()
        with pytest.raises(DeviceError, match="did not answer in time"):
            valve.device.close()
        lick.device.close()
        assert time.monotonic() - began < 2.0


def test_lines_of_one_name_on_two_computers_are_no_one_wire(lab: Lab) -> None:
    path = lab.folder / "rigs/two_computers.toml"
    device = 'driver = "hardware.ni_digital_input:NiDigitalInput"\nline = "Dev1/port0/line0"\n'
    here, there = "[devices.left]\n" + device, "[devices.right]\n" + device
    path.write_text(here + there + 'address = "other:31763"\n', encoding="utf-8")
    assert plan_rig(lab, path, simulate=True).drivers
    path.write_text(here + there, encoding="utf-8")
    with pytest.raises(CheckFailed, match="share the line"):
        plan_rig(lab, path, simulate=True)
