"""What is given to one session alone: parameters, who starts it, notes, the day."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Done
from helpers import run_virtual
from inside import inside

from rig.errors import CheckFailed, ExitCode
from rig.events import CommandGiven
from rig.lab import Lab
from rig.plan import make_plan
from rig.replay import replay
from rig.rerun import rerun
from rig.session_folder import find_session
from rig.session_record import load_session
from rig.set_options import read_changes

Edit = Callable[[str, str, str], None]
RIG, PROTOCOL = Path("rigs/box1.toml"), Path("protocols/go_nogo.toml")
RUN = ("run", "--rig", str(RIG), "--protocol", str(PROTOCOL), "--virtual")


def plan(lab: Lab, changes: dict[str, Any]) -> Any:
    return make_plan(lab, RIG, PROTOCOL, "SIM01", simulate=True, seed=1, changes=changes)


def test_what_is_given_is_recorded_and_lies_over_everything(
    short: Lab, edit: Edit, command: Callable[..., Done]
) -> None:
    edit("subjects/SIM01.toml", 'id = "SIM01"', 'id = "SIM01"\near_tag = "14"')
    path = short.folder / "subjects/SIM01.toml"
    path.write_text(path.read_text() + "\n[params.go_nogo]\nreward_ul = 3.0\n")
    done = command(
        *RUN, "--subject", "14", "--set", "reward_ul=4", "--set", "response.fraction=0.4",
        "--by", "Anna", "--note", "fur looks rough", "--day", "2026-12-03", "--json",
    )  # fmt: skip
    assert done.code == ExitCode.OK, done.err
    assert json.loads(done.out)["session"] == "SIM01/2026-12-03/1"
    record = load_session(find_session(short.data, "SIM01"))
    definition = record.definition
    assert (definition.operator, definition.changed) == (
        "Anna", {"reward_ul": 4.0, "response.fraction": 0.4},
    )  # fmt: skip
    assert definition.params["reward_ul"] == 4.0
    assert definition.params["response"]["fraction"] == 0.4
    note = record.events[0]
    assert isinstance(note, CommandGiven)
    assert (note.trial, note.verb, note.reason, note.author) == (
        0,
        "note",
        "fur looks rough",
        "Anna",
    )
    assert record.header.started_at.startswith("2026-12-03T")


@pytest.mark.parametrize(
    ("option", "where"),
    [
        ("reward_ul", "--set"),
        ("=3", "--set"),
        ("a..b=3", "--set"),
        ("reward_ul=", "--set reward_ul"),
        ("reward_ul=much", "--set reward_ul"),
        ("reward_ul=500", "--set reward_ul"),
        ("announcement=\udcff", "--set"),
        ("reward_ul=inf", "--set reward_ul"),
        ("reward_ul=1\nx=2", "--set reward_ul"),
        ("rewad_ul=3", "--set rewad_ul"),
        ("reward_ul.x=3", "--set reward_ul"),
        ("longest_run=99999999999999999999", "--set longest_run"),
        ("longest_run=" + "9" * 5000, "--set longest_run"),
        ("longest_run=2026-01-01", "--set longest_run"),
    ],
)
def test_a_wrong_parameter_is_told_by_its_option(lab: Lab, option: str, where: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        plan(lab, read_changes([option]))
    assert [problem.where for problem in caught.value.problems] == [where]


@pytest.mark.parametrize("second", ["trial=1", "trial.x=1", "trial.x.y=2"])
def test_a_parameter_is_given_once(second: str) -> None:
    with pytest.raises(CheckFailed, match="given twice"):
        read_changes(["trial.x=3", second])


def test_all_mistakes_are_told_at_once(lab: Lab, edit: Edit) -> None:
    edit("rigs/box1.toml", 'driver = "hardware.valve:ValveTwin"', "driver = 3")
    with pytest.raises(CheckFailed) as caught:
        plan(lab, {"reward_ul": "x", "longest_run": 0})
    places = [problem.where for problem in caught.value.problems]
    assert places[1:] == ["--set longest_run", "--set reward_ul"]
    assert "devices.valve" in places[0]


def test_options_that_do_not_go_together_are_refused(
    short: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for options, told in {
        ("--simulate", "--day", "2026-12-03"): "--day goes with --virtual",
        ("--virtual", "--note", " "): "--note needs words",
        ("--virtual", "--by", "\udcff"): "--by are texts in Unicode",
        ("--virtual", "--day", "tomorrow"): "tomorrow",
        ("--virtual", "--day", "0001-01-01"): "1970 to 2199",
    }.items():
        done = inside(short, *RUN[:-1], "--subject", "SIM01", *options)
        assert (done.code, told in done.err) == (ExitCode.USAGE, True), done
    done = inside(short, *RUN, "--subject", "SIM01", "--resume", "--set", "reward_ul=4")
    assert done.code == ExitCode.CHECK_FAILED
    assert "a resumed session has the parameters of the one" in done.err
    assert not short.data.exists()


def test_rerun_and_replay_keep_them(short: Lab, tmp_path: Path) -> None:
    record = load_session(run_virtual(plan(short, {"reward_ul": 4.0})).folder)
    again = rerun(record, tmp_path / "again")
    assert again.same
    assert load_session(again.folder).definition.changed == {"reward_ul": 4.0}
    assert replay(record).differences == []


def test_a_resumed_session_keeps_them_over_the_mouse_s_own(
    short: Lab, command: Callable[..., Done]
) -> None:
    path = short.folder / "subjects/SIM01.toml"
    path.write_text(path.read_text() + "\n[params.go_nogo]\nreward_ul = 3.0\n")
    folder = run_virtual(plan(short, {"reward_ul": 4.0})).folder
    frames = folder.journal.read_bytes()
    folder.journal.write_bytes(frames[: len(frames) * 2 // 3])  # as a power failure leaves it
    folder.hdf5.unlink()
    done = command("run", "--rig", str(RIG), "--virtual", "--subject", "SIM01", "--resume")
    assert done.code == ExitCode.OK, done.err
    definition = load_session(find_session(short.data, "SIM01")).definition
    assert definition.resumes == folder.name
    assert (definition.changed, definition.params["reward_ul"]) == ({"reward_ul": 4.0}, 4.0)


def test_a_mouse_is_named_by_its_tag(lab: Lab, edit: Edit) -> None:
    assert lab.named("14") == "14", "nobody has that tag: the text itself"
    edit("subjects/SIM01.toml", 'id = "SIM01"', 'id = "SIM01"\near_tag = "14"')
    (lab.folder / "subjects/broken.toml").write_text("id = 3")
    assert lab.named("14") == "SIM01"
    edit("subjects/SIM01.toml", 'ear_tag = "14"', 'ear_tag = "SIM01"')
    assert lab.named("SIM01") == "SIM01", "its own id is no other mouse's"
    edit("subjects/SIM01.toml", 'ear_tag = "SIM01"', 'ear_tag = "14"')
    edit("subjects/SIM02.toml", 'id = "SIM02"', 'id = "SIM02"\near_tag = "14"')
    with pytest.raises(Exception, match="names more than one mouse: SIM01, SIM02"):
        lab.named("14")
    edit("subjects/SIM02.toml", 'ear_tag = "14"', 'ear_tag = "SIM01"')
    with pytest.raises(Exception, match="names more than one mouse: SIM01, SIM02"):
        lab.named("SIM01")
