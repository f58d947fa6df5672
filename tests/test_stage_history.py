"""The history of a mouse's stages: groups, locks, and files that are damaged or do not agree."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import CURRICULUM, Done
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.commands.init import make_lab
from rig.errors import BusyError, CheckFailed, ConfigError, ExitCode, RecordingError
from rig.lab import Lab, find_lab
from rig.locks import hold
from rig.stage_history import history_file, read_history
from rig.stage_moves import accept, enter, enter_group, override
from rig.stages import choose, read_standing

Command = Callable[..., Done]
Edit = Callable[[str, str, str], None]

FILE = Path("curricula/small.toml")
START = datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=1)))


@settings(max_examples=15)
@given(st.permutations([f"M{number:02d}" for number in range(1, 9)]), st.data())
def test_groups_stay_balanced_over_subjects(names: list[str], data: st.DataObject) -> None:
    """Also where some are virtual; real and virtual mice are counted apart."""
    with tempfile.TemporaryDirectory() as folder:
        make_lab(Path(folder) / "lab")
        lab = find_lab(Path(folder) / "lab")
        path = lab.folder / FILE
        path.parent.mkdir(exist_ok=True)
        path.write_text(CURRICULUM.read_text())
        groups: dict[bool, list[int | None]] = {True: [], False: []}
        for name in names:
            virtual = data.draw(st.booleans())
            lab.subject_file(name).write_text(f'id = "{name}"\nsimulated = {str(virtual).lower()}')
            groups[virtual].append(enter(lab, name, path, START).assignment)
            counts = [groups[virtual].count(number) for number in (1, 2)]
            assert abs(counts[0] - counts[1]) <= 1


def test_a_mouse_that_comes_back_keeps_its_group(school: Lab) -> None:
    other = school.folder / "curricula/other.toml"
    other.write_text(CURRICULUM.read_text().replace('"Small"', '"Other"'))
    first = enter(school, "SIM01", school.folder / FILE, START)
    enter(school, "SIM02", school.folder / FILE, START)
    with pytest.raises(ConfigError, match="would leave"):
        enter(school, "SIM01", other, START)
    enter(school, "SIM01", other, START, "Ada", "another experiment")
    back = enter(school, "SIM01", school.folder / FILE, START, "Ada", "back again")
    assert read_history(school, "SIM01")[1].reason.startswith("entered, another experiment")
    assert (back.assignment, back.before) == (first.assignment, None)
    assert "it had that before" in back.reason


def test_a_person_may_choose_the_group(school: Lab, command: Command) -> None:
    arguments = ("--enter", str(FILE), "--assignment", "2", "--reason", "a litter", "--by", "Ada")
    assert command("stage", "SIM01", *arguments).code == ExitCode.OK
    (entry,) = read_history(school, "SIM01")
    assert (entry.assignment, entry.by) == (2, "Ada")
    assert "chosen by a person: a litter" in entry.reason
    assert enter(school, "SIM02", school.folder / FILE, START).assignment == 1
    with pytest.raises(ConfigError, match="there is no assignment 3: the curriculum has 2"):
        enter_group(school, "SIM03", school.folder / FILE, START, 3, "why", "Ada")


def test_a_mouse_is_moved_to_where_it_is(school: Lab) -> None:
    enter(school, "SIM01", school.folder / FILE, START)
    assert override(school, "SIM01", "pretraining", START, "to be sure", "Ada") is None
    assert len(read_history(school, "SIM01")) == 1


REFUSED = {
    "entering twice": (lambda lab: enter(lab, "SIM01", lab.folder / FILE, START),
                       "is in this curriculum already, in stage 'pretraining'", "--to STAGE"),
    "a stage that is not there": (lambda lab: override(lab, "SIM01", "end", START, "why", "Ada"),
                                  "'Small' has no stage 'end'", "Name one of: pretraining,"),
    "a curriculum outside the lab": (lambda lab: enter(lab, "SIM02", CURRICULUM, START),
                                     "is not in the lab's folder", "Copy it into curricula/"),
    "a subject that is not there": (lambda lab: enter(lab, "SIM09", lab.folder / FILE, START),
                                    "there is no such file", "Did you mean SIM0"),
    "a mouse in no curriculum": (lambda lab: choose(lab, "SIM02"),
                                 "has entered no curriculum", "rig stage SIM02 --enter"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_to_do(school: Lab, case: str) -> None:
    enter(school, "SIM01", school.folder / FILE, START)
    act, what, do = REFUSED[case]
    with pytest.raises(ConfigError) as caught:
        act(school)
    assert what in caught.value.what
    assert do in caught.value.do


CONFLICTS = {
    "the file names another curriculum": (
        "subjects/SIM01.toml", "simulated = true",
        'simulated = true\ncurriculum = "curricula/other.toml"',
        "names 'curricula/other.toml', and the mouse is in 'curricula/small.toml'",
    ),
    "the stage is gone": (
        str(FILE), '"pretraining"', '"shaping"',
        "the mouse is in stage 'pretraining', which 'curricula/small.toml' does not have",
    ),
    "the group is gone": (
        str(FILE), '[[assignments]]\nparams = { go_sound = "B", nogo_sound = "A" }', "",
        "the mouse has assignment 2, and 'curricula/small.toml' has 1",
    ),
    "the curriculum is faulty": (str(FILE), "time_out = 7", "time_ot = 7", "unknown key"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONFLICTS)
def test_files_that_do_not_agree_begin_nothing(
    school: Lab, edit: Edit, command: Command, case: str
) -> None:
    enter_group(school, "SIM01", school.folder / FILE, START, 2, "for the test", "Ada")
    file, old, new, what = CONFLICTS[case]
    edit(file, old, new)
    with pytest.raises(ConfigError) as caught:
        choose(school, "SIM01")
    assert what in str(caught.value)
    done = command("check", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml")
    assert done.code == ExitCode.CHECK_FAILED
    assert what in done.out


def test_a_mouse_is_helped_out_of_a_stage_that_is_gone(school: Lab, edit: Edit) -> None:
    enter(school, "SIM01", school.folder / FILE, START)
    edit(str(FILE), '"pretraining"', '"shaping"')
    with pytest.raises(CheckFailed):
        accept(school, "SIM01", START)
    moved = override(school, "SIM01", "shaping", START, "renamed", "Ada")
    assert moved is not None
    assert read_standing(school, "SIM01").stage.name == "shaping"


TORN = {
    "a torn last line": (lambda text: text[:-20], "the last entry is torn", "line 2"),
    "a line without its end": (lambda text: text[:-1], "the last entry is torn", "line 2"),
    "a damaged line": (lambda text: text.replace(b'"stage"', b'"stge"', 1),
                       "this is no entry of a stage", "line 1"),
    "a line that is gone": (lambda text: text.split(b"\n", 1)[1],
                            "says that the stage before was 'pretraining', and there is none",
                            "line 1"),
    "an empty line": (lambda text: b"\n" + text, "this is no entry of a stage", "line 1"),
    "a time without a zone": (lambda text: text.replace(b"+01:00", b"", 1),
                              "this is no entry of a stage", "line 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", TORN)
def test_a_damaged_history_is_named_and_left_as_it_is(
    school: Lab, command: Command, case: str
) -> None:
    enter(school, "SIM01", school.folder / FILE, START)
    override(school, "SIM01", "reversal", START, "for the test", "Ada")
    path, (harm, what, where) = history_file(school, "SIM01"), TORN[case]
    path.write_bytes(harm(path.read_bytes()))
    damaged = path.read_bytes()
    for act in (
        lambda: choose(school, "SIM01"),
        lambda: override(school, "SIM01", "pretraining", START, "why", "Ada"),
        lambda: enter(school, "SIM02", school.folder / FILE, START),
    ):
        with pytest.raises(RecordingError) as caught:
            act()
        assert what in caught.value.what
        assert caught.value.where.endswith(where)
    assert path.read_bytes() == damaged
    done = command("stage", "SIM01", "--accept")
    assert done.code == ExitCode.RECORDING
    assert "Traceback" not in done.err


def test_no_move_while_a_session_runs(school: Lab, command: Command) -> None:
    enter(school, "SIM01", school.folder / FILE, START)
    with hold(school.locks, "subject", "SIM01", "'SIM01' on 'box1'"):
        for arguments in (("--accept",), ("--to", "reversal", "--reason", "why", "--by", "Ada")):
            done = command("stage", "SIM01", *arguments)
            assert done.code == ExitCode.BUSY
            assert "is in use by 'SIM01' on 'box1'" in done.err
        assert command("stage", "SIM01").code == ExitCode.OK
    with (
        hold(school.locks, "curriculum", "small", "a mouse that enters"),
        pytest.raises(BusyError, match="curriculum 'small' is in use by a mouse that enters"),
    ):
        enter(school, "SIM02", school.folder / FILE, START)
