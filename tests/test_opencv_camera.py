"""Cameras by OpenCV: every frame in the video, its number, its times, and what is lost."""

from __future__ import annotations

import shutil
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydantic
import pytest
from serial_bench import eventually

from analysis.exposures import reconcile
from hardware.film.filming import Filming
from hardware.film.frame_source import Frame, FrameSource
from hardware.film.synthetic_source import drawn, number_in
from hardware.film.video_file import VideoFile
from hardware.opencv_camera import OpenCVCamera
from rig.clock import SystemClock
from rig.devices import Context
from rig.errors import DeviceError
from rig.inbox import Failure, Inbox, Message, Notice
from rig.room import Room
from rig.stream_store import StreamStore
from rig.streams import read_stream

Usage = namedtuple("Usage", "total used free")
SYNTHETIC = {
    "line": "cam-17",
    "meaning": "the mouse's eye",
    "source": "synthetic",
    "width_px": 320,
    "height_px": 240,
    "rate_hz": 100.0,
}


class Filmed:
    """A camera that films into a folder, in real time."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.inbox, self._store, self.folder = Inbox(), StreamStore(), folder
        context = Context(SystemClock(), self.inbox, Room(), folder, self._store)
        model = OpenCVCamera.Settings.model_validate({**SYNTHETIC, **settings})
        self.device = OpenCVCamera("eye", model, context)
        self.device.record_to(folder)
        self._store.begin(folder / "streams", [self.device.stream()])

    def film(self, frames: int) -> None:
        """Film until so many frames are kept."""
        self.device.open()
        assert eventually(lambda: self.device._count.came >= frames)
        self.device.off()

    def rows(self) -> np.ndarray:
        return read_stream(self.folder / "streams" / "eye.stream").values()

    def messages(self) -> list[Message]:
        found = []
        while (message := self.inbox.take()) is not None:
            found.append(message)
        return found


@pytest.fixture
def film(tmp_path: Path) -> Iterator[Callable[..., Filmed]]:
    made: list[Filmed] = []

    def make(**settings: Any) -> Filmed:
        made.append(Filmed(tmp_path, **settings))
        return made[-1]

    yield make
    for each in made:
        each.device.close()


def pictures(path: Path) -> list[np.ndarray]:
    """Return the frames of a video as they were stored."""
    video = cv2.VideoCapture(str(path))
    if path.suffix == ".mkv":
        video.set(cv2.CAP_PROP_CONVERT_RGB, 0)
    found = []
    while (read := video.read())[0]:
        found.append(read[1])
    return found


@pytest.mark.parametrize(
    ("recording", "bits", "file"),
    [("small", 8, "eye.avi"), ("lossless", 8, "eye.mkv"), ("lossless", 16, "eye.mkv")],
)
def test_every_frame_is_in_the_video_under_its_number(
    film: Callable[..., Filmed], recording: str, bits: int, file: str
) -> None:
    lost = (7, 20, 21, 22)
    filmed = film(recording=recording, bits=bits, synthetic={"lost": lost, "jitter": 0.004})
    filmed.film(40)
    rows, seen = filmed.rows(), pictures(filmed.folder / file)
    numbers = rows[:, 1].astype(int).tolist()
    assert numbers == [each for each in range(len(rows) + len(lost)) if each not in lost]
    assert [number_in(picture) for picture in seen] == numbers
    if recording == "lossless":
        for number, picture in zip(numbers, seen, strict=True):
            assert np.array_equal(picture, drawn(number, (240, 320), bits))
    assert rows[:, 2] == pytest.approx((rows[:, 1] + 1) / 100)
    assert np.all(np.diff(rows[:, 0]) >= 0)


def test_lost_frames_stand_in_the_record_in_words(film: Callable[..., Filmed]) -> None:
    filmed = film(synthetic={"lost": (3, 8, 9)})
    filmed.film(12)
    notes = [each.what for each in filmed.messages() if isinstance(each, Notice)]
    total = filmed.device._count.came + 3
    assert notes[0] == "1 of 5 frames are missing (3)"
    assert notes[-1] == f"3 of {total} frames are missing (3, 8-9)"


def test_a_camera_that_stops_is_a_failure_within_a_second(film: Callable[..., Filmed]) -> None:
    filmed = film(synthetic={"last": 10})
    filmed.device.open()
    assert eventually(lambda: filmed.device._count.came == 11)
    stopped = time.monotonic()
    found: list[Message] = []
    assert eventually(lambda: found.extend(filmed.messages()) or found)
    took = time.monotonic() - stopped
    (failure,) = found
    assert isinstance(failure, Failure)
    assert failure.what == "the camera has given no frame for 0.8 s"
    assert took < 1.5
    filmed.device.off()
    assert len(pictures(filmed.folder / "eye.avi")) == 11


class Late(FrameSource):
    """A camera that begins slowly, and stops after its first frame."""

    def __init__(self) -> None:
        self.number, self.closed = -1, threading.Event()

    def open(self) -> None: ...

    def read(self) -> Frame:
        self.number += 1
        self.closed.wait(10.0 if self.number else 0.4)
        return Frame(self.number, 0.0, 0.0, np.zeros((2, 2), np.uint8))

    def close(self) -> None: ...


def test_a_camera_may_take_its_time_to_begin() -> None:
    source, kept, told = Late(), [], []
    filming = Filming(source, kept.append, 0.1, lambda what, do: told.append((what, len(kept))))
    assert eventually(lambda: told)
    source.closed.set()
    filming.end()
    assert told == [("the camera has given no frame for 0.1 s", 1)]


def test_a_full_disk_is_a_failure_before_the_record_suffers(
    film: Callable[..., Filmed], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 1e12
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1e12, 0, free))
    monkeypatch.setattr("hardware.film.video_file.LOOK_EVERY", 0.0)
    filmed = film()
    filmed.device.open()
    assert eventually(lambda: filmed.device._count.came > 3)
    free = 5e6
    found: list[Message] = []
    assert eventually(lambda: found.extend(filmed.messages()) or found)
    assert isinstance(found[0], Failure)
    assert "the disk is full: 5 MB are free" in found[0].what
    filmed.device.off()
    with pytest.raises(DeviceError, match="the disk is full"):
        filmed.device.open()


class Flood(FrameSource):
    """A camera that gives frames as fast as they are taken."""

    def __init__(self, frames: int, shape: tuple[int, int] = (2, 2)) -> None:
        self.number, self.frames, self.closed, self.shape = 0, frames, False, shape

    def open(self) -> None: ...

    def read(self) -> Frame:
        self.number += 1
        if self.number > self.frames:
            time.sleep(0.01)
        return Frame(self.number, 0.0, 0.0, np.zeros(self.shape, np.uint8))

    def close(self) -> None:
        self.closed = True


def test_a_slow_disk_costs_frames_that_are_counted_and_never_memory() -> None:
    source, kept = Flood(300), []

    def keep(frame: Frame) -> None:
        kept.append(frame.number)
        time.sleep(0.002)

    filming = Filming(source, keep, 10.0, lambda what, do: None)
    assert eventually(lambda: source.number > 300)
    filming.end()
    assert source.closed
    assert filming.overflowed > 0
    assert len(kept) + filming.overflowed >= 300
    assert kept == sorted(set(kept))


def test_frames_that_were_lost_last_are_told_too(film: Callable[..., Filmed]) -> None:
    filmed = film(width_px=16, height_px=16)
    filmed.device._source = lambda: Flood(1000, (16, 16))
    filmed.device.open()
    keep = filmed.device._filming._keep
    filmed.device._filming._keep = lambda frame: (time.sleep(0.001), keep(frame))
    assert eventually(lambda: (filmed.device._filming.last or 0) >= 1000)
    last = filmed.device._filming
    filmed.device.off()
    notes = [each.what for each in filmed.messages() if isinstance(each, Notice)]
    assert filmed.device._count.lost == last.overflowed > 0
    assert filmed.device._count.came + last.overflowed == last.last
    assert f"; {last.overflowed} came while the computer was too slow" in notes[-1]


def test_an_error_while_a_frame_is_kept_is_told_once(film: Callable[..., Filmed]) -> None:
    filmed = film(width_px=320)
    filmed.device._settings = filmed.device._settings.model_copy(update={"height_px": 200})
    filmed.device._source = lambda: Flood(10)
    filmed.device.open()
    found: list[Message] = []
    assert eventually(lambda: found.extend(filmed.messages()) or found)
    filmed.device.off()
    (failure,) = found + filmed.messages()
    assert isinstance(failure, Failure)
    assert "gives frames of 2 x 2 pixels, uint8, not of 320 x 200" in failure.what


def test_a_video_file_stands_for_a_camera_and_begins_anew(
    film: Callable[..., Filmed], tmp_path: Path
) -> None:
    video = VideoFile(tmp_path / "film.mkv", "lossless", 30.0, (240, 320), 8)
    for number in range(5):
        video.write(drawn(number, (240, 320), 8))
    video.close()
    filmed = film(source="file", address="film.mkv", recording="lossless")
    filmed.film(12)
    seen = [number_in(picture) for picture in pictures(tmp_path / "eye.mkv")]
    assert seen == [number % 5 for number in range(len(seen))]
    assert filmed.rows()[:, 1].tolist() == list(range(len(seen)))


def test_a_camera_that_opencv_opens_is_read_until_it_gives_nothing(
    film: Callable[..., Filmed], tmp_path: Path
) -> None:
    video = VideoFile(tmp_path / "film.mkv", "lossless", 30.0, (240, 320), 8)
    for number in range(5):
        video.write(drawn(number, (240, 320), 8))
    video.close()
    filmed = film(source="camera", address=str(tmp_path / "film.mkv"), recording="lossless")
    filmed.device.open()
    found: list[Message] = []
    assert eventually(lambda: found.extend(filmed.messages()) or found)
    filmed.device.off()
    (failure,) = found
    assert isinstance(failure, Failure)
    assert "the camera gives no frame" in failure.what
    assert [number_in(each) for each in pictures(tmp_path / "eye.mkv")] == list(range(5))


def test_a_camera_of_16_bits_is_seen_while_it_films(film: Callable[..., Filmed]) -> None:
    filmed = film(recording="lossless", bits=16, width_px=640)
    filmed.device.open()
    seen = filmed.folder / "thumbnail-eye.jpg"
    assert eventually(seen.exists)
    picture = cv2.imread(str(seen), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (120, 320)
    assert np.median(picture[40:]) == pytest.approx(85, abs=3)
    filmed.device.off()
    assert not seen.exists()


def test_a_second_filming_leaves_the_first_video_alone(film: Callable[..., Filmed]) -> None:
    filmed = film()
    filmed.film(5)
    first = (filmed.folder / "eye.avi").read_bytes()
    filmed.film(5)
    assert (filmed.folder / "eye.avi").read_bytes() == first
    assert len(pictures(filmed.folder / "eye-2.avi")) >= 5


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"source": "camera", "address": "nowhere.mp4"}, "the camera cannot be opened"),
        ({"source": "file", "address": "nowhere.mp4"}, "the camera cannot be opened"),
    ],
)
def test_a_camera_that_is_not_there_cannot_be_opened(
    film: Callable[..., Filmed], settings: dict[str, Any], error: str
) -> None:
    filmed = film(**settings)
    with pytest.raises(DeviceError, match=error):
        filmed.device.open()
    assert len(filmed.device.check()) == (settings["source"] == "file")


OWN = """from hardware.film.frame_source import FrameSource
from hardware.film.synthetic_source import SyntheticSource


