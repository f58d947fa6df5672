"""Values and moments that cannot be: told in our words, by command and by CSV, before a row is."""

from __future__ import annotations

from pathlib import Path

import pytest
from inside import inside
from ledger_bench import small_lab
from test_ledger_commands import done, refused, told

from rig.errors import ExitCode
from rig.lab import Lab

BORN = "2026-08-01"
BEFORE = "2026-07-31T08:00"
LIBRARY = ("expected", "msgspec", "$.", "ISO", "isoformat", "convert", "ValidationError")
"""What the libraries that read values say."""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Return a lab in which nothing was entered."""
    return small_lab(tmp_path / "lab")


@pytest.fixture
def born(lab: Lab) -> Lab:
    """Return a lab with a mouse of which it is known when it was born."""
    done(lab, "subject", "add", "M1", "--baseline", "25", "--birth", BORN)
    return lab


def imported(lab: Lab, table: str, *lines: str) -> str:
    """Return what is said of a file that is refused."""
    file = lab.folder / "lines.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return refused(lab, "ledger", "import", str(file), "--as", table)


@pytest.mark.parametrize(
    ("option", "column", "value", "words"),
    [
        ("--sex", "sex", "Q", "the sex is 'Q', and can only be M, F, U (unknown) or O (other)"),
        ("--status", "status", "dry", "is 'dry', and can only be restricted, free or retired"),
        ("--baseline", "baseline_g", "0", "baseline weight in g is '0.0', and can only be a num"),
        ("--baseline", "baseline_g", "250", "can only be a number above 0 and up to 100"),
        ("--implant", "implant_g", "-1", "weight of the implant in g is '-1.0', and can only be"),
        ("--birth", "birth", "2999-01-01", "can only be a day from 1970 up to today"),
        ("--birth", "birth", "1900-01-01", "the day of birth is '1900-01-01', and can only be"),
    ],
)
def test_what_cannot_be_of_a_mouse_is_told_before_anything_is_written(
    lab: Lab, option: str, column: str, value: str, words: str
) -> None:
    for said in (
        refused(lab, "subject", "add", "M1", option, value),
        imported(lab, "subjects", f"name,{column}", f"M1,{value}"),
    ):
        assert words in said
        assert [word for word in LIBRARY if word in said] == []
    assert not (lab.folder / "ledger.db").exists()
    assert list((lab.folder / "subjects").iterdir()) == []
    done(lab, "subject", "add", "M1")
    assert words in refused(lab, "subject", "edit", "M1", option, value)


def test_every_wrong_cell_of_a_line_is_told(lab: Lab) -> None:
    said = imported(
        lab, "subjects", "name,sex,baseline_g,birth", "M1,Q,0,then", "M2,F,abc,", "M1,,,"
    )
    for words in (
        "the sex is 'Q'", "the baseline weight in g is '0.0'", "the day of birth is 'then'",
        "baseline_g is 'abc', and no number as 21.4", "lines.csv, line 3",
    ):  # fmt: skip
        assert words in said
    assert [word for word in LIBRARY if word in said] == []
    assert "'M1' stands in an earlier line, too" in imported(lab, "subjects", "name", "M1", "M1")
    assert not (lab.folder / "ledger.db").exists()


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("1900-01-01T08:00", "on no day of a lab: they begin in 1970"),
        ("0001-01-01T00:00", "on no day of a lab"),
        ("2999-01-01T08:00", "is still to come"),
        (BEFORE, "M1 was born on 2026-08-01, and 2026-07-31 is before that"),
    ],
)
def test_nothing_is_entered_for_a_moment_at_which_no_mouse_could_be_weighed(
    born: Lab, at: str, words: str
) -> None:
    before = told(born, "subject", "show", "M1")
    for command in (
        ("weigh", "M1", "22"),
        ("give", "M1", "0.5"),
        ("give", "--all"),
        ("subject", "note", "M1", "fine", "--person", "Doe, Jane"),
    ):
        assert words in refused(born, *command, "--at", at)
    assert words in imported(born, "weighings", "name,at,weight_g", f"M1,{at},22")
    assert words in imported(born, "supplements", "name,at,volume_ul", f"M1,{at},500")
    after = told(born, "subject", "show", "M1")
    rows = ("weighings", "supplements", "wellness")
    assert [after[each] for each in rows] == [before[each] for each in rows] == [[], [], []]


def test_a_mouse_can_be_weighed_on_its_day_of_birth(born: Lab) -> None:
    done(born, "weigh", "M1", "22", "--at", f"{BORN}T08:00")


def test_a_slip_of_the_day_can_be_taken_back_whatever_day_it_is(lab: Lab) -> None:
    """A birth that was entered behind the weight makes that weight no prisoner."""
    done(lab, "subject", "add", "M1")
    done(lab, "weigh", "M1", "22", "--at", BEFORE)
    done(lab, "subject", "edit", "M1", "--birth", BORN)
    done(lab, "weigh", "M1", "--withdraw", "last", "--reason", "wrong day")
    assert told(lab, "water")["board"][0]["weight_g"] is None


def test_an_export_with_corrections_and_edits_comes_in_as_it_went_out(
    born: Lab, tmp_path: Path
) -> None:
    for cage in ("C1", "C2", "C3"):
        done(born, "subject", "edit", "M1", "--cage", cage)
    done(born, "weigh", "M1", "8", "--confirm")
    for grams in ("9", "9.5", "8.5"):
        done(born, "weigh", "M1", grams, "--correct", "last", "--reason", "misread", "--confirm")
    done(born, "give", "M1", "0.5")
    done(born, "give", "M1", "--withdraw", "last", "--reason", "another mouse")
    done(born, "ledger", "export", "tables")
    other, tables = small_lab(tmp_path / "other"), born.folder / "tables"
    for name, file in (
        ("subjects", "subject_facts"), ("weighings", "weighings"), ("supplements", "supplements"),
    ):  # fmt: skip
        done(other, "ledger", "import", str(tables / f"{file}.csv"), "--as", name)
    row = told(other, "water")["board"][0]
    assert (row["cage"], row["weight_g"], row["supplement_ml"]) == ("C3", 8.5, 0.0)
    assert len(told(other, "subject", "show", "M1")["weighings"]) == 4


def test_mice_that_are_imported_have_files_and_lose_nothing_that_stood_there(lab: Lab) -> None:
    old = lab.folder / "subjects/M2.toml"
    old.write_text('id = "M2"\near_tag = "22"\ndescription = "kept"\n', encoding="utf-8")
    mice = lab.folder / "mice.csv"
    mice.write_text("name,status,baseline_g\nM2,free,\nM3,restricted,24\n", encoding="utf-8")
    done(lab, "ledger", "import", str(mice), "--as", "subjects")
    assert told(lab, "subject", "show", "22")["subject"]["facts"]["status"] == "free"
    assert 'description = "kept"' in old.read_text(encoding="utf-8")
    assert lab.subject("M3").id == "M3"
    assert "in order" in done(lab, "ledger", "check")


def test_a_line_that_corrects_a_row_that_is_nowhere_is_told(born: Lab) -> None:
    lines = ("name,at,weight_g,corrects", "M1,2026-11-02,22,gone")
    assert "neither in the file nor in the ledger" in imported(born, "weighings", *lines)
    assert told(born, "subject", "show", "M1")["weighings"] == []
    lines = ("name,at,weight_g", "M1,2026-11-02,8")
    assert "if it is so, the column confirmed is 1" in imported(born, "weighings", *lines)


def test_a_line_that_stands_in_a_file_twice_is_told_and_not_lost(born: Lab) -> None:
    """Two equal supplements of a day without a time would be one: the mouse would get more."""
    line = "M1,2026-11-02,500"
    said = imported(born, "supplements", "name,at,volume_ul", line, line)
    assert "the line says the same as line 2" in said
    assert "lines.csv, line 3" in said
    assert told(born, "subject", "show", "M1")["supplements"] == []


def test_a_line_cannot_correct_the_row_of_another_mouse_or_one_that_was_corrected(
    born: Lab,
) -> None:
    done(born, "subject", "add", "M2")
    row = told(born, "weigh", "M2", "22")["row"]
    lines = ("name,at,weight_g,corrects,reason", f"M1,2026-11-02,21,{row},misread")
    assert f"the row '{row}' is of another mouse" in imported(born, "weighings", *lines)
    done(born, "weigh", "M2", "22.5", "--correct", "last", "--reason", "misread")
    lines = ("name,at,weight_g,corrects,reason", f"M2,2026-11-02,21,{row},misread")
    assert f"the row '{row}' was corrected already" in imported(born, "weighings", *lines)
    assert told(born, "water")["board"][1]["weight_g"] == 22.5


def test_an_implant_that_was_entered_by_mistake_is_taken_off_again(born: Lab) -> None:
    with (born.folder / "lab.toml").open("a", encoding="utf-8") as file:
        file.write('[water]\npolicy = "per_gram"\n')
    done(born, "weigh", "M1", "25")
    for grams, due_ml in (("2.5", 0.9), ("0", 1.0)):
        done(born, "subject", "edit", "M1", "--implant", grams)
        assert told(born, "water")["board"][0]["due_ml"] == due_ml
    assert "a number from 0 (it carries none) to 10" in refused(
        born, "subject", "edit", "M1", "--implant", "15"
    )


def test_of_a_mouse_that_is_retired_nobody_says_that_it_has_water(born: Lab) -> None:
    done(born, "subject", "edit", "M1", "--status", "retired")
    assert "M1: It is retired." in done(born, "weigh", "M1", "22")


def test_weights_cannot_begin_a_ledger(lab: Lab) -> None:
    assert "has no ledger yet" in imported(lab, "weighings", "name,at,weight_g", "M1,2026-11-02,22")
    assert inside(lab, "subject", "add", "M1", "--by", " ").code == ExitCode.USAGE
    assert not (lab.folder / "ledger.db").exists()


@pytest.mark.parametrize(
    ("command", "amount", "key"), [("give", "0.4", "volume_ul"), ("weigh", "22.4", "weight_g")]
)
def test_the_help_of_a_command_tells_how_its_slip_is_taken_back(
    born: Lab, command: str, amount: str, key: str
) -> None:
    table = {"give": "supplements", "weigh": "weighings"}[command]
    said = " ".join(inside(born, command, "--help").out.split())
    done(born, command, "M1", amount)
    for option, rows in (("--correct last", 2), ("--withdraw last", 3)):
        assert option in said
        value = [amount] if option.startswith("--correct") else []
        done(born, command, "M1", *value, *option.split(), "--reason", "misread")
        entered = told(born, "subject", "show", "M1")[table]
        assert len(entered) == rows
    assert entered[-1][key] is None
