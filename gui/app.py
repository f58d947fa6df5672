"""Puts the window together: lab, threads, screens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gui import remembered, theme
from gui.boxes import Boxes
from gui.guide.bar import GuideBar
from gui.jobs import Jobs
from gui.mishaps import survive
from gui.reader import Reader
from gui.screens import make_entries
from gui.sender import Sender
from gui.window import Window
from gui.workplace import Workplace
from rig.lab import Lab, find_lab


def make_window(lab: Lab) -> Window:
    """Return the window of a lab; an application has been made by `gui.theme.make_app`."""
    place, reader, sender = _threads(lab)
    entries, actions = make_entries(place)
    return Window(place, reader, sender, entries, actions)


def make_guided_window(lab: Lab) -> Window:
    """Return the window of the lab of the demonstration, with its guide."""
    place, reader, sender = _threads(lab)
    entries, actions = make_entries(place)
    return Window(place, reader, sender, entries, actions, GuideBar(place))


def _threads(lab: Lab) -> tuple[Workplace, Reader, Sender]:
    """Return what all screens share, and the threads that listen and send."""
    boxes = Boxes([path.stem for path in lab.files("rigs")])
    sender = Sender(lab.locks)
    place = Workplace(lab, boxes, Jobs(lab.folder), sender, remembered.palette())
    place.operator = remembered.operator() or next(iter(lab.config.experimenters), "")
    return place, Reader(lab.locks), sender


def run(folder: Path, make: Callable[[Lab], Window] = make_window) -> int:
    """Open the window of a lab; return the exit code when it is closed."""
    lab = find_lab(folder)
    app = theme.make_app([])
    window = make(lab)
    survive(window.tell, lab.locks)
    window.show()
    window.start()
    return app.exec_()
