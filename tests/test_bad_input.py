"""Bad files: each mistake is named with its place and its remedy, and nothing is begun."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest
from conftest import RIG_COMMAND, Done
from helpers import plan_for

from rig.commands.check import check_lab
from rig.errors import CheckFailed, ConfigError, ExitCode, Problem
from rig.lab import Lab, find_lab

RIG = "rigs/box1.toml"
GO_NOGO = "protocols/go_nogo.toml"
VALVE = "calibration/box1-valve.toml"
SPEAKER = "calibration/box1-speaker.toml"
SUBJECT = "subjects/SIM01.toml"
RECRUITMENT = "[simulation.settings.recruitment]"

LOW_POINTS = """    { frequency_hz = 2000, full_scale_db_spl = 102.0 },
    { frequency_hz = 4000, full_scale_db_spl = 106.5 },
"""

MISTAKES = {
    "mistyped key of a device": (RIG, "max_open_ms = 150", "max_open_sm = 150",
                                 "unknown key 'max_open_sm'", "Did you mean 'max_open_ms'?"),
    "mistyped table": (RIG, "[devices.valve]", "[device.valve]",
                       "unknown key 'device'", "Did you mean 'devices'?"),
    "missing key": (RIG, "rate_hz = 192_000", "", "key 'rate_hz' is missing", "Add it"),
    "wrong type": (RIG, "max_open_ms = 150", 'max_open_ms = "long"',
                   "should be a valid number", "not 'long'"),
    "text for a number": (GO_NOGO, "response_delay = 0.58", 'response_delay = "0.58"',
                          "should be a valid number", "not '0.58'"),
    "not a number": (RIG, "B = [1, 0, 2, 0]", "B = [1, 0, nan, 0]",
                     "should be a finite number", "recruitment"),
    "out of range": (RIG, "max_open_ms = 150", "max_open_ms = 5000",
                     "less than or equal to 1000", "Change the value"),
    "two devices on one line": (RIG, "Dev1/port0/line1", "Dev1/port0/line0",
                                "'port' and 'lick' share the line", "another line"),
    "no driver": (RIG, 'driver = "hardware.valve:ValveTwin"', "", "has no driver", "Add driver"),
    "driver is no class name": (RIG, "hardware.valve:ValveTwin", "ValveTwin",
                                "does not name a class", "package.module:Class"),
    "driver module missing": (RIG, "hardware.valve:", "hardware.vale:",
                              "no module 'hardware.vale'", "spelling"),
    "driver class missing": (RIG, "valve:ValveTwin", "valve:ValvTwin",
                             "no class 'ValvTwin'", "Name one of: Valve"),
    "driver is no device": (RIG, "hardware.valve:ValveTwin", "rig.sound:Sound",
                            "no complete Device", "subclass"),
    "driver is abstract": (RIG, "hardware.valve:ValveTwin", "rig.devices:Valve",
                           "no complete Device", "subclass"),
    "calibration missing": (RIG, "box1-valve.toml", "box1-vale.toml",
                            "no such file", "Did you mean box1-valve.toml?"),
    "no TOML": (RIG, "[devices.port]", "[devices.port", "is not valid TOML", "line 5"),
    "mouse missing": (RIG, "virtual_mouse:LearningMouse", "virtual_mouse:LearnigMouse",
                      "no class 'LearnigMouse'", "LearningMouse"),
    "mouse setting mistyped": (RIG, RECRUITMENT, f"[simulation.settings]\nalfa = 1\n{RECRUITMENT}",
                               "unknown key 'alfa'", "Did you mean 'alpha'?"),
    "mouse units of different lengths": (RIG, "A = [1, 1, 0, 0]", "A = [1, 1]",
                                         "the same number of units", "recruitment"),
    "protocol parameter mistyped": (GO_NOGO, "reward_ul = 5.0", "reward_ml = 5.0",
                                    "unknown key 'reward_ml'", "Did you mean 'reward_ul'?"),
    "protocol parameter out of range": (GO_NOGO, "reward_ul = 5.0", "reward_ul = -5",
                                        "greater than 0", "not -5"),
    "protocol parameters that clash": (GO_NOGO, 'nogo_sound = "B"', 'nogo_sound = "A"',
                                       "must differ", "params"),
    "form unknown": (GO_NOGO, 'form = "port_visit"', 'form = "visit"',
                     "port_visit", "params.start"),
    "protocol class missing": (GO_NOGO, "go_nogo:GoNoGo", "go_nogo:GoNogo",
                               "no class 'GoNogo'", "GoNoGo"),
    "protocol file missing": (GO_NOGO, "protocols.go_nogo:GoNoGo", "protocols/mine.py:Mine",
                              "there is no file", "spelling"),
    "limit out of range": (GO_NOGO, "max_trials = 250", "max_trials = 0",
                           "greater than or equal to 1", "session.max_trials"),
    "reward outside the calibration": (GO_NOGO, "reward_ul = 5.0", "reward_ul = 15.0",
                                       "outside its calibration, 1.18 to 10.95 uL", "limits"),
    "valve over its limit": (RIG, "max_open_ms = 150", "max_open_ms = 20",
                             "over its limit of 20 ms", "limits"),
    "sound too loud": (GO_NOGO, "level_db_spl = 73", "level_db_spl = 100",
                       "more than the speaker can give", "wider range"),
    "sound outside the calibration": (SPEAKER, LOW_POINTS, "",
                                      "4000 Hz lies outside its calibration", "wider range"),
    "speaker rate too low": (RIG, "rate_hz = 192_000", "rate_hz = 20_000",
                             "needs a rate above", "refuses 'A'"),
    "device missing": (RIG, "[devices.valve]", "[devices.tap]",
                       "the rig has no device 'valve'", "Add a device called 'valve' to"),
    "input missing": (RIG, "[devices.lick]", "[devices.lik]",
                      "the rig has no digital input 'lick'", "Rename 'lik' to 'lick'"),
    "event missing": (RIG, "[devices.port]", "[devices.nose]",
                      "no device of this rig gives the event 'port_on'", "Add a digital input"),
    "calibration off the line": (VALVE, "volume_ul = 8.22", "volume_ul = 2.0",
                                 "lie on no rising line", "Measure the points again"),
    "calibration without a name": (VALVE, 'measured_by = "simulation"', 'measured_by = ""',
                                   "at least 1 character", "measured_by"),
    "calibration without a date": (VALVE, "measured_on = 2026-11-02", "",
                                   "key 'measured_on' is missing", "Add it"),
    "calibration out of order": (SPEAKER, "frequency_hz = 8000", "frequency_hz = 3000",
                                 "frequencies do not rise", "Order the points"),
    "subject of another name": (SUBJECT, 'id = "SIM01"', 'id = "SIM99"',
                                "id = 'SIM99'", "Write id = 'SIM01'"),
    "subject key mistyped": (SUBJECT, "simulated = true", "simulate = true",
                             "unknown key 'simulate'", "Did you mean 'simulated'?"),
}  # fmt: skip


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Return a new lab without curricula: a check plays each of their stages, too."""
    shutil.rmtree(lab.folder / "curricula")
    return lab


