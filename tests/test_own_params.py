"""What is special to a mouse stands in its own file, and lies over protocol and stage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done
from helpers import plan_for, put_mouse, run_virtual

from rig.config import laid_over
from rig.errors import CheckFailed, ExitCode
from rig.lab import Lab, find_lab
from rig.session_record import load_session

Edit = Callable[[str, str, str], None]
OPTOGENETIC = Path("protocols/optogenetic.toml")


def give(lab: Lab, text: str) -> Lab:
    path = lab.folder / "subjects/SIM01.toml"
    path.write_text(path.read_text() + text)
    return find_lab(lab.folder)


def test_disks_and_licks_of_a_mouse_lie_over_the_protocol_s(lab: Lab) -> None:
    own = "\n[params.optogenetic]\nresponse = { licks = 5 }\nnogo = { x_um = 500, y_um = 100 }\n"
    params = plan_for(give(lab, own), OPTOGENETIC).protocol.params.model_dump()
    assert params["response"] == {"form": "lick_count", "licks": 5}
    assert params["nogo"] == {"x_um": 500, "y_um": 100, "diameter_um": 720}
    assert params["go"] == {"x_um": -700, "y_um": -300, "diameter_um": 360}
    other = plan_for(lab, OPTOGENETIC, subject="SIM02").protocol.params.model_dump()
    assert other["response"]["licks"] == 3


def test_the_record_holds_what_the_mouse_really_got(lab: Lab, edit: Edit) -> None:
    put_mouse(lab, policy="never")
    edit("protocols/optogenetic.toml", "max_trials = 250", "max_trials = 3")
    own = give(lab, "\n[params.optogenetic]\nresponse = { licks = 5 }\n")
    record = load_session(run_virtual(plan_for(own, OPTOGENETIC)).folder)
    assert record.definition.params["response"]["licks"] == 5


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("[params.optogenetic]\nlicks = 5", "unknown key 'licks'"),
        ("[params.optogenetic]\nnogo = { diameter_um = -1 }", "greater than 0, not -1"),
        ("[params.optogenetic]\nresponse = 5", "valid dictionary or instance of LickCount"),
    ],
)
def test_wrong_parameters_of_a_mouse_are_named(
    lab: Lab, command: Callable[..., Done], own: str, said: str
) -> None:
    changed = give(lab, f"\n{own}\n")
    with pytest.raises(CheckFailed, match="optogenetic"):
        plan_for(changed, OPTOGENETIC)
    done = command("check", "--protocol", "protocols/habituation.toml")
    assert done.code == ExitCode.CHECK_FAILED
    assert said in done.out
    assert "SIM01.toml, params.optogenetic" in done.out


def test_parameters_for_a_protocol_that_is_not_there_are_named(
    lab: Lab, command: Callable[..., Done]
) -> None:
    give(lab, "\n[params.optogenetics]\nreward_ul = 4\n")
    done = command("check", "--protocol", "protocols/habituation.toml")
    assert done.code == ExitCode.CHECK_FAILED
    assert "Did you mean 'optogenetic'?" in done.out


def test_parameters_of_a_mouse_that_the_rig_refuses_are_named(
    lab: Lab, command: Callable[..., Done]
) -> None:
    give(lab, "\n[params.go_nogo]\nreward_ul = 19.0\n")
    done = command("check", "--rig", "rigs/box1.toml", "--protocol", "protocols/habituation.toml")
    assert done.code == ExitCode.CHECK_FAILED
    assert "lies outside its calibration" in done.out
    assert "SIM01.toml, params.go_nogo" in done.out


def test_a_table_of_another_form_replaces_the_whole_table() -> None:
    base = {"start": {"form": "quiet_interval", "quiet": 3.0}, "reward_ul": 5}
    assert laid_over(base, {"start": {"form": "port_visit"}}) == {
        "start": {"form": "port_visit"}, "reward_ul": 5,
    }  # fmt: skip
    assert laid_over(base, {"start": {"quiet": 2.0}})["start"] == {
        "form": "quiet_interval", "quiet": 2.0,
    }  # fmt: skip
    assert base["start"] == {"form": "quiet_interval", "quiet": 3.0}
