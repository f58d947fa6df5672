"""What a crash or a bad disk leaves becomes a valid session; files are proven to say the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from conftest import Done
from helpers import plan_for, run_virtual, sign_again
from test_sampled_devices import SAMPLED

from rig.commands.init import make_lab
from rig.errors import BusyError, ExitCode, RecordingError
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_signal
from rig.journal import digest, read_frames
from rig.lab import find_lab
from rig.locks import hold
from rig.recovery import Recovery, recover
from rig.session_folder import RUNNING, SessionFolder
from rig.session_record import load_session
from rig.streams import read_stream
from rig.verification import verify


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """Return a session with a sampled signal and a video."""
    lab = tmp_path_factory.mktemp("recover") / "lab"
    make_lab(lab)
    for name, old, new in (
        ("rigs/box1.toml", "[devices.port]", SAMPLED),
        ("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 5"),
    ):
        path = lab / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return run_virtual(plan_for(find_lab(lab))).folder


@pytest.fixture
def session(original: SessionFolder, tmp_path: Path) -> SessionFolder:
    """Return a copy of it, to be damaged."""
    folder = tmp_path / "M1" / "2026-01-01" / "1"
    shutil.copytree(original.path, folder)
    return SessionFolder(folder)


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x40
    path.write_bytes(data)


def bad(folder: SessionFolder) -> set[str]:
    return {finding.file for finding in verify(folder) if finding.state == "bad"}


def test_a_whole_session_is_left_as_it_is(session: SessionFolder) -> None:
    before = {path: path.read_bytes() for path in session.path.rglob("*") if path.is_file()}
    assert recover(session).built is False
    assert bad(session) == set()
    after = {path: path.read_bytes() for path in session.path.rglob("*") if path.is_file()}
    assert before == after


def test_without_a_sealed_file_the_sound_part_is_kept(session: SessionFolder) -> None:
    """As after a crash in the middle of a write."""
    session.hdf5.unlink()
    whole = load_session(session)
    cut(session.journal, session.journal.stat().st_size - 3)
    recovery = recover(session)
    assert recovery.built
    assert recovery.events == len(whole.events) - 1
    assert recovery.last == whole.events[-2]
    rest = session.path / "session.journal.rest"
    assert recovery.files[0].rest == rest
    assert rest.stat().st_size == recovery.files[0].rest_bytes > 0
    assert load_session(session).events == whole.events[:-1]
    assert is_sealed(session.hdf5, digest(session.journal))
    assert bad(session) == set()


def test_a_hole_is_named_and_what_is_behind_it_kept(session: SessionFolder) -> None:
    session.hdf5.unlink()
    data = session.journal.read_bytes()
    place = len(data) - 3000
    flip(session.journal, place)
    damaged = session.journal.read_bytes()
    recovery = recover(session)
    file = recovery.files[0]
    assert "checksum" in file.damage or "length" in file.damage or "short" in file.damage
    assert file.holds_more
    assert file.rest is not None
    assert session.journal.read_bytes() + file.rest.read_bytes() == damaged
    assert bad(session) == set()


@pytest.mark.parametrize("place", [5, 30, 5000, -40])
def test_a_damaged_journal_is_restored_from_the_sealed_file(
    original: SessionFolder, session: SessionFolder, place: int
) -> None:
    flip(session.journal, place)
    recovery = recover(session)
    assert session.journal.read_bytes() == original.journal.read_bytes()
    assert not recovery.built
    assert bad(session) == set()


def test_a_journal_that_lost_its_end_is_restored_from_the_sealed_file(
    original: SessionFolder, session: SessionFolder
) -> None:
    """Cut between two frames: nothing shows it but the sealed file."""
    *_, last = read_frames(session.journal)
    cut(session.journal, session.journal.stat().st_size - 8 - len(last))
    recovery = recover(session)
    assert recovery.files[0].restored
    assert session.journal.read_bytes() == original.journal.read_bytes()


def test_the_sealed_file_of_another_session_is_no_help(
    session: SessionFolder, tmp_path: Path, original: SessionFolder
) -> None:
    """It is set aside, not overwritten: it may hold what nothing else does."""
    with h5py.File(session.hdf5, "r+") as file:
        text = file["header"][()].decode().replace('"started_at":"2', '"started_at":"1')
        del file["header"]
        file["header"] = text.encode()
    other = session.hdf5.read_bytes()
    cut(session.journal, session.journal.stat().st_size - 3)
    recovery = recover(session)
    assert not recovery.files[0].restored
    assert recovery.built
    assert (session.path / "session.h5.rest").read_bytes() == other


def test_a_damaged_stream_is_restored_from_the_sealed_file(
    original: SessionFolder, session: SessionFolder
) -> None:
    path = session.streams / "analog.stream"
    flip(path, path.stat().st_size // 2)
    assert bad(session) == {"streams/analog.stream", "session.h5, signal 'analog'"}
    recovery = recover(session)
    assert [file.path.name for file in recovery.files if file.restored] == ["analog.stream"]
    assert path.read_bytes() == (original.streams / "analog.stream").read_bytes()
    assert bad(session) == set()


def test_a_torn_stream_is_kept_up_to_there(session: SessionFolder) -> None:
    session.hdf5.unlink()
    path = session.streams / "analog.stream"
    whole = read_stream(path)
    cut(path, path.stat().st_size - 5)
    recover(session)
    stream = read_signal(session.hdf5, "analog")
    assert 0 < len(stream.samples) < len(whole.samples)
    assert (stream.samples == whole.samples[: len(stream.samples)]).all()
    assert bad(session) == {"streams/analog.stream"}, "the journal tells of more rows"


@pytest.mark.parametrize(
    "file", ["session.h5", "rig.toml", "eye.avi", "streams/eye.stream", "session.journal"]
)
def test_a_missing_or_changed_file_is_found(session: SessionFolder, file: str) -> None:
    path = session.path / file
    if file == "session.journal":
        flip(path, -30)
        assert file in bad(session)
        return
    path.unlink()
    assert file in bad(session)


def test_a_changed_value_in_a_sealed_file_is_found(session: SessionFolder) -> None:
    with h5py.File(session.hdf5, "r+") as file:
        states = file["states"][()]
        states["hardware_time"][7] += 1e-6
        file["states"][...] = states
    sign_again(session.hdf5)
    (finding,) = [each for each in verify(session) if each.state == "bad"]
    assert finding.file == "session.h5"
    assert "differs from the journal at event" in finding.detail


def test_a_running_session_is_not_touched(session: SessionFolder) -> None:
    with hold(session.path, *RUNNING, "test"), pytest.raises(BusyError, match="still runs"):
        recover(session)


def test_a_folder_without_a_beginning_is_refused(session: SessionFolder) -> None:
    session.hdf5.unlink()
    cut(session.journal, 60)
    with pytest.raises(RecordingError, match="cut short"):
        recover(session)
    assert session.journal.stat().st_size == 60


def described(done: Done) -> dict[str, object] | list[dict[str, object]]:
    found: dict[str, object] | list[dict[str, object]] = json.loads(done.out)
    return found


def test_an_export_that_is_still_being_written_is_no_bad_file(session: SessionFolder) -> None:
    (session.path / ".session.17.partial.nwb").write_bytes(b"half")
    assert all(finding.state == "good" for finding in verify(session))
    (session.path / "session.nwb").write_bytes(b"half")
    assert [each.file for each in verify(session) if each.state == "bad"] == ["session.nwb"]


def test_an_output_that_the_guardian_could_not_close_is_told(session: SessionFolder) -> None:
    log = session.path / "guardian.log"
    begin = "2026-11-28T21:59:21.072+00:00 vacuum: closed after 7.6 ms, reads closed\n"
    log.write_text(begin, encoding="utf-8")
    assert bad(session) == set()
    stuck = "2026-11-28T21:59:21.072+00:00 valve: NOT CLOSED, after 9.0 ms: it is unplugged\n"
    log.write_text(begin + stuck, encoding="utf-8")
    (finding,) = [each for each in verify(session) if each.state == "bad"]
    assert finding.file == "guardian.log"
    assert finding.detail == "valve: NOT CLOSED, after 9.0 ms: it is unplugged"
    assert "by hand" in finding.do


def test_the_commands_tell_what_they_did(
    session: SessionFolder, command: Callable[..., Done]
) -> None:
    session.hdf5.unlink()
    cut(session.journal, session.journal.stat().st_size - 3)
    folder = str(session.path)
    assert command("verify", folder).code == ExitCode.RECORDING
    told = described(command("recover", folder, "--json"))
    assert isinstance(told, dict)
    assert told["hdf5"] == "built"
    assert command("verify", folder, "--json").code == ExitCode.OK
    shown = command("recover", folder)
    assert "sealed already" in shown.out
    assert command("show", folder).code == 0


def test_recovering_twice_is_recovering_once(session: SessionFolder) -> None:
    session.hdf5.unlink()
    cut(session.journal, session.journal.stat().st_size - 3)
    first: Recovery = recover(session)
    second = recover(session)
    assert (first.events, first.last) == (second.events, second.last)
    assert not second.built


def test_an_nwb_file_of_another_journal_is_found(session: SessionFolder) -> None:
    from rig.export.nwb import export_nwb

    nwb = export_nwb(load_session(session)).path
    assert bad(session) == set()
    with h5py.File(nwb, "r+") as file:
        journal = file["scratch/journal"][()]
        journal[200] ^= 1
        file["scratch/journal"][...] = journal
    assert bad(session) == {nwb.name}
