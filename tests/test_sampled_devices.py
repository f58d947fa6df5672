"""The contract of devices that sample, analog inputs and cameras: twins and drivers pass it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from helpers import plan_for, run_virtual
from serial_bench import NUMBER, SerialBench, eventually, treadmill

from hardware.analog_input import AnalogInputTwin
from hardware.board_encoder import BoardEncoder, BoardEncoderTwin
from hardware.camera import CameraTwin
from hardware.film.thumbnail import Thumbnail
from hardware.opencv_camera import OpenCVCamera
from rig.clock import SystemClock, VirtualClock
from rig.devices import AnalogInput, Camera, Context
from rig.events import StreamEnded
from rig.graph import TurnOn
from rig.hdf5_file import is_sealed
from rig.inbox import Inbox
from rig.journal import digest
from rig.lab import Lab
from rig.room import Room
from rig.session_record import load_session
from rig.stream_store import StreamStore
from rig.streams import Stream, read_stream

Edit = Callable[[str, str, str], None]
ANALOG = {
    "meaning": "treadmill and photodiode",
    "rate_hz": 1000.0,
    "range_v": 5.0,
    "channels": [
        {"name": "speed", "line": "Dev1/ai0", "unit": "m/s", "per_volt": 0.2},
        {"name": "photodiode", "line": "Dev1/ai1"},
    ],
}
CAMERA: dict[str, Any] = {
    "line": "cam-17",
    "meaning": "the mouse's eye",
    "rate_hz": 20.0,
    "width_px": 64,
}


@dataclass
class Bench:
    """A device that samples, in virtual time, and the streams that it writes to."""

    device: AnalogInput | Camera
    clock: VirtualClock
    room: Room
    store: StreamStore
    folder: Path
    slack = 0.0
    """Seconds by which it may be late."""

    def now(self) -> float:
        return self.clock.now()

    def pass_time(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        while (time := min(self.room.agenda.next_time, end)) < end:
            self.clock.receive(Inbox(), time)
            self.room.agenda.run_until(time)
        self.clock.receive(Inbox(), end)
        self.room.agenda.run_until(end)

    def recorded(self) -> Stream:
        return read_stream(self.folder / "streams" / "box.stream")

    def close(self) -> None:
        self.device.close()


@dataclass
class EmulatedBench:
    """A device that samples, at an emulator."""

    serial: SerialBench
    store: StreamStore
    folder: Path
    slack = 0.0

    def now(self) -> float:
        return self.serial.now()

    @property
    def device(self) -> AnalogInput:
        found: AnalogInput = self.serial.device
        return found

    def pass_time(self, seconds: float) -> None:
        self.serial.pass_time(seconds)

    def recorded(self) -> Stream:
        return read_stream(self.folder / "streams" / "box.stream")

    def close(self) -> None:
        self.serial.close()


class FilmingBench:
    """A synthetic camera, whose frames take real time; the session's is twice as fast."""

    slack = 0.3

    def __init__(self, folder: Path) -> None:
        self._clock = SystemClock(lambda: 2 * time.perf_counter())
        self._folder, self.store = folder, StreamStore()
        context = Context(self._clock, Inbox(), Room(), folder, self.store)
        settings = {**CAMERA, "source": "synthetic", "rate_hz": 2 * CAMERA["rate_hz"]}
        self.device = OpenCVCamera("box", OpenCVCamera.Settings.model_validate(settings), context)
        self.device.record_to(folder)
        self.store.begin(folder / "streams", [self.device.stream()])

    def now(self) -> float:
        return self._clock.now()

    def pass_time(self, seconds: float) -> None:
        time.sleep(seconds / 2)
        if self.device._filming is not None:
            assert eventually(lambda: self.device._count.came > 4)

    def recorded(self) -> Stream:
        return read_stream(self._folder / "streams" / "box.stream")

    def close(self) -> None:
        self.device.close()


