"""Puts the window together: lab, threads, screens."""

from __future__ import annotations

from pathlib import Path

from gui import remembered, theme
from gui.boxes import Boxes
from gui.jobs import Jobs
from gui.reader import Reader
from gui.screens import make_entries
from gui.sender import Sender
from gui.window import Window
from gui.workplace import Workplace
from rig.lab import Lab, find_lab


def make_window(lab: Lab) -> Window:
    """Return the window of a lab; an application has been made by `gui.theme.make_app`."""
    boxes = Boxes([path.stem for path in lab.files("rigs")])
    sender = Sender(lab.locks)
    place = Workplace(lab, boxes, Jobs(lab.folder), sender, remembered.palette())
    place.operator = remembered.operator() or next(iter(lab.config.experimenters), "")
    entries, actions = make_entries(place)
    return Window(place, Reader(lab.locks), sender, entries, actions)


def run(folder: Path) -> int:
    """Open the window of a lab; return the exit code when it is closed."""
    lab = find_lab(folder)
    app = theme.make_app([])
    window = make_window(lab)
    window.show()
    window.start()
    return app.exec_()