def problems_of(lab: Lab) -> list[Problem]:
    lab = find_lab(lab.folder)
    rigs = [lab.folder / RIG]
    return check_lab(lab, rigs, [lab.folder / GO_NOGO], simulate=False)[0]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_check_names_the_mistake(
    lab: Lab, edit: Callable[[str, str, str], None], mistake: str
) -> None:
    file, old, new, what, more = MISTAKES[mistake]
    edit(file, old, new)
    found = [str(problem) for problem in problems_of(lab) if problem.level == "error"]
    assert any(what in text and more in text for text in found), found


@pytest.mark.parametrize(
    "mistake",
    [
        "mistyped key of a device",
        "reward outside the calibration",
        "device missing",
        "calibration off the line",
        "subject key mistyped",
    ],
)
def test_no_session_begins(
    lab: Lab, edit: Callable[[str, str, str], None], command: Callable[..., Done], mistake: str
) -> None:
    file, old, new, what, _ = MISTAKES[mistake]
    edit(file, old, new)
    done = command("run", "--rig", RIG, "--protocol", GO_NOGO, "--subject", "SIM01", "--virtual")
    assert done.code == ExitCode.CHECK_FAILED
    assert what in done.err
    assert "do: " in done.err
    assert not lab.data.exists()


def test_all_mistakes_of_all_files_are_named_at_once(
    lab: Lab, edit: Callable[[str, str, str], None], command: Callable[..., Done]
) -> None:
    edit(RIG, "max_open_ms = 150", "max_open_sm = 150")
    edit(RIG, "rate_hz = 192_000", "rate_hz = -1")
    edit(GO_NOGO, "reward_ul = 5.0", "reward_ml = 5.0")
    edit(SUBJECT, "simulated = true", "simulate = true")
    done = command("check", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    whats = [problem["what"] for problem in json.loads(done.out)["problems"]]
    for word in ("max_open_sm", "max_open_ms", "greater than 0", "reward_ml", "simulate"):
        assert any(word in what for what in whats), word


def test_a_calibration_that_no_rig_names_is_read_too(lab: Lab) -> None:
    (lab.folder / "calibration/old.toml").write_text("garbage =")
    (problem,) = problems_of(lab)
    assert "is not valid TOML" in problem.what
    assert "old.toml" in problem.where


def test_a_protocol_that_fails_on_import(lab: Lab, edit: Callable[[str, str, str], None]) -> None:
    (lab.folder / "protocols/mine.py").write_text("import numpy\n\n1 / 0\n")
    edit(GO_NOGO, "protocols.go_nogo:GoNoGo", "protocols/mine.py:Mine")
    (problem,) = problems_of(lab)
    assert "ZeroDivisionError" in problem.what
    assert "mine.py, line 3" in problem.where


def test_a_protocol_that_is_no_python(lab: Lab, edit: Callable[[str, str, str], None]) -> None:
    (lab.folder / "protocols/mine.py").write_text("class Mine(:\n")
    edit(GO_NOGO, "protocols.go_nogo:GoNoGo", "protocols/mine.py:Mine")
    (problem,) = problems_of(lab)
    assert "SyntaxError" in problem.what
    assert "mine.py, line 1" in problem.where


def test_parameters_of_another_kind_are_named(
    lab: Lab, edit: Callable[[str, str, str], None]
) -> None:
    (lab.folder / "protocols/mine.py").write_text(
        "import dataclasses\n"
        "from rig.protocol import TrialProtocol\n"
        "class Mine(TrialProtocol):\n"
        "    @dataclasses.dataclass\n"
        "    class Params: reward_ul: float = 5.0\n"
        "    def trial(self, number, past): pass\n"
    )
    edit(GO_NOGO, "protocols.go_nogo:GoNoGo", "protocols/mine.py:Mine")
    (problem,) = problems_of(lab)
    assert problem.what == "'Mine' has no class Params of the right kind"
    assert "class Params(Parameters)" in problem.do


def test_what_a_rig_refuses_is_named_for_each_protocol_and_rig(
    lab: Lab, edit: Callable[[str, str, str], None], command: Callable[..., Done]
) -> None:
    edit(GO_NOGO, "reward_ul = 5.0", "reward_ul = 19.0")
    copy = lab.folder / "protocols/other.toml"
    copy.write_text((lab.folder / GO_NOGO).read_text())
    done = command("check", "--rig", RIG, "--protocol", GO_NOGO, "--protocol", str(copy), "--json")
    assert done.code == ExitCode.CHECK_FAILED
    places = [problem["where"] for problem in json.loads(done.out)["problems"]]
    for name in ("go_nogo.toml", "other.toml"):
        assert any(f"{name} on rig 'box1'" in place for place in places), places


def test_a_file_with_a_byte_order_mark_is_read(lab: Lab) -> None:
    path = lab.folder / SUBJECT
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert not problems_of(lab)


def test_a_state_that_is_never_reached_is_a_warning(
    lab: Lab, edit: Callable[[str, str, str], None]
) -> None:
    edit(GO_NOGO, "fraction = 0.75", "fraction = 1.0")
    found = problems_of(lab)
    assert {problem.level for problem in found} == {"warning"}
    assert any("'hit' was never reached" in problem.what for problem in found)


def test_json_of_a_check_that_cannot_begin(
    lab: Lab, edit: Callable[[str, str, str], None], command: Callable[..., Done]
) -> None:
    edit("lab.toml", "min_free_mb", "min_fre_mb")
    done = command("check", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    assert json.loads(done.out)["problems"][0]["do"] == "Did you mean 'min_free_mb'?"


def test_an_output_that_cannot_be_written_begins_nothing(lab: Lab) -> None:
    arguments = ("run", "--rig", RIG, "--protocol", GO_NOGO, "--subject", "SIM01", "--simulate")
    with open("/dev/full", "w") as full:  # noqa: PTH123 (a device)
        done = subprocess.run(
            [*RIG_COMMAND, *arguments], cwd=lab.folder, stdout=full, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == ExitCode.UNEXPECTED
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert not lab.data.exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def sounds(self): return {'A': 7}", "these are no stimuli of the type Sound"),
        ("def sounds(self): raise OSError('no file')", "OSError: no file"),
        ("def trial(self, number, past): return Finished(7)", "finished with a int"),
        ("def trial(self, number, past): return 1 / 0", "mine.py, line 6"),
        ("def trial(self, number, past): raise SystemExit(0)", "SystemExit"),
        ("def trial(self, number, past): past.clear()", "has no attribute 'clear'"),
        ("def trial(self, number, past): past[0] = None", "does not support item assignment"),
        (
            "def trial(self, number, past): return Finished('no mouse')",
            "ended before its first trial: no mouse",
        ),
        (
            "def trial(self, n, past): return Finished('')\n    def reward(self): return 5.0",
            "reward() fails: it returned a float",
        ),
        (
            "def trial(self, n, past): return Finished('')\n"
            "    def reward(self): return Pulse('vlave', 5.0)",
            "the rig has no device 'vlave'",
        ),
        (
            "def trial(self, n, past): return Finished('')\n"
            "    def reward(self): return Pulse('valve', 500.0)",
            "lies outside its calibration",
        ),
        (
            "def trial(self, n, past): return Finished('')\n    def skip_block(self): return 7",
            "skip_block() fails: it returned a int",
        ),
    ],
)
def test_mistakes_in_a_protocol_s_code(
    lab: Lab, edit: Callable[[str, str, str], None], body: str, said: str
) -> None:
    (lab.folder / "protocols/mine.py").write_text(
        "from rig.graph import Pulse\n"
        "from rig.protocol import Finished, Parameters, TrialProtocol\n"
        "class Mine(TrialProtocol):\n"
        "    class Params(Parameters): pass\n"
        "    def __init__(self, params, rng): print('made')\n"
        f"    {body}\n" + ("" if "trial" in body else "    def trial(self, n, past): pass\n")
    )
    edit(GO_NOGO, "protocols.go_nogo:GoNoGo", "protocols/mine.py:Mine")
    path = lab.folder / GO_NOGO
    path.write_text(path.read_text().split("[params]")[0])
    found = [str(problem) for problem in problems_of(lab)]
    assert any(said in problem for problem in found), found


def test_a_virtual_mouse_needs_simulate(lab: Lab) -> None:
    with pytest.raises(CheckFailed) as caught:
        plan = plan_for(lab)
        from rig.plan import make_plan

        make_plan(plan.lab, plan.rig.path, plan.protocol.path, "SIM01", simulate=False, seed=1)
    whats = [problem.what for problem in caught.value.problems]
    assert "these devices are simulated: port, lick, valve, speaker, house_light" in whats
    assert "'SIM01' is a virtual mouse, and the rig is not simulated" in whats


def test_a_real_mouse_never_runs_on_a_simulated_rig(
    lab: Lab, edit: Callable[[str, str, str], None]
) -> None:
    edit(SUBJECT, "simulated = true", "")
    with pytest.raises(CheckFailed, match="'SIM01' is a real mouse"):
        plan_for(lab)


def test_a_memory_that_does_not_fit_is_named(lab: Lab) -> None:
    memory = {"excitation": [1.0, 2.0], "inhibition": [1.0, 2.0]}
    lab.remember("SIM01", memory)
    from helpers import run_virtual

    with pytest.raises(ConfigError, match="remembers 2 units, and recruitment has 4"):
        run_virtual(plan_for(lab))
    assert not lab.data.exists()


@pytest.mark.parametrize(
    "memory",
    ["[]", '"abc"', "{", '{"excitation": "much"}', '{"excitation": [[1]], "inhibition": [1]}',
     '{"excitation": [NaN], "inhibition": [1]}', '{"weights": [1]}'],
)  # fmt: skip
def test_a_damaged_memory_is_named(lab: Lab, memory: str) -> None:
    (lab.folder / "subjects/SIM01.memory.json").write_text(memory)
    found = [problem.where for problem in problems_of(lab) if problem.level == "error"]
    assert found
    assert all("memory.json" in where for where in found)


def test_a_protocol_that_leaves_on_import(
    lab: Lab, edit: Callable[[str, str, str], None], command: Callable[..., Done]
) -> None:
    (lab.folder / "protocols/mine.py").write_text("import sys\nsys.exit(0)\n")
    edit(GO_NOGO, "protocols.go_nogo:GoNoGo", "protocols/mine.py:Mine")
    done = command("check", "--protocol", GO_NOGO, "--json")
    assert done.code == ExitCode.CHECK_FAILED
    assert "SystemExit" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run",), ExitCode.USAGE, "Missing option"),
        (("run", "--rig", RIG), ExitCode.USAGE, "Missing option"),
        (("frobnicate",), ExitCode.USAGE, "No such command"),
        (("show", "SIM09"), ExitCode.RECORDING, "there is no session 'SIM09'"),
        (("show", "../../etc"), ExitCode.RECORDING, "there is no session"),
        (("journal", "nothing"), ExitCode.RECORDING, "there is no session"),
        (("draw", "protocols/none.toml"), ExitCode.CHECK_FAILED, "there is no such file"),
        (("draw", GO_NOGO, "--out", "x.bmp"), ExitCode.CHECK_FAILED, "no format for drawings"),
        (("check", "--lab", "/"), ExitCode.CHECK_FAILED, "this is no lab folder"),
        (("init", "."), ExitCode.CHECK_FAILED, "exists already"),
        (("demo", "--lab", "."), ExitCode.CHECK_FAILED, "exists already"),
        (("demo", "--days", "0"), ExitCode.USAGE, "days"),
        (("demo", "--seed", str(2**64)), ExitCode.USAGE, "seed"),
        (("demo", "--lab", "lab.toml"), ExitCode.UNEXPECTED, "Check that it exists"),
        (
            ("run", "--rig", RIG, "--protocol", GO_NOGO, "--subject", "SIM1", "--virtual"),
            ExitCode.CHECK_FAILED,
            "Did you mean SIM01.toml?",
        ),
    ],
)
def test_wrong_arguments(
    command: Callable[..., Done], arguments: tuple[str, ...], code: ExitCode, said: str
) -> None:
    done = command(*arguments)
    assert done.code == code, done.err
    assert said in done.err
    assert "Traceback" not in done.err
