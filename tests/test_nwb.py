"""What stands in an NWB file: the numbers of the record, for readers that know nothing of us."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import pandas as pd
import pynwb
import pytest
from conftest import Done
from helpers import put_mouse
from recorded import short_session

import rig
from rig.commands.init import make_lab
from rig.errors import ExitCode, RecordingError
from rig.events import (
    ActionDone,
    DeviceReported,
    GraphDefined,
    InputChanged,
    StateEntered,
)
from rig.export.nwb import Form, export_nwb
from rig.export.nwb_intervals import outcome_words
from rig.export.nwb_journal import read_journal, write_journal
from rig.lab import find_lab
from rig.session_folder import JOURNAL, SessionFolder
from rig.session_record import SessionRecord, load_session


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> SessionRecord:
    """Return a session of 30 trials, with licks, rewards and sounds."""
    folder = tmp_path_factory.mktemp("nwb") / "lab"
    make_lab(folder)
    lab = find_lab(folder)
    put_mouse(lab, policy="random", lick_probability=0.7)
    return load_session(short_session(lab, "go_nogo", 30))


@pytest.fixture(scope="module")
def path(record: SessionRecord) -> Path:
    """Return its NWB file."""
    return export_nwb(record).path


@pytest.fixture(scope="module")
def tables(path: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of the file."""
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        every = [*file.intervals.values(), *file.events.values(), *file.stimulus.values()]
        every.append(file.acquisition["task_parameters"])
        return {table.name: table.to_dataframe() for table in every}


def test_the_trials_are_those_of_the_record(
    record: SessionRecord, tables: dict[str, pd.DataFrame]
) -> None:
    trials = tables["trials"]
    assert len(trials) == len(record.rows) == 30
    for name in ("trial", "trial_type", "stimulus", "start_time", "lick_count", "block"):
        assert trials[name].tolist() == [getattr(row, name) for row in record.rows], name
    assert trials["stop_time"].tolist() == [row.end_time for row in record.rows]
    assert trials["outcome"].tolist() == [outcome_words(row.outcome) for row in record.rows]
    assert not trials["is_aborted"].any()
    for name in ("stimulus_time", "first_lick_time", "dwell", "reward_ul"):
        found = [None if pd.isna(value) else value for value in trials[name]]
        assert found == [getattr(row, name) for row in record.rows], name


def test_every_event_is_told_by_its_number(
    record: SessionRecord, tables: dict[str, pd.DataFrame]
) -> None:
    told: set[int] = set()
    for table in tables.values():
        for column in {"seq", "end_seq"} & set(table.columns):
            told |= set(table[column].dropna().astype(int))
    assert told == {0, *(event.seq for event in record.events)}


def test_states_have_their_meanings_times_and_causes(
    record: SessionRecord, tables: dict[str, pd.DataFrame]
) -> None:
    entered = [event for event in record.events if isinstance(event, StateEntered)]
    lasted, instant = tables["states"], tables["instant_states"]
    both = pd.concat([lasted.rename(columns={"start_time": "timestamp"}), instant])
    both = both.sort_values("seq")
    assert both["seq"].tolist() == [event.seq for event in entered]
    assert both["state"].tolist() == [event.state for event in entered]
    assert both["timestamp"].tolist() == [event.hardware_time for event in entered]
    assert both["cause"].tolist() == [event.cause for event in entered]
    assert both["trial"].tolist() == [event.trial for event in entered]
    assert (lasted["stop_time"] > lasted["start_time"]).all()
    shapes = [event for event in record.events if isinstance(event, GraphDefined)]
    meanings = {state["name"]: state["meaning"] for shape in shapes for state in shape.states}
    assert both["meaning"].tolist() == [meanings[state] for state in both["state"]]


def test_licks_rewards_stimuli_and_actions_are_those_of_the_record(
    record: SessionRecord, tables: dict[str, pd.DataFrame]
) -> None:
    inputs = [e for e in record.events if isinstance(e, InputChanged) and e.device == "lick"]
    licks = tables["licks"]
    assert licks["timestamp"].tolist() == [edge.hardware_time for edge in inputs if edge.level]
    ends = (licks["timestamp"] + licks["duration"]).dropna()
    assert ends.tolist() == pytest.approx([e.hardware_time for e in inputs if not e.level])
    assert set(licks["spout"]) == {"lick"}
    reports = [event for event in record.events if isinstance(event, DeviceReported)]
    for name, own in (
        ("rewards", [event for event in reports if event.volume_ul is not None]),
        ("stimuli", [event for event in reports if event.volume_ul is None]),
    ):
        own.sort(key=lambda event: event.hardware_time)
        assert tables[name]["timestamp"].tolist() == [event.hardware_time for event in own]
        assert tables[name]["duration"].tolist() == [event.achieved for event in own]
    assert tables["rewards"]["volume_ul"].sum() == pytest.approx(record.water_ul)
    assert set(tables["stimuli"]["stimulus"]) <= set(record.definition.sounds)
    orders = [event for event in record.events if isinstance(event, ActionDone)]
    assert tables["actions"]["verb"].tolist() == [event.verb for event in orders]


