"""One contract for each kind of device; twins pass it, and so does every driver.

The benches that devices are tried on stand in `benches.py`: objects that stand for the world on
the other end of the wire (an emulator, a null sink, a cable). The tests know nothing else of
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from benches import Bench, benches_for
from presented import STIMULI, Stimuli

from rig.devices import Device, DigitalInput, DigitalOutput, Presenter, Valve
from rig.errors import DeviceError
from rig.graph import Flash, Play, Pulse, Show, TurnOff, TurnOn
from rig.inbox import Edge, Report
from rig.lab import Lab

pytestmark = pytest.mark.realtime


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try every driver of a kind on its bench; with ``--hardware`` the devices of that rig."""
    mark = metafunc.definition.get_closest_marker("every")
    if mark is None:
        return
    makers = benches_for(metafunc.config.getoption("--hardware"), *mark.args, **mark.kwargs)
    metafunc.parametrize("bench", list(makers.values()), ids=list(makers), indirect=True)


@pytest.fixture
def bench(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Bench]:
    made = request.param(lab.folder, request)
    made.device.open()
    yield made
    made.close()


every_device = pytest.mark.every.with_args(Device)
every_input = pytest.mark.every.with_args(DigitalInput, observed=True)
every_output = pytest.mark.every.with_args(DigitalOutput)
every_valve = pytest.mark.every.with_args(Valve)
every_observed_valve = pytest.mark.every.with_args(Valve, observed=True)
every_presenter = pytest.mark.every.with_args(Presenter)
every_observed_presenter = pytest.mark.every.with_args(Presenter, observed=True)


@every_device
def test_verbs_may_be_repeated_and_work_on_a_closed_device(bench: Bench) -> None:
    device = bench.device
    verbs: list[Callable[[], object]] = [device.off, device.check, device.close]
    for verb in (device.open, *verbs, *verbs, device.open, *verbs):
        verb()
        verb()
    assert bench.messages() == []


@every_device
def test_a_device_in_order_has_no_problems(bench: Bench) -> None:
    assert bench.device.check() == []


@every_device
def test_orders_of_other_kinds_are_refused_in_words(bench: Bench) -> None:
    orders = (
        Pulse("box", 5.0), Play("box", "x"), Show("box", "x"), Flash("box", "x"), TurnOn("box"),
        TurnOff("box"),
    )  # fmt: skip
    reasons = [bench.device.refuse(order) for order in orders]
    refused = [reason for reason in reasons if reason]
    assert len(refused) >= 4
    assert all("cannot" in reason or "the protocol has no" in reason for reason in refused)


@every_input
def test_an_input_reports_each_change_once_with_its_time(bench: Bench) -> None:
    assert isinstance(bench.device, DigitalInput)
    changed = []
    for level, changes in ((True, True), (True, False), (False, True), (True, True)):
        bench.pass_time(0.1)
        touched = bench.touch(level)
        if changes:
            changed.append((level, pytest.approx(touched, abs=bench.tolerance)))
    bench.pass_time(0.1)
    edges = [message for message in bench.messages() if isinstance(message, Edge)]
    assert [(edge.level, edge.hardware_time) for edge in edges] == changed
    assert {edge.device for edge in edges} == {"box"}
    assert bench.device.level() is True


@every_input
def test_a_closed_input_is_silent(bench: Bench) -> None:
    bench.device.close()
    bench.touch(True)
    bench.pass_time(0.1)
    assert bench.messages() == []


@every_output
def test_an_output_switches_and_off_makes_it_low(bench: Bench) -> None:
    assert isinstance(bench.device, DigitalOutput)
    bench.device.act(TurnOn("box"))
    bench.device.act(TurnOn("box"))
    assert bench.device.level() is True
    bench.device.act(TurnOff("box"))
    assert bench.device.level() is False
    bench.device.act(TurnOn("box"))
    bench.device.off()
    assert bench.device.level() is False


@every_output
def test_a_closed_output_cannot_be_switched_on(bench: Bench) -> None:
    assert isinstance(bench.device, DigitalOutput)
    bench.device.close()
    with pytest.raises(DeviceError):
        bench.device.act(TurnOn("box"))
    assert bench.device.level() is False


