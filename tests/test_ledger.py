"""The ledger in SQLite and in PostgreSQL: rows are only inserted, and corrections name the old."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ledger_bench import MORNING, drink, hours, put_in, small_lab, volumes_in
from ledger_writer import PRELOADED, write_a_day
from postgres import Server

from rig.errors import ConfigError, RecordingError
from rig.lab import Lab
from rig.ledger.board import row_of
from rig.ledger.days import bounds, local_day
from rig.ledger.entries import Entry, enter_supplement, enter_weight, find_row, rows_of
from rig.ledger.place import place_of
from rig.ledger.posting import post
from rig.ledger.store import Ledger, begin_ledger, open_ledger
from rig.ledger.subjects import Facts, edit_subject, find_subject, history_of
from rig.ledger.tables import METADATA, supplements, weighings
from rig.water_policy import WaterConfig

PROCESSES, ROWS = 8, 12


@pytest.fixture(params=["sqlite", "postgresql"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Lab:
    """Return a lab whose ledger is a file, and one whose ledger is in a server."""
    if request.param == "sqlite":
        return small_lab(tmp_path / "lab")
    server: Server = request.getfixturevalue("postgres_server")
    return small_lab(tmp_path / "lab", f'ledger = "{server.new_database()}"\n')


@pytest.fixture
def ledger(lab: Lab) -> Iterator[Ledger]:
    with begin_ledger(lab) as ledger:
        yield ledger


def test_the_migrations_make_the_tables_that_the_program_knows(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert [each for each in found if each[0] != "remove_index"] == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE weighings SET weight_g = 1",
        "DELETE FROM weighings",
        "DELETE FROM drops",
        "UPDATE subjects SET name = 'x'",
    ],
)
def test_no_row_can_be_changed_or_deleted(lab: Lab, ledger: Ledger, change: str) -> None:
    put_in(ledger, weight_g=21.0)
    post(ledger, drink(lab, "M1", MORNING, [5.0]))
    with (
        pytest.raises((RecordingError, sa.exc.IntegrityError), match="never changed or deleted"),
        ledger.writing() as connection,
    ):
        connection.exec_driver_sql(change)


def test_a_correction_names_the_row_that_it_takes_the_place_of(ledger: Ledger) -> None:
    mouse = put_in(ledger, weight_g=12.4)
    with ledger.reading() as connection:
        old = find_row(connection, weighings, mouse.id, "last")
    entry = Entry(mouse, old["at"], MORNING + hours(1), "ben", old["id"], "typed wrong")
    enter_weight(ledger, entry, 21.4)
    with ledger.reading() as connection:
        rows = rows_of(connection, weighings, mouse.id)
        assert [row["weight_g"] for row in rows] == [12.4, 21.4]
        assert find_row(connection, weighings, mouse.id, "last")["weight_g"] == 21.4
        with pytest.raises(ConfigError, match="was corrected or taken back already"):
            find_row(connection, weighings, mouse.id, old["id"][:8])
    with pytest.raises(ConfigError, match="was just corrected"):
        enter_weight(ledger, entry, 21.5)


def test_what_is_withdrawn_does_not_count(ledger: Ledger) -> None:
    mouse = put_in(ledger, weight_g=21.0)
    row = enter_supplement(ledger, Entry(mouse, MORNING, MORNING, "anna"), 400.0)
    taken = Entry(mouse, MORNING, MORNING, "anna", row, "given to another mouse")
    enter_supplement(ledger, taken, None)
    with ledger.reading() as connection:
        found = row_of(connection, WaterConfig(), None, mouse, MORNING.date(), MORNING)
        assert len(rows_of(connection, supplements, mouse.id)) == 2
    assert (found.supplement_ml, found.due_ml, found.last_water_at) == (0.0, 1.0, None)


def test_two_persons_who_edit_a_mouse_at_once_do_not_overwrite_each_other(ledger: Ledger) -> None:
    mouse = put_in(ledger)
    edit_subject(ledger, mouse, Facts(cage="C1"), "anna", MORNING, "moved")
    with pytest.raises(ConfigError, match="just edited by somebody else"):
        edit_subject(ledger, mouse, Facts(cage="C2"), "ben", MORNING, "moved")
    with ledger.reading() as connection:
        assert find_subject(connection, "M1").facts.cage == "C1"
        assert [row["by"] for row in history_of(connection, mouse.id)] == ["anna", "anna"]
    with pytest.raises(ConfigError, match="is in the ledger already"):
        put_in(ledger)


def test_moments_come_back_in_utc_whatever_zone_they_were_given_in(ledger: Ledger) -> None:
    mouse, there = put_in(ledger), MORNING.astimezone(ZoneInfo("Asia/Tokyo"))
    enter_weight(ledger, Entry(mouse, there, there, "anna"), 21.0)
    with ledger.reading() as connection:
        at = rows_of(connection, weighings, mouse.id)[0]["at"]
    assert (at, at.utcoffset()) == (MORNING, timedelta(0))
    with pytest.raises((ValueError, sa.exc.StatementError), match="has a time zone"):
        enter_weight(ledger, Entry(mouse, MORNING.replace(tzinfo=None), MORNING, "anna"), 21.0)


def test_writing_the_drops_of_a_session_again_does_nothing(lab: Lab, ledger: Ledger) -> None:
    folder = drink(lab, "M1", MORNING, [5.0, 5.0, -4.0])
    first = post(ledger, folder)
    assert (first.water_ul, first.complete) == (14.0, True)
    for _ in range(2):
        assert post(ledger, folder) == first
    assert volumes_in(ledger, folder.name) == [5.0, 5.0, 4.0]


def test_the_board_tells_what_came_from_where(lab: Lab, ledger: Ledger) -> None:
    mouse = put_in(ledger, weight_g=21.0)
    post(ledger, drink(lab, "M1", MORNING + hours(1), [300.0, -20.0]))
    enter_supplement(ledger, Entry(mouse, MORNING + hours(3), MORNING, "anna"), 100.0)
    with ledger.reading() as connection:
        now = MORNING + hours(4)
        row = row_of(connection, WaterConfig(), None, mouse, MORNING.date(), now)
        after = row_of(connection, WaterConfig(), None, mouse, date(2026, 11, 3), now + hours(24))
    assert (row.session_ml, row.hand_ml, row.supplement_ml) == (0.3, 0.02, 0.1)
    assert (row.due_ml, row.weighed, row.dry_h) == (0.58, True, 1.0)
    assert (after.due_ml, after.weighed, after.dry_h) == (1.0, False, 25.0)
    assert after.alerts[-1] == "No water since 2026-11-02 11:00, 25 h (limit 23 h)."


def test_water_is_one_number_in_a_sentence_wherever_it_is_summed(lab: Lab, ledger: Ledger) -> None:
    """Without rounding the sums of 85 drops are 0.425 and 0.42500000000000016: 0.42 and 0.43."""
    mouse = put_in(ledger, weight_g=21.0)
    post(ledger, drink(lab, "M1", MORNING + hours(1), [5.0] * 85))
    with ledger.reading() as connection:
        to_target = WaterConfig(policy="target_ratio")
        row = row_of(connection, to_target, None, mouse, MORNING.date(), MORNING + hours(4))
    assert row.since_weighing_ml == row.session_ml == 0.425
    assert "0.43" not in row.words


def test_eight_processes_write_a_day_into_one_ledger_and_lose_nothing(lab: Lab) -> None:
    """They also begin it all at once."""
    mice = [f"M{n}" for n in range(PROCESSES)]
    folders = [drink(lab, mouse, MORNING + hours(1), [5.0] * ROWS) for mouse in mice]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        jobs = [(str(lab.folder), mouse, ROWS) for mouse in mice]
        assert list(pool.map(write_a_day, jobs)) == [""] * PROCESSES
    with open_ledger(lab) as ledger:
        for mouse, folder in zip(mice, folders, strict=True):
            assert volumes_in(ledger, folder.name) == [5.0] * ROWS
            with ledger.reading() as connection:
                subject = find_subject(connection, mouse)
                assert len(rows_of(connection, weighings, subject.id)) == ROWS


def test_the_lab_s_day_ends_at_its_own_midnight() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    begin, end = bounds(date(2026, 10, 25), vienna)
    assert end - begin == timedelta(hours=25), "the day on which summer time ends"
    assert local_day(end, vienna) == date(2026, 10, 26)
    assert local_day(end - timedelta(seconds=1), vienna) == date(2026, 10, 25)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://anna:secret@host/lab", "a password stands in the address"),
        ("mysql://host/lab", "no ledger can be at 'mysql://'"),
        ("postgresql://[host/lab", "this is no address"),
    ],
)
def test_an_address_that_cannot_be_is_told_in_words(
    tmp_path: Path, address: str, words: str
) -> None:
    lab = small_lab(tmp_path / "lab", f'ledger = "{address}"\n')
    with pytest.raises(ConfigError, match=words):
        place_of(lab)


def test_a_lab_s_folder_may_have_any_name(tmp_path: Path) -> None:
    lab = small_lab(tmp_path / "50 %41 #lab?x=y")
    begin_ledger(lab).close()
    assert (lab.folder / "ledger.db").stat().st_size > 0


def test_a_ledger_that_nobody_has_begun_is_not_made_by_looking(tmp_path: Path) -> None:
    lab = small_lab(tmp_path / "lab")
    with pytest.raises(ConfigError, match="has no ledger yet"):
        open_ledger(lab)
    assert not (lab.folder / "ledger.db").exists()


def test_rows_can_be_told_as_json(ledger: Ledger) -> None:
    mouse = put_in(ledger, weight_g=21.0)
    with ledger.reading() as connection:
        row = row_of(connection, WaterConfig(), None, mouse, MORNING.date(), MORNING)
    assert msgspec.json.decode(msgspec.json.encode(row))["weight_g"] == 21.0
