"""An old ledger is migrated; a damaged one is refused, and made anew of what is left."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from inside import inside
from ledger_bench import MORNING, drink, hours, put_in, small_lab, volumes_in

from rig.calibration_checks import SPOT_CHECKS, SpotCheck
from rig.errors import ExitCode, RecordingError
from rig.lab import Lab
from rig.ledger.entries import Entry, enter_supplement, enter_weight, rows_of
from rig.ledger.place import place_of
from rig.ledger.posting import post
from rig.ledger.repair import check, rebuild
from rig.ledger.schema import HEAD, migrate, version_of
from rig.ledger.store import Ledger, begin_ledger, open_ledger
from rig.ledger.subjects import all_subjects, edit_subject, find_subject
from rig.ledger.tables import METADATA, supplements, weighings
from rig.ledger.taking_in import take_in_files
from rig.stage_history import StageEntry, append_entry


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return small_lab(tmp_path / "lab")


@pytest.fixture
def file(lab: Lab) -> Path:
    """Return the file of a ledger with two mice, fifty weights, a supplement and a session."""
    with begin_ledger(lab) as ledger:
        mouse = put_in(ledger, "M1")
        put_in(ledger, "M2")
        facts = msgspec.structs.replace(mouse.facts, cage="C2")
        mouse = edit_subject(ledger, mouse, facts, "ben", MORNING + hours(1), "moved")
        for n in range(50):
            at = MORNING + hours(n)
            last = enter_weight(ledger, Entry(mouse, at, at, "anna"), 20 + n / 100)
        enter_weight(ledger, Entry(mouse, MORNING, MORNING, "anna", last, "slip"), 21.0)
        enter_supplement(ledger, Entry(mouse, MORNING, MORNING, "anna"), 400.0)
        post(ledger, drink(lab, "M1", MORNING, [5.0] * 20))
    file = place_of(lab).file
    assert file is not None
    return file


def test_a_ledger_of_an_older_version_is_migrated_with_all_its_rows(lab: Lab) -> None:
    with Ledger(place_of(lab)) as old:
        with old.writing() as connection:
            assert migrate(connection, "ledger", to="0001") == ["0001"]
        put_in(old, weight_g=21.0)
    with open_ledger(lab) as ledger:
        with ledger.reading() as connection:
            assert version_of(connection) == HEAD
            mouse = find_subject(connection, "M1")
            assert [row["weight_g"] for row in rows_of(connection, weighings, mouse.id)] == [21.0]
        with pytest.raises(sa.exc.IntegrityError, match="never"), ledger.writing() as connection:
            connection.exec_driver_sql("DELETE FROM weighings")


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(place_of(lab)) as old, old.writing() as connection:
        migrate(connection, "ledger", to="0001")
    from alembic import op

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(op, "execute", full)
        with pytest.raises(sqlite3.OperationalError):
            open_ledger(lab)
    with Ledger(place_of(lab)) as old, old.reading() as connection:
        assert version_of(connection) == "0001"
        assert (
            connection.exec_driver_sql("PRAGMA index_list(weighings)")
            .all()[0][1]
            .startswith("sqlite_autoindex")
        )
    open_ledger(lab).close()


def test_a_ledger_of_a_later_version_is_refused(lab: Lab, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
        connection.commit()
    with pytest.raises(RecordingError, match="of version 0999") as refused:
        open_ledger(lab)
    assert "newer version of mouserig" in refused.value.do


def test_an_empty_file_is_no_ledger_without_mice(lab: Lab, file: Path) -> None:
    for aside in file.parent.glob(f"{file.name}-*"):
        aside.unlink()
    file.write_bytes(b"")
    for arguments in (("day",), ("water",), ("subject", "add", "M3")):
        done = inside(lab, *arguments)
        assert done.code == ExitCode.RECORDING
        assert "the ledger is damaged: it is empty" in done.err
    assert inside(lab, "ledger", "rebuild").code == ExitCode.RECORDING, "nothing could be read"
    assert inside(lab, "subject", "add", "M3").code == ExitCode.OK


def test_a_folder_in_the_place_of_the_ledger_is_told_of_and_stays(lab: Lab) -> None:
    folder = lab.folder / "ledger.db"
    folder.mkdir()
    for arguments in (("day",), ("subject", "add", "M3"), ("ledger", "rebuild")):
        done = inside(lab, *arguments)
        assert done.code == ExitCode.CHECK_FAILED
        assert "a folder is where the ledger should be" in done.err
    assert folder.is_dir()


def _garbage(file: Path) -> None:
    file.write_bytes(b"this is no ledger" * 1000)


def _torn(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def _middle(file: Path) -> None:
    """Overwrite the pages of the weights, but neither the schema nor the subjects."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'weighings'"
        ).fetchone()
    with file.open("r+b") as opened:
        opened.seek((root - 1) * page)
        opened.write(b"\xff" * page)


