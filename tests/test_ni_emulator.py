"""The emulated NI-DAQmx card, by the real client library."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from lent_cards import (
    CONTINUOUS,
    RATE_HZ,
    Lent,
    code,
    edges,
    lent,
    lent_x,
    m_series,
    words,
    x_series,
)
from nidaqmx import Task
from nidaqmx.constants import Edge, Level, LineGrouping, TaskMode
from nidaqmx.errors import (
    DaqError,
    DaqFunctionNotSupportedError,
    DaqReadError,
)
from nidaqmx.stream_readers import (
    AnalogMultiChannelReader,
    DigitalMultiChannelReader,
    DigitalSingleChannelReader,
)
from nidaqmx.stream_writers import AnalogMultiChannelWriter
from nidaqmx.system import Device, System
from nidaqmx.system.watchdog import DOExpirationState, WatchdogTask

from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.library import installed
from rig.errors import DeviceError

__all__ = ["lent", "lent_x", "m_series", "x_series"]  # the fixtures


def test_every_edge_of_a_lick_is_on_its_sample(lent: Lent) -> None:
    clock, record = lent.clock(), lent.record()
    record.start()
    before = time.monotonic()
    clock.start()
    after = time.monotonic()
    starts = [after + 0.03 + 0.05 * number for number in range(4)]
    for start in starts:
        lent.card.pulse("Dev1/port0/line0", 0.03, at=start)
    data = words(record, 3000)
    found = edges(data, 0)
    assert [last - first for first, last in zip(found[::2], found[1::2], strict=True)] == [300] * 4
    assert np.diff(found[::2]).tolist() == [500] * 3
    assert (starts[0] - after) * RATE_HZ - 1 <= found[0] <= (starts[0] - before) * RATE_HZ + 1
    assert edges(data, 3) == []


def test_the_same_sample_of_lines_and_voltages_is_the_same_moment(lent: Lent) -> None:
    clock, record = lent.clock(), lent.record()
    lent.card.wire("Dev1/port0/line0", "Dev1/ai0")
    record.start()
    clock.start()
    lent.card.pulse("Dev1/port0/line0", 0.01)
    levels = words(record, 3000) & 1
    volts = np.zeros((2, 3000))
    AnalogMultiChannelReader(clock.in_stream).read_many_sample(volts, 3000, timeout=5)
    assert levels.sum() == 100
    np.testing.assert_array_equal(volts[0], levels * 5.0)


def test_a_counters_pulse_is_read_back_with_its_width(lent: Lent) -> None:
    clock, record, valve = lent.clock(), lent.record(), lent.valve(0.04)
    valve.control(TaskMode.TASK_COMMIT)
    record.start()
    clock.start()
    for width in (0.04, 0.0203):
        valve.co_channels[0].co_pulse_high_time = width
        valve.start()
        assert not valve.is_task_done()
        valve.wait_until_done(timeout=1)
        valve.stop()
    found = edges(words(record, record.in_stream.avail_samp_per_chan), 1)
    assert np.diff(found)[::2].tolist() == [400, 203]


def test_a_counter_waits_for_its_trigger_and_for_its_delay(lent: Lent) -> None:
    line = lent.task()
    line.do_channels.add_do_chan("Dev1/port0/line6")
    line.write(False)
    valve = lent.valve(0.01, initial_delay=0.05)
    valve.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/PFI0", Edge.RISING)
    valve.start()
    before = time.monotonic()
    line.write(True)
    valve.wait_until_done(timeout=1)
    (triggered, _), *_ = lent.card.history("Dev1/port0/line6", before)
    (opened, _), (closed, _) = lent.card.history("/Dev1/PFI12", before)
    assert opened - triggered == pytest.approx(0.05, abs=1e-7)
    assert closed - opened == pytest.approx(0.01, abs=1e-7)


def test_stopping_a_counter_cuts_its_pulse_short(lent: Lent) -> None:
    valve = lent.valve(5.0)
    start = time.monotonic()
    valve.start()
    assert code(valve.start) == -200479
    valve.stop()
    (opened, _), (closed, _) = lent.card.history("/Dev1/PFI12", start)
    assert closed - opened < 1.0


def test_a_waveform_is_played_at_the_true_rate_when_the_trigger_comes(lent: Lent) -> None:
    line, sound = lent.task(), lent.task()
    line.do_channels.add_do_chan("Dev1/port0/line6")
    line.write(False)
    sound.ao_channels.add_ao_voltage_chan("Dev1/ao0:1")
    count = 19_230
    sound.timing.cfg_samp_clk_timing(192_000, samps_per_chan=count)
    assert sound.timing.samp_clk_rate == pytest.approx(20e6 / 104)
    rate_hz = sound.timing.samp_clk_rate
    wave = np.sin(2 * np.pi * 4000 * np.arange(count) / rate_hz)
    wave[-1] = 0.0
    AnalogMultiChannelWriter(sound.out_stream).write_many_sample(np.array([wave, 0.5 * wave]))
    sound.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/PFI0")
    sound.start()
    before = time.monotonic()
    line.write(True)
    sound.wait_until_done(timeout=1)
    (onset, _), *_ = lent.card.history("/Dev1/PFI0", before)
    middle = 0.5 / rate_hz
    np.testing.assert_allclose(lent.card.volts("Dev1/ao0", onset + middle, rate_hz, count), wave)
    heard = lent.card.volts("Dev1/ai1", onset - 10 / rate_hz, rate_hz, 5)
    assert heard == [0.0] * 5, "silent before the trigger"
    assert lent.card.volts("Dev1/ao1", onset + 0.2, rate_hz, 1) == [0.0], "the last sample stays"


def test_a_valve_can_be_tied_to_the_onset_of_a_sound(lent: Lent) -> None:
    sound, valve = lent.task(), lent.valve(0.01, initial_delay=0.05)
    sound.ao_channels.add_ao_voltage_chan("Dev1/ao0:1")
    sound.timing.cfg_samp_clk_timing(192_000, samps_per_chan=100)
    volts = np.zeros((2, 100))
    volts[0, 0] = 1.0
    AnalogMultiChannelWriter(sound.out_stream).write_many_sample(volts)
    valve.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ao/StartTrigger")
    valve.start()
    before = time.monotonic()
    sound.start()
    valve.wait_until_done(timeout=1)
    (opened, _), _ = lent.card.history("/Dev1/PFI12", before)
    around = [opened - 0.05 - 1e-6, opened - 0.05 + 1e-6]
    assert [lent.card.volts("Dev1/ao0", at, 1.0, 1) for at in around] == [[0.0], [1.0]]


def test_a_train_has_the_pulses_that_were_asked_for(lent_x: Lent) -> None:
    train = lent_x.task()
    train.co_channels.add_co_pulse_chan_time("Dev1/ctr3", low_time=0.002, high_time=0.001)
    train.timing.cfg_implicit_timing(samps_per_chan=3)
    before = time.monotonic()
    train.start()
    train.wait_until_done(timeout=1)
    times = [at for at, _ in lent_x.card.history("/Dev1/PFI15", before)]
    np.testing.assert_allclose(np.diff(times), [0.001, 0.002, 0.001, 0.002, 0.001], atol=1e-7)


def test_static_lines_are_written_and_read_one_by_one_and_as_words(lent: Lent) -> None:
    out = lent.task()
    out.do_channels.add_do_chan("Dev1/port0/line6:7", line_grouping=LineGrouping.CHAN_PER_LINE)
    out.write([True, False])
    assert out.read() == [True, False]
    word = lent.task()
    word.do_channels.add_do_chan("Dev1/port1/line0:3")
    word.write(0b1010)
    lent.card.wire("/Dev1/PFI3", "Dev1/port2/line0")
    back = lent.task()
    back.di_channels.add_di_chan("/Dev1/PFI8")
    assert back.read() is True


def test_two_programs_may_look_at_one_input_but_not_drive_it(lent: Lent) -> None:
    for _ in range(2):
        task = lent.task()
        task.di_channels.add_di_chan("Dev1/port0/line2")
        assert task.read() is False
    out = lent.task()
    out.do_channels.add_do_chan("Dev1/port0/line2")
    assert code(lambda: out.write(True)) == -200587


def test_many_channels_are_read_together(lent: Lent) -> None:
    clock, record = lent.clock(), lent.task()
    for line in ("line0", "line2:3"):
        record.di_channels.add_di_chan(f"Dev1/port0/{line}")
    record.timing.cfg_samp_clk_timing(RATE_HZ, source="/Dev1/ai/SampleClock", **CONTINUOUS)
    record.start()
    lent.card.set_line("Dev1/port0/line3", level=True)
    clock.start()
    data = np.zeros((2, 100), np.uint32)
    DigitalMultiChannelReader(record.in_stream).read_many_sample_port_uint32(data, 100)
    lent.card.set_line("Dev1/port0/line3", level=False)
    assert data.tolist() == [[0] * 100, [2] * 100]


def test_what_is_there_is_read_without_waiting_and_the_rest_is_not_lost(lent: Lent) -> None:
    clock, record = lent.clock(), lent.record()
    record.start()
    clock.start()
    words(record, 100)
    data = np.zeros(100_000, np.uint32)
    reader = DigitalSingleChannelReader(record.in_stream)
    with pytest.raises(DaqReadError) as caught:
        reader.read_many_sample_port_uint32(data, len(data), timeout=0)
    assert caught.value.error_code == -200284
    first = 100 + caught.value.samps_per_chan_read
    assert record.in_stream.curr_read_pos == first
    assert words(record, 200).shape == (200,)
    assert record.in_stream.curr_read_pos == first + 200


def test_a_reader_that_is_too_slow_is_told(lent: Lent) -> None:
    clock, record = lent.clock(), lent.record()
    record.in_stream.input_buf_size = 50
    assert record.in_stream.input_buf_size == 50
    record.start()
    clock.start()
    data = np.zeros((2, 200))
    AnalogMultiChannelReader(clock.in_stream).read_many_sample(data, 200, timeout=1)
    assert code(lambda: words(record, 10)) == -200279


def test_without_its_clock_a_record_never_gets_a_sample(lent: Lent) -> None:
    record = lent.record()
    record.start()
    reader = DigitalSingleChannelReader(record.in_stream)
    data = np.zeros(1, np.uint32)
    act = lambda: reader.read_many_sample_port_uint32(data, 1, timeout=0.01)  # noqa: E731
    assert code(act) == -200284


def test_a_card_that_is_pulled_out_fails_every_call_and_closes_its_outputs(lent: Lent) -> None:
    clock, valve = lent.clock(), lent.valve(5.0)
    clock.start()
    valve.start()
    lent.card.unplug()
    try:
        assert code(clock.read) == -201003
        assert code(lambda: lent.clock()) == -201003
        assert lent.card.history("/Dev1/PFI12")[-1][1] is False
    finally:
        lent.card.plug_in()
    lent.clock().start()


def test_a_slow_card_takes_its_time_for_every_call(lent: Lent) -> None:
    task = lent.task()
    lent.card.slow(0.05)
    try:
        start = time.monotonic()
        task.is_task_done()
        assert time.monotonic() - start >= 0.05
    finally:
        lent.card.slow(0.0)


def test_a_reset_frees_what_a_lost_program_held(lent: Lent) -> None:
    lent.clock().start()
    Device("Dev1", grpc_options=lent.options).reset_device()
    lent.clock().start()


def test_the_card_says_what_it_has(lent: Lent, lent_x: Lent) -> None:
    system = System.remote(lent.options)
    assert system.devices.device_names == ["Dev1"]
    device = system.devices["Dev1"]
    assert device.product_type == "PCI-6221"
    assert device.co_physical_chans.channel_names == ["Dev1/ctr0", "Dev1/ctr1"]
    assert code(lambda: device.di_max_rate) == -200452, "no clock of its own"
    other = Device("Dev1", grpc_options=lent_x.options)
    assert other.product_type == "PCIe-6321"
    assert len(other.co_physical_chans) == 4
    assert other.di_max_rate == 1e6


def test_lines_of_an_x_series_card_have_a_clock_of_their_own(lent_x: Lent) -> None:
    record = lent_x.task()
    record.di_channels.add_di_chan("Dev1/port0/line0")
    record.timing.cfg_samp_clk_timing(RATE_HZ, samps_per_chan=500)
    record.start()
    lent_x.card.pulse("Dev1/port0/line0", 0.01)
    assert sum(record.read(500)) == 100
    assert record.is_task_done()


def test_the_watchdog_closes_the_valve_when_nobody_kicks_it(lent_x: Lent) -> None:
    valve = lent_x.valve(5.0)
    with WatchdogTask("Dev1", timeout=0.3, grpc_options=lent_x.options) as watchdog:
        watchdog.cfg_watchdog_do_expir_states([DOExpirationState("/Dev1/PFI12", Level.LOW)])
        start = time.monotonic()
        watchdog.start()
        valve.start()
        watchdog.reset_timer()
        kicked = time.monotonic()
        while not watchdog.expired:
            assert time.monotonic() < kicked + 5
        (_, _), (closed, level) = lent_x.card.history("/Dev1/PFI12", start)
        assert not level
        assert start + 0.3 <= closed <= kicked + 0.3
        valve.stop()
        valve.start()
        assert len(lent_x.card.history("/Dev1/PFI12", start)) == 2, "held low until it is cleared"
        watchdog.clear_expiration()
        valve.stop()
        valve.start()
        assert len(lent_x.card.history("/Dev1/PFI12", start)) == 3


def test_the_side_channel_refuses_a_line_of_another_card(m_series: CardWires) -> None:
    with pytest.raises(DeviceError, match="dev7"):
        m_series.set_line("Dev7/port0/line0", level=True)


@pytest.fixture
def local(m_series: CardWires) -> Iterator[CardWires]:
    """Let the client find the card where it looks for its C library."""
    with installed(m_series.address):
        yield m_series


def test_the_way_over_the_c_library_reads_and_writes_the_same_wires(local: CardWires) -> None:
    with Task() as clock, Task() as record, Task() as valve, Task() as out:
        clock.ai_channels.add_ai_voltage_chan("Dev1/ai0:1")
        clock.timing.cfg_samp_clk_timing(RATE_HZ, **CONTINUOUS)
        record.di_channels.add_di_chan("Dev1/port0/line0:3")
        record.timing.cfg_samp_clk_timing(RATE_HZ, source="/Dev1/ai/SampleClock", **CONTINUOUS)
        pulse = valve.co_channels.add_co_pulse_chan_time(
            "Dev1/ctr0", low_time=0.001, high_time=0.03
        )
        valve.timing.cfg_implicit_timing(samps_per_chan=1)
        out.do_channels.add_do_chan("Dev1/port0/line6")
        record.start()
        clock.start()
        out.write(True)
        pulse.co_pulse_high_time = 0.02
        assert pulse.co_pulse_high_time == 0.02
        valve.start()
        valve.wait_until_done(1)
        found = edges(words(record, record.in_stream.avail_samp_per_chan), 1)
        volts = np.zeros((2, 100))
        reader = AnalogMultiChannelReader(clock.in_stream)
        assert reader.read_many_sample(volts, 100, timeout=5) == 100
    assert np.diff(found).tolist() == [200]
    assert System.local().devices.device_names == ["Dev1"]
    assert Device("Dev1").product_type == "PCI-6221"


def test_the_way_over_the_c_library_plays_a_waveform(local: CardWires) -> None:
    with Task() as sound:
        sound.ao_channels.add_ao_voltage_chan("Dev1/ao0:1")
        sound.timing.cfg_samp_clk_timing(192_000, samps_per_chan=100)
        wave = np.linspace(0.1, 1.0, 100)
        AnalogMultiChannelWriter(sound.out_stream).write_many_sample(np.array([wave, -wave]))
        sound.start()
        sound.wait_until_done(1)
        assert local.volts("Dev1/ao0", time.monotonic(), 1.0, 1) == [1.0]
        assert local.volts("Dev1/ao1", time.monotonic(), 1.0, 1) == [-1.0]


def test_the_way_over_the_c_library_gives_the_drivers_errors(local: CardWires) -> None:
    with Task() as task:
        with pytest.raises(DaqError, match="Device identifier is invalid") as caught:
            task.di_channels.add_di_chan("Dev2/port0/line0")
        assert caught.value.error_code == -200220
        with pytest.raises(DaqFunctionNotSupportedError):
            task.ai_channels.add_ai_thrmcpl_chan("Dev1/ai0")
        task.di_channels.add_di_chan("Dev1/port0/line0")
        task.timing.cfg_samp_clk_timing(RATE_HZ, source="/Dev1/ai/SampleClock", **CONTINUOUS)
        task.start()
        data = np.zeros(1, np.uint32)
        with pytest.raises(DaqReadError) as lacking:
            DigitalSingleChannelReader(task.in_stream).read_many_sample_port_uint32(data, 1, 0)
        assert (lacking.value.error_code, lacking.value.samps_per_chan_read) == (-200284, 0)
    assert code(lambda: WatchdogTask("Dev1", timeout=0.1)) == -200452


def test_an_emulator_that_cannot_start_says_how_it_was_called() -> None:
    with pytest.raises(DeviceError, match="--profile no_such_card"), EmulatedCard("no_such_card"):
        pass
