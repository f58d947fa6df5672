"""The properties of the emulated NI-DAQmx that can be read and set, by NI's numbers.

A number that stands in no table is refused with -200452, as the driver refuses a property that a
device does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hardware.emulators.ni import inputs
from hardware.emulators.ni.faults import BAD_VALUE, NOT_SUPPORTED, RUNNING, CardError
from hardware.emulators.ni.names import all_lines, canonical, check_device
from hardware.emulators.ni.reads import Answer, Call
from hardware.emulators.ni.tasks import Card, Kind, Mode, Task

DRIVER_VERSION = {0x1272: 25, 0x1923: 8, 0x2F22: 0}
"""Major, minor and update number: recent, so that the client takes its usual ways."""

PULSE_TIME = 10269
LOW, HIGH = 10214, 10192


class Attributes:
    """The emulated calls that read and set properties."""

    def __init__(self, card: Card) -> None:
        self._card = card

    def calls(self) -> Mapping[str, Call]:
        """Return the emulated calls by name."""
        system = {**DRIVER_VERSION, 0x193B: self._card.device}
        return {
            "GetSystemInfoAttributeUInt32": lambda request: _get(request, system),
            "GetSystemInfoAttributeString": lambda request: _get(request, system),
            **{f"GetDeviceAttribute{sort}": self._device for sort in ("String", "Bool", "Double")},
            "GetDeviceAttributeInt32": self._device,
            "GetDeviceAttributeUInt32": self._device,
            "GetTaskAttributeUInt32": self.task_property,
            **{f"GetReadAttribute{sort}": self._reading for sort in ("UInt32", "UInt64", "String")},
            "GetReadAttributeInt32": self._reading,
            "GetReadAttributeBool": self._reading,
            "GetWriteAttributeUInt32": self._writing,
            "GetWriteAttributeUInt64": self._writing,
            "GetBufferAttributeUInt32": self._buffer,
            "SetBufferAttributeUInt32": self._set_buffer,
            **{f"GetTimingAttribute{sort}": self._timing for sort in ("Double", "String", "Int32")},
            "GetTimingAttributeUInt64": self._timing,
            **{f"GetChanAttribute{sort}": self._channel for sort in ("Int32", "String", "Double")},
            "GetChanAttributeBool": self._channel,
            "SetChanAttributeDouble": self._set_channel,
        }

    def check_rate(self, task: Task, rate_hz: float) -> None:
        """Refuse a sample rate that the card cannot make."""
        profile = self._card.profile
        highest = {
            Kind.AI: profile.analog_input_max_hz / max(len(task.channels), 1),
            Kind.AO: profile.analog_output_max_hz,
        }.get(task.kind or Kind.DI, profile.digital_max_hz)
        if not 0 < rate_hz <= highest:
            raise CardError(BAD_VALUE, f"Property: SampClk.Rate\nMaximum Value: {highest}")

    def _task(self, request: Any) -> Task:
        self._card.check_plugged()
        return self._card.task(request.task.name)

    def _device(self, request: Any) -> Answer:
        card, profile = self._card, self._card.profile
        check_device(card.device, canonical(request.device_name))
        card.check_plugged()
        lines = all_lines(card.device, profile)
        ports = [f"{card.device}/port{port}" for port in range(len(profile.port_widths))]
        table = {
            0x0631: profile.product_type,
            0x0632: 0,
            0x22CA: True,
            0x231E: _listed(f"{card.device}/ai", profile.analog_inputs),
            0x231F: _listed(f"{card.device}/ao", profile.analog_outputs),
            0x2320: ", ".join(lines),
            0x2321: ", ".join(ports),
            0x2322: ", ".join(lines),
            0x2323: ", ".join(ports),
            0x2324: "",
            0x2325: _listed(f"{card.device}/ctr", profile.counters),
            0x298C: profile.analog_input_max_hz,
            0x298D: profile.analog_input_max_hz,
            0x2997: profile.analog_output_max_hz,
            0x2996: True,
            0x2985: True,
            0x2A40: ", ".join(_terminals(card)),
        }
        if profile.digital_clock:
            table |= {0x2999: profile.digital_max_hz, 0x299A: profile.digital_max_hz}
        return _get(request, table)

    def task_property(self, request: Any) -> Answer:
        """Return a property of a task: name, channels, devices."""
        task = self._task(request)
        names = ", ".join(channel.name for channel in task.channels)
        devices = self._card.device if task.channels else ""
        number = len(task.channels)
        return _get(request, {0x1276: task.name, 0x1273: names, 0x230E: devices, 0x2181: number})

    def _reading(self, request: Any) -> Answer:
        task, card = self._task(request), self._card
        return _get(
            request,
            {
                0x1823: lambda: ", ".join(channel.name for channel in task.channels),
                0x217B: lambda: len(task.channels),
                0x217C: lambda: _widest(task),
                0x1223: lambda: inputs.available(card, task),
                0x31E8: lambda: _usual_number(card, task),
                0x1221: lambda: task.taken,
                0x192A: lambda: inputs.acquired(card, task),
                0x1826: lambda: True,
            },
        )

    def _writing(self, request: Any) -> Answer:
        task = self._task(request)
        table = {0x217E: len(task.channels), 0x217F: _widest(task)}
        if task.kind is Kind.AO and task.timing is not None:
            table[0x192B] = inputs.acquired(self._card, task)
        return _get(request, table)

    def _buffer(self, request: Any) -> Answer:
        task = self._task(request)
        size = inputs.buffer_size(task)
        return _get(request, {0x186C: size, 0x186D: size})

    def _set_buffer(self, request: Any) -> Answer:
        task = self._task(request)
        if request.attribute_raw not in (0x186C, 0x186D):
            raise _unknown(request)
        if task.running:
            raise CardError(RUNNING, f"Task: {task.name}")
        task.buffer = int(request.value)
        return {}

    def _timing(self, request: Any) -> Answer:
        timing = self._task(request).timing
        if timing is None:
            raise _unknown(request)
        return _get(
            request,
            {
                0x1344: timing.rate_hz,
                0x1852: timing.source,
                0x1300: timing.mode.value,
                0x1310: timing.samples,
            },
        )

    def _channel(self, request: Any) -> Answer:
        task = self._task(request)
        if task.kind is None:
            raise _unknown(request)
        exact, now = self._card.profile.true_duration, self._card.world.now()
        table: dict[int, object] = {
            0x187F: task.kind.value,
            0x18F5: task.channels[0].physical,
        }
        if task.pulse is not None:
            table |= {
                0x18B5: PULSE_TIME,
                0x18BA: exact(task.pulse.high),
                0x18BB: exact(task.pulse.low),
                0x18BC: exact(task.pulse.delay),
                0x1170: LOW,
                0x18E1: _terminal(task.lines()[0], self._card.device),
                0x190E: task.done(now),
                0x0294: HIGH if self._card.world.level(task.lines()[0], now) else LOW,
            }
        return _get(request, table)

    def _set_channel(self, request: Any) -> Answer:
        task = self._task(request)
        names = {0x18BA: "high", 0x18BB: "low", 0x18BC: "delay"}
        if task.pulse is None or request.attribute_raw not in names:
            raise _unknown(request)
        if not task.done(self._card.world.now()):
            raise CardError(RUNNING, f"Task: {task.name}")
        task.pulse = replace(task.pulse, **{names[request.attribute_raw]: request.value})
        return {}


def _get(request: Any, table: Mapping[int, Any]) -> Answer:
    if request.attribute_raw not in table:
        raise _unknown(request)
    value = table[request.attribute_raw]
    return {"value": value() if callable(value) else value}


def _unknown(request: Any) -> CardError:
    return CardError(NOT_SUPPORTED, f"Property: 0x{request.attribute_raw:04X}")


def _listed(prefix: str, how_many: int) -> str:
    return ", ".join(f"{prefix}{number}" for number in range(how_many))


def _widest(task: Task) -> int:
    return max((len(channel.lines) for channel in task.channels), default=0)


def _usual_number(card: Card, task: Task) -> int:
    """Return how many samples a read takes that names no number."""
    if task.timing is None:
        return 1
    if task.timing.mode is Mode.FINITE:
        return task.timing.samples
    return inputs.available(card, task)


def _terminal(line: str, device: str) -> str:
    """Return a line of ports 1 and 2 as the PFI terminal that it is."""
    port, number = (int(part.lstrip("portline")) for part in line.split("/")[1:])
    return f"/{device}/PFI{8 * (port - 1) + number}"


def _terminals(card: Card) -> list[str]:
    """Return the terminals that the card lists, those that a rig may need."""
    prefix = f"/{card.device}"
    signals = ["ai/SampleClock", "ai/StartTrigger", "ao/SampleClock", "ao/StartTrigger"]
    if card.profile.digital_clock:
        signals += ["di/SampleClock", "di/StartTrigger", "do/SampleClock", "do/StartTrigger"]
    signals += [f"PFI{number}" for number in range(16)]
    for number in range(card.profile.counters):
        signals += [f"Ctr{number}InternalOutput"]
    return [f"{prefix}/{signal}" for signal in [*signals, "FrequencyOutput"]]