@pytest.mark.parametrize("damage", [_garbage, _torn, _middle])
def test_a_damaged_ledger_is_refused_and_rebuilt_of_what_is_left(
    lab: Lab, file: Path, damage: Callable[[Path], None]
) -> None:
    damage(file)
    kept = file.read_bytes()
    done = inside(lab, "day")
    assert done.code == ExitCode.RECORDING, done
    assert "the ledger is damaged" in done.err
    assert "rig ledger rebuild" in done.err
    done = inside(lab, "ledger", "rebuild", "--by", "anna", "--json")
    assert done.code == ExitCode.RECORDING, "not all of it could be read"
    told = msgspec.json.decode(done.out)
    assert Path(told["kept"]).read_bytes()[: len(kept)] == kept
    with open_ledger(lab) as ledger:
        assert check(ledger, lab) == [] or damage is _middle
        assert volumes_in(ledger, "M1/2026-11-02/1") == [5.0] * 20
        if damage is _middle:
            with ledger.reading() as connection:
                mouse = find_subject(connection, "M1")
                assert mouse.facts.cage == "C2"
                assert len(rows_of(connection, supplements, mouse.id)) == 1
            assert "weighings" in told["not_whole"]


def test_a_whole_ledger_is_rebuilt_to_the_same_rows(lab: Lab, file: Path) -> None:
    def everything() -> dict[str, object]:
        with open_ledger(lab) as ledger, ledger.reading() as connection:
            return {
                table.name: connection.execute(sa.select(table).order_by(*table.primary_key)).all()
                for table in METADATA.sorted_tables
                if table.name != "acts"
            }

    before = everything()
    done = rebuild(lab, "anna", MORNING)
    assert done.lost == ()
    assert everything() == before


def test_rows_whose_subject_is_lost_are_kept_under_a_name_of_its_own(lab: Lab, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for trigger in ("subjects_no_delete", "subject_facts_no_delete"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DELETE FROM subjects WHERE name = 'M1'")
        connection.execute("DELETE FROM subject_facts WHERE cage = ''")
        connection.commit()
    rebuild(lab, "anna", MORNING)
    with open_ledger(lab) as ledger, ledger.reading() as connection:
        names = [each.name for each in all_subjects(connection)]
        lost = next(name for name in names if name.startswith("lost-"))
        assert len(rows_of(connection, weighings, find_subject(connection, lost).id)) == 51
        assert find_subject(connection, lost).facts.cage == "C2"
        assert "M2" in names, "what was known of it is lost, and it is there"


def test_check_tells_sums_that_are_not_those_of_the_journal(lab: Lab, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER drops_no_delete")
        connection.execute("DELETE FROM drops WHERE seq = 3")
        connection.commit()
    with open_ledger(lab) as ledger:
        found = check(ledger, lab)
    assert any("95 uL of the session, its journal 100 uL" in each.what for each in found)


def test_check_tells_sessions_that_are_not_in(lab: Lab, file: Path) -> None:
    drink(lab, "M2", MORNING, [5.0])
    with open_ledger(lab) as ledger:
        found = [each.where for each in check(ledger, lab) if "as a whole" in each.what]
    assert found == ["M2/2026-11-02/1"]


def test_stages_and_spot_checks_are_taken_from_their_files_once(lab: Lab, file: Path) -> None:
    entry = StageEntry(
        at=MORNING, curriculum="curricula/a.toml", stage="one", before=None, by="anna", reason="new"
    )
    append_entry(lab, "M1", entry)
    SPOT_CHECKS.append(
        lab,
        SpotCheck(
            at=MORNING, rig="box1", device="valve", by="anna", ordered_ul=3.0, drops=20,
            weight_mg=46.0, given_ul=2.3, tolerance=0.15,
        ),
    )  # fmt: skip
    with open_ledger(lab) as ledger:
        for _ in range(2):
            assert take_in_files(ledger, lab, MORNING) == []
        with ledger.reading() as connection:
            for name in ("stages", "spot_checks"):
                count = sa.select(sa.func.count()).select_from(METADATA.tables[name])
                assert connection.scalar(count) == 1
