"""A morning with eight virtual mice on two rigs, by keyboard alone: what goes wrong is caught.

The real program runs on a display. What is asserted is what an operator reads, and what the ledger
holds afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Done
from gui_driver import RIG, Display, Program, running
from inside import inside

from analysis.demo import begin
from rig.errors import ExitCode
from rig.lab import Lab
from rig.ledger.entries import Entry, enter_supplement, enter_weight
from rig.ledger.store import begin_ledger
from rig.ledger.subject_file import write_facts
from rig.ledger.subjects import Facts, add_subject
from rig.locks import is_held
from rig.session_folder import find_sessions

Edit = Callable[[str, str, str], None]

pytestmark = pytest.mark.realtime

RIGS = ("box1", "box2")
MICE = {f"SIM0{number}": RIGS[number % 2 - 1] for number in range(1, 9)}
"""Where each is planned to run, in the order of the day."""
PLAN = """
[[mice]]
subject = "{}"
rig = "{}"
protocol = "protocols/pretraining.toml"
"""
VIRTUAL = """
[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"

[simulation.settings]
policy = "always"
body = { visit_interval = 0.2 }
"""
BENCH = '''"""Devices that count as real, and need no card: a virtual mouse meets their twins."""

from hardware.digital_input import DigitalInputTwin
from hardware.digital_output import DigitalOutputTwin
from hardware.speaker import SpeakerTwin
from hardware.valve import ValveTwin


class Input(DigitalInputTwin):
    simulated, twin = False, DigitalInputTwin


class Output(DigitalOutputTwin):
    simulated, twin = False, DigitalOutputTwin


class Valve(ValveTwin):
    simulated, twin = False, ValveTwin


class Speaker(SpeakerTwin):
    simulated, twin = False, SpeakerTwin
'''
OTHERS = (
    ("hardware.digital_input:DigitalInputTwin", "bench.py:Input"),
    ("hardware.digital_output:DigitalOutputTwin", "bench.py:Output"),
    ("hardware.valve:ValveTwin", "bench.py:Valve"),
    ("hardware.speaker:SpeakerTwin", "bench.py:Speaker"),
    ("box1-valve", "box2-valve"),
)
"""What stands in the file of the second rig in place of what stands in that of the first."""
WATER = """
[water]
late_after = "23:59"
longest_dry_h = 48
"""
ANIMAL = "M041"
FORGOTTEN = "SIM05"
WEIGHED_IN_THE_WINDOW = ("SIM01", "SIM02")
MOST_TABS = 30


@pytest.fixture
def morning(lab: Lab, edit: Edit) -> Iterator[Lab]:
    """Return a lab on a morning: most mice are weighed; the second rig was calibrated long ago."""
    edit("protocols/pretraining.toml", "max_trials = 100", "max_trials = 10")
    _make_rigs(lab)
    (lab.folder / "day-plan.toml").write_text(
        "".join(PLAN.format(*planned) for planned in MICE.items()), encoding="utf-8"
    )
    with (lab.folder / "lab.toml").open("a", encoding="utf-8") as file:
        file.write(WATER)
    now = datetime.now(UTC)
    yesterday = now - timedelta(days=1)
    for name in MICE:
        lab.subject_file(name).write_text(f'id = "{name}"\nsimulated = true\n', encoding="utf-8")
    with begin_ledger(lab) as ledger:
        for name in MICE:
            facts = Facts(tag=name[-2:], cage="C-221", baseline_g=25.0)
            mouse = add_subject(ledger, name, facts, "anna", yesterday)
            write_facts(lab, mouse)
            entry = Entry(mouse, yesterday, yesterday, "anna")
            enter_weight(ledger, entry, 23.4)
            enter_supplement(ledger, entry, 900.0)
            if name not in WEIGHED_IN_THE_WINDOW:
                enter_weight(ledger, Entry(mouse, now, now, "anna"), 22.9)
        free = Facts(tag="41", status="free")
        write_facts(lab, add_subject(ledger, ANIMAL, free, "anna", yesterday))
    begin(lab, ANIMAL, date.today() - timedelta(days=1))
    yield lab
    for rig in RIGS:
        stop_what_runs(lab, rig)


def _make_rigs(lab: Lab) -> None:
    first = lab.folder / "rigs/box1.toml"
    text = first.read_text(encoding="utf-8").split("[simulation]")[0] + VIRTUAL
    first.write_text(text, encoding="utf-8")
    (lab.folder / "bench.py").write_text(BENCH, encoding="utf-8")
    for old, new in OTHERS:
        assert old in text
        text = text.replace(old, new)
    (lab.folder / "rigs/box2.toml").write_text(text, encoding="utf-8")
    valve = (lab.folder / "calibration/box1-valve.toml").read_text(encoding="utf-8")
    for rig, days in (("box1", 0), ("box2", 100)):
        measured_on = f"measured_on = {date.today() - timedelta(days=days)}"
        path = lab.folder / f"calibration/{rig}-valve.toml"
        path.write_text(re.sub("measured_on = .*", measured_on, valve), encoding="utf-8")


def stop_what_runs(lab: Lab, rig: str) -> None:
    """Stop a session that a failed test has left behind."""
    if is_held(lab.locks, "rig", rig):
        inside(lab, "tell", rig, "stop-now", "--by", "test")


class Operator:
    """Somebody who works from mouse to mouse, and never touches the mouse of the computer.

    Parameters
    ----------
    program
        The window.
    pictures
        A folder for what stands on the screen at the decisive moments.
    """

    def __init__(self, program: Program, pictures: Path) -> None:
        self._program, self._pictures = program, pictures
        self._stations = iter(range(100))

    def picture(self, name: str) -> None:
        """Keep what stands on the screen."""
        self._program.drawn()
        path = self._pictures / f"morning-{next(self._stations):02d}-{name}.png"
        self._program.display.screenshot(path)

    def arm_next(self) -> None:
        """Go to the Arm sheet of the next mouse of the day."""
        self._program.press("F12")
        self._program.see("Mice of the day")
        self._program.press("F2")
        self.has_keys("Mouse: ear tag or id")

    def scan(self, tag: str) -> None:
        """Scan an ear tag, which takes the place of the one before."""
        self._program.type(tag)
        self._program.press("Return")

    def weigh(self, grams: str) -> None:
        """Type a weight on the sheet."""
        self._program.see_enabled("Weight in g")
        self._program.press("ctrl+shift+b")
        self.has_keys("Weight in g")
        self._program.type(grams)
        self._program.press("Return")

    def start(self, mouse: str) -> None:
        """Start the session of the mouse on the sheet."""
        self._program.see_enabled(f"Start {mouse} on {MICE[mouse]} (F5)")
        self._program.press("F5")
        self._program.see("Stop after trial")

    def arm_in(self, rig: str) -> None:
        """Go to the Arm sheet of a box."""
        self._program.press(f"ctrl+{rig[-1]}", "F2")
        self.has_keys("Mouse: ear tag or id")

    def finish_both(self, *mice: str) -> None:
        """Let sessions run as fast as they can until they have ended, and wrap them up."""
        for mouse in mice:
            self._program.press(f"ctrl+{MICE[mouse][-1]}", "F3", "alt+s", "End")
            self._program.see(f"{mouse}: the session has ended")
        for mouse in mice:
            self._wrap_up(mouse)

    def _wrap_up(self, mouse: str) -> None:
        """Say what there is to say of the session, and give what is due; then the next mouse."""
        self._program.press(f"ctrl+{MICE[mouse][-1]}", "F7")
        self._program.see(mouse)
        self.has_keys("Droppings")
        self._program.type("2")
        self._program.see("Give 0.95 mL now")
        if mouse != FORGOTTEN:
            self._program.see_enabled("Given")
            self._program.press("alt+g")
            self._program.see(f"{mouse} got 0.95 mL.")
        else:
            self.picture("forgotten")
        self._program.press("ctrl+Return")
        self.has_keys("Mouse: ear tag or id")

    def lead_keys_to(self, name: str) -> None:
        """Press the tab key until a part of the screen has the keyboard."""
        for _ in range(MOST_TABS):
            if any(part.focused for part in self._program.seen(name)):
                return
            self._program.press("Tab")
            self._program.drawn()
        raise AssertionError(f"the tab key does not lead to '{name}'")

    def has_keys(self, name: str) -> None:
        """Wait until a field has the keyboard."""
        self._program.wait_for(
            f"the keyboard in '{name}'", lambda: any(f.focused for f in self._program.seen(name))
        )


@pytest.mark.timeout(300)
def test_what_goes_wrong_in_a_morning_is_caught_in_words(
    morning: Lab, display: Display, tmp_path: Path, command: Callable[..., Done]
) -> None:
    with running(
        display, tmp_path, RIG, "gui", "--lab", str(morning.folder),
        XDG_CONFIG_HOME=str(tmp_path / "settings"),
    ) as program:  # fmt: skip
        program.window("mouserig: My lab")
        me = Operator(program, tmp_path)
        program.see(f"{len(MICE)} of {len(MICE)} left.")
        me.picture("today")
        arm_in_spite_of_a_wrong_tag(me, program)
        arm_in_spite_of_an_old_calibration(me, program)
        program.press("ctrl+0")
        program.wait_for("both rigs to run", lambda: len(program.seen("running")) == len(RIGS))
        me.picture("side-by-side")
        run_the_others(me)
        program.see(
            f"window: {FORGOTTEN} was still due 0.95 mL at its wrap-up: see the water board."
        )
        program.press("F12")
        program.see(f"All {len(MICE)} had their turn.")
        me.picture("all-had-their-turn")
        program.press("ctrl+shift+d")
        program.see(f"{date.today():%a %d %b}: 1 left.")
        assert [left["subject"] for left in left_today(command)] == [FORGOTTEN]
        me.picture("one-left")
        program.press("Return")
        program.see_enabled("Give 0.95 mL now")
        me.picture("water-board")
        program.press("ctrl+shift+w")
        me.has_keys("Volume in mL")
        program.press("Return")
        program.see(f"All {len(MICE)} mice on restriction have their water.")
        me.picture("all-watered")
        program.press("ctrl+shift+d")
        program.see(f"{date.today():%a %d %b}: Nothing is forgotten.")
        program.press("alt+s")
        program.see("Closed by…")
        me.picture("closed")
    assert left_today(command) == []
    check_ledger(command)
    assert len(list(find_sessions(morning.data))) == len(MICE)


def arm_in_spite_of_a_wrong_tag(me: Operator, program: Program) -> None:
    """Scan a tag that nobody wears, and that of another mouse; then the right one."""
    me.arm_next()
    me.scan("99")
    program.see("No mouse has the id or the ear tag '99'. Scan again, or choose from the list.")
    me.scan("02")
    program.see("STOP  You scanned SIM02. box1 is planned for SIM01. SIM02 is planned for box2.")
    me.picture("wrong-tag")
    program.press("F5")
    assert not any(each.enabled for each in program.seen("Start SIM02 on box1 (F5)"))
    me.lead_keys_to("Scan again")
    program.press("space")
    me.has_keys("Mouse: ear tag or id")
    program.see_no("STOP…")
    me.scan("01")
    me.weigh("23.2")
    me.start("SIM01")


def arm_in_spite_of_an_old_calibration(me: Operator, program: Program) -> None:
    """Switch to an animal, which waits for a reason; then the virtual mouse, with a wrong weight.

    The reason is reached by the tab key.
    """
    old = "Valve: last calibrated 100 days ago"
    me.arm_next()
    me.scan("41")
    program.see(f"STOP  You scanned {ANIMAL}. box2 is planned for SIM02.")
    program.press("alt+w")
    me.has_keys("Mouse: ear tag or id")
    program.see(f"{ANIMAL} runs on box2 in place of SIM02.")
    program.see(f"{old} (limit 30)…")
    me.picture("old-calibration")
    me.lead_keys_to(f"Reason: {old} (limit 30).")
    program.type("it is calibrated at noon")
    program.see_enabled(f"Start {ANIMAL} on box2 (F5)")
    me.picture("reason")
    program.press("Return")
    me.has_keys("Mouse: ear tag or id")
    me.scan("02")
    program.see(f"{old}. It is simulated.…")
    me.weigh("12.4")
    program.see("23.4 -> 12.4 g (-47 %). Type the weight again.")
    me.picture("implausible-weight")
    me.weigh("22.9")
    me.start("SIM02")


def run_the_others(me: Operator) -> None:
    """Go from mouse to mouse, two at a time: a wrap-up leads to the next one in the same box."""
    names = list(MICE)
    me.finish_both(names[0], names[1])
    for first, second in zip(names[2::2], names[3::2], strict=True):
        me.scan(second[-2:])
        me.start(second)
        me.arm_in(MICE[first])
        me.scan(first[-2:])
        me.start(first)
        me.finish_both(first, second)


def left_today(command: Callable[..., Done]) -> list[dict[str, str]]:
    """Return what must still happen; the exit code says the same."""
    done = command("day", "--json")
    tasks: list[dict[str, str]] = json.loads(done.out)["tasks"]
    assert done.code == (ExitCode.CHECK_FAILED if tasks else ExitCode.OK)
    return tasks


def check_ledger(command: Callable[..., Done]) -> None:
    """Assert that the ledger holds what was done in the window."""
    rows = {row["subject"]: row for row in json.loads(command("water", "--json").out)["board"]}
    for mouse in MICE:
        row = rows[mouse]
        assert (row["weighed"], row["due_ml"]) == (True, 0.0), mouse
        assert (row["session_ml"], row["supplement_ml"]) == (0.05, 0.95), mouse
    assert [rows[mouse]["weight_g"] for mouse in ("SIM01", "SIM02")] == [23.2, 22.9]
