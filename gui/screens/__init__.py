"""The screens of the window, one file each."""

from __future__ import annotations

from gui.actions import Action
from gui.window import Entry
from gui.workplace import Workplace


def make_entries(place: Workplace) -> tuple[tuple[Entry, ...], tuple[Action, ...]]:
    """Return the screens in the order of the rail, and what can be done by a key on them."""
    from gui.screens.all_boxes import AllBoxes
    from gui.screens.run import RunScreen

    run = RunScreen(place)
    entries = [
        Entry("run", "Run", "F3", run),
        Entry("boxes", "All boxes", "Ctrl+0", AllBoxes(place)),
    ]
    return tuple(entries), run.can_be_done()
