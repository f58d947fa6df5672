"""Recorded sessions as tables: nothing is lost, nothing that is missing is made up."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import typing
from datetime import timedelta
from pathlib import Path

import h5py
import msgspec
import numpy as np
import pandas as pd
import pytest
from helpers import put_mouse
from pandas.testing import assert_frame_equal
from recorded import keep_frames, old_session, session_with_signals, short_session

import rig
from rig.errors import RecordingError
from rig.events import Event, InputChanged, TrialEnded, TrialStarted
from rig.frames import FrameReader
from rig.journal import read_frames, read_records
from rig.lab import Lab
from rig.recovery import recover
from rig.session_folder import SessionFolder
from rig.streams import STREAM_MAGIC
from rig.table_columns import TABLES, TRIAL_EXTRAS

HOW_TO = Path(__file__).parent.parent / "docs/how-to/read-a-session.md"
PAGE = Path(__file__).parent.parent / "docs/reference/dataset.md"
HEAVY = {"pandas", "matplotlib", "pynwb", "hdmf", "nwbinspector", "scipy", "sqlalchemy", "alembic"}
RENAMED = {
    ("fault", "level"): "fault_level",
    ("command", "value"): "command_value",
    ("command", "id"): "command_id",
}


@pytest.fixture(scope="module")
def shifting(tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """Return the session of layout 2: set-shifting with orders of persons."""
    return old_session("layout-2", tmp_path_factory.mktemp("recordings"))


@pytest.fixture
def go_nogo(tmp_path: Path) -> SessionFolder:
    """Return the session of layout 1: Go/NoGo that ended with a fault."""
    return old_session("layout-1", tmp_path)


def same(cell: object, value: object) -> bool:
    """Whether a cell holds a value of the record; what is none there is missing here."""
    if value is None or value == "":
        return cell is None or bool(pd.isna(cell))
    return cell == value or (isinstance(value, float) and math.isnan(value) and pd.isna(cell))


def cut(session: SessionFolder, folder: Path, share: float = 0.5) -> SessionFolder:
    """Return a session whose journal ends too early."""
    torn = SessionFolder(folder / "torn")
    torn.path.mkdir()
    data = session.journal.read_bytes()
    torn.journal.write_bytes(data[: int(len(data) * share)])
    return torn


@pytest.mark.parametrize("name", ["layout-1", "layout-2"])
def test_journal_and_file_give_the_same_tables(name: str, tmp_path: Path) -> None:
    folder = old_session(name, tmp_path)
    mailed = tmp_path / "mailed.h5"
    mailed.write_bytes(folder.hdf5.read_bytes())
    whole = rig.load(folder.path)
    for path in (str(folder.path), folder.journal, folder.hdf5, mailed):
        other = rig.load(path)
        assert other.meta == whole.meta
        for table, wanted in whole.tables().items():
            assert_frame_equal(other.tables()[table], wanted)
    folder.journal.unlink()
    assert rig.load(folder.path).source == folder.hdf5.resolve()


def test_trials_hold_every_row_and_column(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    assert session.trials.index.name == "trial"
    assert len(session.trials) == len(session.record.rows) == 20
    for row in session.record.rows:
        told = msgspec.structs.asdict(row)
        cells = session.trials.loc[told.pop("trial")]
        for label, value in told.pop("labels").items():
            assert cells[f"label_{label}"] == value
        for name, value in told.items():
            assert same(cells[name], value), name


def test_draws_and_measures_are_columns(lab: Lab) -> None:
    session = rig.load(short_session(lab, "detection", 8).path)
    drawn = {e.trial: e.draws for e in session.record.events if isinstance(e, TrialStarted)}
    measured = {e.trial: e.measures for e in session.record.events if isinstance(e, TrialEnded)}
    assert any(drawn.values())
    for trial, cells in session.trials.iterrows():
        for name, value in drawn[trial].items():
            assert cells[f"draw_{name}"] == value
        for name, value in measured[trial].items():
            assert cells[name if name in ("licks", "dwell") else f"measure_{name}"] == value


def test_what_is_missing_is_never_zero(go_nogo: SessionFolder) -> None:
    trials = rig.load(go_nogo.path).trials
    assert trials.reward_ul.isna().equals(trials.outcome != "hit")
    assert trials.aborted.tolist() == [False] * (len(trials) - 1) + [True]
    assert pd.isna(trials.outcome.iloc[-1])
    assert trials.licks.isna().all()
    assert trials.dwell.dtype == trials.licks.dtype == np.float64


@pytest.mark.parametrize("name", ["layout-1", "layout-2"])
def test_events_hold_every_field_of_every_event(name: str, tmp_path: Path) -> None:
    session = rig.load(old_session(name, tmp_path).path)
    cells = session.events.to_dict("records")
    assert len(cells) == len(session.record.events)
    for event, row in zip(session.record.events, cells, strict=True):
        told = msgspec.structs.asdict(event)
        tag = event.__struct_config__.tag
        held = {RENAMED.get((tag, field), field): value for field, value in told.items()}
        assert row["kind"] == tag
        for field, value in row.items():
            assert field == "kind" or same(value, held.get(field)), (tag, field)


def test_no_event_has_a_field_that_the_table_lacks() -> None:
    columns = {column.name for column in TABLES["events"]}
    for kind in typing.get_args(Event):
        tag = kind.__struct_config__.tag
        fields = {RENAMED.get((tag, field), field) for field in kind.__struct_fields__}
        assert fields <= columns, tag


def test_inputs_can_be_asked_for_by_their_level(go_nogo: SessionFolder) -> None:
    session = rig.load(go_nogo.path)
    on = session.events[session.events.level]
    wanted = [e.seq for e in session.record.events if isinstance(e, InputChanged) and e.level]
    assert on.seq.tolist() == wanted


def test_states_of_a_trial_follow_each_other(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    for trial, states in session.states.groupby("trial"):
        assert states.enter_time.iloc[0] == session.trials.start_time[trial]
        assert states.exit_time.iloc[-1] == session.trials.end_time[trial]
        assert states.exit_time.iloc[:-1].tolist() == states.enter_time.iloc[1:].tolist()
        assert states.cause.iloc[0] == "start"
    meanings = session.states.set_index("state").meaning
    assert {meanings["lead_in"]} == {"the screen is grey before the first trial"}
    assert session.states.meaning.notna().all()
    assert session.states.requested.isna().equals(session.states.state == "judge")


def test_a_state_in_which_the_record_ends_has_no_end(
    shifting: SessionFolder, tmp_path: Path
) -> None:
    states = rig.load(cut(shifting, tmp_path).path).states
    assert states.exit_time.isna().tolist() == [False] * (len(states) - 1) + [True]


def test_licks_have_durations(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    edges = [e for e in session.record.events if isinstance(e, InputChanged)]
    on = [e for e in edges if e.level]
    off = [e for e in edges if not e.level]
    assert set(session.licks.spout) == {"lick"}
    assert session.licks.time.tolist() == [e.hardware_time for e in on]
    assert session.licks.trial.tolist() == [e.trial for e in on]
    ends = session.licks.time + session.licks.duration
    assert ends.tolist() == pytest.approx([e.hardware_time for e in off])


def test_a_lick_that_lasts_when_the_record_ends_has_no_duration(go_nogo: SessionFolder) -> None:
    records = list(read_records(go_nogo.journal))
    on = [
        place
        for place, record in enumerate(records)
        if isinstance(record, InputChanged) and record.level and record.device == "lick"
    ]
    keep_frames(go_nogo.journal, read_frames(go_nogo.journal), on[4] + 1)
    session = rig.load(go_nogo.path)
    assert session.licks.duration.isna().tolist() == [False] * 4 + [True]
    assert session.meta["ended"] is None
    assert session.meta["damage"] is None


def test_water_tells_who_gave_it(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    water = session.water
    by_hand = water[water.author.notna()]
    assert by_hand[["time", "trial", "volume_ul", "author"]].values.tolist() == [
        [12.0, 2, 4.5, "anna"]
    ]
    by_protocol = water[water.author.isna()].groupby("trial").volume_ul.sum()
    assert by_protocol.to_dict() == session.trials.reward_ul.dropna().to_dict()
    assert (water.duration > 0.005).all()
    assert water.time.is_monotonic_increasing
    removed = session.trials.removed_ul.sum()
    assert water.volume_ul.sum() - removed == session.meta["water_ul"] == 14.5


def test_stimuli_begin_with_their_state(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    onsets = session.stimuli.set_index("trial").time
    assert onsets.to_dict() == session.trials.stimulus_time.to_dict()
    assert set(session.stimuli.what) == {"grating"}
    assert set(session.stimuli.stimulus) == set(session.trials.stimulus)
    assert session.stimuli.duration.tolist() == session.stimuli.requested.tolist()


def test_notes_and_commands_have_their_authors(shifting: SessionFolder) -> None:
    session = rig.load(shifting.path)
    assert session.notes.values.tolist() == [[5.0, 1, "anna", "fur looks rough"]]
    commands = session.commands.set_index("verb")
    assert commands.loc["reward"].accepted.tolist() == [True, False]
    assert commands.loc["reward"].value.tolist() == [4.5, 20]
    assert commands.loc["set"].key.tolist() == ["trial.reward_ul", "on_failure"]
    assert pd.isna(commands.loc["answer"].author)


def test_meta_tells_what_the_session_was(shifting: SessionFolder) -> None:
    meta = rig.load(shifting.path).meta
    assert meta["session"] == "SIM02/2026-07-14/1"
    assert meta["started_at"].isoformat() == "2026-07-14T15:45:00+02:00"
    assert meta["started_at"].utcoffset() == timedelta(hours=2), "the zone is kept"
    assert (meta["rig"], meta["protocol"], meta["seed"]) == ("box2", "set_shifting", 5)
    assert (meta["subject"]["id"], meta["subject"]["species"]) == ("SIM02", "Mus musculus")
    assert meta["devices"]["valve"]["kind"] == "valve"
    assert meta["versions"]["git_commit"].startswith("46ccb67")
    assert meta["ended"]["how"] == "finished"
    assert meta["duration"] == 778.0
    assert (meta["sealed"], meta["damage"], meta["stage"], meta["resumes"]) == (
        True, None, None, None,
    )  # fmt: skip


def test_a_torn_session_is_read_up_to_there(shifting: SessionFolder, tmp_path: Path) -> None:
    whole, torn = rig.load(shifting.path), rig.load(cut(shifting, tmp_path).path)
    assert "cut short" in torn.meta["damage"]
    assert torn.meta["ended"] is None
    assert not torn.meta["sealed"]
    assert "damaged" in repr(torn)
    assert 3 < len(torn.trials) < 17
    shared = torn.trials.columns
    assert_frame_equal(torn.trials, whole.trials.loc[: torn.trials.index[-1], shared])
    assert_frame_equal(torn.events, whole.events.iloc[: len(torn.events)])


def test_a_recovered_session_is_whole_as_far_as_it_goes(
    shifting: SessionFolder, tmp_path: Path
) -> None:
    torn = cut(shifting, tmp_path)
    before = rig.load(torn.path)
    recover(torn)
    for path in (torn.path, torn.hdf5):
        after = rig.load(path)
        assert_frame_equal(after.events, before.events)
        assert (after.meta["damage"], after.meta["ended"], after.meta["sealed"]) == (
            None,
            None,
            True,
        )


def test_a_lock_that_cannot_be_opened_keeps_nobody_from_reading(go_nogo: SessionFolder) -> None:
    """As in an archive that nobody may write, with the lock that a crash has left."""
    (go_nogo.path / "session-running.lock").mkdir()
    session = rig.load(go_nogo.path)
    assert len(session.trials) > 0
    assert not session.meta["running"]


def test_a_session_without_a_trial_has_empty_tables(go_nogo: SessionFolder) -> None:
    whole = rig.load(go_nogo.path)
    keep_frames(go_nogo.journal, read_frames(go_nogo.journal), 2)
    empty = rig.load(go_nogo.path)
    assert empty.meta["duration"] is None
    for name, table in empty.tables().items():
        assert len(table) == 0
        shared = [column for column in whole.tables()[name] if column in table]
        assert table.columns.tolist() == shared
        assert table.dtypes.equals(whole.tables()[name][shared].dtypes)


def test_a_file_that_is_not_sealed_is_no_session_but_its_journal_is(
    go_nogo: SessionFolder,
) -> None:
    with h5py.File(go_nogo.hdf5, "r+") as file:
        file.attrs["sealed"] = False
    with pytest.raises(RecordingError, match=r"not sealed.*rig recover"):
        rig.load(go_nogo.hdf5)
    session = rig.load(go_nogo.path)
    assert len(session.trials) > 0
    assert not session.meta["sealed"]


def test_what_is_no_session_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(RecordingError, match=r"there is no session.*session\.journal"):
            rig.load(path)
    text = tmp_path / "notes.txt"
    text.write_text("nothing of the kind")
    with pytest.raises(RecordingError, match="cannot be read"):
        rig.load(text)


def test_signals_are_read_when_they_are_asked_for(lab: Lab, tmp_path: Path) -> None:
    folder = session_with_signals(lab)
    mailed = tmp_path / "mailed.h5"
    mailed.write_bytes(folder.hdf5.read_bytes())
    session = rig.load(folder.path)
    assert list(session.signals) == ["treadmill"]
    assert session.meta["signals"]["treadmill"]["rate_hz"] == 500
    (folder.streams / "treadmill.stream").rename(tmp_path / "treadmill.stream")
    read = session.signals["treadmill"]
    (tmp_path / "treadmill.stream").rename(folder.streams / "treadmill.stream")
    for other in (rig.load(folder.path), rig.load(mailed)):
        stream = other.signals["treadmill"]
        assert np.array_equal(stream.samples, read.samples)
        assert stream.damage == ""
    assert [channel.unit for channel in read.spec.channels] == ["cm/s", "V"]
    times = read.times()
    assert np.allclose(np.diff(times), 1 / 500)
    assert 0 <= times[0] < times[-1] <= session.meta["duration"]
    with pytest.raises(KeyError):
        session.signals["photodiode"]


def test_a_signal_that_has_lost_rows_says_so(lab: Lab) -> None:
    folder = session_with_signals(lab)
    path = folder.streams / "treadmill.stream"
    data = path.read_bytes()
    path.write_bytes(data[:-5])
    assert "cut short" in rig.load(folder.path).signals["treadmill"].damage
    folder.hdf5.unlink()
    path.unlink()
    with pytest.raises(RecordingError, match="cannot be read"):
        rig.load(folder.path).signals["treadmill"]


def test_a_signal_with_a_whole_block_lost_says_so(lab: Lab) -> None:
    folder = session_with_signals(lab)
    path = folder.streams / "treadmill.stream"
    rows = len(rig.load(folder.path).signals["treadmill"].samples)
    keep_frames(path, FrameReader(path, STREAM_MAGIC, "stream"), -1)
    damage = rig.load(folder.path).signals["treadmill"].damage
    assert damage.endswith(f" rows, and {rows} were recorded")


@pytest.mark.parametrize(
    ("program", "heavy"),
    [
        ("import rig", {"numpy", "pandas", "h5py"}),
        ("from rig.cli import make_app; make_app(['run'])", {*HEAVY, "h5py"}),
        ("from rig.cli import make_app; make_app([])", HEAVY),
    ],
)
def test_importing_rig_and_its_commands_stays_light(program: str, heavy: set[str]) -> None:
    """The help comes at once; pynwb alone takes a second."""
    seen = f"{program}; import sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_the_how_to_does_with_a_session_works(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put_mouse(lab, policy="random")
    folder = session_with_signals(lab, 12).path
    page = HOW_TO.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    monkeypatch.chdir(lab.folder)
    monkeypatch.setenv("MPLBACKEND", "agg")
    exec(code.replace("data/SIM01/2026-11-22/1", str(folder)), {})
    assert (lab.folder / "licks.png").stat().st_size > 5000
    told = capsys.readouterr().out
    assert "treadmill ['speed (cm/s)', 'light (V)']" in told
    assert "not all of it" not in told


def test_the_page_shows_every_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, columns in TABLES.items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        extras = TRIAL_EXTRAS if name == "trials" else ()
        for column in (*columns, *extras):
            unit = f", {column.unit}" if column.unit else ""
            assert f"| `{column.name}` | {column.type}{unit} | {column.meaning} |" in section