class Own(SyntheticSource):
    pass
"""


def test_a_lab_names_a_source_of_its_own(film: Callable[..., Filmed], tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    filmed = film(source="own.py:Own", bits=16, recording="lossless")
    assert filmed.device.check() == []
    filmed.film(3)
    assert pictures(tmp_path / "eye.mkv")[0].dtype == np.uint16
    settings = filmed.device._settings.model_copy(update={"source": "own.py:Other"})
    filmed.device._settings = settings
    (problem,) = filmed.device.check()
    assert "has no class 'Other'" in problem.what


def test_settings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(pydantic.ValidationError, match="16 bits need"):
        OpenCVCamera.Settings.model_validate({**SYNTHETIC, "bits": 16})
    with pytest.raises(pydantic.ValidationError, match="gives 8 bits through OpenCV"):
        OpenCVCamera.Settings.model_validate(
            {**SYNTHETIC, "source": "file", "bits": 16, "recording": "lossless"}
        )


@pytest.mark.parametrize("before", [0, 3])
def test_frames_are_laid_beside_the_exposure_line(before: int) -> None:
    rng = np.random.default_rng(before)
    edges = 2.0 + np.arange(300) * 0.01
    lost = [5, 100, 101, 299]
    came = np.array([each for each in range(before, 300) if each not in lost])
    late = 0.008 + rng.exponential(0.002, len(came)) + 0.2 * (came % 50 == 0)
    arrivals = np.maximum.accumulate(edges[came] + late)
    found = reconcile(edges, came + 40, arrivals)
    assert found.known
    assert list(found.missing) == sorted([*range(before), *lost])
    assert np.array_equal(found.exposed, edges[came])


def test_a_camera_that_does_not_count_is_not_trusted() -> None:
    edges = np.arange(300) * 0.01
    came = np.delete(np.arange(300), [100, 101])
    found = reconcile(edges, np.arange(298), edges[came] + 0.008)
    assert not found.known
    assert found.words.startswith("2 exposures have no frame, and which ones is not known")
    assert reconcile(edges, np.arange(0), np.array([])).missing == tuple(range(300))
