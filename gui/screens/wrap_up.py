"""Wrap-up: what a person says of a session when it is over, and on to the next mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Action
from gui.jobs import Done
from gui.ledger_jobs import UNSIGNED, LedgerJobs
from gui.palette import Palette
from gui.theme import quiet_label, scrolled, set_level
from gui.workplace import Workplace
from gui.wrapping.pending import Draft, Pending, names_waiting, waiting
from gui.wrapping.sheet import WrapUpSheet
from gui.wrapping.water_part import WaterPart

LIST_EM = 34
"""Width of the list, in letters."""
NOTHING = "No session waits for its wrap-up."
LONGEST_EXPORT = 1800.0
"""Seconds."""


class WrapUp(QWidget):
    """The screen for sessions that are over.

    Parameters
    ----------
    place
        What all screens share.
    ledger
        What is known of the water of the mice, and where it is entered.
    """

    def __init__(self, place: Workplace, ledger: LedgerJobs) -> None:
        super().__init__()
        self._place, self._ledger = place, ledger
        self._rows: list[dict[str, Any]] = []
        self._waiting: dict[str, Pending] = {}
        self._drafts: dict[str, Draft] = {}
        self._saved: dict[str, Draft] = {}
        self._saving: set[str] = set()
        self._shown = self._lacked = ""
        self._make_parts()
        self._lay_out()
        ledger.changed.connect(self._look_for_weight)
        place.at_start.append(self.look_for_sessions)
        self._fill_list()

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done by a key on this screen."""

        def here() -> bool:
            return self.isVisible() and bool(self._shown)

        return (
            Action("Save the wrap-up, next mouse", "Ctrl+Return", self._go_on, here),
            Action("Save the wrap-up", "Ctrl+S", self._save_only, here),
        )

    def arrive(self) -> None:
        """Show the session of the box that is looked at, if it waits, or the first one."""
        self.look_for_sessions()
        self._ledger.read()
        self._keep_draft()
        self._shown = ""
        self._fill_list()
        wanted = self._place.box.address
        here = wanted.session if wanted else ""
        self._choose(here if here in self._waiting else next(iter(self._waiting), ""))
        self.sheet.droppings.setFocus()
        self.sheet.droppings.selectAll()  # so that a number can be typed at once

    def refresh(self) -> None:
        """Show sessions that have ended since."""
        boxes = self._place.boxes.by_rig.values()
        if names_waiting(boxes, self._rows) != self._unsaved().keys():
            self._fill_list()
            self._ledger.read()

    def restyle(self, palette: Palette) -> None:
        """Do nothing: Qt restyles what is here."""

    def look_for_sessions(self) -> None:
        """Look for sessions since yesterday that nobody has wrapped up."""
        self._place.jobs.run(["ls", "--since", "yesterday"], self._take_rows)

    def _take_rows(self, done: Done) -> None:
        if not isinstance(done.value, list):
            self._say("warn", f"The sessions could not be listed: {done.error}")
            return
        self._close({str(row["session"]) for row in done.value if row.get("wrapped_up")})
        self._rows = [row for row in done.value if row.get("session") not in self._saved]
        self._fill_list()
        others = [
            each.session for each in self._unsaved().values() if each.session not in self._seen
        ]
        self._seen.update(others)
        if others and not self.isVisible():
            count = f"{len(others)} sessions are" if len(others) > 1 else "A session is"
            self._place.tell("note", f"{count} not wrapped up: {', '.join(others)}.")

    def _unsaved(self) -> dict[str, Pending]:
        return {name: each for name, each in self._waiting.items() if name not in self._saved}

    def _fill_list(self) -> None:
        """List what waits; a session that was just saved stays until the operator goes on."""
        found = waiting(self._place.boxes.by_rig.values(), self._rows)
        shown = self._waiting.get(self._shown)
        if shown is not None and self._shown in self._saved:
            found = {self._shown: shown} | found
        self._waiting = found
        self.list.blockSignals(True)
        self.list.clear()
        for name, each in found.items():
            state = "saved" if name in self._saved else each.reason
            self.list.addItem(f"{each.subject}   {each.rig}   {state}\n{name}")
        self.list.blockSignals(False)
        if self._shown not in found:
            self._shown = ""
            self._choose(next(iter(found), ""))
        else:
            self._mark()

    def _pick(self, row: int) -> None:
        """Show the session in a row of the list."""
        names = list(self._waiting)
        if 0 <= row < len(names):
            self._keep_draft()
            self._choose(names[row])

    def _choose(self, session: str) -> None:
        self._shown = session
        pending = self._waiting.get(session)
        self._right.setVisible(pending is not None)
        self.nothing.setVisible(pending is None)
        self.water.show_session(pending)
        if pending is not None:
            self.sheet.show_session(pending, self._drafts.get(session, Draft(pending.reason)))
            self._say("", "")
        self._mark()

    def _mark(self) -> None:
        names = list(self._waiting)
        self.list.blockSignals(True)
        self.list.setCurrentRow(names.index(self._shown) if self._shown in names else -1)
        self.list.blockSignals(False)

    def _keep_draft(self) -> None:
        if self._shown:
            self._drafts[self._shown] = self.sheet.draft()

    def _save_only(self) -> None:
        self._save(lambda: None)

    def _go_on(self) -> None:
        """Save, and go to the sheet of the next mouse in the same box."""
        session, left = self._shown, self.water.left()
        rig = self._waiting[session].rig if session in self._waiting else ""
        self._save(lambda: self._next_mouse(session, rig, left))

    def _next_mouse(self, session: str, rig: str, left: str) -> None:
        """Go on, unless the operator looks at something else meanwhile; tell what is `left` due."""
        if left:
            self._place.tell("note", left)
        if not self.isVisible() or self._shown != session:
            return
        self._shown = ""
        if rig in self._place.boxes.by_rig:
            self._place.rig = rig
        self._place.go_to("arm")

    def _save(self, then: Callable[[], None]) -> None:
        """Write what is said; what is written already is not written again."""
        session, draft = self._shown, self.sheet.draft()
        if not session or session in self._saving:
            return
        if self._saved.get(session) == draft:
            then()
            return
        self._drafts[session] = draft
        if not self._place.operator:
            self._say("bad", UNSIGNED)
            return
        self._lacked = self.water.lacks()
        if self._lacked:
            self._say("bad", self._lacked)
            return
        self._saving.add(session)
        self._say("note", "Saving ...")
        arguments = draft.arguments(session, self._place.operator)
        self._place.jobs.run(arguments, lambda done: self._take_saved(session, draft, done, then))

    def _take_saved(self, session: str, draft: Draft, done: Done, then: Callable[[], None]) -> None:
        self._saving.discard(session)
        if done.code or done.value is None:
            self._say("bad", f"{session} was not saved: {done.error}")
            return
        self._saved[session] = draft
        self._rows = [row for row in self._rows if row.get("session") != session]
        self._close({session})
        self._fill_list()
        self._say("good", f"{session} is saved, signed by {done.value['by']}.")
        then()

    def _look_for_weight(self) -> None:
        """Take back that a weight is missing, once it is there."""
        if self._lacked and not self.water.lacks():
            self._lacked = ""
            self._say("", "")

    def _close(self, sessions: set[str]) -> None:
        """Take in that these are wrapped up, here or elsewhere: their boxes are free."""
        for box in self._place.boxes.by_rig.values():
            if box.address is not None and box.address.session in sessions:
                box.wrapped_up = not box.is_running

    def _report(self) -> None:
        session = self._shown
        self._say("note", f"Writing the report of {session} ...")

        def told(done: Done) -> None:
            if done.value is None:
                self._say("bad", f"There is no report of {session}: {done.error}")
            else:
                self._say(
                    "good", f"The report is written, for the browser to open: {done.value['file']}"
                )

        self._place.jobs.run(["report", session, "--open"], told)

    def _export(self) -> None:
        session = self._shown
        self._say("note", f"Exporting {session} as NWB; you can go on meanwhile ...")

        def told(done: Done) -> None:
            if done.value is None:
                self._say("bad", f"{session} was not exported: {done.error}")
            else:
                files = [Path(file) for file in done.value["files"]]
                names = ", ".join(file.name for file in files)
                self._say("good", f"{session} is exported: {names} in {files[0].parent}")

        self._place.jobs.run(["export", session, "--to", "nwb"], told, LONGEST_EXPORT)

    def _say(self, level: str, text: str) -> None:
        self.words.setText(text)
        set_level(self.words, level)

    def _make_parts(self) -> None:
        self._seen: set[str] = set()
        self.list = QListWidget()
        self.list.setAccessibleName("Sessions that wait for their wrap-up")
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._pick)
        self.water = WaterPart(self._place.lab.config.water, self._ledger)
        self.sheet = WrapUpSheet(self.water)
        self.nothing = QLabel(NOTHING)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.save_button = QPushButton("&Save")
        self.save_button.clicked.connect(self._save_only)
        self.report_button = QPushButton("&Report")
        self.report_button.clicked.connect(self._report)
        self.export_button = QPushButton("&Export NWB")
        self.export_button.clicked.connect(self._export)
        self.next_button = QPushButton("Save, &next mouse (Ctrl+Enter)")
        self.next_button.setProperty("role", "main")
        self.next_button.clicked.connect(self._go_on)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.addWidget(quiet_label("To wrap up"))
        left.addWidget(self.list, 1)
        width = LIST_EM * self.fontMetrics().averageCharWidth()
        self.list.setFixedWidth(width)
        scroll = scrolled(self.sheet)
        buttons = QHBoxLayout()
        for button in (self.save_button, self.report_button, self.export_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.next_button)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(scroll, 1)
        right.addWidget(self.words)
        right.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(left)
        layout.addWidget(self._right, 1)
        layout.addWidget(self.nothing, 1)
