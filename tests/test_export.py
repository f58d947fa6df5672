"""Exports: all tables in files that other programs read, replaced as a whole, nothing touched."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Done
from pandas.testing import assert_frame_equal
from recorded import old_session, session_with_signals

import rig
from rig.errors import ExitCode, RecordingError
from rig.export import alf, csv
from rig.export.whole import whole_folder
from rig.lab import Lab
from rig.session_folder import SessionFolder
from rig.streams import Channel, Stream, StreamSpec

ALF_NAME = re.compile(
    r"(_mouserig_)?[a-zA-Z0-9]+\.[a-zA-Z0-9]+(_times|_intervals)?\.npy"
    r"|_mouserig_session\.metadata\.json|README\.txt"
)


@pytest.fixture
def shifting(tmp_path: Path) -> SessionFolder:
    """Return a session of set-shifting with notes, drops by hand and changed parameters."""
    return old_session("layout-2", tmp_path)


def names(files: list[Path]) -> list[str]:
    return [path.name for path in files]


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files in a folder and the folders in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_csv_has_a_file_for_each_table_beside_the_session(shifting: SessionFolder) -> None:
    before = contents(shifting.path)
    files = csv.export(rig.load(shifting.path))
    assert names(files) == [
        "README.txt", "commands.csv", "events.csv", "licks.csv", "meta.json", "notes.csv",
        "states.csv", "stimuli.csv", "trials.csv", "water.csv",
    ]  # fmt: skip
    assert all(path.parent == shifting.path / "csv" for path in files)
    after = contents(shifting.path)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + len(files), "nothing else is left behind"


def test_csv_holds_the_tables_to_the_last_digit(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    folder = csv.export(session)[0].parent
    trials = pd.read_csv(folder / "trials.csv", index_col="trial", dtype={"aborted": bool})
    assert_frame_equal(trials, session.trials)
    states = pd.read_csv(folder / "states.csv")
    assert_frame_equal(states, session.states)
    events = pd.read_csv(folder / "events.csv", low_memory=False)
    for column in ("seq", "hardware_time", "engine_time", "requested", "volume_ul", "state"):
        assert events[column].equals(session.events[column]), column
    assert sorted(events.level.dropna().unique()) == [0, 1]
    assert events.level.isna().equals(session.events.level.isna())


def test_what_is_no_number_and_no_text_is_json(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    events = pd.read_csv(csv.export(session)[0].parent / "events.csv", low_memory=False)
    started = events[events.kind == "trial_started"].labels
    assert [json.loads(cell) for cell in started] == [row.labels for row in session.record.rows]
    parameter = events[events.kind == "parameter"]
    assert parameter.after.tolist() == ["3.0", '"ask"']


def test_meta_and_readme_tell_what_the_files_are(lab: Lab) -> None:
    folder = session_with_signals(lab)
    session = rig.load(folder.path)
    files = {path.name: path for path in csv.export(session)}
    meta = json.loads(files["meta.json"].read_bytes())
    assert datetime.fromisoformat(meta["started_at"]) == session.meta["started_at"]
    assert meta["signals"]["treadmill"]["channels"][0]["unit"] == "cm/s"
    readme = files["README.txt"].read_text(encoding="utf-8")
    assert "WARNING" not in readme
    for name, path in files.items():
        assert name in readme or path.name == "README.txt"
        if name.endswith(".csv"):
            for column in pd.read_csv(path).columns:
                assert f"  {column}" in readme
    assert "  stimulus_time [s]: onset of the stimulus" in readme
    assert "  speed [cm/s]" in readme


def test_a_signal_is_a_table_with_times_and_units(lab: Lab) -> None:
    session = rig.load(session_with_signals(lab).path)
    folder = csv.export(session)[0].parent
    table = pd.read_csv(folder / "treadmill.csv.gz")
    stream = session.signals["treadmill"]
    assert table.columns.tolist() == ["time", "speed", "light"]
    assert np.array_equal(table.time, stream.times())
    assert np.array_equal(table[["speed", "light"]], stream.values())


def test_a_signal_that_brings_its_times_has_them_once(
    shifting: SessionFolder, tmp_path: Path
) -> None:
    channels = (Channel("time", "s"), Channel("frame", "frames"))
    spec = StreamSpec("body_cam", "body_cam", "frames of a camera", channels, "<f8", None)
    frames = Stream(spec, np.array([[0.5, 0], [0.53, 1]]), ())
    times = Stream(
        StreamSpec("eye", "eye", "a video", channels[:1], "<f8", None), frames.times()[:, None], ()
    )
    signals = {"body_cam": frames, "eye": times}
    session = dataclasses.replace(rig.load(shifting.path), signals=signals)
    folder = csv.export(session, tmp_path / "csv")[0].parent
    with gzip.open(folder / "body_cam.csv.gz", "rt") as file:
        assert file.read().split() == ["time,frame", "0.5,0.0", "0.53,1.0"]
    folder = alf.export(session, tmp_path / "alf")[0].parent
    assert np.load(folder / "_mouserig_bodyCam.times.npy").tolist() == [0.5, 0.53]
    assert np.load(folder / "_mouserig_bodyCam.values.npy").tolist() == [[0], [1]]
    assert names(list(folder.glob("*eye*"))) == ["_mouserig_eye.times.npy"]


@pytest.mark.parametrize("export", [csv.export, alf.export])
def test_another_export_gives_the_same_bytes_and_leaves_nothing_behind(
    lab: Lab, export: Callable[..., list[Path]]
) -> None:
    folder = session_with_signals(lab).path
    session = rig.load(folder)
    export(session)
    before = contents(folder)
    export(rig.load(folder))
    assert contents(folder) == before
    assert not list(folder.glob(".*"))


def test_a_folder_with_other_files_is_refused_and_stays(
    shifting: SessionFolder, tmp_path: Path
) -> None:
    session = rig.load(shifting.path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "analysis.R").write_text("plot(1)")
    (mine / "trials.csv").write_text("mine")
    for folder in (mine, shifting.path, shifting.journal):
        before = contents(tmp_path)
        with pytest.raises(RecordingError, match=r"do not come from this export.*--out"):
            csv.export(session, folder)
        assert contents(tmp_path) == before


def test_an_export_that_fails_leaves_the_former_one(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as new:
        (new / "a.csv").write_text("former")
    with (
        pytest.raises(RecordingError, match="No space left on device"),
        whole_folder(tmp_path / "out") as new,
    ):
        (new / "a.csv").write_text("half")
        raise OSError(28, "No space left on device")
    assert contents(tmp_path) == {"out/a.csv": b"former"}


def test_alf_names_are_alf_names_and_its_objects_have_as_many_rows(lab: Lab) -> None:
    session = rig.load(session_with_signals(lab).path)
    files = alf.export(session)
    rows: dict[str, set[int]] = {}
    for path in files:
        assert ALF_NAME.fullmatch(path.name), path.name
        if path.suffix == ".npy":
            array = np.load(path, allow_pickle=False)
            rows.setdefault(path.name.removeprefix("_mouserig_").split(".")[0], set()).add(
                len(array)
            )
    assert set(rows) == {"trials", "licks", "water", "stimuli", "states", "notes", "treadmill"}
    assert all(len(found) == 1 for found in rows.values())
    readme = files[0].read_text(encoding="utf-8")
    assert all(name in readme for name in names(files) if name != "README.txt")


def test_alf_arrays_are_the_tables(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    folder = alf.export(session)[0].parent
    trials, water = session.trials, session.water

    def array(name: str) -> list[object]:
        return np.load(folder / f"{name}.npy", allow_pickle=False).tolist()

    assert array("trials.intervals") == trials[["start_time", "end_time"]].values.tolist()
    assert array("trials.stimOn_times") == trials.stimulus_time.tolist()
    assert array("licks.times") == session.licks.time.tolist()
    assert array("_mouserig_trials.outcome") == trials.outcome.tolist()
    assert array("_mouserig_trials.labelContext") == trials.label_context.tolist()
    assert array("_mouserig_water.author") == water.author.fillna("").tolist()
    assert array("_mouserig_notes.text") == ["fur looks rough"]
    rewarded = trials.reward_ul.notna().to_numpy()
    feedback = np.load(folder / "trials.feedback_times.npy")
    assert np.array_equal(~np.isnan(feedback), rewarded)
    drops = water[water.author.isna()]
    assert feedback[rewarded].tolist() == drops.time.tolist()


def test_aborted_trials_have_an_empty_outcome_in_alf(tmp_path: Path) -> None:
    folder = alf.export(rig.load(old_session("layout-1", tmp_path).path))[0].parent
    aborted = np.load(folder / "_mouserig_trials.aborted.npy")
    outcome = np.load(folder / "_mouserig_trials.outcome.npy")
    assert aborted.tolist() == [False] * (len(aborted) - 1) + [True]
    assert outcome[-1] == ""
    assert all(outcome[:-1])


def test_labels_of_like_names_keep_files_of_their_own(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    session.trials["label_con_text"] = "a"
    session.trials["label_conText"] = "b"
    folder = alf.export(session)[0].parent
    values = {str(np.load(path)[0]) for path in folder.glob("_mouserig_trials.labelConText*.npy")}
    assert values == {"a", "b"}


def test_the_command_exports_and_tells_the_files(lab: Lab, command: Callable[..., Done]) -> None:
    folder = session_with_signals(lab).path
    done = command("export", "SIM01", "--to", "csv")
    assert done.code == ExitCode.OK
    assert done.out == f"Exported 11 files: {folder / 'csv'}\n"
    out = lab.folder / "results" / "first"
    told = json.loads(
        command("export", str(folder), "--to", "alf", "--out", "results/first", "--json").out
    )
    assert (told["format"], told["warnings"]) == ("alf", [])
    assert told["session"] == "/".join(folder.parts[-3:])
    assert sorted(told["files"]) == sorted(map(str, out.iterdir()))


def test_a_torn_session_is_exported_with_a_warning(lab: Lab, command: Callable[..., Done]) -> None:
    folder = session_with_signals(lab)
    data = folder.journal.read_bytes()
    folder.journal.write_bytes(data[:-20])
    (folder.streams / "treadmill.stream").unlink()
    folder.hdf5.unlink()
    done = command("export", str(folder.path), "--to", "csv")
    assert done.code == ExitCode.OK
    assert "warning: the journal is damaged: its last frame is cut short" in done.out
    assert "This signal is not exported." in done.out
    readme = (folder.path / "csv/README.txt").read_text(encoding="utf-8")
    assert "WARNING: the journal is damaged: its last frame is cut short" in readme
    assert not (folder.path / "csv/treadmill.csv.gz").exists()


def test_a_mailed_file_is_exported_without_a_lab(
    shifting: SessionFolder, tmp_path: Path, command: Callable[..., Done]
) -> None:
    mailed = tmp_path / "mail" / "session.h5"
    mailed.parent.mkdir()
    mailed.write_bytes(shifting.hdf5.read_bytes())
    for name in (mailed, mailed.parent):
        assert command("export", str(name), "--to", "csv").code == ExitCode.OK
    csv.export(rig.load(shifting.path))
    assert contents(mailed.parent / "csv") == contents(shifting.path / "csv")


def test_an_unknown_format_is_a_mistake_of_usage(command: Callable[..., Done]) -> None:
    done = command("export", "SIM01", "--to", "xlsx")
    assert done.code == ExitCode.USAGE
    assert "csv" in done.err
