"""Exports that begin when a session in real time has ended, in processes of their own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done
from recorded import short_session

from rig.errors import ExitCode
from rig.export.background import LOG, export_all, export_in_background, exports_of
from rig.lab import Lab
from rig.session_folder import SessionFolder, find_sessions

Edit = Callable[[str, str, str], None]
RUN = (
    "run", "--rig", "rigs/box2.toml", "--protocol", "protocols/go_nogo_head_fixed.toml",
    "--subject", "SIM01",
)  # fmt: skip


def ended(folder: SessionFolder) -> dict[str, str]:
    """Wait until the exports of a session have come to something; return to what."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        told = exports_of(folder)
        if told and not any("begun" in what for what in told.values()):
            return told
        time.sleep(0.05)
    raise AssertionError((folder.path / LOG).read_text(encoding="utf-8"))


def test_a_session_in_real_time_is_exported_when_it_has_ended(
    lab: Lab, edit: Edit, shell: Callable[..., Done]
) -> None:
    edit("lab.toml", "export = []", 'export = ["nwb"]')
    short = "max_duration = 0.3\nlast_trial = 0"
    edit("protocols/go_nogo_head_fixed.toml", "max_duration = 5400", short)
    done = shell(*RUN, "--simulate")
    assert done.code == ExitCode.OK, done.err
    (folder,) = find_sessions(lab.data)
    assert ended(folder) == {"nwb": "done"}
    assert list(folder.path.glob("*.nwb"))
    assert "no message" in (folder.path / LOG).read_text(encoding="utf-8")
    shown = shell("show", "SIM01", "--json")
    assert json.loads(shown.out)["summary"]["exports"] == {"nwb": "done"}


def test_a_session_in_virtual_time_is_not(
    lab: Lab, edit: Edit, command: Callable[..., Done]
) -> None:
    edit("lab.toml", "export = []", 'export = ["nwb"]')
    edit("protocols/go_nogo_head_fixed.toml", "max_trials = 250", "max_trials = 2")
    command(*RUN, "--virtual")
    (folder,) = find_sessions(lab.data)
    assert not (folder.path / LOG).exists()


def test_a_failure_is_told_and_the_next_format_is_exported_all_the_same(
    lab: Lab, edit: Edit, command: Callable[..., Done]
) -> None:
    edit("subjects/SIM01.toml", "date_of_birth = 2026-08-01", "")
    folder = short_session(lab, "go_nogo_head_fixed", 2)
    with (folder.path / LOG).open("w", encoding="utf-8") as log:
        export_all(folder, ["odd", "csv", "nwb"], log)
    assert exports_of(folder) == {
        "odd": f"FAILED, exit code {ExitCode.USAGE.value}: see export.log",
        "csv": "done",
        "nwb": "done, but something is missing: see export.log",
    }
    told = (folder.path / LOG).read_text(encoding="utf-8")
    assert "Write date_of_birth" in told
    shown = command("show", "SIM01", "--trials", "0").out
    assert "odd FAILED, exit code 2" in shown


def test_an_export_that_cannot_begin_is_no_error(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_in_background(SessionFolder(tmp_path / "gone"), ["nwb"])
    assert "the session is not exported" in capsys.readouterr().err
    export_in_background(SessionFolder(tmp_path), [])
    assert list(tmp_path.iterdir()) == [lab.folder]
