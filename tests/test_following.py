"""Who listens gets everything once, and costs the session nothing: loggers, watchers, tails."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from conftest import Done
from hypothesis import given
from hypothesis import strategies as st
from test_recording import HEADER, edge
from watching import watch

import rig.logger_link
from benchmarks.flood import flood_lab, flood_plan
from rig.bus import Bus
from rig.desk import Address
from rig.errors import RecordingError
from rig.events import InputChanged, SessionEnded, as_json, encode
from rig.frames import pack, split
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_trials
from rig.journal import MAGIC, digest, frame, new_journal, read_records
from rig.lab import Lab
from rig.logger_link import RESTARTS
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.session_record import load_session
from rig.session_result import Result
from rig.tail import Tail
from rig.trials import TrialRow
from rig.watcher import Nobody

MEBI = 1 << 20


@given(st.data())
def test_a_tail_gives_each_frame_once_whatever_comes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Messages are lost, come twice, overlap, or while the next frame is half written."""
    payloads = data.draw(st.lists(st.binary(max_size=40), min_size=1, max_size=12))
    frames = [pack(payload) for payload in payloads]
    places = [len(MAGIC) + sum(map(len, frames[:at])) for at in range(len(frames) + 1)]
    whole = MAGIC + b"".join(frames)
    path = tmp_path_factory.mktemp("tail") / "session.journal"
    tail, got, written = Tail(path, MAGIC), [], 0
    for _ in range(data.draw(st.integers(0, 12))):
        begin = data.draw(st.integers(0, len(frames)))
        end = data.draw(st.integers(begin, len(frames)))
        written = max(written, end)
        torn = data.draw(st.integers(0, len(whole) - places[written]))
        path.write_bytes(whole[: places[written] + torn])
        match data.draw(st.sampled_from(["sent", "beat", "looked"])):
            case "sent":
                pieces = list(tail.take(places[begin], b"".join(frames[begin:end])))
            case "beat":
                pieces = list(tail.read(places[end]))
            case _:
                pieces = list(tail.read())
        got += [payload for piece in pieces for payload in split(piece)]
        assert got == payloads[: len(got)]
    path.write_bytes(whole)
    got += [payload for piece in tail.read() for payload in split(piece)]
    assert got == payloads


def test_a_tail_does_not_jump_over_what_is_missing_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "session.journal"
    new_journal(path, frame(HEADER)).close()
    tail = Tail(path, MAGIC)
    with pytest.raises(RecordingError, match="ends before byte"):
        list(tail.take(10_000, frame(edge(7))))


class AtTrialEnds(Nobody):
    """Does something to a session each time that one of its trials has ended."""

    def __init__(self, do: Callable[[Session, int], None]) -> None:
        self._do = do
        self.session: Session | None = None

    def finished(self, row: TrialRow, water_ul: float) -> None:
        assert self.session is not None
        self._do(self.session, row.trial)


def run(folder: Path, do: Callable[[Session, int], None], **lab: float) -> Result:
    """Run a flooded session to its end, and do something at each end of a trial."""
    watcher = AtTrialEnds(do)
    session = Session(flood_plan(flood_lab(folder / "lab", **lab)), "system", watcher=watcher)
    watcher.session = session
    with session:
        result = session.run()
    record = load_session(result.folder)
    assert record.rows == result.rows == read_trials(result.folder.hdf5)
    assert is_sealed(result.folder.hdf5, digest(result.folder.journal))
    return result


def logger(session: Session) -> subprocess.Popen[bytes]:
    live = session._recorder._live
    assert live is not None
    assert live.link._process is not None
    return live.link._process


