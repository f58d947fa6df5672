"""A session that is run again from its record alone leaves the same journal."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from conftest import Done
from corpus import unpack
from helpers import plan_for, run_virtual
from test_wav_files import CALLS, FILES, PROTOCOL

from rig.errors import ConfigError, ExitCode, RecordingError
from rig.inbox import Command
from rig.journal import digest
from rig.lab import Lab, find_lab
from rig.replay import replay
from rig.rerun import free_folder, rerun
from rig.session import Session
from rig.session_folder import find_sessions
from rig.session_record import SessionRecord, load_session

Edit = Callable[[str, str, str], None]


@pytest.fixture
def recorded(short: Lab) -> SessionRecord:
    """Return the second session of a mouse that learns; the lab's files are gone since."""
    run_virtual(plan_for(short))
    record = load_session(run_virtual(plan_for(short, seed=2)).folder)
    assert record.definition.mouse_memory
    for name in ("rigs", "protocols", "subjects", "calibration"):
        shutil.rmtree(short.folder / name)
    return record


def test_the_same_journal_comes_out(recorded: SessionRecord, tmp_path: Path) -> None:
    again = rerun(recorded, tmp_path / "again")
    assert (again.same, again.reasons, again.changes, again.error) == (True, [], [], None)
    assert again.again == digest(again.folder.journal) == digest(recorded.folder.journal)
    lab = find_lab(tmp_path / "again")
    assert [folder.path for folder in find_sessions(lab.data)] == [again.folder.path]
    ended = load_session(again.folder).ended
    assert ended is not None
    assert lab.memory("SIM01") == ended.mouse_memory


def test_files_of_the_lab_s_own_and_sounds_come_from_the_record(lab: Lab, tmp_path: Path) -> None:
    (lab.folder / "protocols/calls.py").write_text(PROTOCOL, encoding="utf-8")
    (lab.folder / CALLS).write_text(
        'protocol = "protocols/calls.py:Calls"\n[session]\nmax_trials = 3\n', encoding="utf-8"
    )
    for name, content in FILES.items():
        (lab.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (lab.folder / name).write_bytes(content)
    record = load_session(run_virtual(plan_for(lab, CALLS)).folder)
    shutil.rmtree(lab.folder / "sounds")
    (lab.folder / "protocols/calls.py").write_text("mistake = ", encoding="utf-8")
    assert replay(record).differences == []
    assert rerun(record, tmp_path / "again").same
    kept = record.folder.path / "sounds/sounds%2Fcall.wav"
    kept.write_bytes(FILES["sounds/night 1/call.wav"])
    with pytest.raises(RecordingError, match="is not the one that was played"):
        replay(record)
    kept.unlink()
    with pytest.raises(RecordingError, match="the copy of a sound's file cannot be read"):
        rerun(record, tmp_path / "a third time")


def test_data_elsewhere_are_left_alone(short: Lab, edit: Edit, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    edit("lab.toml", 'data = "data"', f'data = "{elsewhere.as_posix()}"')
    record = load_session(run_virtual(plan_for(find_lab(short.folder))).folder)
    again = rerun(record, tmp_path / "again")
    assert again.same
    assert again.folder.path.is_relative_to(tmp_path / "again/data")
    assert len(list(find_sessions(elsewhere))) == 1


def test_orders_of_persons_are_not_repeated(short: Lab, tmp_path: Path) -> None:
    with Session(plan_for(short), "virtual") as session:
        session.hand_in(Command("note", "fur looks rough", "anna"))
        record = load_session(session.run().folder)
    again = rerun(record, tmp_path / "again")
    assert (again.same, again.reasons) == (False, ["persons or signals gave orders"])
    assert load_session(again.folder).rows == record.rows


def test_a_session_that_went_on_with_others_is_run_again(tmp_path: Path) -> None:
    folders = {f"{f.path.parts[-3]}.{f.path.name}": f for f in unpack(tmp_path / "data")}
    record = load_session(folders["resumed-twice.3"])
    again = rerun(record, tmp_path / "again")
    assert set(again.reasons) <= {"the program is another one"}
    rerun_record = load_session(again.folder)
    assert rerun_record.definition.resumes == record.definition.resumes
    assert rerun_record.events == record.events


def test_what_fails_fails_again(tmp_path: Path) -> None:
    folders = {f.path.parts[-3]: f for f in unpack(tmp_path / "data")}
    record = load_session(folders["protocol-fails"])
    again = rerun(record, tmp_path / "again")
    assert again.error is not None
    assert "a mistake of the protocol" in again.error.what
    assert load_session(again.folder).events == record.events


def test_a_session_of_a_real_rig_is_run_again_with_a_virtual_mouse(
    recorded: SessionRecord, tmp_path: Path
) -> None:
    was = recorded.definition
    devices = tuple(msgspec.structs.replace(one, simulated=False) for one in was.devices)
    subject = was.subject_toml.replace("simulated = true", "simulated = false")
    real = msgspec.structs.replace(
        was, mouse=None, mouse_settings={}, mouse_memory={}, devices=devices, subject_toml=subject,
        clock="system",
    )  # fmt: skip
    again = rerun(dataclasses.replace(recorded, definition=real), tmp_path / "again")
    assert again.reasons == ["it was recorded in real time", "its devices were real"]
    record = load_session(again.folder)
    assert all(device.simulated for device in record.definition.devices)
    assert len(record.rows) == 24


def test_nothing_is_overwritten(recorded: SessionRecord, tmp_path: Path) -> None:
    assert free_folder(recorded.folder, tmp_path).name.startswith("rerun-SIM01-")
    taken = free_folder(recorded.folder, tmp_path)
    taken.mkdir()
    assert free_folder(recorded.folder, tmp_path).name == f"{taken.name}-2"
    (taken / "notes.txt").touch()
    with pytest.raises(ConfigError, match="the folder for the new lab is not empty"):
        rerun(recorded, taken)


def test_no_record_makes_a_file_outside_of_the_new_lab(
    recorded: SessionRecord, tmp_path: Path
) -> None:
    for files in ({"../evil.toml": "x"}, {"/tmp/evil.toml": "x"}):
        hostile = msgspec.structs.replace(recorded.definition, calibration_toml=files)
        with pytest.raises(ConfigError, match="outside of its lab's folder"):
            rerun(dataclasses.replace(recorded, definition=hostile), tmp_path / "a/b")
    assert list(tmp_path.rglob("evil.toml")) == []


def test_rerun_on_the_command_line(short: Lab, command: Callable[..., Done]) -> None:
    folder = run_virtual(plan_for(short)).folder
    refused = command("rerun", "SIM01")
    assert refused.code == ExitCode.CHECK_FAILED
    assert "a session can be run again on simulated devices only" in refused.err
    done = command("rerun", "SIM01", "--simulate")
    assert done.code == 0
    assert f"The journals are the same: {digest(folder.journal)}" in done.out
    told = json.loads(command("rerun", "SIM01", "--simulate", "--json").out)
    assert (told["same"], told["reasons"], told["error"]) == (True, [], None)
    assert told["recorded_sha256"] == told["sha256"] == digest(folder.journal)
    assert Path(told["folder"]).is_relative_to(
        short.folder / f"{free_folder(folder, Path()).name}-2"
    )
