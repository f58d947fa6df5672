"""``rig align``: a session of the engine, whose sync line another device has seen by its clock."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest
from clock_bench import Device, Seen, seen_by
from conftest import Done
from inside import inside
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.event import EventsTable
from test_sync_lines import run, wire

from analysis.clocks.files import read_pulses
from analysis.clocks.pulses import Pulses
from analysis.clocks.session_lines import session_pulses
from analysis.clocks.store import read_alignment
from analysis.clocks.streams import pulses_by_card, pulses_by_session
from analysis.neural.recording import Spikes
from models.errors import Floats, NotFiniteError
from rig.commands.init import make_lab
from rig.dataset import SessionData, read_session
from rig.errors import ExitCode, RecordingError
from rig.events import SyncSwitched
from rig.lab import Lab, find_lab
from rig.session_folder import find_sessions
from rig.streams import STREAM_MAGIC, Channel, StreamSpec, pack_block, pack_spec, read_stream

DEVICE = Device(drift_ppm=50.0, offset=-312.5, lost=0.1, spurious=0.1, jitter=3e-5)
RATE_HZ = 1000.0
Command = Callable[..., Done]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab with a session that had sync lines."""
    folder = tmp_path_factory.mktemp("clocks") / "lab"
    make_lab(folder)
    path = folder / "lab.toml"
    text = path.read_text(encoding="utf-8").replace('export = ["nwb"]', "export = []")
    path.write_text(text.replace("report = true", "report = false"), encoding="utf-8")
    lab = find_lab(folder)
    wire(lab)
    run(lab)
    return lab


@pytest.fixture(scope="module")
def data(recorded: Lab) -> SessionData:
    (folder,) = find_sessions(recorded.data)
    return read_session(folder.path)


@pytest.fixture(scope="module")
def on(data: SessionData) -> Floats:
    """Return when the pulses of the session's barcode began."""
    return session_pulses(data, "bars").on


@pytest.fixture
def align(recorded: Lab) -> Command:
    return partial(inside, recorded, "align", "SIM01")


@pytest.fixture(scope="module")
def seen(on: Floats) -> Seen:
    return seen_by(DEVICE, on)


def levels_of(pulses: Pulses) -> tuple[Floats, float]:
    """Return a line with pulses of 10 ms, sampled at `RATE_HZ`, and when its first sample was."""
    begin = np.floor(pulses.on[0]) - 1.0
    level = np.zeros(int((pulses.on[-1] - begin + 2.0) * RATE_HZ), np.int16)
    for first in np.ceil((pulses.on - begin) * RATE_HZ).astype(int):
        level[first : first + 10] = 3
    return level, float(begin)


def nwb_of(seen: Seen, path: Path) -> Path:
    """Write a file with the line as samples, and as events among those of another line."""
    level, begin = levels_of(seen.pulses)
    file = NWBFile("clocks", "id", datetime.fromisoformat("2026-01-31T09:00:00+01:00"))
    file.add_acquisition(
        TimeSeries(name="sync", data=level, unit="V", rate=RATE_HZ, starting_time=begin)
    )
    table = EventsTable(name="ttl", description="edges", source_description="a recorder")
    table.add_column("line", "which line it was")
    table.add_column("note", "what a person said of it")
    for time in seen.pulses.on:
        table.add_row(
            timestamp=time, line="bars", note="as it should be by all that is known of it"
        )
        table.add_row(
            timestamp=time + 0.001, line="other", note="it was said to be some other line"
        )
    file.add_events_table(table)
    with NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def stream_of(seen: Seen, path: Path) -> Path:
    """Write a record of raw lines as the rig makes it; the card shows 0 at its first row."""
    level, _ = levels_of(seen.pulses)
    channels = (Channel("beam", "level"), Channel("bars", "level"))
    spec = StreamSpec("lines", "lines", "raw lines", channels, "|u1", RATE_HZ, clock="Dev1")
    rows = np.stack([np.zeros_like(level), level > 0], axis=1).astype(np.uint8)
    path.write_bytes(STREAM_MAGIC + pack_spec(spec) + pack_block(0, 17.0, rows))
    return path