def sealed_by_logger(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that will tell whether the logger sealed the file."""
    sealed: list[bool] = []
    seal = rig.logger_link.LoggerLink.seal
    monkeypatch.setattr(
        rig.logger_link.LoggerLink,
        "seal",
        lambda link, size, sha: sealed.append(seal(link, size, sha)) or sealed[-1],
    )
    return sealed


def lateness(result: Result) -> list[float]:
    """Return the seconds that the engine was late, for each input."""
    events = load_session(result.folder).events
    return [e.engine_time - e.hardware_time for e in events if isinstance(e, InputChanged)]


def test_a_logger_that_stands_still_for_a_while_catches_up_and_seals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = sealed_by_logger(monkeypatch)

    def stop(session: Session, trial: int) -> None:
        if trial in (2, 9):
            logger(session).send_signal(signal.SIGSTOP if trial == 2 else signal.SIGCONT)

    result = run(tmp_path, stop, edges_per_s=3000, trials=10)
    assert sealed == [True]
    # Other programs may keep the disk busy, which the session tells of, too.
    assert [each for each in result.warnings if "the disk" not in each.what] == []
    assert max(lateness(result)) < 0.5


def test_a_logger_that_hangs_at_the_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.logger_link, "SILENT_FOR", 0.5)
    sealed = sealed_by_logger(monkeypatch)

    def stop(session: Session, trial: int) -> None:
        if trial == 3:
            logger(session).send_signal(signal.SIGSTOP)

    run(tmp_path, stop, trials=3)
    assert sealed == [False]


def test_a_logger_that_dies_again_and_again_is_given_up_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = sealed_by_logger(monkeypatch)

    def kill(session: Session, trial: int) -> None:
        if trial <= RESTARTS + 1:
            logger(session).kill()
            logger(session).wait()

    result = run(tmp_path, kill, trials=7)
    assert sealed == [False]
    told = [warning.what for warning in result.warnings]
    assert told == ["the logger has ended: it was killed"] * RESTARTS + [
        "the logger has ended again and again: it was killed"
    ]
    assert max(lateness(result)) < 0.5


def test_a_system_that_refuses_another_logger_does_not_end_the_session(tmp_path: Path) -> None:
    """No file may be opened any more, as when a program has forgotten to close its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def kill(session: Session, trial: int) -> None:
        if trial == 1:
            logger(session).kill()
            logger(session).wait()
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        elif trial == 2:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    try:
        result = run(tmp_path, kill, edges_per_s=3000, licks=100, trials=5)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [warning.what for warning in result.warnings] == [
        "the logger has ended: it was killed",
        "the logger has ended: none can be started: Too many open files",
    ]


@contextlib.contextmanager
def watchers(lab: Lab, folder: Path, fates: Sequence[str]) -> Iterator[list[Path]]:
    """Let watchers join a session, one after the other; yield where they will write down a digest.

    Leaving waits for those who watch, and ends the others.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["watching"])
    address, reports = str(lab.locks / "rig-flood.address"), []
    processes = []
    for at, fate in enumerate(fates):
        report = folder / f"{at}.sha"
        process = context.Process(
            target=watch, args=(address, at / 20, fate, str(report)), daemon=True
        )
        process.start()
        processes.append(process)
        if fate == "watches":
            reports.append(report)
    try:
        while len(list(folder.glob("*.up"))) < len(fates):
            time.sleep(0.02)
        yield reports
        for process, fate in zip(processes, fates, strict=True):
            if fate == "watches":
                process.join(timeout=30)
    finally:
        for process in processes:
            process.kill()
            process.join()


def assert_all_was_seen(result: Result, reports: list[Path]) -> None:
    """Assert that each watcher got every record once, in its order."""
    sha = hashlib.sha256()
    for record in read_records(result.folder.journal):
        sha.update(encode(record))
    assert [path.read_text(encoding="utf-8") for path in reports] == [
        sha.hexdigest() for _ in reports
    ]


def test_twenty_watchers_cost_the_session_nothing(tmp_path: Path) -> None:
    """Five of them die, five stand still, and the others see it all."""
    lab = flood_lab(tmp_path / "lab", edges_per_s=100, licks=20, trials=8)
    fates = ["watches", "dies", "watches", "stands still"] * 5
    with watchers(lab, tmp_path, fates) as reports, Session(flood_plan(lab), "system") as session:
        result = session.run()
    assert len(reports) == 10
    assert_all_was_seen(result, reports)
    assert np.median(lateness(result)) < 0.01
    assert max(lateness(result)) < 0.5


def test_watchers_who_come_late_to_a_flood_get_everything_once(tmp_path: Path) -> None:
    lab = flood_lab(tmp_path / "lab", trials=40)
    with (
        watchers(lab, tmp_path, ["watches"] * 5) as reports,
        Session(flood_plan(lab), "system") as session,
    ):
        result = session.run()
    assert_all_was_seen(result, reports)


def test_rig_watch_shows_each_record_once_and_ends_with_the_session(
    tmp_path: Path, shell: Callable[..., Done]
) -> None:
    lab = flood_lab(tmp_path / "flooded", edges_per_s=1000, trials=5)
    with Session(flood_plan(lab), "system") as session:
        watching = threading.Thread(target=lambda: done.append(show()))
        done: list[Done] = []

        def show() -> Done:
            return shell("watch", "flood", "--lab", str(lab.folder), "--json")

        watching.start()
        result = session.run()
    watching.join(timeout=60)
    assert done[0].code == 0, done[0].err
    assert done[0].out.splitlines() == [
        as_json(record) for record in read_records(result.folder.journal)
    ]


def test_rig_watch_finds_an_end_that_it_was_not_told_of(
    killed: SessionFolder, lab: Lab, command: Callable[..., Done]
) -> None:
    """The session has ended while the watcher was slow, and its bus is closed."""
    with killed.journal.open("ab") as journal:
        journal.write(frame(SessionEnded(7, 1.0, 1.0, 1, "over", 1, 0.0, {})))
    address = Address("", "", killed.name, f"ipc://{killed.path}/gone", str(killed.journal))
    lab.locks.mkdir()
    (lab.locks / "rig-box1.address").write_bytes(msgspec.json.encode(address))
    done = command("watch", "box1")
    assert done.code == 0, done.err
    assert "reason=over" in done.out.splitlines()[-1]


STILL = """
import os, signal, sys, zmq
from rig.bus import listen
events = listen(zmq.Context(), sys.argv[1])
events.recv()
os.kill(os.getpid(), signal.SIGSTOP)
"""


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def test_watchers_who_stand_still_cost_a_bounded_amount_of_memory(tmp_path: Path) -> None:
    """280 MiB are sent to five of them; what waits for them is some 10 000 messages, once."""
    bus = Bus()
    still = [subprocess.Popen([sys.executable, "-c", STILL, bus.endpoint]) for _ in range(5)]
    try:
        frames = b"".join(pack(os.urandom(120)) for _ in range(56))
        while any(state(process.pid) != "T" for process in still):
            bus.publish(0, frames)
        before = resident()
        for _ in range(40 * 1024):
            bus.publish(0, frames)
        assert resident() - before < 120 * MEBI
    finally:
        for process in still:
            process.kill()
            process.wait()
        bus.close()


def state(process: int) -> str:
    """Return the state of a process, ``T`` if it stands still."""
    return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
