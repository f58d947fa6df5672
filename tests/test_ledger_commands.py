"""The day of a technician at the command line: add, weigh, water, give, day, and their slips."""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from inside import inside
from ledger_bench import MORNING, drink, hours, small_lab

from rig.errors import ExitCode
from rig.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return small_lab(tmp_path / "lab")


@pytest.fixture
def begun(lab: Lab) -> Lab:
    """Return a lab with one mouse in its ledger."""
    return with_mouse(lab)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return such a lab, for tests that enter nothing."""
    return with_mouse(small_lab(tmp_path_factory.mktemp("unchanged") / "lab"))


def with_mouse(lab: Lab) -> Lab:
    done(lab, "subject", "add", "M014", "--tag", "14", "--baseline", "25", "--by", "anna")
    return lab


def done(lab: Lab, *arguments: str) -> str:
    """Return what a command that must succeed says."""
    came = inside(lab, *arguments)
    assert came.code == ExitCode.OK, came
    return " ".join(came.out.split())


def told(lab: Lab, *arguments: str) -> Any:
    return json.loads(inside(lab, *arguments, "--json").out)


def refused(lab: Lab, *arguments: str) -> str:
    came = inside(lab, *arguments)
    assert came.code in (ExitCode.CHECK_FAILED, ExitCode.USAGE), came
    assert "Traceback" not in came.err
    return " ".join(came.err.split())


def weights(lab: Lab) -> list[float | None]:
    return [row["weight_g"] for row in told(lab, "subject", "show", "M014")["weighings"]]


def test_a_day_ends_when_every_mouse_is_weighed_and_watered(begun: Lab) -> None:
    came = inside(begun, "day")
    assert came.code == ExitCode.CHECK_FAILED
    said = " ".join(came.out.split())
    assert "It is not weighed. Do: rig weigh M014 GRAMS" in said
    assert "1.00 mL due. Do: rig give M014 1.00" in said
    assert said.endswith("1 mouse on restriction, 2 things left.")
    assert "1.00 mL due." in done(begun, "weigh", "14", "24.0")
    drink(begun, "M014", datetime.now(UTC), [620.0, -20.0])
    board = told(begun, "water")["board"][0]
    assert (board["session_ml"], board["hand_ml"], board["due_ml"]) == (0.62, 0.02, 0.36)
    assert "got 0.36 mL of water" in done(begun, "give", "M014", "--due")
    assert done(begun, "day").endswith("1 mouse on restriction, nothing is forgotten.")


def test_the_first_mouse_begins_the_ledger_and_its_file_is_taken_over_or_written(lab: Lab) -> None:
    text = '# Our best mouse.\nid = "M1"\near_tag = "7"\nsex = "F"\nstrain = "C57BL/6J"\n'
    (lab.folder / "subjects/M1.toml").write_text(text, encoding="utf-8")
    assert "has no ledger yet" in refused(lab, "water")
    assert "Begun: " in done(lab, "subject", "add", "M1", "--cage", "C-2")
    facts = told(lab, "subject", "show", "M1")["subject"]["facts"]
    assert (facts["tag"], facts["sex"], facts["cage"]) == ("7", "F", "C-2")
    file = (lab.folder / "subjects/M1.toml").read_text(encoding="utf-8")
    assert file == text + 'cage = "C-2"\n'
    done(lab, "subject", "add", "M2", "--tag", "8", "--birth", "2026-08-01")
    assert lab.subject("M2").ear_tag == "8"
    done(lab, "subject", "edit", "M2", "--tag", "9", "--status", "free", "--reason", "lost it")
    assert lab.subject("M2").ear_tag == "9"
    assert [row["reason"] for row in told(lab, "subject", "show", "M2")["facts"]] == ["", "lost it"]
    listed = done(lab, "subject", "list")
    assert "M1 ear 7" not in listed
    assert "unknown" in listed, "the sex of M2"
    assert "sex unknown" in done(lab, "subject", "show", "M2")
    assert "sex F" in done(lab, "subject", "show", "M1")
    assert "in order" in done(lab, "ledger", "check")


def test_a_tag_is_given_up_before_another_mouse_gets_it(begun: Lab) -> None:
    done(begun, "subject", "edit", "M014", "--status", "retired")
    assert '`rig subject edit M014 --tag ""`' in refused(
        begun, "subject", "add", "M015", "--tag", "14"
    )
    done(begun, "subject", "edit", "M014", "--tag", "")
    done(begun, "subject", "add", "M015", "--tag", "14")
    assert "M015 weighs 21 g" in done(begun, "weigh", "14", "21")
    assert begun.named("14") == "M015"


def test_a_file_that_was_changed_by_hand_is_told_of(begun: Lab) -> None:
    (begun.folder / "subjects/M014.toml").write_text('id = "M014"\near_tag = "41"\n')
    assert "ear_tag is '41' in the file, and '14' in the ledger" in done(begun, "ledger", "check")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("subject", "add", "M014"), "is in the ledger already"),
        (("subject", "add", "M015", "--tag", "14"), "'M014' has the tag '14' already"),
        (("subject", "add", "../M1"), "is no name"),
        (("subject", "add", ""), "is no name"),
        (("subject", "add", "M015", "--sex", "female"), "can only be M, F, U (unknown) or O"),
        (("subject", "add", "M015", "--status", "thirsty"), "can only be restricted, free or ret"),
        (("subject", "add", "M015", "--baseline", "nan"), "is 'nan', and can only be a number ab"),
        (("subject", "add", "M015", "--cage", "a\nb"), "--cage is a line of text"),
        (("subject", "edit", "M099", "--cage", "1"), "Enter it: `rig subject add M099`"),
        (("subject", "note", "M014", " ", "--person", "Doe, Jane"), "a note needs words"),
        (("subject", "add", "m014"), "'M014' is there already"),
        (("subject", "add", "14"), "'14' is the tag of 'M014'"),
        (("day", "--day", "0001-01-01"), "is no day of a lab"),
        (("water", "--day", "9999-12-31"), "is no day of a lab"),
        (("weigh", "M014", "21", "--correct", "", "--reason", "x"), "--reason goes with --correct"),
        (("weigh", "M099", "21"), "'M099' is not in the ledger"),
        (("weigh", "M014", "0"), "than or equal to"),
        (("weigh", "M014", "nan"), ""),
        (("weigh", "M014"), "the value is missing"),
        (("weigh", "M014", "21", "--at", "noon"), "--at is a time"),
        (("weigh", "M014", "21", "--at", "2999-01-01T08:00"), "still to come"),
        (("weigh", "M014", "21", "--by", " "), "--by needs a name"),
        (("weigh", "M014", "21", "--by", "\udcff"), "--by is a line of text"),
        (("weigh", "M014", "21", "--correct", "last", "--reason", "x"), "there is no row 'last'"),
        (("weigh", "M014", "21", "--correct", "last"), "a correction needs --reason"),
        (("weigh", "M014", "--withdraw", "%", "--reason", "x"), "there is no row '%'"),
        (("give", "M014", "11"), "than or equal to"),
        (("give", "M014", "4"), "would have 4.00 mL on this day (cap 3.5 mL): nothing is entered"),
        (("give", "M014", "1", "--all"), "--all goes with no mouse"),
        (("give",), "name a mouse, or --all"),
        (("ledger", "import", "nowhere.csv", "--as", "weighings"), "cannot be read"),
        (("ledger", "import", "lab.toml", "--as", "drops"), "--as is one of"),
        (("ledger", "import", "lab.toml", "--as", "weighings"), "unknown column"),
    ],
)  # fmt: skip
def test_a_slip_is_told_in_words_and_enters_nothing(
    unchanged: Lab, arguments: tuple[str, ...], words: str
) -> None:
    before = told(unchanged, "ledger", "log")
    assert words in refused(unchanged, *arguments)
    assert told(unchanged, "ledger", "log") == before
    assert [path.name for path in (unchanged.folder / "subjects").iterdir()] == ["M014.toml"]


def test_a_weight_that_differs_much_must_be_confirmed(begun: Lab) -> None:
    assert "6.0 g is outside 10 to 60 g" in refused(begun, "weigh", "M014", "6")
    assert "12.4 g is far from the 25.0 g" in refused(begun, "weigh", "M014", "12.4")
    done(begun, "weigh", "M014", "21.4", "--at", "00:00")
    assert "21.4 -> 12.4 g (-42 %): nothing is entered" in refused(begun, "weigh", "M014", "12.4")
    assert weights(begun) == [21.4]
    assert "50 % below its baseline" in done(begun, "weigh", "M014", "12.4", "--confirm")
    assert weights(begun) == [21.4, 12.4]


class Terminal(io.StringIO):
    """Somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "entered"), [("12.4\n", [21.4, 12.4]), ("21.2\n", [21.4])])