TREADMILL = {"line": NUMBER, "meaning": "treadmill", "counts_per_cm": 40.0}
BENCHES = {AnalogInputTwin: ANALOG, BoardEncoderTwin: TREADMILL, CameraTwin: CAMERA}
RATES = {
    AnalogInputTwin: 1000,
    BoardEncoderTwin: 100,
    BoardEncoder: 100,
    CameraTwin: 20,
    OpenCVCamera: 20,
}


@pytest.fixture(params=[*BENCHES, BoardEncoder, OpenCVCamera])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    made: Bench | EmulatedBench | FilmingBench
    if request.param is BoardEncoder:
        made = emulated_bench(tmp_path)
    elif request.param is OpenCVCamera:
        made = FilmingBench(tmp_path)
    else:
        made = twin_bench(request, tmp_path)
    yield made
    made.close()


def emulated_bench(folder: Path) -> EmulatedBench:
    store = StreamStore()
    serial = SerialBench(BoardEncoder, dict(TREADMILL), folder, treadmill, streams=store)
    store.begin(folder / "streams", [serial.device.stream()])
    return EmulatedBench(serial, store, folder)


def twin_bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    driver, clock, room, store = request.param, VirtualClock(), Room(), StreamStore()
    settings = driver.Settings.model_validate(BENCHES[driver])
    device = driver("box", settings, Context(clock, Inbox(), room, tmp_path, store))
    if isinstance(device, Camera):
        device.record_to(tmp_path)
    store.begin(tmp_path / "streams", [device.stream()])
    return Bench(device, clock, room, store, tmp_path)


def test_it_samples_from_open_to_off_at_its_rate(bench: Bench) -> None:
    rate = RATES[type(bench.device)]
    bench.pass_time(2.0)
    bench.device.open()
    opened = bench.now()
    bench.pass_time(1.23)
    lasted = bench.now() - opened
    bench.device.off()
    bench.pass_time(1.0)
    stream = bench.recorded()
    assert stream.damage == ""
    assert len(stream.samples) == pytest.approx(lasted * rate, abs=1 + bench.slack * rate)
    times = stream.times()
    assert times[0] == pytest.approx(opened, abs=1.01 / rate + bench.slack)
    assert np.diff(times) == pytest.approx(1 / rate, abs=1e-6 / rate + bench.slack)


def test_off_and_close_may_be_called_again_and_it_opens_again(bench: Bench) -> None:
    bench.device.off()
    bench.device.open()
    bench.device.open()
    bench.pass_time(0.5)
    bench.device.off()
    bench.device.close()
    bench.device.close()
    before = len(bench.recorded().samples)
    bench.device.open()
    bench.pass_time(0.5)
    bench.device.close()
    unsure = 2 + 2 * bench.slack * RATES[type(bench.device)]
    assert len(bench.recorded().samples) == pytest.approx(2 * before, abs=unsure)
    assert len(bench.recorded().samples) > before > 0


def test_it_takes_no_orders(bench: Bench) -> None:
    assert "cannot do 'TurnOn'" in (bench.device.refuse(TurnOn("box")) or "")
    with pytest.raises(TypeError):
        bench.device.act(TurnOn("box"))


def test_what_is_sampled_after_the_end_of_the_streams_is_not_kept(bench: Bench) -> None:
    bench.device.open()
    bench.pass_time(0.5)
    ((name, rows, _),) = bench.store.end()
    bench.pass_time(0.5)
    bench.device.close()
    assert name == "box"
    assert len(bench.recorded().samples) == rows > 0


class WatchedClock(SystemClock):
    """A clock that a person could watch, by which no time passes."""

    def now(self) -> float:
        return 0.0