def test_parameters_have_values_and_meanings(
    record: SessionRecord, tables: dict[str, pd.DataFrame]
) -> None:
    table = tables["task_parameters"].set_index("parameter")
    assert json.loads(table["value"]["reward_ul"]) == record.definition.params["reward_ul"]
    assert table["meaning"]["reward_ul"] == "volume of a reward, uL"
    assert json.loads(table["value"]["session.max_trials"]) == 30
    assert (table["meaning"] != "").all()


def test_stimuli_are_told_as_data(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["stimulus_definitions"]
    sound = table[(table["stimulus"] == "A") & (table["property"] == "level_db_spl")]
    assert set(sound["unit"]) == {"dB SPL"}
    assert len(sound) > 0


def test_the_file_says_who_where_and_with_what(record: SessionRecord, path: Path) -> None:
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        assert file.session_start_time.isoformat()[:19] == record.header.started_at[:19]
        assert file.session_start_time.utcoffset() is not None
        assert file.session_id == record.header.session.replace("/", "-")
        assert (file.experimenter, file.institution) == (("Doe, Jane",), "My institute")
        assert file.subject.subject_id == "SIM01"
        assert file.subject.age.startswith("P")
        assert file.source_script == record.definition.protocol_source
        assert file.source_script_file_name == "protocols/go_nogo.py"
        assert file.session_description.startswith("SIMULATED (all devices): SIM01 on rig box1")
        valve = file.devices["valve"]
        assert "measured on 2026-11-02 by simulation" in valve.description
        assert (valve.model.name, "simulated" in valve.model.manufacturer) == ("ValveTwin", True)
        calibration = record.definition.calibration_toml["calibration/box1-valve.toml"]
        assert file.scratch["calibration_box1-valve.toml"].data == calibration


READER = """
import json, sys
import pynwb
with pynwb.NWBHDF5IO(sys.argv[1], "r") as io:
    file = io.read()
    told = {
        "trials": file.trials["outcome"][:].tolist(),
        "licks": file.events["licks"]["timestamp"][:].tolist(),
        "journal": len(file.scratch["journal"].data),
        "imported": [name for name in sys.modules if name.partition(".")[0] == "rig"],
    }
print(json.dumps(told))
"""


def test_pynwb_alone_reads_it(record: SessionRecord, path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["imported"] == []
    assert told["trials"] == [outcome_words(row.outcome) for row in record.rows]
    assert len(told["licks"]) == sum(
        isinstance(e, InputChanged) and e.device == "lick" and e.level for e in record.events
    )
    assert told["journal"] == record.folder.journal.stat().st_size


def test_pynapple_finds_trials_states_licks_rewards_and_stimuli(
    record: SessionRecord, path: Path, tables: dict[str, pd.DataFrame]
) -> None:
    import pynapple  # slow to load, which each worker would do

    data = pynapple.load_file(str(path))
    with warnings.catch_warnings():
        # Trials and states follow each other without a gap: it takes a microsecond from each.
        warnings.filterwarnings("ignore", "Some starts and ends are equal")
        trials, states = data["trials"], data["states"]
    assert trials.start.tolist() == pytest.approx([row.start_time for row in record.rows])
    assert trials["outcome"].tolist() == [outcome_words(row.outcome) for row in record.rows]
    assert trials.end.tolist() == pytest.approx([row.end_time for row in record.rows], abs=2e-6)
    assert len(states) == len(tables["states"])
    for name in ("licks", "rewards", "stimuli"):
        assert data[name].t.tolist() == pytest.approx(tables[name]["timestamp"].tolist(), abs=1e-9)
    data.close()


def test_the_structured_trials_refer_to_their_states_events_and_actions(
    record: SessionRecord, tmp_path: Path
) -> None:
    path = export_nwb(record, tmp_path / "structured.nwb", Form.STRUCTURED).path
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        for number in (0, 13, 29):
            row = record.rows[number]
            states = file.trials["states"][number]
            assert states["start_time"].iloc[0] == row.start_time
            assert states["stop_time"].iloc[-1] == row.end_time
            events = file.trials["events"][number]
            licks = [
                e for e in record.events if isinstance(e, InputChanged) and e.trial == row.trial
            ]
            assert set(events["trial"]) == {row.trial}
            own = events[~events["value"].isin(["on", "off"])]
            assert len(events) - len(own) == len(licks)
            assert len(file.trials["actions"][number]) == sum(
                isinstance(e, ActionDone) and e.trial == row.trial for e in record.events
            )
        core = set(file.events)
    assert {"licks", "stimuli", "log"} <= core


def test_the_journal_comes_back_byte_for_byte(
    record: SessionRecord, path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data/SIM01/2026-01-01/1"
    folder.mkdir(parents=True)
    back = write_journal(path, folder / JOURNAL)
    assert back.read_bytes() == record.folder.journal.read_bytes()
    again = load_session(SessionFolder(folder))
    assert again.events == record.events
    assert again.definition == record.definition
    with pytest.raises(RecordingError, match="never overwritten"):
        write_journal(path, back)


def test_a_changed_journal_is_not_given_out(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.nwb"
    other.write_bytes(path.read_bytes())
    with h5py.File(other, "a") as file:
        file["scratch/journal"][100] ^= 1
    with pytest.raises(RecordingError, match="SHA-256"):
        read_journal(other)


def test_a_file_without_a_journal_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.nwb", "w"):
        pass
    for name in ("x.nwb", "missing.nwb"):
        with pytest.raises(RecordingError, match="no journal of mouserig"):
            read_journal(tmp_path / name)


def test_an_identifier_is_the_same_for_each_export_and_another_for_each_form(
    record: SessionRecord, path: Path, tmp_path: Path
) -> None:
    def identifier(file: Path) -> str:
        with h5py.File(file, "r") as opened:
            return str(opened["identifier"].asstr()[()])

    again = export_nwb(record, tmp_path / "again.nwb").path
    other = export_nwb(record, tmp_path / "other.nwb", Form.STRUCTURED).path
    assert identifier(again) == identifier(path) != identifier(other)


def test_a_session_s_own_files_are_not_touched_and_nothing_half_made_is_left(
    record: SessionRecord, tmp_path: Path
) -> None:
    def contents(folder: Path) -> dict[str, str]:
        files = (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".nwb")
        return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}

    before = contents(record.folder.path)
    export_nwb(record)
    assert contents(record.folder.path) == before
    taken = tmp_path / "taken.nwb"
    taken.mkdir()
    with pytest.raises(RecordingError, match="cannot be written"):
        export_nwb(record, taken)
    assert list(tmp_path.iterdir()) == [taken]
    with pytest.raises(RecordingError, match="no name of an NWB file"):
        export_nwb(record, tmp_path / "session.h5")


def test_the_command_exports_checks_and_takes_the_journal_out_again(
    record: SessionRecord, tmp_path: Path, command: Callable[..., Done]
) -> None:
    folder, file = str(record.folder.path), str(tmp_path / "shared.nwb")
    done = command("export", folder, "--to", "nwb", "--check", "--out", file, "--json")
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    assert (told["files"], told["messages"], told["warnings"]) == ([file], [], [])
    back = command("export", file, "--to", "journal", "--json")
    assert json.loads(back.out)["files"] == [str(tmp_path / "shared.journal")]
    assert (tmp_path / "shared.journal").read_bytes() == record.folder.journal.read_bytes()
    wrong = command("export", file, "--to", "journal", "--check")
    assert wrong.code == ExitCode.CHECK_FAILED
    assert "--check and --structured are about NWB files" in wrong.err


PAGES = Path(__file__).parent.parent / "docs"


def test_what_the_pages_show_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the journal that comes out of the file is one that can be loaded."""
    monkeypatch.chdir(tmp_path)
    Path("SIM01-2026-11-22-1.nwb").write_bytes(path.read_bytes())
    texts = [
        (PAGES / name).read_text("utf-8") for name in ("how-to/share-as-nwb.md", "reference/nwb.md")
    ]
    blocks = re.findall(r"```python\n(.*?)```", "\n".join(texts), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Some (starts and ends are equal|epochs)")
            exec(block, {})
    assert "hits; first licks after" in capsys.readouterr().out
    write_journal(Path("SIM01-2026-11-22-1.nwb"))
    assert len(rig.load("SIM01-2026-11-22-1.journal").trials) == 30
