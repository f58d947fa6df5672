"""What a person sees before a session: each guard, its level, its words and what it asks for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from helpers import plan_for, run_virtual
from inside import inside

from rig.arming import Wish, preflight
from rig.choices import choices
from rig.config import LabConfig, validated
from rig.errors import CheckFailed, ExitCode
from rig.lab import Lab, find_lab
from rig.locks import hold
from rig.plan import make_plan
from rig.preflight import Guard, Preflight, decode, decode_choices
from rig.session import Session
from rig.stage_moves import enter
from rig.wrap_up import WrapUp, wrap_up

Edit = Callable[[str, str, str], None]
NOW = datetime.now().astimezone()
RIG, GO_NOGO = Path("rigs/box1.toml"), Path("protocols/go_nogo.toml")
SIMULATED = Wish(RIG, "SIM01", GO_NOGO, simulate=True)
REAL = Wish(RIG, "M014", GO_NOGO)
DRIVERS = """
from hardware.digital_input import DigitalInputTwin
from hardware.digital_output import DigitalOutputTwin
from hardware.speaker import SpeakerTwin
from hardware.valve import ValveTwin

class Real:
    simulated = False

class Input(Real, DigitalInputTwin):
    twin = DigitalInputTwin

class Output(Real, DigitalOutputTwin):
    twin = DigitalOutputTwin

class Speaker(Real, SpeakerTwin):
    twin = SpeakerTwin

class Valve(Real, ValveTwin):
    twin = ValveTwin