def test_a_camera_leaves_a_small_picture_to_look_at_while_it_films(tmp_path: Path) -> None:
    room, store = Room(), StreamStore()
    settings = CameraTwin.Settings.model_validate({**CAMERA, "width_px": 800, "height_px": 600})
    context = Context(WatchedClock(), Inbox(), room, tmp_path, store)
    camera = CameraTwin("eye", settings, context)
    camera.record_to(tmp_path)
    store.begin(tmp_path / "streams", [camera.stream()])
    camera.open()
    room.agenda.run_until(0.5)
    picture = cv2.imread(str(tmp_path / "thumbnail-eye.jpg"))
    assert picture is not None
    assert 0 < picture.shape[1] <= 320
    assert picture.shape[0] / picture.shape[1] == pytest.approx(600 / 800, rel=0.01)
    camera.off()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["eye.avi", "streams"]


def test_a_camera_leaves_no_picture_in_virtual_time(tmp_path: Path) -> None:
    clock, room, store = VirtualClock(), Room(), StreamStore()
    settings = CameraTwin.Settings.model_validate(CAMERA)
    camera = CameraTwin("eye", settings, Context(clock, Inbox(), room, tmp_path, store))
    camera.record_to(tmp_path)
    store.begin(tmp_path / "streams", [camera.stream()])
    camera.open()
    room.agenda.run_until(0.5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["eye.avi", "streams"]
    camera.off()


def test_the_picture_of_a_camera_is_replaced_a_few_times_a_second(tmp_path: Path) -> None:
    seconds = 0.0
    thumbnail = Thumbnail(tmp_path / "thumbnail-eye.jpg", lambda: seconds)
    seen = set()
    for number in range(100):
        seconds = number / 100
        thumbnail.take(np.full((60, 80), 2 * number, np.uint8))
        seen.add((tmp_path / "thumbnail-eye.jpg").read_bytes())
    assert 4 <= len(seen) <= 8


def test_a_picture_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    thumbnail = Thumbnail(tmp_path / "gone" / "thumbnail-eye.jpg")
    thumbnail.take(np.zeros((60, 80), np.uint8))
    thumbnail.remove()
    assert list(tmp_path.iterdir()) == []


def test_two_channels_on_one_wire_are_found(tmp_path: Path) -> None:
    twice = [{"name": name, "line": "Dev1/ai0"} for name in ("speed", "light")]
    settings = AnalogInputTwin.Settings.model_validate({**ANALOG, "channels": twice})
    device = AnalogInputTwin("box", settings, Context(VirtualClock(), Inbox(), Room(), tmp_path))
    assert [problem.what for problem in device.check()] == ["two channels have the same line"]


SAMPLED = """[devices.eye]
driver = "hardware.camera:CameraTwin"
line = "cam-17"
meaning = "the mouse's eye"

[devices.analog]
driver = "hardware.analog_input:AnalogInputTwin"
meaning = "treadmill"
rate_hz = 1000
channels = [{ name = "speed", line = "Dev1/ai0", unit = "m/s", per_volt = 0.2 }]

[devices.port]"""


def test_a_session_records_its_streams_and_its_video(lab: Lab, edit: Edit) -> None:
    import h5py

    edit("rigs/box1.toml", "[devices.port]", SAMPLED)
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 3")
    result = run_virtual(plan_for(lab))
    folder, record = result.folder, load_session(result.folder)
    assert [spec.name for spec in record.definition.streams] == ["eye", "analog"]
    ended = {e.stream: e.rows for e in record.events if isinstance(e, StreamEnded)}
    with h5py.File(folder.hdf5) as file:
        for name, rows in ended.items():
            stream = read_stream(folder.streams / f"{name}.stream")
            dataset = file[f"signals/{name}/samples"]
            assert len(stream.samples) == rows == len(dataset)
            assert np.array_equal(dataset[()], stream.samples)
            assert file[f"signals/{name}/blocks"]["time"].tolist() == [
                block.time for block in stream.blocks
            ]
    assert ended["analog"] == pytest.approx(result.duration * 1000, abs=2)
    assert is_sealed(folder.hdf5, digest(folder.journal))
    video, frames = cv2.VideoCapture(str(folder.path / "eye.avi")), 0
    while video.read()[0]:
        frames += 1
    assert frames == ended["eye"] > 300
