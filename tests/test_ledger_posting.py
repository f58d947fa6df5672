"""The journal is the queue: whoever dies, however long the database is away, nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from helpers import put_mouse
from inside import inside
from ledger_bench import MORNING, drink, hours, put_in, records, small_lab, volumes_in
from postgres import Server
from recorded import short_session

from rig.errors import ExitCode
from rig.events import DeviceReported
from rig.frames import FrameWriter
from rig.journal import frame, new_journal, read_records
from rig.lab import Lab
from rig.ledger.poster import begin_posting, follow
from rig.ledger.posting import TailPosting, post
from rig.ledger.store import Ledger, begin_ledger, open_ledger
from rig.ledger.taking_in import take_in_sessions
from rig.recovery import recover
from rig.session_folder import SessionFolder, hold_running
from rig.session_record import SessionRecord, load_session

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Live:
    """A session that runs: a journal that is written drop by drop, and its lock."""

    def __init__(self, lab: Lab, drops: int) -> None:
        self.folder = SessionFolder(lab.data / "M1" / f"{MORNING:%Y-%m-%d}" / "1")
        self.folder.path.mkdir(parents=True)
        header, definition, *self._events = records("M1", self.folder.name, MORNING, [5.0] * drops)
        self._lock = ExitStack()
        self._lock.enter_context(hold_running(self.folder, "M1"))
        self._journal: FrameWriter = new_journal(self.folder.journal, frame(header))
        self._journal.append(frame(definition))

    def give(self, drops: int) -> None:
        self._journal.append(b"".join(map(frame, self._events[:drops])))
        del self._events[:drops]

    def end(self) -> None:
        self.give(len(self._events))
        self._journal.close()
        self._lock.close()


def drops_of(folder: SessionFolder) -> list[float]:
    """Return the drops of a journal."""
    told = (r for r in read_records(folder.journal) if isinstance(r, DeviceReported))
    return [each.volume_ul for each in told if each.volume_ul]


def test_the_water_of_a_session_is_in_the_ledger_while_it_runs(tmp_path: Path) -> None:
    lab = small_lab(tmp_path / "lab")
    begin_ledger(lab).close()
    session, seen = Live(lab, 6), []

    def world(_: float) -> None:
        """Let time pass: drops fall, and in the end the session ends."""
        with open_ledger(lab) as ledger:
            seen.append(len(volumes_in(ledger, session.folder.name)))
        session.give(2)
        if len(seen) == 3:
            session.end()

    said: list[str] = []
    assert follow(lab, session.folder, said.append, world)
    assert seen == [0, 2, 4]
    with open_ledger(lab) as ledger:
        assert volumes_in(ledger, session.folder.name) == [5.0] * 6
    assert said == ["all is entered"]


def test_a_database_that_was_away_for_the_session_gets_every_drop_once(
    tmp_path: Path, postgres_server: Server
) -> None:
    lab = small_lab(tmp_path / "lab", f'ledger = "{postgres_server.new_database()}"\n')
    begin_ledger(lab).close()
    session = Live(lab, 8)

    def script() -> Iterator[None]:
        session.give(2)
        yield
        postgres_server.stop()
        session.give(4)
        yield
        session.end()
        yield
        postgres_server.start()
        yield

    scenes, said = script(), []
    try:
        assert follow(lab, session.folder, said.append, lambda _: next(scenes))
    finally:
        list(scenes)
    assert len(said) == 2
    assert "cannot be reached" in said[0]
    with open_ledger(lab) as ledger:
        assert volumes_in(ledger, session.folder.name) == [5.0] * 8


def test_a_database_that_never_comes_back_is_given_up_and_said_so(
    tmp_path: Path, postgres_server: Server
) -> None:
    address = postgres_server.new_database().replace("host=", "host=/nowhere")
    lab = small_lab(tmp_path / "lab", f'ledger = "{address}"\n')
    folder, said = drink(lab, "M1", MORNING, [5.0]), []
    assert not follow(lab, folder, said.append, lambda _: None)
    assert said[-1] == "given up; `rig ledger reconcile` enters it"


def test_a_session_of_the_command_line_leads_to_its_water_in_the_ledger(
    short: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr("rig.ledger.poster.start_apart", lambda command, _: begun.append(command))
    arguments = ("run", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml",
                 "--subject", "SIM01", "--virtual", "--seed", "3")  # fmt: skip
    put_mouse(short, policy="random")
    begin_posting(short, SessionFolder(short.folder))
    assert begun == [], "a lab without a ledger has nothing begun"
    begin_ledger(short).close()
    assert inside(short, *arguments).code == ExitCode.OK
    (command,) = begun
    subprocess.run(command, check=True, timeout=60)
    folder = SessionFolder(Path(command[-1]))
    with open_ledger(short) as ledger:
        assert volumes_in(ledger, folder.name) == drops_of(folder) != []


@pytest.fixture
def filled(told: SessionRecord, tmp_path: Path) -> Iterator[tuple[Lab, Ledger, SessionFolder]]:
    """Return a lab with a real session of 60 trials, and its ledger, which is empty."""
    lab = small_lab(tmp_path / "lab")
    folder = SessionFolder(lab.data / told.folder.name)
    shutil.copytree(told.folder.path, folder.path)
    with begin_ledger(lab) as ledger:
        yield lab, ledger, folder


def test_killed_at_any_moment_each_drop_of_the_journal_is_there_once(
    filled: tuple[Lab, Ledger, SessionFolder],
) -> None:
    """`make drops` kills real sessions, and the program that enters their water."""
    _, ledger, folder = filled
    whole, chance = folder.journal.read_bytes(), Random(5)
    for cut in sorted(chance.randrange(len(whole) // 4, len(whole)) for _ in range(3)):
        folder.hdf5.unlink()
        folder.journal.write_bytes(whole[: chance.randrange(cut)])  # what was there at first
        tail = TailPosting(folder)
        tail.enter_new(ledger, NOW)
        folder.journal.write_bytes(whole[:cut])
        tail.enter_new(ledger, NOW)  # it is killed behind this, as is the engine
        recover(folder)
        assert post(ledger, folder).complete
        assert volumes_in(ledger, folder.name) == drops_of(folder)


def test_a_damaged_journal_is_entered_up_to_the_damage_and_told_of(
    filled: tuple[Lab, Ledger, SessionFolder],
) -> None:
    lab, ledger, folder = filled
    drops = drops_of(folder)
    data = bytearray(folder.journal.read_bytes())
    data[len(data) // 2] ^= 0xFF
    folder.journal.write_bytes(data)
    (posted,) = take_in_sessions(ledger, lab)
    assert not posted.complete
    assert posted.problem
    some = volumes_in(ledger, folder.name)
    assert some == drops[: len(some)]
    done = inside(lab, "recover", folder.name)
    assert done.code == ExitCode.OK, done
    assert volumes_in(ledger, folder.name) == drops, "restored from the HDF5 file"
    assert take_in_sessions(ledger, lab) == []


def test_water_that_a_vacuum_removes_does_not_count(lab: Lab) -> None:
    folder = short_session(lab, "set_shifting", 40)
    record = load_session(folder)
    removed = sum(row.removed_ul or 0.0 for row in record.rows)
    with begin_ledger(lab) as ledger:
        assert post(ledger, folder).water_ul == pytest.approx(record.water_ul)
        volumes = volumes_in(ledger, folder.name)
    assert sum(volumes) == pytest.approx(record.water_ul)
    assert -sum(volume for volume in volumes if volume < 0) == pytest.approx(removed)
    assert removed > 0


def test_a_session_of_a_mouse_that_is_not_in_the_ledger_is_entered_all_the_same(
    tmp_path: Path,
) -> None:
    lab = small_lab(tmp_path / "lab")
    folder = drink(lab, "M1", MORNING, [5.0, 4.0])
    with begin_ledger(lab) as ledger:
        take_in_sessions(ledger, lab)
        put_in(ledger, "M1")
        assert volumes_in(ledger, folder.name) == [5.0, 4.0]


def test_a_session_that_was_deleted_and_made_again_is_another_one(tmp_path: Path) -> None:
    """Its name and the length of its journal are those of the one before."""
    lab = small_lab(tmp_path / "lab")
    with begin_ledger(lab) as ledger:
        for begun in (MORNING, MORNING + hours(1)):
            folder = drink(lab, "M1", begun, [5.0, 4.0])
            assert [each.complete for each in take_in_sessions(ledger, lab)] == [True]
            assert take_in_sessions(ledger, lab) == []
            shutil.rmtree(folder.path)
        assert volumes_in(ledger, folder.name) == [5.0, 5.0, 4.0, 4.0], "both, by their numbers"