def test_at_a_terminal_it_is_typed_again(
    begun: Lab, monkeypatch: pytest.MonkeyPatch, typed: str, entered: list[float]
) -> None:
    done(begun, "weigh", "M014", "21.4", "--at", "00:00")
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    came = inside(begun, "weigh", "M014", "12.4")
    assert "21.4 -> 12.4 g (-42 %).\nType the weight again, in g?" in came.err
    assert came.code == (ExitCode.OK if len(entered) == 2 else ExitCode.CHECK_FAILED)
    assert weights(begun) == entered


def test_a_program_can_let_it_be_typed_again(begun: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    done(begun, "weigh", "M014", "21.4", "--at", "00:00")
    read, write = os.pipe()
    with open(read) as heard, open(write, "w") as said:  # noqa: PTH123 (these are no paths)
        said.write('{"id": 1, "value": 12.4}\n')
        said.flush()
        monkeypatch.setattr(sys, "stdin", heard)
        came = inside(begun, "weigh", "M014", "12.4", "--dialog", "--json")
        monkeypatch.undo()
    question, result = came.out.split("\n", maxsplit=1)
    asked = json.loads(question)
    assert (asked["type"], asked["unit"]) == ("number", "g")
    assert asked["expected"] == "21.4 -> 12.4 g (-42 %)."
    assert json.loads(result)["board"]["weight_g"] == 12.4


def test_a_slip_is_corrected_or_taken_back_by_a_row_of_its_own(begun: Lab) -> None:
    done(begun, "weigh", "M014", "22.4", "--at", "00:00")
    done(begun, "weigh", "M014", "21.4", "--correct", "last", "--reason", "misread")
    done(begun, "give", "M014", "0.5")
    done(begun, "give", "M014", "0.4", "--correct", "last", "--reason", "misread")
    row = told(begun, "water")["board"][0]
    assert (row["weight_g"], row["supplement_ml"]) == (21.4, 0.4)
    done(begun, "give", "M014", "--withdraw", "last", "--reason", "another mouse")
    done(begun, "weigh", "M014", "--withdraw", "last", "--reason", "another mouse")
    row = told(begun, "water")["board"][0]
    assert (row["weight_g"], row["supplement_ml"], row["weighed"]) == (None, 0.0, False)
    assert weights(begun) == [22.4, 21.4, None]
    again = ("--withdraw", "last", "--reason", "another mouse")
    assert "there is no row 'last'" in refused(begun, "give", "M014", *again), "nothing is left"
    log = done(begun, "ledger", "log")
    for words in ("weight 22.4 g", "misread", "weight withdrawn", "supplement withdrawn"):
        assert words in log


def test_a_mouse_is_weighed_after_its_session_where_the_lab_requires_it(tmp_path: Path) -> None:
    lab = small_lab(tmp_path / "after", '[water]\nweight_after = "required"\n')
    done(lab, "subject", "add", "M1", "--baseline", "25")
    day = f"{MORNING:%Y-%m-%d}"
    done(lab, "weigh", "M1", "23.0", "--at", f"{day}T08:00")
    drink(lab, "M1", MORNING + hours(1), [900.0])
    said = " ".join(inside(lab, "day", "--day", day).out.split())
    assert "It is not weighed after its session. Do: rig weigh M1 GRAMS" in said
    came = inside(lab, "weigh", "M1", "23.1", "--at", f"{day}T12:00")
    assert "LOOK  Delivered 0.90 mL, gained 0.1 g. Check spout and calibration." in came.out
    assert "weighed after" not in inside(lab, "day", "--day", day).out
    assert told(lab, "weigh", "M1", "23.8", "--correct", "last", "--reason", "x")["gain"] == ""


def test_all_mice_get_what_they_are_due_but_those_of_which_nobody_can_tell(tmp_path: Path) -> None:
    lab = small_lab(tmp_path / "weights", '[water]\npolicy = "per_gram"\n')
    for mouse in ("M1", "M2", "M3"):
        done(lab, "subject", "add", mouse, "--baseline", "25")
    done(lab, "subject", "edit", "M3", "--status", "free")
    done(lab, "weigh", "M1", "23")
    came = inside(lab, "give", "--all", "--json")
    assert came.code == ExitCode.CHECK_FAILED
    assert json.loads(came.out) == {"given_ml": {"M1": 0.92}, "not_given": ["M2"]}
    assert "M2 got nothing: It was never weighed" in inside(lab, "give", "--all").out
    assert "It was never weighed" in done(lab, "subject", "show", "M2")
    day = told(lab, "day")
    assert [(task["subject"], task["kind"]) for task in day["tasks"]] == [
        ("M2", "weigh"),
        ("M2", "water"),
    ]


def test_a_mouse_that_ran_and_is_not_in_the_ledger_is_told_of(begun: Lab) -> None:
    drink(begun, "M9", datetime.now(UTC), [5.0])
    assert "M9 enter It is not in the ledger" in " ".join(inside(begun, "day").out.split())
    done(begun, "subject", "add", "M9")
    row = next(each for each in told(begun, "water")["board"] if each["subject"] == "M9")
    assert row["session_ml"] == 0.005, "what it drank before counts"


def test_an_alert_is_on_the_list_until_a_named_person_has_looked(begun: Lab) -> None:
    done(begun, "weigh", "M014", "21.0")
    done(begun, "give", "M014", "--due")
    assert [each["kind"] for each in told(begun, "day")["tasks"]] == ["look"]
    done(begun, "subject", "note", "M014", "lively", "--person", "Doe, Jane")
    assert told(begun, "day")["tasks"] == []


def test_tables_go_out_as_csv_and_come_in_once(begun: Lab, tmp_path: Path) -> None:
    done(begun, "weigh", "M014", "22.4")
    done(begun, "give", "M014", "0.3")
    done(begun, "ledger", "export", "tables")
    other = small_lab(tmp_path / "other")
    files = {"subjects": "subject_facts", "weighings": "weighings", "supplements": "supplements"}
    for table, name in files.items():
        file = str(begun.folder / f"tables/{name}.csv")
        for rows in (1, 0):
            came = done(other, "ledger", "import", file, "--as", table)
            assert came == f"{rows} {'row' if rows else 'rows'} of {table} entered."
    row = told(other, "water")["board"][0]
    assert (row["tag"], row["weight_g"], row["supplement_ml"]) == ("14", 22.4, 0.3)


def test_a_csv_with_wrong_lines_enters_nothing_and_names_each_of_them(begun: Lab) -> None:
    file = begun.folder / "w.csv"
    file.write_text(
        "\ufeffname;at;weight_g\nM014;2026-11-02T08:00;21.4\nM099;2026-11-02;21\n"
        "M014;yesterday;21\nM014;2026-11-02;214\nM014;2026-11-02;\nM014;2999-01-01;21\n",
        encoding="utf-8",
    )
    came = refused(begun, "ledger", "import", str(file), "--as", "weighings")
    for line in range(3, 8):
        assert f"line {line}" in came
    assert weights(begun) == []
    for line, words in (
        ("M2;15\nM3;15", "'M3' has the tag '15' already"),
        ("../M2;15", "is no name"),
        ("m014;15", "'M014' is there already"),
        ("14;15", "'14' is the tag of 'M014'"),
    ):
        file.write_text(f"name;tag\n{line}\n")
        assert words in refused(begun, "ledger", "import", str(file), "--as", "subjects")
    assert len(told(begun, "subject", "list")["subjects"]) == 1
    file.write_text("name;at;weight_g\nM014;2026-11-02T08:00;21.4\n")
    assert "1 row of weighings entered." in done(
        begun, "ledger", "import", str(file), "--as", "weighings"
    )
    file.write_text("name,at,weight_g\nM014,2026-11-02,21,4\n")
    assert "another number of cells" in refused(
        begun, "ledger", "import", str(file), "--as", "weighings"
    )
