"""The emulated NI-DAQmx card answers mistakes with the driver's own codes."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest
from lent_cards import (
    CONTINUOUS,
    RATE_HZ,
    Lent,
    code,
    lent,
    lent_x,
    m_series,
    x_series,
)
from nidaqmx.constants import TaskMode
from nidaqmx.errors import (
    RpcError,
)
from nidaqmx.system.watchdog import WatchdogTask

__all__ = ["lent", "lent_x", "m_series", "x_series"]  # the fixtures


def _second_clock(lent: Lent) -> None:
    lent.clock().start()
    lent.clock().start()


def _line_twice(lent: Lent) -> None:
    for _ in range(2):
        task = lent.task()
        task.do_channels.add_do_chan("Dev1/port0/line6")
        task.write(False)


def _counter_twice(lent: Lent) -> None:
    lent.valve(0.01).control(TaskMode.TASK_COMMIT)
    lent.valve(0.02).control(TaskMode.TASK_COMMIT)


def _train_beside_a_pulse(lent: Lent) -> None:
    lent.valve(0.01).control(TaskMode.TASK_COMMIT)
    train = lent.task()
    train.co_channels.add_co_pulse_chan_time("Dev1/ctr1", low_time=0.01, high_time=0.01)
    train.timing.cfg_implicit_timing(samps_per_chan=3)
    train.start()


def _buffered_port_1(lent: Lent) -> None:
    task = lent.task()
    task.di_channels.add_di_chan("Dev1/port1/line0")
    task.timing.cfg_samp_clk_timing(RATE_HZ, source="/Dev1/ai/SampleClock", **CONTINUOUS)
    task.start()


def _no_clock(lent: Lent) -> None:
    task = lent.task()
    task.di_channels.add_di_chan("Dev1/port0/line0")
    task.timing.cfg_samp_clk_timing(RATE_HZ, **CONTINUOUS)
    task.start()


def _too_fast(lent: Lent) -> None:
    task = lent.task()
    task.ai_channels.add_ai_voltage_chan("Dev1/ai0:3")
    task.timing.cfg_samp_clk_timing(250_000)


def _wrong_device(lent: Lent) -> None:
    lent.task().di_channels.add_di_chan("Dev2/port0/line0")


def _wrong_counter(lent: Lent) -> None:
    lent.task().co_channels.add_co_pulse_chan_time("Dev1/ctr2")


def _wrong_line(lent: Lent) -> None:
    lent.task().di_channels.add_di_chan("Dev1/port0/line8")


def _too_loud(lent: Lent) -> None:
    task = lent.task()
    task.ao_channels.add_ao_voltage_chan("Dev1/ao0")
    task.write(10.5)


def _watchdog_of_a_card_without(lent: Lent) -> None:
    WatchdogTask("Dev1", timeout=0.1, grpc_options=lent.options)


def _property_that_is_not_emulated(lent: Lent) -> None:
    lent.clock().in_stream.overloaded_chans_exist  # noqa: B018


@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        (_second_clock, -50103),
        (_line_twice, -200587),
        (_counter_twice, -50103),
        (_train_beside_a_pulse, -50103),
        (_buffered_port_1, -200077),
        (_no_clock, -200303),
        (_too_fast, -200077),
        (_wrong_device, -200220),
        (_wrong_counter, -200170),
        (_wrong_line, -200170),
        (_too_loud, -200561),
        (_watchdog_of_a_card_without, -200452),
        (_property_that_is_not_emulated, -200452),
    ],
)
def test_a_mistake_is_answered_with_the_drivers_own_code(
    lent: Lent, mistake: Callable[[Lent], None], expected: int
) -> None:
    assert code(lambda: mistake(lent)) == expected


def test_a_call_that_is_not_emulated_is_refused(lent: Lent) -> None:
    with pytest.raises(RpcError) as caught:
        lent.task().ai_channels.add_ai_thrmcpl_chan("Dev1/ai0")
    assert caught.value.rpc_code == grpc.StatusCode.UNIMPLEMENTED
