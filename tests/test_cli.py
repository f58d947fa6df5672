"""The command line, run as a shell runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done
from helpers import plan_for, run_virtual

from rig.cli import make_app
from rig.doctor import Finding, examine
from rig.errors import ExitCode
from rig.lab import Lab

Command = Callable[..., Done]
VERBS = (
    "init", "check", "run", "stage", "curriculum", "demo", "ls", "show", "report", "train", "draw",
    "devices", "doctor", "journal", "fit",
)  # fmt: skip
RUN = ("run", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml")


def test_help_lists_every_verb(command: Command) -> None:
    done = command("--help")
    assert done.code == ExitCode.OK
    for verb in VERBS:
        assert re.search(rf"\b{verb}\b", done.out), verb
    assert "--install-completion" in done.out


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_verb_has_an_example(command: Command, verb: str) -> None:
    done = command(verb, "--help")
    assert done.code == ExitCode.OK
    assert f"Example: rig {verb}" in done.out


@pytest.mark.parametrize("verb", ["run", "ledger", "ls", "calibrate", "gui"])
def test_a_verb_is_there_alone_and_all_are_there_for_one_that_there_is_not(verb: str) -> None:
    app = make_app([verb])
    assert [each.name for each in (*app.registered_commands, *app.registered_groups)] == [verb]
    every = make_app(["lss"])
    assert verb in {each.name for each in (*every.registered_commands, *every.registered_groups)}


def test_version(command: Command) -> None:
    assert re.fullmatch(r"mouserig \d+\.\d+\.\d+\n", command("--version").out)


def test_completion_script(command: Command) -> None:
    done = command("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.code == ExitCode.OK
    assert "_rig_completion" in done.out


def test_check_of_a_new_lab(command: Command) -> None:
    done = command("check", "--json")
    assert done.code == ExitCode.OK
    found = json.loads(done.out)
    assert found["problems"] == []
    by_name = {rehearsal["protocol"]: rehearsal for rehearsal in found["rehearsals"]}
    assert len(by_name) == len(found["rehearsals"]) == 19
    go_nogo = by_name["go_nogo"]
    assert go_nogo["trials"] == 250
    assert sum(go_nogo["outcomes"].values()) == 250
    assert min(go_nogo["states"].values()) > 0
    assert go_nogo["water_ul"] == 5.0 * go_nogo["outcomes"]["hit"]
    assert go_nogo["longest_trial"] > 10


def test_check_for_people(command: Command) -> None:
    out = command("check", "--protocol", "protocols/go_nogo.toml").out
    assert "go_nogo" in out
    assert "Everything is in order." in out


def test_run_show_ls_and_journal_tell_the_same(short: Lab, command: Command) -> None:
    ran = json.loads(command(*RUN, "--subject", "SIM01", "--virtual", "--seed", "1", "--json").out)
    assert (ran["trials"], ran["session"].split("/")[0]) == (24, "SIM01")
    shown = json.loads(command("show", "SIM01", "--json").out)
    assert len(shown["trials"]) == 24
    assert shown["summary"]["outcomes"] == ran["outcomes"]
    assert shown["summary"]["water_ml"] == ran["water_ml"]
    assert {row["state"] for row in shown["timing"]} > {"pips", "sound", "delay", "response"}
    (listed,) = json.loads(command("ls", "--json").out)
    assert listed == shown["summary"]
    lines = command("journal", ran["session"], "--json").out.splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds[:2] == ["header", "definition"]
    assert kinds.count("trial_ended") == 24
    assert kinds[-1] == "session_ended"
    digest = json.loads(command("journal", "SIM01", "--digest", "--json").out)["sha256"]
    assert command("journal", "SIM01", "--digest").out.strip() == digest


def test_show_prints_the_table_and_what_is_missing_as_a_dash(short: Lab, command: Command) -> None:
    run_virtual(plan_for(short))
    out = command("show", "SIM01", "--trials", "3").out
    assert "Last 3 of 24 trials" in out
    assert re.search(r"^\s+24 +(go|nogo)", out, re.MULTILINE)
    assert " - " in out


def test_show_takes_a_path_outside_the_lab(short: Lab, command: Command, tmp_path: Path) -> None:
    folder = run_virtual(plan_for(short)).folder.path
    folder.rename(tmp_path / "session")
    summary = json.loads(command("show", str(tmp_path / "session"), "--json").out)["summary"]
    assert summary["trials"] == 24


def test_ls_of_an_empty_lab(command: Command) -> None:
    done = command("ls", "--json")
    assert (done.code, json.loads(done.out)) == (0, [])
    assert command("ls").code == 0


def test_a_narrow_terminal_cuts_no_number(short: Lab, command: Command) -> None:
    run_virtual(plan_for(short))
    wide = command("ls").out.split()
    assert command("ls", COLUMNS="30").out.split() == wide


def test_ls_shows_a_damaged_session_and_goes_on(short: Lab, command: Command) -> None:
    first = run_virtual(plan_for(short)).folder
    run_virtual(plan_for(short))
    first.journal.write_bytes(b"garbage")
    listed = json.loads(command("ls", "--json").out)
    assert [session["ended"].split(":")[0] for session in listed] == ["unreadable", "24 trials"]


def test_show_tells_of_a_session_that_was_cut_off(short: Lab, command: Command) -> None:
    folder = run_virtual(plan_for(short)).folder
    folder.journal.write_bytes(folder.journal.read_bytes()[:-3])
    out = command("show", "SIM01").out
    assert "cut off" in out
    assert "its last frame is cut short" in out
    assert "['" not in out, "lists are told in words"


def test_the_number_of_a_session_can_be_chosen(short: Lab, command: Command) -> None:
    arguments = (*RUN, "--subject", "SIM01", "--virtual", "--number", "7")
    assert command(*arguments).code == ExitCode.OK
    again = command(*arguments)
    assert again.code == ExitCode.RECORDING
    assert "exists already" in again.err


def test_devices(command: Command) -> None:
    devices = json.loads(command("devices", "--json").out)
    assert {row["device"]: row["kind"] for row in devices} == {
        "port": "digital input",
        "lick": "digital input",
        "valve": "valve",
        "speaker": "speaker",
        "house_light": "digital output",
        "screen": "display",
        "projector": "projector",
        "vacuum": "digital output",
        "masking_light": "digital output",
    }
    assert all(row["simulated"] for row in devices)
    assert "SpeakerTwin" in command("devices").out


def test_doctor_says_what_to_do(command: Command) -> None:
    done = command("doctor", "--json", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.code == ExitCode.OK
    findings = {finding["what"]: finding for finding in json.loads(done.out)}
    for what in ("clock", "loopback network", "display", "sound devices", "data folder"):
        assert what in findings
    assert findings["display"]["state"] == "missing"
    assert findings["display"]["do"]
    assert "what to do" in command("doctor", DISPLAY="", WAYLAND_DISPLAY="").out


def test_doctor_tells_a_package_from_the_driver_of_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> dict[str, Finding]:
        return {finding.what: finding for finding in examine(None)}

    monkeypatch.setattr("rig.doctor.find_library", lambda _: None)
    monkeypatch.setenv("PATH", "")
    found = look()
    assert found["driver: NI DAQ"].state == "missing"
    assert "NI-DAQmx is not installed" in found["driver: NI DAQ"].detail
    assert [found[f"emulated {each}"].state for each in ("screens", "sound cards")] == [
        "missing",
        "missing",
    ]
    assert "Xvfb" in found["emulated screens"].detail
    assert "pulseaudio and pacat" in found["emulated sound cards"].detail
    monkeypatch.setattr("rig.doctor.find_library", lambda name: f"lib{name}.so")
    assert look()["driver: NI DAQ"].state == "good"


def test_doctor_calls_a_full_disk_bad(
    lab: Lab, edit: Callable[..., None], command: Command
) -> None:
    edit("lab.toml", "min_free_mb = 200", "min_free_mb = 1e12")
    done = command("doctor", "--json")
    assert done.code == ExitCode.HARDWARE
    bad = [finding for finding in json.loads(done.out) if finding["state"] == "bad"]
    assert [finding["what"] for finding in bad] == ["data folder"]


@pytest.mark.skipif(
    shutil.which("dot") is None and "CI" not in os.environ,
    reason="Graphviz is missing and may not be installed here; see the note of `make env`",
)
def test_draw_as_svg_png_and_json(lab: Lab, command: Command, tmp_path: Path) -> None:
    protocol = "protocols/go_nogo.toml"
    assert command("draw", protocol).code == ExitCode.OK
    svg = (lab.folder / "go_nogo.svg").read_text()
    for words in ("wait_for_visit", "false_alarm", "valve: deliver 5 uL", "0.58 s"):
        assert words in svg.replace("&#45;", "-"), words
    assert command("draw", protocol, "--out", str(tmp_path / "new" / "g.png")).code == ExitCode.OK
    png = (tmp_path / "new" / "g.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert min(width, height) > 500
    graphs = json.loads(command("draw", protocol, "--json").out)
    assert [graph["trial_type"] for graph in graphs] == ["go", "nogo"]


def test_draw_without_graphviz_says_what_to_install(command: Command, tmp_path: Path) -> None:
    done = command("draw", "protocols/go_nogo.toml", PATH=str(tmp_path))
    assert done.code == ExitCode.CHECK_FAILED
    assert "apt install graphviz" in done.err


def test_init_makes_a_lab(command: Command, tmp_path: Path) -> None:
    """That a new lab passes its check, another test shows."""
    folder = tmp_path / "new lab"
    assert command("init", str(folder)).code == ExitCode.OK
    assert {path.name for path in folder.iterdir()} == {
        "lab.toml", "rigs", "protocols", "curricula", "subjects", "calibration",
    }  # fmt: skip
    one = ("--protocol", str(folder / "protocols/go_nogo.toml"))
    assert command("check", "--lab", str(folder), *one).code == ExitCode.OK
