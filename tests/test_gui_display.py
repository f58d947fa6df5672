"""A technician's morning on a display, with real keys and clicks: from mouse to mouse.

What is asserted is what the screens say, and what is on the disk afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import RIG_COMMAND, Done
from gui_driver import RIG, Display, Program, running
from test_handing_over import WITHIN, seconds_until_report

from analysis.commands.report import REPORT
from analysis.demo import begin
from rig.desk import read_address
from rig.errors import ConfigError, RecordingError
from rig.events import CommandGiven, DeviceReported, Event, ParameterChanged
from rig.lab import Lab, find_lab
from rig.locks import is_held
from rig.session_folder import SessionFolder, find_sessions
from rig.session_record import SessionRecord, load_session
from rig.verification import verify

Edit = Callable[[str, str, str], None]
ANNA = "Doe, Jane"
BEFORE_THE_FAULT = 24
"""Trials; with fewer, nobody could say that the mouse used to respond."""

pytestmark = pytest.mark.realtime

MOUSE = '''"""A mouse that responds as long as drops come."""

from hardware.policy_mouse import PolicyMouse


class EasilyDiscouraged(PolicyMouse):
    """Gives up when two drops have not come; one drop is enough to begin again."""

    missed = 0

    def drink(self, volume_ul, time):
        self.missed = 0
        super().drink(volume_ul, time)

    def _licks(self, percept):
        self.missed += 1
        return self.missed <= 2 and super()._licks(percept)
'''
SETTINGS = """[simulation]
mouse = "mice.py:EasilyDiscouraged"

[simulation.settings]
policy = "always"

