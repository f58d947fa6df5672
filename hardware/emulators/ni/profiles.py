"""What an emulated card has: counters, ports, clocks, rates. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """A model of card.

    Attributes
    ----------
    analog_inputs, analog_outputs, counters
        How many there are.
    port_widths
        Lines of each port.
    buffered_ports
        The ports that can be sampled by a clock.
    digital_clock
        Whether digital lines have a sample clock of their own; without one they borrow another.
    timebase_hz, counter_timebase_hz
        What sample clocks and counters divide.
    analog_input_max_hz, analog_output_max_hz, digital_max_hz
        The highest sample rates; that of analogue inputs is shared by the channels.
    watchdog
        Whether the card has a watchdog timer.
    trains_take_pairs
        Whether a train of more than one pulse takes two counters.
    """

    name: str
    product_type: str
    analog_inputs: int
    analog_outputs: int
    counters: int
    port_widths: tuple[int, ...]
    buffered_ports: tuple[int, ...]
    digital_clock: bool
    timebase_hz: float
    counter_timebase_hz: float
    analog_input_max_hz: float
    analog_output_max_hz: float
    digital_max_hz: float
    watchdog: bool
    trains_take_pairs: bool

    def true_rate(self, rate_hz: float) -> float:
        """Return the rate that a sample clock runs at when `rate_hz` is asked for.

        A clock divides the timebase by a whole number.

        Examples
        --------
        >>> round(PROFILES["pci_6221"].true_rate(192_000), 2)
        192307.69
        >>> round(PROFILES["pcie_6321"].true_rate(192_000), 2)
        191938.58
        """
        return self.timebase_hz / max(round(self.timebase_hz / rate_hz), 1)

    def true_duration(self, duration: float) -> float:
        """Return the seconds, a whole number of ticks of the counter, nearest to `duration`."""
        return round(duration * self.counter_timebase_hz) / self.counter_timebase_hz


PROFILES = {
    "pci_6221": Profile(
        name="pci_6221",
        product_type="PCI-6221",
        analog_inputs=16,
        analog_outputs=2,
        counters=2,
        port_widths=(8, 8, 8),
        buffered_ports=(0,),
        digital_clock=False,
        timebase_hz=20e6,
        counter_timebase_hz=80e6,
        analog_input_max_hz=250e3,
        analog_output_max_hz=833e3,
        digital_max_hz=1e6,
        watchdog=False,
        trains_take_pairs=True,
    ),
    "pcie_6321": Profile(
        name="pcie_6321",
        product_type="PCIe-6321",
        analog_inputs=16,
        analog_outputs=2,
        counters=4,
        port_widths=(8, 8, 8),
        buffered_ports=(0,),
        digital_clock=True,
        timebase_hz=100e6,
        counter_timebase_hz=100e6,
        analog_input_max_hz=250e3,
        analog_output_max_hz=900e3,
        digital_max_hz=1e6,
        watchdog=True,
        trains_take_pairs=False,
    ),
}


def default_buffer(rate_hz: float) -> int:
    """Return the samples per channel of the buffer of a continuous acquisition.

    NI-DAQmx takes the larger of this and the number that is given with the clock.
    """
    if rate_hz <= 100:
        return 1_000
    if rate_hz <= 10_000:
        return 10_000
    return 100_000 if rate_hz <= 1_000_000 else 1_000_000
