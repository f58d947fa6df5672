"""The LightCrafter's driver, seen from the light that its emulator makes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pydantic
import pytest
from light_bench import LIGHTCRAFTER, LightBench
from presented import disks
from serial_bench import eventually

from hardware.emulators.lightcrafter.client import EmulatedLightCrafter
from hardware.emulators.lightcrafter.unit import LightCrafterUnit
from hardware.lightcrafter import LightCrafter
from hardware.projection.protocol import (
    Command,
    Kind,
    Mode,
    Packet,
    Sequence,
    Trigger,
    bitmap,
    pack,
    pack_currents,
    pack_sequence,
    picture_of,
    split,
    unpack,
)
from rig.errors import DeviceError
from rig.inbox import Failure, Message, Report
from rig.lab import Lab
from rig.picture import Disk, Flashes

Maker = Callable[..., LightBench]


@pytest.fixture
def make(
    lab: Lab, emulated_lightcrafter: EmulatedLightCrafter, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Maker]:
    """Return a function that makes a bench; its driver looks at the projector all the time."""
    made: list[LightBench] = []
    emulated_lightcrafter.plug_in()

    def make(beat: float = 60.0, **settings: Any) -> LightBench:
        monkeypatch.setattr("hardware.lightcrafter.BEAT", beat)
        made.append(LightBench(lab.folder, emulated_lightcrafter, settings))
        made[-1].device.open()
        made[-1].device.load({"short": disks(), "long": disks(duration=0.8)})
        return made[-1]

    yield make
    emulated_lightcrafter.plug_in()
    emulated_lightcrafter.plague("busy", 0)
    for bench in made:
        bench.close()


def report_of(bench: LightBench) -> Report:
    found: list[Message] = []
    assert eventually(lambda: found.extend(bench.messages()) or found)
    (report,) = found
    assert isinstance(report, Report)
    return report


@pytest.mark.parametrize("ends", ["unit", "driver"])
def test_disks_flash_at_exactly_20_hz_and_end_dark(make: Maker, ends: str) -> None:
    bench = make(ends=ends)
    for _ in range(2):
        bench.device.present("short")
        bench.pass_time(0.5)
    flashes = np.array(bench.flashes())
    reports = [message for message in bench.messages() if isinstance(message, Report)]
    in_time = [report.achieved == 0.4 for report in reports]
    assert ends == "driver" or all(in_time), "the unit cannot be late"
    assert len(flashes) == 16 or not all(in_time)
    assert flashes[:7, 1] - flashes[:7, 0] == pytest.approx(0.025, abs=1e-6)
    assert np.diff(flashes[:8, 0]) == pytest.approx(0.05, abs=1e-6)
    bright = [each for each in bench.light() if each.is_bright]
    assert {each.currents for each in bright} == {(0, 0, 200)}
    (number,) = {each.picture for each in bright}
    seen = bench.projector.picture(number)
    assert np.array_equal(seen, bench.device._registration.render(disks().disks))
    assert not bench.projector.is_bright()


def test_flashes_end_by_themselves_when_the_computer_hangs(make: Maker) -> None:
    bench = make()
    bench.device.present("short")
    with bench.device._lock:  # nothing of the driver moves
        bench.pass_time(0.6)
        assert len(bench.flashes()) == 8
        assert not bench.projector.is_bright()
    assert eventually(lambda: bench.light()[-1].currents == (0, 0, 0))
    assert report_of(bench).achieved == 0.4


def test_with_a_trigger_flashes_begin_at_its_edge(make: Maker) -> None:
    bench = make(trigger="Dev1/port0/line4")
    bench.device.present("short")
    rises = bench.now()
    assert bench.flashes() == []
    bench.projector.rise(bench.began + rises)
    bench.pass_time(0.5)
    flashes = bench.flashes()
    assert flashes[0][0] == pytest.approx(rises, abs=1e-6)
    assert len(flashes) == 8
    bench.projector.rise()
    assert len(bench.flashes()) == 8, "an edge that comes late begins nothing"


def test_a_projector_that_somebody_left_on_is_dark_once_it_is_open(make: Maker) -> None:
    bench = make()
    bench.device.present("long")
    bench.projector.unplug()
    assert eventually(bench.projector.is_bright)
    bench.projector.plug_in()
    other = LightCrafter("other", bench.settings, bench.device_context())
    other.open()
    assert not bench.projector.is_bright()
    other.close()


@pytest.mark.parametrize("verb", ["off", "close"])
def test_what_is_cut_short_is_dark_at_once(make: Maker, verb: str) -> None:
    bench = make()
    bench.device.present("long")
    assert eventually(bench.projector.is_bright)
    {"off": bench.device.off, "close": bench.device.close}[verb]()
    ended, count = bench.now(), len(bench.flashes())
    bench.pass_time(0.1)
    assert len(bench.flashes()) == count
    assert bench.light()[-1].currents == (0, 0, 0)
    assert bench.light()[-1].lit == 0
    assert bench.flashes()[-1][1] <= ended
    assert report_of(bench).achieved < 0.8


def test_flashes_that_are_cut_leave_no_light_while_the_next_ones_wait(make: Maker) -> None:
    bench = make(trigger="Dev1/port0/line4")
    bench.device.load({"slow": disks(rate_hz=1.0, duration=2.0), "short": disks()})
    bench.device.present("slow")
    bench.projector.rise()
    assert eventually(bench.projector.is_bright)
    bench.device.present("short")
    assert not bench.projector.is_bright()
    bench.projector.rise()
    assert eventually(bench.projector.is_bright)


def test_a_command_that_reaches_it_damaged_is_told_and_not_obeyed(
    make: Maker, emulated_lightcrafter: EmulatedLightCrafter
) -> None:
    host, _, port = emulated_lightcrafter.address.partition(":")
    light = pack(Packet(Kind.WRITE, Command.CURRENT, pack_currents(2, 100)))
    with socket.create_connection((host, int(port)), 5.0) as line:
        line.sendall(light[:-1] + bytes([light[-1] ^ 1]))
        assert unpack(line.recv(100))[0] == Packet(Kind.ERROR, 0, bytes([9]))
        line.sendall(pack(Packet(Kind.READ, Command.MODE)))
        answer = unpack(line.recv(100))[0]
        assert answer is not None
        assert answer.kind == Kind.ANSWER


def test_a_driver_that_never_opened_it_makes_it_dark(make: Maker) -> None:
    bench = make()
    bench.device.present("long")
    assert eventually(bench.projector.is_bright)
    LightCrafter("guardian", bench.settings, bench.device_context()).off()
    assert bench.light()[-1].currents == (0, 0, 0)
    bench.pass_time(0.1)
    assert not bench.projector.is_bright()


def test_a_lost_projector_is_a_failure_and_off_connects_again(make: Maker) -> None:
    bench = make(beat=0.02)
    bench.device.present("long")
    bench.projector.unplug()
    found: list[Any] = []
    assert eventually(lambda: found.extend(bench.messages()) or found)
    assert isinstance(found[0], Failure)
    assert "connection to the projector broke" in found[0].what
    assert "USB cable" in found[0].do
    bench.pass_time(0.1)
    assert bench.light()[-1].currents != (0, 0, 0), "the unit itself goes on"
    with pytest.raises(DeviceError, match="no projector answers at that address"):
        bench.device.off()
    bench.projector.plug_in()
    bench.device.off()
    assert not bench.projector.is_bright()
    with pytest.raises(DeviceError, match="cannot present 'short'"):
        bench.device.present("short")


def test_a_computer_that_is_late_reports_what_came(make: Maker) -> None:
    bench = make(ends="driver")
    bench.device.present("short")
    with bench.device._lock:  # nothing of the driver moves
        bench.pass_time(0.5)
    found: list[Any] = []
    assert eventually(lambda: found.extend(bench.messages()) or found)
    (report,) = found
    end = bench.flashes()[-1][1]
    assert len(bench.flashes()) > 8
    assert report.achieved > 0.4
    assert end <= report.hardware_time + report.achieved + bench.tolerance


@pytest.mark.parametrize(
    ("trouble", "code", "sentence"),
    [
        ("error", 10, "did not take 'mode': a command reached it with the wrong length"),
        ("error", 99, "the unknown error 99"),
        ("silent", 0, "did not answer within"),
        ("damaged", 0, "is damaged: the checksum is wrong"),
        ("busy", 0, "the projector was busy for"),
    ],
)
def test_trouble_is_told_in_words(
    make: Maker,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Any,
    code: int,
    sentence: str,
) -> None:
    monkeypatch.setattr("hardware.projection.link.ANSWERING", 0.6)
    bench = make()
    bench.projector.plague(trouble, 1000 if trouble == "busy" else 1, code)
    with pytest.raises(DeviceError, match=sentence):
        bench.device.present("short")
    bench.projector.plague(trouble, 0)
    bench.device.off()
    assert not bench.projector.is_bright()


def test_what_it_cannot_project_is_refused(make: Maker) -> None:
    device = make(frame_hz=8000, field_height_um=5000).device
    far = Flashes((Disk(0.0, 1600.0, 360.0),), 0.4)
    assert "beyond the mirrors" in device.refuse_stimulus(far)
    assert "holds 96 half periods, not 120" in device.refuse_stimulus(disks(duration=3.0))
    assert "none that it can show" in device.refuse_stimulus(disks(rate_hz=4000.0))
    with pytest.raises(pydantic.ValidationError, match="led_current 300 is over"):
        LightCrafter.Settings.model_validate({**LIGHTCRAFTER, "led_current": 300})


def test_a_projector_that_is_not_there_is_a_problem_of_the_check(make: Maker) -> None:
    bench = make()
    bench.close()
    bench.projector.unplug()
    (problem,) = bench.device.check()
    assert problem.what == "no projector answers at that address"


def test_an_edge_for_each_pattern_makes_the_same_flashes() -> None:
    now = [0.0]
    unit = LightCrafterUnit(lambda: now[0], edge_per_pattern=True)
    black = np.zeros((684, 608), bool)
    lit = black.copy()
    lit[300, 200] = True
    for command, payload in (
        (Command.CURRENT, pack_currents(2, 100)),
        (Command.MODE, bytes([Mode.SEQUENCE])),
        (Command.SEQUENCE, pack_sequence(Sequence(2, 25_000, 2, Trigger.EXTERNAL))),
        (Command.PATTERN, b"\0" + bitmap(lit)),
        (Command.PATTERN, b"\1" + bitmap(black)),
        (Command.RUN, b"\1"),
    ):
        assert unit.answer(Packet(Kind.WRITE, command, payload)).kind == Kind.WRITTEN
    for edge in range(4):
        unit.edge(1.0 + edge * 0.025)
    now[0] = 2.0
    shown = [(each.time, each.picture) for each in unit.history(0.5)][1:]
    assert shown == [(1.0, 1), (1.025, 0), (1.05, 1), (1.075, 0)]


def test_packets_come_apart_as_they_were_put_together() -> None:
    long = Packet(Kind.WRITE, Command.PATTERN, bytes(range(256)) * 600)
    parts = split(long)
    assert [part.flags for part in parts] == [1, 2, 3]
    assert b"".join(part.payload for part in parts) == long.payload
    stream = b"".join(pack(part) for part in parts)
    for part in parts:
        assert unpack(stream[:20])[0] is None
        found, stream = unpack(stream)
        assert found == part
    assert stream == b""
    picture = np.random.default_rng(1).random((684, 608)) < 0.5
    assert np.array_equal(picture_of(bitmap(picture)), picture)
    assert len(bitmap(picture)) == 62 + 684 * 76


def test_the_bitmap_is_one_that_other_programs_read() -> None:
    import cv2

    picture = np.zeros((684, 608), bool)
    picture[10:20, 30:50] = True
    read = cv2.imdecode(np.frombuffer(bitmap(picture), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert read is not None
    assert np.array_equal(read > 127, picture)