"""


@pytest.fixture
def real(short: Lab) -> Lab:
    """Return a lab whose first rig is no simulated one, calibrated today, with a real mouse."""
    folder = short.folder
    (folder / "drivers.py").write_text(DRIVERS)
    text = (folder / RIG).read_text()
    for module, twin, real in (
        ("digital_input", "DigitalInputTwin", "Input"),
        ("digital_output", "DigitalOutputTwin", "Output"),
        ("speaker", "SpeakerTwin", "Speaker"),
        ("valve", "ValveTwin", "Valve"),
    ):
        text = text.replace(f"hardware.{module}:{twin}", f"drivers.py:{real}")
    (folder / RIG).write_text(text)
    calibrated(short, NOW.date())
    (folder / "subjects/M014.toml").write_text(
        'id = "M014"\near_tag = "14"\ncage = "C-221"\nmark = "brown dot"\n'
    )
    return short


def calibrated(lab: Lab, day: date) -> None:
    for path in (lab.folder / "calibration").glob("box1-*.toml"):
        lines = path.read_text().splitlines()
        new = [f"measured_on = {day}" if "measured_on" in line else line for line in lines]
        path.write_text("\n".join(new))


def look(lab: Lab, wish: Wish, now: datetime = NOW) -> Preflight:
    return preflight(find_lab(lab.folder), wish, now)


def named(found: Preflight, name: str) -> Guard:
    (guard,) = [each for each in found.guards if each.name == name]
    return guard


def levels(found: Preflight) -> dict[str, str]:
    return {each.name: each.level for each in found.guards if each.level != "ok"}


def test_a_real_mouse_on_a_sound_rig_is_all_green(real: Lab) -> None:
    done = inside(real, "preflight", "--rig", str(RIG), "--subject", "14",
                  "--protocol", str(GO_NOGO), "--json")  # fmt: skip
    assert done.code == ExitCode.OK, done
    found = decode(done.out.encode())
    assert levels(found) == {"usual rig": "note"}
    assert found.green
    assert not found.stopped
    mouse = found.subject
    assert (mouse.id, mouse.ear_tag, mouse.cage, mouse.mark, mouse.known) == (
        "M014", "14", "C-221", "brown dot", True,
    )  # fmt: skip
    assert [(each.name, each.ran) for each in found.rig.devices][2] == ("valve", "Valve")
    protocol = found.protocol
    assert protocol is not None
    assert protocol.values == protocol.base
    assert protocol.schema["properties"]["reward_ul"]["description"]
    assert protocol.defaults.keys() <= protocol.values.keys()
    assert found.last is None
    assert not list(real.folder.glob("data/*")), "nothing is written"


def test_it_is_told_to_people_too(real: Lab, edit: Edit) -> None:
    edit("calibration/box1-valve.toml", str(NOW.date()), str(NOW.date() - timedelta(days=41)))
    done = inside(real, "preflight", "--rig", str(RIG), "--subject", "M014",
                  "--protocol", str(GO_NOGO), "--set", "reward_ul=4")  # fmt: skip
    assert done.code == ExitCode.OK
    for words in ("M014, ear 14, cage C-221, brown dot", "reward_ul 5 -> 4", "LOOK",
                  "41 days ago (limit 30)", "Needs a reason."):  # fmt: skip
        assert words in " ".join(done.out.split())
    assert "All green" not in done.out


@pytest.mark.parametrize(
    ("typed", "text", "do"),
    [
        ("M041", "No mouse has the id or the ear tag 'M041'.", "Did you mean M014"),
        ("", "No mouse is named.", "Type or scan"),
        (
            "../rigs/box1",
            "No mouse has the id or the ear tag '../rigs/box1'.",
            "Check the id or the ear tag.",
        ),
        ("x" * 5000, "No mouse has the id or the ear tag", "Check the id"),
        ("\udcff", "No mouse has the id or the ear tag '?'.", "Check the id"),
        ("Ünïcode [b]", "No mouse has the id or the ear tag 'Ünïcode [b]'.", "Check the id"),
    ],
)
def test_an_unknown_mouse_stops(real: Lab, typed: str, text: str, do: str) -> None:
    found = look(real, replace(REAL, subject=typed))
    assert decode(msgspec.json.encode(found)) == found
    guard = named(found, "mouse")
    assert guard.level == "stop"
    assert text in guard.text
    assert do in guard.do
    assert not found.subject.known
    assert found.protocol is not None, "the rest of the page is there all the same"


def test_a_wrong_file_of_the_mouse_stops(real: Lab) -> None:
    (real.folder / "subjects/M014.toml").write_text('id = "M014"\nweight_g = "much"\nsex = "X"')
    found = look(real, REAL)
    assert [each.level for each in found.guards if each.name == "mouse"] == ["stop", "stop"]
    assert "(subjects/M014.toml, weight_g)." in found.guards[0].text + found.guards[1].text


def test_two_mice_with_one_tag_stop(real: Lab) -> None:
    (real.folder / "subjects/M015.toml").write_text('id = "M015"\near_tag = "14"\n')
    assert (
        "more than one mouse: M014, M015"
        in named(look(real, replace(REAL, subject="14")), "mouse").text
    )
    assert look(real, REAL).green, "its id says which one it is"


def test_another_mouse_than_the_planned_one_stops(real: Lab) -> None:
    (real.folder / "subjects/M041.toml").write_text('id = "M041"\near_tag = "41"\n')
    guard = named(look(real, replace(REAL, subject="41", planned="14")), "planned mouse")
    assert (guard.level, guard.text) == ("stop", "You scanned M041. box1 is planned for M014.")
    assert guard.do == "Switch to M041, or scan again."
    assert look(real, replace(REAL, planned="14")).green


def test_a_mouse_that_ran_today_is_asked_about(short: Lab) -> None:
    run_virtual(plan_for(short))
    found = look(short, SIMULATED)
    guard = named(found, "ran today")
    assert (guard.level, guard.needs) == ("confirm", "click")
    last = found.last
    assert last is not None
    time = datetime.fromisoformat(last.started_at)
    assert guard.text.startswith(f"SIM01 already ran today at {time:%H:%M} (24 trials, ")
    assert guard.do == "Run again as session 2?"
    tomorrow = look(short, SIMULATED, NOW + timedelta(days=1))
    assert named(tomorrow, "ran today").level == "ok"
    assert named(tomorrow, "usual rig").level == "ok"


def test_a_rig_or_mouse_in_use_stops(real: Lab) -> None:
    with (
        hold(real.locks, "rig", "box1", "'M015' on 'box1'"),
        hold(real.locks, "subject", "M014", "a change of its stage"),
    ):
        found = look(real, REAL)
    assert named(found, "rig in use").text.startswith("box1 is in use by 'M015' on 'box1'")
    assert found.rig.busy
    assert named(found, "mouse in use").text.startswith("M014 is in use by a change of its stage")
    address = b'{"endpoint": "tcp://127.0.0.1:1", "secret": "x", "session": "M014/2026-11-25/1"}'
    (real.locks / "rig-box2.address").write_bytes(address)
    with hold(real.locks, "rig", "box2", "it"), hold(real.locks, "subject", "M014", "it"):
        found = look(real, REAL)
    assert named(found, "mouse in use").text == "M014 is running on box2."
    assert levels(found)["mouse in use"] == "stop"
    assert "rig in use" not in levels(found)


def test_another_rig_than_last_time_is_asked_about(short: Lab) -> None:
    run_virtual(plan_for(short))
    shutil.copyfile(short.folder / RIG, short.folder / "rigs/box3.toml")
    guard = named(look(short, replace(SIMULATED, rig=Path("rigs/box3.toml"))), "usual rig")
    assert (guard.level, guard.text) == ("confirm", "SIM01 last ran on box1. First time on box3.")


def test_the_lab_says_how_old_a_calibration_may_be(real: Lab, edit: Edit) -> None:
    calibrated(real, NOW.date() - timedelta(days=50))
    assert levels(look(real, REAL))["calibration of valve"] == "confirm"
    path = real.folder / "lab.toml"
    path.write_text(path.read_text() + "\n[limits]\nvalve_calibration_days = 60\n")
    assert levels(look(real, REAL)) == {"usual rig": "note", "calibration of speaker": "confirm"}
    for table in ({"valve_calibration_days": 0}, {"speaker_overdue_days": 10}, {"free_gb": -1}):
        with pytest.raises(CheckFailed):
            validated(LabConfig, {"name": "-", "limits": table}, "lab.toml")


def test_a_save_folder_that_cannot_be_written_stops(real: Lab, edit: Edit) -> None:
    edit("lab.toml", 'data = "data"', 'data = "lab.toml/data"')
    found = look(real, REAL)
    assert named(found, "save folder").level == "stop"
    assert not found.saving.writable


def test_a_session_that_nobody_wrapped_up_is_asked_about(short: Lab) -> None:
    run_virtual(plan_for(short))
    assert "wrap-up" not in levels(look(short, SIMULATED)), "nobody was there in virtual time"
    with Session(plan_for(short), "system") as session:
        session.stop("stop_now", "enough")
        session.run()
    tomorrow = NOW + timedelta(days=1)
    for wish, now in (
        (SIMULATED, NOW), (SIMULATED, tomorrow), (replace(SIMULATED, subject="SIM02"), NOW),
    ):  # fmt: skip
        guard = named(look(short, wish, now), "wrap-up")
        assert (guard.level, guard.needs) == ("confirm", "click")
        assert guard.text.startswith("SIM01's session of ")
    assert "wrap-up" not in levels(look(short, replace(SIMULATED, subject="SIM02"), tomorrow))
    wrap_up(session.folder, WrapUp(session=session.folder.name, at=NOW, by="Anna"))
    assert "wrap-up" not in levels(look(short, SIMULATED))


def test_a_mouse_without_curriculum_needs_a_protocol(real: Lab) -> None:
    found = look(real, replace(REAL, protocol=None))
    guard = named(found, "stage")
    assert guard.level == "stop"
    assert "has entered no curriculum" in guard.text
    assert found.protocol is None


def test_the_stage_chooses_and_its_suggestion_is_asked_about(school: Lab) -> None:
    enter(school, "SIM01", school.folder / "curricula/small.toml", NOW - timedelta(days=9))
    own = replace(SIMULATED, protocol=None)
    found = look(school, own)
    assert found.stage is not None
    assert found.protocol is not None
    assert found.protocol.stage == f"small/{found.stage.stage}"
    assert (found.stage.verdict, levels(found).get("stage")) == ("hold", None)
    by_hand = look(school, SIMULATED)
    guard = named(by_hand, "off plan")
    assert (guard.level, guard.needs) == ("override", "reason")
    assert not by_hand.green
    with (school.folder / "subjects/SIM01.stages.jsonl").open("a") as file:
        file.write("torn")
    assert "stop" in {each.level for each in look(school, own).guards if each.name == "stage"}
    assert levels(look(school, SIMULATED))["stage"] == "note"


def test_a_suggested_move_is_a_choice(short: Lab) -> None:
    path = short.folder / "curricula/ceballo2019.toml"
    enter(short, "SIM01", path, NOW - timedelta(hours=1))
    plan = make_plan(short, RIG, Path("protocols/habituation.toml"), "SIM01", simulate=True, seed=1)
    with Session(replace(plan, stage="ceballo2019/habituation"), "virtual") as session:
        session.run()
    guard = named(look(short, replace(SIMULATED, protocol=None)), "stage")
    assert (guard.level, guard.needs) == ("confirm", "click")
    assert guard.text.startswith("Stage 'pretraining' suggested: share of rewards collected")
    assert "keep stage 'habituation'" in guard.do


def test_changed_parameters_are_told(real: Lab) -> None:
    wish = replace(REAL, options=("reward_ul=4", "longest_run=8"))
    found = look(real, wish)
    assert found.green
    assert named(found, "parameters").text == "Changed for this session: reward_ul 5 -> 4."
    assert found.protocol is not None
    assert (found.protocol.values["reward_ul"], found.protocol.base["reward_ul"]) == (4.0, 5.0)


@pytest.mark.parametrize(
    ("option", "name"),
    [("reward_ul", "parameters"), ("rewad_ul=3", "parameters"), ("reward_ul=x", "parameters"),
     ("reward_ul=15", "protocol")],
)  # fmt: skip
def test_wrong_parameters_stop(real: Lab, option: str, name: str) -> None:
    found = look(real, replace(REAL, options=(option,)))
    assert levels(found)[name] == "stop"
    assert found.protocol is not None, "the form that is to be mended is there"
    assert found.stopped


def test_every_mistake_of_the_files_stops(real: Lab, edit: Edit) -> None:
    edit(str(RIG), 'line = "Dev1/port0/line1"', 'line = "Dev1/port0/line0"')
    edit(str(GO_NOGO), "reward_ul = 5.0", 'reward_ul = "much"')
    found = look(real, REAL)
    assert {"rig": "stop", "protocol": "stop"}.items() <= levels(found).items()
    assert all(each.do for each in found.guards if each.level == "stop")
    missing = look(real, Wish(Path("rigs/box9.toml"), "M014", Path("protocols/none.toml")))
    assert {"rig": "stop", "protocol": "stop"}.items() <= levels(missing).items()
    assert missing.rig.name == "box9"
    assert look(real, replace(REAL, simulate=True)).stopped, "a real mouse on simulated devices"
    wrong = look(real, replace(REAL, subject="SIM01"))
    assert levels(wrong)["mouse"] == "stop"


def test_an_unreadable_last_session_is_told(short: Lab) -> None:
    folder = run_virtual(plan_for(short)).folder
    folder.journal.write_bytes(b"nothing")
    found = look(short, SIMULATED)
    assert levels(found)["last session"] == "note"
    assert found.last is None


def test_the_command_says_what_it_needs(real: Lab) -> None:
    assert inside(real, "preflight").code == ExitCode.USAGE
    done = inside(real, "preflight", "--rig", str(RIG), "--subject", "M99", "--json")
    assert done.code == ExitCode.CHECK_FAILED
    assert json.loads(done.out)["subject"]["known"] is False
    with pytest.raises(msgspec.MsgspecError):
        decode(b'{"problems": []}')


def test_choices_never_fail_for_one_bad_file(real: Lab) -> None:
    folder = real.folder
    enter(real, "SIM01", folder / "curricula/ceballo2019.toml", NOW)
    (folder / "subjects/M015.toml").write_text('id = "M015"\near_tag = "14"\n')
    (folder / "subjects/M016.toml").write_text("id = ")
    (folder / "subjects/M017.toml").write_bytes(b"\xff\xfe")
    (folder / "subjects/SIM02.stages.jsonl").write_text("torn")
    (folder / "rigs/bad.toml").write_text('[devices.x]\ndriver = "nowhere:X"\n')
    (folder / "rigs/worse.toml").write_text("setup = 3")
    (folder / "protocols/bad.toml").write_text('# It is bad. Very.\nprotocol = "bad.py:X"\n')
    (folder / "protocols/worse.toml").write_bytes(b"\xff")
    with hold(real.locks, "rig", "box2", "'M014' on 'box2'"):
        done = inside(real, "preflight", "--choices", "--json")
        told = inside(real, "preflight", "--choices")
    assert (done.code, told.code) == (ExitCode.OK, ExitCode.OK)
    found = decode_choices(done.out.encode())
    mice = {each.id: each for each in found.subjects}
    assert mice["SIM01"].stage == "ceballo2019/habituation"
    assert (mice["M014"].cage, mice["M014"].simulated) == ("C-221", False)
    assert "more than one mouse" in mice["M014"].problem
    assert all(mice[name].problem for name in ("M016", "M017", "SIM02"))
    assert mice["SIM03"].problem == ""
    rigs = {each.name: each for each in found.rigs}
    assert not rigs["box1"].only_simulated
    assert rigs["box1"].can_simulate
    assert rigs["box2"].only_simulated
    assert rigs["box2"].busy.startswith("'M014' on 'box2'")
    assert all(rigs[name].problem for name in ("bad", "worse"))
    protocols = {each.name: each for each in found.protocols}
    assert protocols["bad"].comment == "It is bad."
    assert all(protocols[name].problem for name in ("bad", "worse"))
    assert protocols["go_nogo"].setup == "freely_moving"
    assert protocols["go_nogo"].problem == ""
    assert choices(real).protocols == found.protocols