[simulation.settings.body]
visit_interval = 0.2
reaction_spread = 0.0
persistence = 2.0
find_probability = 1.0
impulsive_probability = 0.0
spontaneous_interval = 1e12
thirst_ul = 1e12
"""


@pytest.fixture
def morning(lab: Lab, edit: Edit) -> Iterator[Lab]:
    """Return a lab with two mice in pretraining, who respond as long as drops come."""
    (lab.folder / "mice.py").write_text(MOUSE, encoding="utf-8")
    rig = lab.folder / "rigs/box1.toml"
    devices = rig.read_text(encoding="utf-8").split("[simulation]")[0]
    rig.write_text(devices + SETTINGS, encoding="utf-8")
    edit("protocols/pretraining.toml", "max_trials = 100", "max_trials = 500")
    edit("protocols/pretraining.toml", "collected_trials = 50", "collected_trials = 500")
    edit("subjects/SIM01.toml", 'id = "SIM01"', 'id = "SIM01"\near_tag = "14"\ncage = "C-221"')
    for mouse in ("SIM01", "SIM02"):
        begin(lab, mouse, date.today() - timedelta(days=1))
    yield lab
    stop_what_runs(lab)


def stop_what_runs(lab: Lab) -> None:
    """Stop a session that a failed test has left behind."""
    if is_held(lab.locks, "rig", "box1"):
        subprocess.run(
            [*RIG_COMMAND, "tell", "box1", "stop-now", "--by", "test"], cwd=lab.folder,
            check=False, timeout=60, capture_output=True,
        )  # fmt: skip


class Watch:
    """What is on the disk of the session that was begun last."""

    def __init__(self, lab: Lab, program: Program) -> None:
        self._lab = lab
        self._program = program

    def folder(self) -> SessionFolder:
        """Return the folder of the running session."""
        address = self._program.wait_for("an address", self._address)
        return SessionFolder(self._lab.data / address)

    def _address(self) -> str:
        try:
            return read_address(self._lab.locks / "rig-box1.address").session
        except ConfigError:
            return ""

    def record(self, folder: SessionFolder) -> SessionRecord | None:
        """Return what is recorded so far."""
        try:
            return load_session(folder)
        except RecordingError:
            return None

    def wait_for(
        self, folder: SessionFolder, what: str, is_there: Callable[[SessionRecord], bool]
    ) -> SessionRecord:
        """Return the record as soon as something is in it."""

        def look() -> SessionRecord | None:
            record = self.record(folder)
            return record if record is not None and is_there(record) else None

        return self._program.wait_for(what, look)


def orders(events: list[Event], verb: str) -> list[CommandGiven]:
    """Return the orders of a kind that were obeyed."""
    given = [event for event in events if isinstance(event, CommandGiven)]
    return [event for event in given if event.verb == verb and event.accepted]


def obeyed(verb: str, times: int = 1) -> Callable[[SessionRecord], bool]:
    """Return whether orders of a kind were obeyed so many times."""
    return lambda record: len(orders(record.events, verb)) >= times


def test_a_morning_from_mouse_to_mouse(
    morning: Lab, edit: Edit, display: Display, tmp_path: Path, command: Callable[..., Done]
) -> None:
    edit("lab.toml", "report = false", "report = true")
    stations = iter(range(100))

    def picture(name: str) -> None:
        program.drawn()
        display.screenshot(tmp_path / f"{next(stations):02d}-{name}.png")

    with running(
        display, tmp_path, RIG, "gui", "--lab", str(morning.folder),
        XDG_CONFIG_HOME=str(tmp_path / "settings"),
    ) as program:  # fmt: skip
        program.window("mouserig: My lab")
        watch = Watch(morning, program)

        name(program, "14")
        wait_until_armed(program, "SIM01")
        picture("armed")
        program.press("F5")
        program.see("running")
        folder = watch.folder()
        picture("running")

        program.press("alt+s", "End")
        watch.wait_for(folder, "speed", obeyed("speed"))
        program.see("Speed x50")

        program.press("ctrl+n")
        program.see("note at…")
        program.type("the mouse looks well")
        program.press("Return")
        watch.wait_for(folder, "a note", obeyed("note"))

        change_reward(program, "4")
        picture("changed")
        watch.wait_for(folder, "a change", lambda r: any(changes(r.events)))

        watch.wait_for(folder, "trials", lambda r: len(r.rows) >= BEFORE_THE_FAULT)
        picture("before-the-fault")
        assert command("tell", "box1", "fault", "blocked", "spout", "--by", "test").code == 0
        program.see("box1: The mouse responds less and less…")
        picture("alarm")

        program.press("F6")
        program.see("paused")
        program.see_enabled("One drop")
        program.press("ctrl+d")
        watch.wait_for(folder, "a drop", obeyed("drop"))
        program.click("Flush")
        watch.wait_for(folder, "a flush", lambda r: any(flushes(r.events)))
        program.see_enabled("One drop")
        program.press("ctrl+d")
        watch.wait_for(folder, "another drop", obeyed("drop", 2))
        picture("paused")
        program.press("ctrl+g")
        watch.wait_for(folder, "an acknowledgement", obeyed("note", 2))
        paused_after = len(load_session(folder).rows)
        program.see_enabled("Resume")
        program.press("F6")
        program.see("running")
        watch.wait_for(folder, "hits", lambda r: hits_after(r, paused_after) >= 3)
        picture("going-on")

        program.press("shift+F6")
        program.see("SIM01: the session has ended")
        picture("ended")
        program.wait_for("its report", (folder.path / REPORT).is_file)
        assert seconds_until_report(folder) <= WITHIN
        edit("lab.toml", "report = true", "report = false")  # of this session alone
        program.click("Wrap up")
        program.fill("Comment", "QPlainTextEdit", "the spout was blocked, flushed it")
        picture("wrap-up")
        program.press("ctrl+Return")
        program.wait_for("a wrap-up", (folder.path / "wrap-up.json").is_file)
        field = program.see("Mouse: ear tag or id")
        assert (field.text, field.focused) == ("", True)
        picture("next-mouse")

        program.type("14")
        program.press("Return")
        program.see("SIM01 already ran today…")
        name(program, "SIM02")
        wait_until_armed(program, "SIM02")
        program.press("F5")
        program.see("running")
        second = watch.folder()
        program.press("ctrl+shift+x")
        program.see("Press again")
        program.press("ctrl+shift+x")
        program.see("SIM02: the session has ended")
        picture("second-ended")

    assert second != folder
    assert [each.name for each in find_sessions(morning.data)] == [folder.name, second.name]
    check_first(load_session(folder))
    assert_stopped_at_once(load_session(second))


PAST = """
import analysis.demo
from rig.main import main
analysis.demo.DAYS_BEFORE = {"SIM04": 2}  # whose past is soon made
main()
"""
INSIDE = """
import sys
if "gui" in sys.orig_argv:
    import threading
    sys.path.append({tests!r})
    from gui_probe import serve
    threading.Thread(target=serve, args=[{probe!r}], daemon=True).start()
