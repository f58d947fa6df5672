"""Sampled signals and videos in NWB files: right numbers, right times, little memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pynwb
import pytest
from helpers import plan_for, run_virtual
from nwb_sessions import DEFINITION, ODD, changed, write_session, write_stream
from recorded import session_with_signals

from rig.export.nwb import export_nwb
from rig.export.nwb_check import check
from rig.lab import Lab
from rig.session_record import SessionRecord, load_session
from rig.streams import Channel, Samples, StreamSpec, read_stream

pytestmark = pytest.mark.usefixtures("schemas_read_once")
VOLTS = (Channel("x", "V", 0.5, 1.0),)
CAMERA = """[devices.eye]
driver = "hardware.camera:CameraTwin"
line = "cam-17"
meaning = "the mouse's eye"
rate_hz = 20
width_px = 64

[simulation]
"""


def spec(
    name: str, rate_hz: float | None, channels: tuple[Channel, ...] = VOLTS, dtype: str = "<i2"
) -> StreamSpec:
    return StreamSpec(name, "card", "what is measured", channels, dtype, rate_hz)


def counted(rows: int, channels: int = 1) -> Samples:
    """Return numbers that differ from row to row and from channel to channel."""
    numbers = np.arange(rows * channels) % 30_000
    return numbers.astype("<i2").reshape(rows, channels)


@pytest.fixture
def record(tmp_path: Path) -> SessionRecord:
    """Return a session in which nothing happened, to put streams beside."""
    return write_session(tmp_path, [])


def series(record: SessionRecord) -> dict[str, tuple[Samples, Samples, str]]:
    """Export, find nothing to complain of, and return times, values and unit of each series."""
    path = export_nwb(record).path
    assert check(path, record.definition) == []
    found = {}
    with pynwb.NWBHDF5IO(path, "r") as io:
        for one in io.read().acquisition.values():
            if isinstance(one, pynwb.TimeSeries):
                times = one.get_timestamps()[:]
                found[one.name] = times, one.get_data_in_units(), one.unit
    return found


def test_signals_have_their_values_units_and_rates(lab: Lab) -> None:
    record = load_session(session_with_signals(lab))
    stream = read_stream(record.folder.streams / "treadmill.stream")
    found = series(record)
    for number, (name, unit, scale) in enumerate(
        [("treadmill_speed", "meters per second", 0.01), ("treadmill_light", "volts", 1.0)]
    ):
        times, values, own = found[name]
        assert own == unit
        assert values == pytest.approx(stream.values()[:, number] * scale)
        assert times == pytest.approx(stream.times(), abs=1e-9)


def test_pynapple_reads_the_samples(lab: Lab) -> None:
    import pynapple  # slow to load, which each worker would do

    record = load_session(session_with_signals(lab))
    stream = read_stream(record.folder.streams / "treadmill.stream")
    data = pynapple.load_file(str(export_nwb(record).path))
    speed = data["treadmill_speed"]
    assert speed.d[:].tolist() == stream.samples[:, 0].tolist()
    assert speed.t == pytest.approx(stream.times(), abs=1e-9)
    data.close()


def test_a_video_stays_beside_the_file_and_has_its_frames_times(lab: Lab) -> None:
    rig = lab.folder / "rigs/box1.toml"
    rig.write_text(rig.read_text("utf-8").replace("[simulation]\n", CAMERA), "utf-8")
    path = lab.folder / "protocols/go_nogo.toml"
    path.write_text(path.read_text("utf-8").replace("max_trials = 250", "max_trials = 2"), "utf-8")
    record = load_session(run_virtual(plan_for(lab)).folder)
    done = export_nwb(record)
    assert check(done.path, record.definition) == []
    frames = read_stream(record.folder.streams / "eye.stream").times()
    with pynwb.NWBHDF5IO(done.path, "r") as io:
        video = io.read().acquisition["eye"]
        assert list(video.external_file[:]) == ["eye.avi"]
        assert (video.num_samples, video.rate) == (len(frames), pytest.approx(20.0))
        assert video.starting_time == frames[0]
        assert video.device.name == "eye"
    elsewhere = export_nwb(record, lab.folder / "shared/x.nwb").path
    assert check(elsewhere, record.definition) == []
    (record.folder.path / "eye.avi").unlink()
    (problem,) = check(done.path, record.definition)
    assert "Put the video beside" in problem.do


def test_a_clock_that_runs_apart_keeps_its_times(record: SessionRecord) -> None:
    """A constant drift is another rate; one that changes is told row by row."""
    steady = [(number * 0.1001, counted(100)) for number in range(20)]
    path = write_stream(record, spec("steady", 1000.0), steady)
    uneven = [(number**1.1 * 0.1, counted(100)) for number in range(20)]
    other = write_stream(record, spec("uneven", 1000.0), uneven)
    found = series(record)
    assert found["steady"][0] == pytest.approx(read_stream(path).times(), abs=6e-4)
    assert found["uneven"][0] == pytest.approx(read_stream(other).times(), abs=1e-6)
    assert found["uneven"][1] == pytest.approx(read_stream(other).values()[:, 0])


def test_signals_that_come_when_they_come_have_times_of_their_own(record: SessionRecord) -> None:
    channels = (Channel("time", "s"), Channel("x", "mm"), Channel("y", "mm"))
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.05, 60))
    rows = np.c_[times, times * 2, times * 3]
    write_stream(record, spec("paw", None, channels, "<f8"), [(0.0, rows[:25]), (0.9, rows[25:])])
    regular = np.c_[np.arange(50) / 25, np.ones((50, 2))]
    write_stream(record, spec("tail", None, channels, "<f8"), [(0.0, regular)])
    write_stream(record, spec("ticks", None, channels[:1], "<f8"), [(0.0, times[:, None])])
    found = series(record)
    assert found["ticks"][1].tolist() == times.tolist()
    assert found["paw_x"][0].tolist() == found["paw_y"][0].tolist() == times.tolist()
    assert found["paw_y"][1] == pytest.approx(times * 3e-3)
    assert found["tail_x"][0] == pytest.approx(regular[:, 0])


def test_signals_that_are_short_empty_or_oddly_named(record: SessionRecord) -> None:
    many = tuple(Channel(f"{ODD}{number}", "") for number in range(8))
    write_stream(record, spec("short", 1000.0, many), [(0.0, counted(3, 8))])
    write_stream(record, spec("empty", 1000.0), [])
    write_stream(record, spec("one row", 1000.0), [(5.0, counted(1))])
    path = write_stream(record, spec("plain", 10.0, (Channel("x", ODD),)), [(0.0, counted(30))])
    path.rename(path.with_name("a_b.stream"))
    found = series(record)
    assert len([name for name in found if name.startswith("short_")]) == 8
    assert found["one row"][0].tolist() == [5.0]
    assert "empty" not in found


def test_damaged_and_missing_signals_are_told_and_the_rest_is_exported(tmp_path: Path) -> None:
    missing = changed(DEFINITION, streams=(spec("gone", 10.0), spec("torn", 10.0)))
    record = write_session(tmp_path, [], missing)
    path = write_stream(record, spec("torn", 10.0), [(0.0, counted(50)), (5.0, counted(50))])
    path.write_bytes(path.read_bytes()[:-7])
    done = export_nwb(record)
    told = {Path(problem.where.partition(",")[0]).name for problem in done.problems}
    assert {"gone.stream", "torn.stream"} <= told
    assert check(done.path, record.definition) == []
    with pynwb.NWBHDF5IO(done.path, "r") as io:
        file = io.read()
        assert file.acquisition["torn"].data[:].tolist() == counted(50)[:, 0].tolist()
        assert "DAMAGED" in file.acquisition["torn"].description
        assert json.loads(file.scratch["stream_torn"].data)["rows"] == 50


def test_hours_of_samples_need_no_more_memory_than_minutes(record: SessionRecord) -> None:
    channels = tuple(Channel(f"ai{number}", "V") for number in range(8))
    peaks = []
    for seconds in (20, 100):
        blocks = ((second * 1.0, counted(10_000, 8) % 99) for second in range(seconds))
        write_stream(record, spec("analog", 10_000.0, channels), blocks)
        tracemalloc.start()
        export_nwb(record)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        (record.folder.streams / "analog.stream").unlink()
    assert peaks[1] < peaks[0] + 2e6, "the samples are 3 and 16 MB"
