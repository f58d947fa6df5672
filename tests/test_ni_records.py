"""What is sampled on an NI card: licks in a voltage, records of lines, on one clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ni_rig import ANALOG, LICK, RATE_HZ, SAMPLE, VALVE
from serial_bench import eventually

from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.library import installed
from hardware.line_record import LineRecordTwin
from hardware.ni_analog_input import NiAnalogInput
from hardware.ni_analog_lick import NiAnalogLick
from hardware.ni_digital_input import NiDigitalInput
from hardware.ni_line_record import NiLineRecord
from hardware.ni_valve import NiValve
from rig.clock import SystemClock, VirtualClock
from rig.devices import AnalogInput, Context, Device
from rig.errors import RecordingError
from rig.inbox import Edge, Failure, Inbox, Report
from rig.lab import Lab
from rig.room import Room
from rig.stream_store import StreamStore
from rig.streams import Stream, read_stream

pytestmark = pytest.mark.realtime

CIRCUIT: dict[str, Any] = {"line": "Dev1/ai5", "on_v": 0.3, "off_v": 0.1}
LINES: dict[str, Any] = {
    "meaning": "lines of the rig",
    "channels": [
        {"name": "lick", "line": "Dev1/port0/line1"},
        {"name": "valve", "line": "Dev1/port0/line7"},
        {"name": "exposure", "line": "Dev1/port0/line3"},
    ],
}


@dataclass
class Rig:
    """Devices on one emulated card, and what they recorded."""

    lab: Lab
    folder: Path
    card: EmulatedCard
    address: str
    clock: SystemClock = field(default_factory=lambda: SystemClock(time.monotonic))
    inbox: Inbox = field(default_factory=Inbox)
    store: StreamStore = field(default_factory=StreamStore)
    devices: list[Device] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = time.monotonic() - self.clock.now()
        self._context = Context(self.clock, self.inbox, Room(), self.lab.folder, self.store)

    def device(self, driver: type[Device], name: str, settings: dict[str, Any]) -> Device:
        table = {**settings, "address": self.address}
        made = driver(name, driver.Settings.model_validate(table), self._context)
        self.devices.append(made)
        return made

    def open(self) -> None:
        """Open all devices, in the order in which they were made."""
        assert [problem for device in self.devices for problem in device.check()] == []
        specs = [each.stream() for each in self.devices if isinstance(each, AnalogInput)]
        self.store.begin(self.folder, specs)
        for device in self.devices:
            device.open()

    def close(self) -> None:
        for device in self.devices:
            device.close()
        self.store.end()
        self.store.close()

    def recorded(self, name: str) -> Stream:
        return read_stream(self.folder / f"{name}.stream")

    def messages(self) -> list[Any]:
        found = []
        while (message := self.inbox.take()) is not None:
            found.append(message)
        return found


@contextmanager
def rig_on(card: EmulatedCard, lab: Lab, folder: Path, way: str = "server") -> Iterator[Rig]:
    """Give a rig whose card is reached over gRPC, or over the C library."""
    with installed(card.address) if way == "library" else nullcontext():
        rig = Rig(lab, folder, card, card.address if way == "server" else "")
        yield rig
        rig.close()
        assert not [each for each in rig.messages() if isinstance(each, Failure)]


@pytest.mark.parametrize("way", ["server", "library"])
@pytest.mark.parametrize("sign", [1, -1])
def test_licks_in_a_voltage_are_timed_to_their_samples(
    sign: int, way: str, emulated_card: EmulatedCard, lab: Lab, tmp_path: Path
) -> None:
    """The circuit rests at 0 V; noise below the threshold and bounces are no licks."""
    with rig_on(emulated_card, lab, tmp_path, way) as rig:
        settings = {**CIRCUIT, "on_v": 0.3 * sign, "off_v": 0.1 * sign, "refractory_ms": 20.0}
        lick = rig.device(NiAnalogLick, "lick", settings)
        assert isinstance(lick, NiAnalogLick)
        emulated_card.set_volts("Dev1/ai5", 0.0)
        rig.open()
        begin = time.monotonic() + 0.1
        steps = ((0.0, 0.25), (0.01, 0.5), (0.014, 0.0), (0.016, 0.5), (0.06, 0.0), (0.07, 0.5),
                 (0.075, 0.05), (0.12, 0.5), (0.125, 0.0))  # fmt: skip
        for at, volts in steps:
            emulated_card.set_volts("Dev1/ai5", sign * volts, begin + at)
        time.sleep(max(0.0, begin + 0.2 - time.monotonic()))
        assert lick.level() is False
        told = [each for each in rig.messages() if isinstance(each, Edge)]
    start = begin - rig.began
    expected = [(True, 0.01), (False, 0.06), (True, 0.12), (False, 0.14)]
    assert [(edge.level, edge.hardware_time) for edge in told] == [
        (level, pytest.approx(start + at, abs=0.01)) for level, at in expected
    ]
    gaps = np.diff([edge.hardware_time for edge in told])
    assert gaps == pytest.approx([0.05, 0.06, 0.02], abs=3e-3)


@pytest.mark.parametrize("way", ["server", "library"])
def test_sample_k_of_a_line_is_sample_k_of_a_voltage(
    way: str, emulated_card: EmulatedCard, lab: Lab, tmp_path: Path
) -> None:
    """The record is opened later than the other devices of the card, and watched by two of them."""
    with rig_on(emulated_card, lab, tmp_path, way) as rig:
        emulated_card.wire("Dev1/port0/line3", "Dev1/ai7")
        emulated_card.set_line("Dev1/port0/line3", False)
        channels = [{"name": "exposure", "line": "Dev1/ai7"}]
        valve = rig.device(NiValve, "valve", VALVE)
        rig.device(NiDigitalInput, "lick", LICK)
        rig.device(NiAnalogLick, "circuit", CIRCUIT)
        rig.device(NiAnalogInput, "volts", {**ANALOG, "range_v": 10.0, "channels": channels})
        rig.device(NiLineRecord, "lines", LINES)
        rig.open()
        assert isinstance(valve, NiValve)
        for width in (0.0113, 0.0021, 0.0304):
            emulated_card.pulse("Dev1/port0/line3", width)
            emulated_card.pulse("Dev1/port0/line1", 0.01)
            time.sleep(0.05)
        valve.deliver(2.0)
        time.sleep(0.1)
        reports = [each for each in rig.messages() if isinstance(each, Report)]
    lines, volts = rig.recorded("lines"), rig.recorded("volts")
    rows = min(len(lines.samples), len(volts.samples))
    assert rows > 0.2 * RATE_HZ
    assert (lines.spec.dtype, lines.spec.clock) == ("|u1", "Dev1")
    exposed = lines.samples[:rows, 2]
    np.testing.assert_array_equal(exposed == 1, volts.values()[:rows, 0] > 2.5)
    edges = np.flatnonzero(np.diff(exposed.astype(int)))
    assert np.diff(edges)[::2].tolist() == pytest.approx([113, 21, 304], abs=1)
    assert np.count_nonzero(np.diff(lines.samples[:, 0].astype(int)) == 1) == 3
    (report,) = reports
    assert lines.samples[:, 1].sum() * SAMPLE == pytest.approx(report.achieved, abs=1e-9)
    rise = lines.times()[np.flatnonzero(lines.samples[:, 1])[0]]
    assert rise == pytest.approx(report.hardware_time, abs=0.01)


def test_a_line_may_be_recorded_but_only_one_device_acts_on_it(
    emulated_card: EmulatedCard, lab: Lab, tmp_path: Path
) -> None:
    rig = Rig(lab, tmp_path, emulated_card, emulated_card.address)
    lick, record = rig.device(NiDigitalInput, "lick", LICK), rig.device(NiLineRecord, "r", LINES)
    touch = rig.device(NiAnalogLick, "touch", CIRCUIT)
    assert [*lick.check(), *record.check(), *touch.check()] == []
    again = rig.device(NiDigitalInput, "again", LICK)
    twice = rig.device(NiAnalogLick, "twice", CIRCUIT)
    assert "'lick' and 'again' share the line" in str(again.check()[0])
    assert "'touch' and 'twice' share the line" in str(twice.check()[0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate_hz": 5_000}, "another device has the card sample at 10000 Hz"),
        ({"channels": [{"name": "x", "line": "Dev1/port1/line0"}]}, "cannot sample that line"),
        ({"channels": [{"name": "x", "line": "Dev1/port0/line9"}]}, "no such line"),
        ({"channels": [{"name": n, "line": "Dev1/port0/line0"} for n in "xy"]}, "same line"),
        ({"channels": [{"name": d, "line": f"{d}/port0/line0"} for d in ("Dev1", "Dev2")]},
         "'Dev2/port0/line0' is not on the card 'Dev1'"),
    ],
)  # fmt: skip
def test_a_record_that_the_card_cannot_make_is_told(
    change: dict[str, Any], words: str, emulated_card: EmulatedCard, lab: Lab, tmp_path: Path
) -> None:
    rig = Rig(lab, tmp_path, emulated_card, emulated_card.address)
    rig.device(NiAnalogInput, "volts", ANALOG)
    record = rig.device(NiLineRecord, "lines", {**LINES, **change})
    assert words in "; ".join(str(problem) for problem in record.check())


@pytest.mark.parametrize(
    ("change", "words"),
    [({"off_v": 0.3}, "must differ"), ({"on_v": 5.0, "range_v": 5.0}, "within plus and minus")],
)
def test_thresholds_that_make_no_sense_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        NiAnalogLick.Settings.model_validate({**CIRCUIT, **change})


def test_a_record_that_cannot_be_written_fails_and_lets_the_card_go(
    emulated_card: EmulatedCard, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise RecordingError("the disk is full", "volts", "Make room.")

    rig = Rig(lab, tmp_path / "full", emulated_card, emulated_card.address)
    volts = rig.device(NiAnalogInput, "volts", ANALOG)
    rig.open()
    monkeypatch.setattr(rig.store, "write", full)
    found: list[Any] = []
    assert eventually(lambda: found.extend(rig.messages()) or found)
    assert found == [Failure("volts", "the disk is full", "Make room.")]
    volts.close()
    with rig_on(emulated_card, lab, tmp_path / "next") as following:
        following.device(NiAnalogInput, "volts", ANALOG)
        following.open()
    rig.close()


def test_the_twin_of_a_record_records_low_lines(tmp_path: Path) -> None:
    clock, room, store = VirtualClock(), Room(), StreamStore()
    settings = LineRecordTwin.Settings.model_validate({**LINES, "rate_hz": 1000.0})
    twin = LineRecordTwin("lines", settings, Context(clock, Inbox(), room, tmp_path, store))
    store.begin(tmp_path, [twin.stream()])
    twin.open()
    for _ in range(5):
        clock.receive(Inbox(), room.agenda.next_time)
        room.agenda.run_until(clock.now())
    twin.close()
    stream = read_stream(tmp_path / "lines.stream")
    assert stream.samples.shape == (500, 3)
    assert not stream.samples.any()