"""


@pytest.fixture
def guided(lab: Lab, display: Display, tmp_path: Path) -> Iterator[Program]:
    """Start `rig demo` on the display; the window that it opens can be looked into."""
    (tmp_path / "demo.py").write_text(PAST, encoding="utf-8")
    probe = INSIDE.format(tests=str(Path(__file__).parent), probe=str(tmp_path / "probe"))
    (tmp_path / "sitecustomize.py").write_text(probe, encoding="utf-8")
    surroundings = {"PYTHONPATH": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "settings")}
    with (tmp_path / "printed").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, str(tmp_path / "demo.py"), "demo", "--lab", str(tmp_path / "demo")],
            env={**os.environ, **display.environment, **surroundings}, start_new_session=True,
            stdout=printed, stderr=printed,
        )  # fmt: skip
    yield Program(process, display, tmp_path)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    stop_what_runs(find_lab(tmp_path / "demo"))


def test_the_demonstration_opens_a_guided_window_that_asks_before_it_leaves_a_session(
    guided: Program, tmp_path: Path
) -> None:
    title = "mouserig: My lab"
    guided.window(title)
    guided.see("Virtual mice with a past are here…")
    name(guided, "SIM04")
    guided.click("Use go_nogo (suggested)")
    wait_until_armed(guided, "SIM04")
    guided.press("F5")
    guided.see("running")
    guided.see("The session runs in real time…")
    guided.close(title)
    guided.see("SIM04 is running on box1. Without this window…")
    guided.click("Cancel")
    guided.see_no("Leave it running")
    guided.close(title)
    guided.see("Stop after this trial")
    guided.click("Leave it running")
    assert guided.process.wait(30) == 0, guided.said()
    assert is_held(tmp_path / "demo/.locks", "rig", "box1"), "the session goes on"


def name(program: Program, typed: str) -> None:
    """Name the next mouse, by its ear tag or its id."""
    program.press("F2")
    program.wait_for(
        "field for the mouse", lambda: any(f.focused for f in program.seen("Mouse: ear tag or id"))
    )
    program.press("ctrl+a")
    program.type(typed)
    program.press("Return")


def wait_until_armed(program: Program, mouse: str) -> None:
    """Wait until all is green."""
    program.see_enabled(f"Start {mouse} on box1 (F5)")


def change_reward(program: Program, volume: str) -> None:
    """Change the size of the reward from the next trial on."""
    program.press("ctrl+p")
    program.fill("Parameter: Reward", "QLineEdit", volume)
    program.press("Return")


def changes(events: list[Event]) -> list[ParameterChanged]:
    return [event for event in events if isinstance(event, ParameterChanged)]


def flushes(events: list[Event]) -> list[DeviceReported]:
    return [e for e in events if isinstance(e, DeviceReported) and e.what == "flush"]


def hits_after(record: SessionRecord, trial: int) -> int:
    return sum(row.outcome == "hit" for row in record.rows if row.trial > trial)


def check_first(record: SessionRecord) -> None:
    """Assert that all that was done stands in the record, with who did it."""
    assert record.definition.subject == "SIM01"
    assert record.definition.operator == ANNA
    events = record.events
    (changed,) = changes(events)
    assert (changed.key, changed.after, changed.author) == ("reward_ul", 4.0, ANNA)
    rewards = {row.reward_ul for row in record.rows if row.trial > changed.trial} - {None}
    assert rewards == {4.0}
    written, alarm = orders(events, "note")
    assert written.reason.endswith("the mouse looks well")
    assert alarm.reason.startswith("alarm: The mouse responds less and less")
    for verb in ("note", "speed", "pause_after_trial", "drop", "flush", "resume"):
        assert {order.author for order in orders(events, verb)} == {ANNA}, verb
    (stop,) = orders(events, "stop_after_trial")
    assert stop.author == ANNA
    by_hand = [e for e in events if isinstance(e, DeviceReported) and e.author == ANNA]
    assert [e.volume_ul for e in by_hand] == [4.0, None, 4.0]
    assert record.ended is not None
    assert not record.rows[-1].aborted
    assert {finding.state for finding in verify(record.folder)} == {"good"}
    said = json.loads((record.folder.path / "wrap-up.json").read_text())
    assert (said["by"], said["comment"]) == (ANNA, "the spout was blocked, flushed it")


def assert_stopped_at_once(record: SessionRecord) -> None:
    """Assert that the second session began, and was stopped in its trial."""
    assert record.definition.subject == "SIM02"
    assert record.ended is not None
    assert record.ended.how == "aborted"
    (stop,) = orders(record.events, "stop_now")
    assert stop.author == ANNA