@every_observed_valve
def test_a_drop_is_one_finite_opening_of_the_calibrated_length(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    ordered = bench.now()
    bench.device.act(Pulse("box", 5.0))
    obeyed = bench.now()
    assert bench.device.is_busy()
    bench.pass_time(0.010)
    assert bench.device.is_busy()
    bench.pass_time(0.060)
    assert not bench.device.is_busy()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert (report.device, report.what, report.volume_ul) == ("box", "opening", 5.0)
    assert report.requested == pytest.approx(0.0372, abs=0.0005)
    assert report.achieved == pytest.approx(report.requested, abs=bench.tolerance)
    assert ordered <= report.hardware_time <= obeyed
    unsure = obeyed - ordered + bench.tolerance
    ended = pytest.approx(report.hardware_time + report.achieved, abs=unsure)
    assert bench.drunk() == [(5.0, ended)]


@every_valve
def test_off_cuts_an_opening_short_and_reports_what_was_delivered(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    ordered = bench.now()
    bench.device.act(Pulse("box", 5.0))
    obeyed = bench.now()
    bench.pass_time(0.020)
    cut = bench.now()
    bench.device.off()
    off = bench.now()
    assert not bench.device.is_busy()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    least, most = cut - obeyed - bench.tolerance, off - ordered + bench.tolerance
    assert least <= report.achieved <= min(most, report.requested)
    missed = report.requested - report.achieved
    assert report.volume_ul == pytest.approx(5.0 - bench.ul_per_second * missed, abs=0.01)
    bench.pass_time(0.1)
    assert bench.messages() == []


@every_valve
@pytest.mark.parametrize(
    ("volume_ul", "reason"),
    [(0.5, "outside its calibration"), (50.0, "outside its calibration"), (9.5, "over its limit")],
)
def test_a_valve_refuses_what_it_cannot_promise(
    bench: Bench, volume_ul: float, reason: str
) -> None:
    assert isinstance(bench.device, Valve)
    assert reason in str(bench.device.refuse(Pulse("box", volume_ul)))
    with pytest.raises(DeviceError, match=reason):
        bench.device.deliver(volume_ul)
    assert not bench.device.is_busy()


@every_valve
def test_a_valve_refuses_a_second_drop_while_it_is_open(bench: Bench) -> None:
    bench.device.act(Pulse("box", 5.0))
    with pytest.raises(DeviceError, match="still open"):
        bench.device.act(Pulse("box", 5.0))
    bench.pass_time(0.1)
    assert len(bench.messages()) == 1


@every_observed_valve
def test_an_armed_drop_begins_after_its_delay_and_off_disarms_it(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    reason = bench.device.refuse_delay(0.2)
    if reason:
        assert "cannot be armed" in reason
        assert bench.device.refuse(Pulse("box", 5.0, delay=0.2)) == reason
        return
    ordered = bench.now()
    bench.device.act(Pulse("box", 5.0, delay=0.2))
    obeyed = bench.now()
    assert bench.device.is_busy()
    bench.pass_time(0.6)
    assert not bench.device.is_busy()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    unsure = obeyed - ordered + bench.tolerance
    assert report.hardware_time == pytest.approx(ordered + 0.2, abs=unsure)
    assert (report.what, report.volume_ul) == ("opening", 5.0)
    bench.device.act(Pulse("box", 5.0, delay=0.2))
    bench.device.off()
    assert not bench.device.is_busy()
    bench.pass_time(0.35)
    assert (bench.messages(), len(bench.drunk())) == ([], 1)


@every_valve
@pytest.mark.parametrize("delay", [-1.0, 31.0, float("nan")])
def test_a_valve_refuses_a_delay_without_a_near_end(bench: Bench, delay: float) -> None:
    assert isinstance(bench.device, Valve)
    assert bench.device.refuse(Pulse("box", 5.0, delay=delay))
    with pytest.raises(DeviceError):
        bench.device.deliver(5.0, delay)
    assert not bench.device.is_busy()


@every_observed_valve
def test_a_closed_valve_delivers_nothing(bench: Bench) -> None:
    bench.device.close()
    with pytest.raises(DeviceError):
        bench.device.act(Pulse("box", 5.0))
    assert bench.drunk() == []


@every_observed_valve
def test_a_flush_is_one_finite_opening_whose_water_is_not_counted(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    assert bench.device.refuse_flush(0.5) is None
    ordered = bench.now()
    bench.device.flush(0.5)
    obeyed = bench.now()
    bench.pass_time(0.4)
    assert bench.device.is_busy()
    bench.pass_time(0.2)
    assert not bench.device.is_busy()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert (report.device, report.what, report.volume_ul) == ("box", "flush", None)
    assert ordered <= report.hardware_time <= obeyed
    assert (report.requested, report.achieved) == (0.5, pytest.approx(0.5, abs=bench.tolerance))
    assert bench.drunk() == []


@every_valve
@pytest.mark.parametrize("closed_by", ["end_flush", "off"])
def test_a_flush_that_is_cut_short_is_reported_with_its_true_length(
    bench: Bench, closed_by: str
) -> None:
    assert isinstance(bench.device, Valve)
    ordered = bench.now()
    bench.device.flush(0.5)
    obeyed = bench.now()
    bench.pass_time(0.1)
    closes = {"end_flush": bench.device.end_flush, "off": bench.device.off}
    cut = bench.now()
    closes[closed_by]()
    off = bench.now()
    assert not bench.device.is_busy()
    bench.pass_time(0.6)
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert (report.what, report.requested, report.volume_ul) == ("flush", 0.5, None)
    least, most = cut - obeyed - bench.tolerance, off - ordered + bench.tolerance
    assert least <= report.achieved <= most


@every_valve
def test_the_end_of_a_flush_leaves_a_drop_alone(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    bench.device.end_flush()
    bench.device.act(Pulse("box", 5.0))
    bench.device.end_flush()
    assert bench.device.is_busy()
    bench.pass_time(0.1)
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert (report.what, report.volume_ul) == ("opening", 5.0)


@every_valve
@pytest.mark.parametrize("duration", [0.0, -1.0, 31.0, float("nan"), float("inf")])
def test_a_valve_refuses_a_flush_without_a_near_end(bench: Bench, duration: float) -> None:
    assert isinstance(bench.device, Valve)
    assert "up to 30 s" in str(bench.device.refuse_flush(duration))
    with pytest.raises(DeviceError, match="up to 30 s"):
        bench.device.flush(duration)
    assert not bench.device.is_busy()


@every_valve
def test_a_valve_that_is_open_or_closed_for_orders_is_not_flushed(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    bench.device.act(Pulse("box", 5.0))
    with pytest.raises(DeviceError, match="still open"):
        bench.device.flush(1.0)
    bench.device.close()
    with pytest.raises(DeviceError, match="not open for orders"):
        bench.device.flush(1.0)


@every_observed_presenter
def test_a_stimulus_is_sensed_at_once_and_reported_with_onset_and_length(
    bench: Bench,
) -> None:
    device, stimuli = loaded(bench)
    assert device.loaded() == set(stimuli.names)
    bench.pass_time(0.25)
    ordered = bench.now()
    device.act(stimuli.order("short"))
    unsure = bench.now() - ordered + bench.tolerance
    bench.pass_time(0.6)
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert (report.what, report.detail) == (stimuli.what, "short")
    assert report.hardware_time >= ordered - bench.tolerance
    assert 0.4 - 1e-6 <= report.achieved <= 0.4 + bench.late + 1e-6
    onset = pytest.approx(report.hardware_time, abs=unsure)
    assert bench.sensed() == [("short", onset)]


@every_presenter
def test_off_ends_a_stimulus_and_reports_how_long_it_lasted(bench: Bench) -> None:
    device, stimuli = loaded(bench)
    ordered = bench.now()
    device.act(stimuli.order("long"))
    bench.pass_time(0.2)
    cut = bench.now()
    device.off()
    off = bench.now()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert report.requested == pytest.approx(0.8)
    began, unsure = report.hardware_time, 0.006 + bench.tolerance
    assert began >= ordered - bench.tolerance
    assert cut - began - unsure <= report.achieved <= off - began + unsure
    bench.pass_time(0.8)
    assert bench.messages() == []


@every_presenter
def test_a_stimulus_takes_the_place_of_the_one_before(bench: Bench) -> None:
    device, stimuli = loaded(bench)
    ordered = bench.now()
    device.act(stimuli.order("long"))
    bench.pass_time(0.2)
    device.act(stimuli.order("short"))
    replaced = bench.now() - ordered
    bench.pass_time(0.6)
    first, second = (m for m in bench.messages() if isinstance(m, Report))
    assert (first.detail, second.detail) == ("long", "short")
    assert first.achieved == pytest.approx(0.2, abs=replaced - 0.194 + bench.tolerance)
    assert 0.4 <= second.achieved <= 0.4 + bench.late


@every_presenter
def test_an_unknown_stimulus_is_refused(bench: Bench) -> None:
    device, stimuli = loaded(bench)
    assert "'other'" in str(device.refuse(stimuli.order("other")))
    with pytest.raises(DeviceError):
        device.present("other")


@every_observed_presenter
def test_a_closed_device_presents_nothing(bench: Bench) -> None:
    device, stimuli = loaded(bench)
    device.close()
    with pytest.raises(DeviceError):
        device.act(stimuli.order("short"))
    assert bench.sensed() == []


@every_presenter
def test_what_cannot_be_presented_true_is_refused_in_words(bench: Bench) -> None:
    device, stimuli = loaded(bench)
    for stimulus, reason in stimuli.impossible:
        assert reason in str(device.refuse_stimulus(stimulus))
        with pytest.raises(DeviceError, match=re.escape(reason)):
            device.load({"wrong": stimulus})
    assert device.loaded() == set(stimuli.names), "what was loaded before is still there"


def loaded(bench: Bench) -> tuple[Presenter, Stimuli]:
    """Load the stimuli of its kind into a device."""
    assert isinstance(bench.device, Presenter)
    stimuli = STIMULI[bench.device.kind]
    bench.device.load(stimuli.names)
    return bench.device, stimuli