def test_spikes_of_another_clock_come_onto_that_of_the_session(
    recorded: Lab, align: Command, on: Floats, seen: Seen, tmp_path: Path
) -> None:
    file = tmp_path / "ephys.npy"
    np.save(file, seen.pulses.on)
    done = align("--with", str(file), "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["drift_ppm"] == pytest.approx(50.0, abs=2.0)
    lost = np.setdiff1d(np.arange(len(on)), seen.truth)
    inner = [place for place in lost if seen.truth[0] < place < seen.truth[-1]]
    assert told["alignment"]["missing"] == pytest.approx(on[inner])
    assert told["extra_pulses"] == np.count_nonzero(seen.truth < 0)
    assert told["file_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (told["line"], told["by"]) == ("bars", "pulses")
    spikes = Spikes((DEVICE.clock(np.array([1.5, 7.25, 20.0])), np.array([])), np.array([1, 2]))
    clock = read_alignment(Path(told["written"])).to_session
    moved = spikes.on_clock(clock)
    assert moved.times[0] == pytest.approx([1.5, 7.25, 20.0], abs=2 * told["uncertainty"])
    assert moved.silent.tolist() == [2]
    with pytest.raises(NotFiniteError):
        clock(np.array([np.nan]))


def test_the_table_lists_what_is_missing_and_the_figure_tells_what_it_was_made_of(
    recorded: Lab, align: Command, on: Floats, tmp_path: Path
) -> None:
    file = tmp_path / "camera 2.csv"
    rows = [f"{DEVICE.clock(time):.7f}" for time in np.delete(on, [3, 8])]
    file.write_text("\n".join(["seconds", *rows]), encoding="utf-8")
    done = align("--with", str(file))
    assert done.code == 0
    assert f"missing, at seconds of the session: {on[3]:.3f}, {on[8]:.3f}\n" in done.out
    assert "extra, at" not in done.out
    (session,) = find_sessions(recorded.data)
    figure = session.path / "alignment-camera 2.csv.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
    beside = json.loads(figure.with_name(f"{figure.name}.json").read_text(encoding="utf-8"))
    assert beside["sessions"] == [session.name]
    assert beside["parameters"]["missing_pulses"] == 2


@pytest.mark.parametrize("channel", ["sync", "ttl/bars"])
def test_lines_of_nwb_files_are_read_as_samples_and_as_events(
    seen: Seen, channel: str, tmp_path: Path
) -> None:
    found = read_pulses(nwb_of(seen, tmp_path / "ephys.nwb"), channel)
    within = 0.5 / RATE_HZ if channel == "sync" else 0.0
    assert found.on == pytest.approx(seen.pulses.on, abs=within + 1e-9)
    assert found.uncertainty == pytest.approx(np.full(len(found), within))


def test_the_lines_of_a_file_are_named_where_one_is_to_be_chosen(
    align: Command, seen: Seen, tmp_path: Path
) -> None:
    """Names are short texts: what persons wrote names no line."""
    file = nwb_of(seen, tmp_path / "ephys.nwb")
    done = align("--with", str(file))
    assert done.code == ExitCode.USAGE
    assert "ephys.nwb has 4 lines" in done.err
    assert "do: Name one of: sync, ttl, ttl/bars, ttl/other.\n" in done.err
    assert "has no line 'bars'" in align("--with", str(file), "--channel", "bars").err


def test_samples_of_a_card_are_aligned_to_within_half_a_sample(
    align: Command, seen: Seen, tmp_path: Path
) -> None:
    """The error is that of the sampling, of which each pulse states half a sample."""
    file = stream_of(seen, tmp_path / "lines.stream")
    out = tmp_path / "card.json"
    done = align("--with", str(file), "--channel", "lines/bars", "--out", str(out))
    assert done.code == 0, done.err
    found = read_alignment(out)
    begin = levels_of(seen.pulses)[1]
    times = np.linspace(2.0, 25.0, 20)
    error = np.abs(found.to_session(DEVICE.clock(times) - begin) - times)
    assert (error < found.uncertainty(DEVICE.clock(times) - begin)).all()
    assert found.uncertainty(0.0) < 2e-3


BAD = [
    (["--line", "tail"], ExitCode.USAGE, "has no line 'tail'", "bars, go, lick, licks, onset"),
    (["--channel", "x"], ExitCode.USAGE, "has one line only", "Leave the option out"),
    (["--out", "a.txt"], ExitCode.USAGE, "no file of an alignment", ".json"),
    (["--line", "licks"], ExitCode.RECORDING, "no pulses in common", "same wire"),
    (["--line", "go"], ExitCode.RECORDING, "pulses, and 8 are needed", "another line"),
    (["--by", "barcode", "--line", "licks"], ExitCode.RECORDING, "0 barcodes", "--by pulses"),
]


@pytest.mark.parametrize(("options", "code", "what", "do"), BAD)
def test_mistakes_are_told_in_sentences(
    align: Command, seen: Seen, tmp_path: Path, options: list[str], code: int, what: str, do: str
) -> None:
    file = tmp_path / "ephys.npy"
    np.save(file, seen.pulses.on)
    done = align("--with", str(file), *options)
    assert done.code == code
    assert what in done.err
    assert do in done.err
    assert "Traceback" not in done.err


def test_the_sessions_own_barcode_is_a_barcode_too(
    align: Command, seen: Seen, tmp_path: Path
) -> None:
    file = tmp_path / "ephys.npy"
    np.save(file, seen.pulses.on)
    done = align("--with", str(file), "--by", "barcode", "--out", str(tmp_path / "a.json"))
    assert done.code == 0, done.err


FILES = {
    "empty.csv": (b"", "it holds no number"),
    "header.csv": (b"on,off\n", "it holds no number"),
    "words.csv": (b"a,b\n1,2\nx,y\n", "line 3 is no row of numbers"),
    "ragged.csv": (b"1,2\n3\n", "different numbers of columns"),
    "wide.csv": (b"1,2,3\n4,5,6\n", "array of the shape (2, 3)"),
    "hole.csv": (b"1\n,\n3\n", "different numbers of columns"),
    "back.csv": (b"1\n3\n2\n", "do not rise at number 3"),
    "latin.csv": (b"\xff\xfe\x00", "cannot be read"),
    "cut.npy": (b"\x93NUMPY", "cannot be read"),
    "text.nwb": (b"no HDF5", "cannot be read as NWB"),
    "cut.stream": (b"MOUSERIG", "stream"),
    "ephys.mat": (b"", "none of the files that can be read"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_cannot_be_used_are_refused_in_sentences(name: str, tmp_path: Path) -> None:
    content, told = FILES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordingError) as caught:
        read_pulses(tmp_path / name)
    assert told in str(caught.value)
    assert name in caught.value.where


def test_a_file_of_pulses_may_have_their_ends(tmp_path: Path) -> None:
    file = tmp_path / "edges.csv"
    file.write_text("on,off\n1.0,1.5\n\n2.0,\n", encoding="utf-8")
    found = read_pulses(file)
    assert found.on.tolist() == [1.0, 2.0]
    assert found.off[0] == 1.5
    assert np.isnan(found.off[1])


def test_a_line_is_a_sync_line_or_an_input(data: SessionData) -> None:
    licks = data.licks["time"].to_numpy()
    assert session_pulses(data, "lick").on.tolist() == licks.tolist()
    assert session_pulses(data, "licks").on.tolist() == licks.tolist()


def test_what_an_event_states_of_its_time_goes_along(data: SessionData) -> None:
    events = [
        msgspec.structs.replace(event, uncertainty=3e-3)
        if isinstance(event, SyncSwitched)
        else event
        for event in data.record.events
    ]
    changed = replace(data, record=replace(data.record, events=events))
    assert set(session_pulses(changed, "bars").uncertainty) == {3e-3}
    assert set(session_pulses(changed, "lick").uncertainty) == {0.0}


def test_a_signal_has_pulses_by_the_session_and_by_its_card(seen: Seen, tmp_path: Path) -> None:
    stream = read_stream(stream_of(seen, tmp_path / "lines.stream"))
    by_session, by_card = (
        pulses_by_session(stream, "lines/bars"),
        pulses_by_card(stream, "lines/bars"),
    )
    assert by_session.on == pytest.approx(by_card.on + 17.0)
    assert len(by_card) == len(seen.pulses)


def test_frames_of_a_camera_are_pulses(tmp_path: Path) -> None:
    spec = StreamSpec("face", "face", "the face", (Channel("time", "s"),), "<f8", None)
    times = np.array([0.5, 0.54, 0.58])
    file = tmp_path / "face.stream"
    file.write_bytes(STREAM_MAGIC + pack_spec(spec) + pack_block(0, 0.5, times[:, None]))
    assert read_pulses(file).on.tolist() == times.tolist()
    assert pulses_by_session(read_stream(file), "face").on.tolist() == times.tolist()


def test_an_alignment_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    file = tmp_path / "alignment.json"
    for text in ("", "{}", '{"alignment_version": 1, "unknown": 2}'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(RecordingError, match="cannot be read as an alignment"):
            read_alignment(file)
    with pytest.raises(RecordingError, match="cannot be read as an alignment"):
        read_alignment(tmp_path / "none.json")


def test_an_alignment_of_a_later_layout_is_refused(
    align: Command, seen: Seen, tmp_path: Path
) -> None:
    np.save(tmp_path / "ephys.npy", seen.pulses.on)
    file = tmp_path / "alignment.json"
    assert align("--with", str(tmp_path / "ephys.npy"), "--out", str(file)).code == 0
    later = file.read_text("utf-8").replace('"alignment_version": 1', '"alignment_version": 2')
    file.write_text(later, encoding="utf-8")
    with pytest.raises(RecordingError, match="has the layout 2"):
        read_alignment(file)


def test_a_session_without_a_barcode_wants_a_line(
    recorded: Lab, align: Command, seen: Seen, tmp_path: Path
) -> None:
    """A session of another lab, whose rig has several lines, and one with none at all."""
    file = tmp_path / "ephys.npy"
    np.save(file, seen.pulses.on)
    make_lab(tmp_path / "lab")
    lab = find_lab(tmp_path / "lab")
    shutil.copy(recorded.folder / "lab.toml", lab.folder / "lab.toml")
    wire(lab, '\n[sync]\nonset = "onset"\ntrial = "trial"\n')
    run(lab)
    done = inside(lab, "align", "SIM01", "--with", str(file))
    assert done.code == ExitCode.USAGE
    assert "several sync lines and no barcode" in done.err
    assert "lick, onset, trial" in done.err
