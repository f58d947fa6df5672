"""Emulated NI-DAQmx cards that are lent to tests, and what tests read of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import grpc
import numpy as np
import pytest
from nidaqmx import GrpcSessionOptions, Task
from nidaqmx.constants import AcquisitionType
from nidaqmx.errors import (
    DaqError,
)
from nidaqmx.stream_readers import (
    DigitalSingleChannelReader,
)

from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.ni.client import EmulatedCard

RATE_HZ = 10_000
CONTINUOUS = {"sample_mode": AcquisitionType.CONTINUOUS, "samps_per_chan": 10 * RATE_HZ}


class Lent:
    """A card, and tasks on it that are cleared when the test is over."""

    def __init__(self, card: CardWires, channel: grpc.Channel, stack: ExitStack) -> None:
        self.card = card
        self.options = GrpcSessionOptions(channel, "")
        self._stack = stack

    def task(self) -> Task:
        return self._stack.enter_context(Task(grpc_options=self.options))

    def clock(self) -> Task:
        """Return the analogue task that runs the sample clock, not started."""
        task = self.task()
        task.ai_channels.add_ai_voltage_chan("Dev1/ai0:1")
        task.timing.cfg_samp_clk_timing(RATE_HZ, **CONTINUOUS)
        return task

    def record(self) -> Task:
        """Return the task that samples the first lines by that clock, not started."""
        task = self.task()
        task.di_channels.add_di_chan("Dev1/port0/line0:3")
        task.timing.cfg_samp_clk_timing(RATE_HZ, source="/Dev1/ai/SampleClock", **CONTINUOUS)
        return task

    def valve(self, high: float, **times: float) -> Task:
        """Return the task of one pulse on the first counter, not started."""
        task = self.task()
        times = {"low_time": 0.001, "high_time": high, **times}
        task.co_channels.add_co_pulse_chan_time("Dev1/ctr0", **times)
        task.timing.cfg_implicit_timing(samps_per_chan=1)
        return task


@pytest.fixture(scope="module")
def m_series() -> Iterator[CardWires]:
    with EmulatedCard("pci_6221") as card:
        card.wire("/Dev1/PFI12", "Dev1/port0/line1")
        card.wire("Dev1/port0/line6", "/Dev1/PFI0")
        card.wire("Dev1/ao0", "Dev1/ai1")
        yield card


@pytest.fixture(scope="module")
def x_series() -> Iterator[CardWires]:
    with EmulatedCard("pcie_6321") as card:
        yield card


@pytest.fixture
def lent(m_series: CardWires) -> Iterator[Lent]:
    with grpc.insecure_channel(m_series.address) as channel, ExitStack() as stack:
        yield Lent(m_series, channel, stack)


@pytest.fixture
def lent_x(x_series: CardWires) -> Iterator[Lent]:
    with grpc.insecure_channel(x_series.address) as channel, ExitStack() as stack:
        yield Lent(x_series, channel, stack)


def words(task: Task, count: int) -> np.ndarray:
    """Return so many samples of a task of one digital channel."""
    data = np.zeros(count, np.uint32)
    reader = DigitalSingleChannelReader(task.in_stream)
    assert reader.read_many_sample_port_uint32(data, count, timeout=5) == count
    return data


def edges(data: np.ndarray, line: int) -> list[int]:
    """Return the samples at which a line changes."""
    return (np.flatnonzero(np.diff((data >> line) & 1)) + 1).tolist()


def code(act: Callable[[], object]) -> int:
    """Return the code of the error that the driver gives."""
    with pytest.raises(DaqError) as caught:
        act()
    return int(caught.value.error_code)
