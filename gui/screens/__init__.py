"""The screens of the window, one file each."""

from __future__ import annotations

from gui.actions import Action
from gui.window import Entry
from gui.workplace import Workplace


def make_entries(place: Workplace) -> tuple[tuple[Entry, ...], tuple[Action, ...]]:
    """Return the screens in the order of the rail, and what can be done by a key on them."""
    from gui.screens.all_boxes import AllBoxes
    from gui.screens.arm import ArmSheet
    from gui.screens.rig_check import RigCheck

    arm, check = ArmSheet(place), RigCheck(place)
    entries = [
        Entry("arm", "Arm", "F2", arm),
        Entry("boxes", "All boxes", "Ctrl+0", AllBoxes(place)),
        Entry("check", "Rig check", "F4", check),
    ]
    return tuple(entries), (*arm.can_be_done(), *check.can_be_done())
