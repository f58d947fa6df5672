"""The screens of the window, one file each."""

from __future__ import annotations

from gui.actions import Action
from gui.day_jobs import DayJobs
from gui.ledger_jobs import LedgerJobs
from gui.screens.all_boxes import AllBoxes
from gui.screens.arm import ArmSheet
from gui.screens.be_the_mouse import BeTheMouse
from gui.screens.calibrations import Calibrations
from gui.screens.close_day import CloseDay
from gui.screens.rig_check import RigCheck
from gui.screens.run import RunScreen
from gui.screens.sessions import Sessions
from gui.screens.subject import SubjectPage
from gui.screens.today import Today
from gui.screens.water_board import WaterBoard
from gui.screens.wrap_up import WrapUp
from gui.window import Entry
from gui.workplace import Workplace
from rig.day_plan import DAY_PLAN
from rig.ledger.place import has_ledger

YOUR_RIG, YOU = "you", "YOU"
"""The box and the mouse of a person, as `rig demo` adds them to a lab."""


def make_entries(place: Workplace) -> tuple[tuple[Entry, ...], tuple[Action, ...]]:
    """Return the screens in the order of the rail, and what can be done by a key on them."""
    day, ledger = DayJobs(place), LedgerJobs(place)
    arm, run, calibrations = ArmSheet(place, day, ledger), RunScreen(place), Calibrations(place)
    check = RigCheck(place, calibrations.fix)
    wrap_up, sessions = WrapUp(place, ledger), Sessions(place)
    water, subject = WaterBoard(place, ledger), SubjectPage(place, ledger)
    today = Today(place, day, ledger, arm.armed, subject.choose)

    def choose(mouse: str) -> None:
        water.choose(mouse)
        subject.choose(mouse)

    close_day = CloseDay(place, ledger, choose)
    entries = [
        Entry("arm", "Arm", "F2", arm),
        Entry("run", "Run", "F3", run),
        Entry("boxes", "All boxes", "Ctrl+0", AllBoxes(place)),
        Entry("check", "Rig check", "F4", check),
        Entry("calibrations", "Calibrations", "F10", calibrations),
        Entry("wrap up", "Wrap-up", "F7", wrap_up),
        Entry("water", "Water board", "F11", water),
        Entry("subject", "Subject", "Ctrl+Shift+U", subject),
        Entry("sessions", "Sessions", "F8", sessions),
    ]
    entries.append(Entry("close the day", "Close the day", "Ctrl+Shift+D", close_day))
    planned = has_ledger(place.lab) or (place.lab.folder / DAY_PLAN).exists()
    entries.insert(0 if planned else 1, Entry("today", "Today", "F12", today))
    if place.lab.subject_file(YOU).is_file() and YOUR_RIG in place.boxes.by_rig:
        entries.append(
            Entry("be the mouse", "Be the mouse", "F9", BeTheMouse(place, YOUR_RIG, YOU))
        )
    screens = (today, arm, run, check, calibrations, wrap_up, water, subject, sessions, close_day)
    return tuple(entries), tuple(action for each in screens for action in each.can_be_done())
