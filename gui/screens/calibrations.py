"""Calibrations: what is in force on the rig that is looked at, and the wizard that renews it."""

from __future__ import annotations

import msgspec
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from gui.actions import Action
from gui.calibrating.overview import Overview
from gui.calibrating.wizard import Wanted, Wizard
from gui.jobs import Done
from gui.palette import Palette
from gui.theme import quiet_label, title_label
from gui.workplace import Workplace
from rig.calibrations import InForce, Kind

ABOUT = "What leads from volts and milliseconds to microlitres and decibels: measured, and how old."


class Calibrations(QWidget):
    """The calibrations of a rig, and one wizard for all kinds.

    Parameters
    ----------
    place
        What all screens share.
    """

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self._rows: list[InForce] | None = None
        self._kinds: dict[str, Kind] = {}
        self._waits: set[str] = set()
        self._to_fix: tuple[str, str] | None = None
        self._seen: tuple[str, bool, bool] | None = None
        self.title = title_label("Calibrations")
        self.overview, self.wizard = Overview(self._begin), Wizard(place, self._leave)
        self.again = QPushButton("Read &again")
        self.again.clicked.connect(self.look)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(quiet_label(ABOUT), 1)
        head.addWidget(self.again)
        whole = QWidget()
        inner = QVBoxLayout(whole)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(head)
        inner.addWidget(self.overview, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(whole)
        self._pages.addWidget(self.wizard)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done here by a key."""
        return (Action("Calibrations: read them again", "", self.look, self.isVisible),)

    def arrive(self) -> None:
        """Show the rig that is looked at; a calibration that runs stays where it is."""
        if self.wizard.is_running:
            return
        self._pages.setCurrentIndex(0)
        self.look()

    def look(self) -> None:
        """Read what is in force; once, what can be calibrated."""
        self._ask("calibrations", ["calibrations"])
        if not self._kinds:
            self._ask("kinds", ["calibrate", "kinds"])
        self._show()

    def refresh(self) -> None:
        """Show whether the rig is free."""
        seen = self._place.rig, self._is_free, bool(self._waits)
        if seen != self._seen:
            self._seen = seen
            self._say()

    def restyle(self, palette: Palette) -> None:
        """Give the pictures other colours."""
        self.overview.picture.restyle(palette)
        self.wizard.restyle(palette)

    def fix(self, rig: str, device: str) -> None:
        """Come up with the wizard of a device; if one runs already, with that."""
        self._place.rig = rig
        self._to_fix = rig, device
        self._place.go_to("calibrations")

    @property
    def _own_rows(self) -> list[InForce]:
        return [each for each in self._rows or () if each.rig == self._place.rig]

    @property
    def _is_free(self) -> bool:
        box = self._place.box
        return not (box.is_running or box.starting)

    def _ask(self, what: str, arguments: list[str]) -> None:
        if what in self._waits:
            return
        self._waits.add(what)

        def told(done: Done) -> None:
            self._waits.discard(what)
            self._take(what, done)
            self._show()
            self._fix_now()

        self._place.jobs.run(arguments, told)

    def _take(self, what: str, done: Done) -> None:
        try:
            if what == "kinds":
                kinds = msgspec.convert(done.value, list[Kind])
                self._kinds = {each.verb: each for each in kinds}
            else:
                self._rows = msgspec.convert(done.value, list[InForce])
        except msgspec.ValidationError:
            self._place.tell("bad", f"The calibrations could not be read: {done.error}")

    def _show(self) -> None:
        self.title.setText(f"Calibrations of {self._place.rig}")
        self.overview.show_rig(self._own_rows, list(self._kinds))
        self._say()
        if self._pages.currentIndex() == 0 and self.isVisible():
            self.overview.take_focus()

    def _say(self) -> None:
        if not self._is_free:
            words = f"{self._place.box.subject} is in it: calibrate after the session."
        elif self._waits:
            words = "Reading ..."
        elif not self.overview.lines:
            words = "The rig file names no calibration."
        else:
            words = ""
        can = self._is_free and not self._waits
        self.overview.say(words, can_begin=can)

    def _fix_now(self) -> None:
        """Begin what Rig check asked for, when all is known."""
        if self._to_fix is None or self._waits:
            return
        (rig, device), self._to_fix = self._to_fix, None
        row = next((r for r in self._rows or () if (r.rig, r.device) == (rig, device)), None)
        if row is not None and row.verbs and row.verbs[0] in self._kinds and self._is_free:
            self._begin(row.verbs[0], row)

    def _begin(self, verb: str, row: InForce | None) -> None:
        if verb not in self._kinds or self.wizard.is_running:
            return
        kind, rig = self._kinds[verb], self._place.rig
        self._pages.setCurrentWidget(self.wizard)
        if row is None:
            simulated = bool(self._own_rows) and all(each.simulated for each in self._own_rows)
            self.wizard.prepare(Wanted(kind, rig, {}, simulated=simulated))
        else:
            known: dict[str, str] = {row.named_by: row.device} if row.named_by else {}
            self.wizard.prepare(Wanted(kind, rig, known, row.simulated, row.picture))

    def _leave(self) -> None:
        self._pages.setCurrentIndex(0)
        self.look()
