"""A protocol that is begun by a command passes every check as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done
from helpers import play

from rig.errors import ExitCode
from rig.lab import Lab

Command = Callable[..., Done]


def test_a_new_protocol_is_in_order_and_runs(lab: Lab, command: Command) -> None:
    done = command("new-protocol", "odour_task")
    assert done.code == ExitCode.OK
    assert "protocols/odour_task.py" in done.out
    checked = command("check", "--protocol", "protocols/odour_task.toml")
    assert checked.code == ExitCode.OK
    assert "Everything is in order." in checked.out
    rows = play(lab, Path("protocols/odour_task.toml"), 40, policy="perfect", go=["S+"]).rows
    assert {row.outcome for row in rows} == {"hit", "correct_rejection"}


def test_what_is_written_is_well_written(lab: Lab, command: Command) -> None:
    """It is the example that others write after: formatted, without findings, typed."""
    command("new-protocol", "odour_task")
    file = lab.folder / "protocols/odour_task.py"
    for tool in (
        ("ruff", "check", "--isolated", "--line-length", "100"),
        ("ruff", "format", "--isolated", "--line-length", "100", "--check"),
    ):
        done = subprocess.run(
            [str(Path(sys.executable).with_name(tool[0])), *tool[1:], str(file)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
    assert "class OdourTask(TrialProtocol):" in file.read_text(encoding="utf-8")


def test_nothing_is_overwritten(lab: Lab, command: Command) -> None:
    command("new-protocol", "odour_task")
    (lab.folder / "protocols/odour_task.py").write_text("mine")
    again = command("new-protocol", "odour_task")
    assert again.code == ExitCode.CHECK_FAILED
    assert "the file exists already" in again.err
    assert (lab.folder / "protocols/odour_task.py").read_text() == "mine"


@pytest.mark.parametrize("name", ["Odour", "odour-task", "1task", "", "class", "../task", "a b"])
def test_names_that_cannot_be_are_refused(lab: Lab, command: Command, name: str) -> None:
    before = sorted(lab.folder.rglob("*"))
    done = command("new-protocol", name)
    assert done.code == ExitCode.CHECK_FAILED
    assert "cannot be the name of a protocol" in done.err
    assert sorted(lab.folder.rglob("*")) == before
