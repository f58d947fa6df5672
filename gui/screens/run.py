"""The Run screen: a session as it runs, and what an operator can do with it."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from gui.actions import Action
from gui.boxes import Box
from gui.palette import Palette
from gui.run.asking import Asking
from gui.run.cards import EndCard, TroubleCard
from gui.run.controls import Controls
from gui.run.header import Header, panel, wrapped
from gui.run.health import summary
from gui.run.log_panel import LogPanel
from gui.run.note_line import NoteLine
from gui.run.plots_panel import PlotsPanel
from gui.run.question_bar import QuestionBar
from gui.run.side import Side
from gui.starting import resume
from gui.theme import far_label, quiet_label, set_level
from gui.widgets.elided import Elided
from gui.workplace import Workplace

FREE, SESSION = 0, 1
"""Pages: of a box without a session, and of one with it."""


class RunScreen(QWidget):
    """Shows the box that is looked at."""

    def __init__(self, place: Workplace) -> None:
        super().__init__()
        self._place = place
        self.asking = Asking(place)
        self.header = Header(place.palette)
        self.trouble = TroubleCard(self._go_on, self._wrap_up)
        self.end = EndCard(self._wrap_up)
        self.question = QuestionBar(self._answer)
        self.plots = PlotsPanel(place.palette)
        self.side = Side(place, self.asking)
        self.log = LogPanel()
        self.note = NoteLine(self._write_note)
        self.controls = Controls(place, self.asking)
        self.health = Elided("quiet")
        self.free, self.hint = far_label(), wrapped(quiet_label())
        self.arm = QPushButton("&Arm the next mouse (F2)")
        self.arm.setProperty("role", "main")
        self.arm.clicked.connect(lambda: place.go_to("arm"))
        self.controls.change.clicked.connect(self._open_change)
        self.controls.note.clicked.connect(self._open_note)
        self.controls.log.toggled.connect(self.log.setVisible)
        self.log.hide()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._free_page())
        self._pages.addWidget(self._session_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done by a key."""
        controls = self.controls
        return (
            Action("Pause after the trial, or resume", "F6", controls.press_pause, self.isVisible),
            Action("Stop after the trial", "Shift+F6", controls.press_stop_after, self.isVisible),
            Action("Stop now (press twice)", "Ctrl+Shift+X", self._stop_now),
            Action("Reward", "Ctrl+R", controls.press_reward, self.isVisible),
            Action("One drop", "Ctrl+D", controls.press_drop, self.isVisible),
            Action(
                "Flush, or stop the flush", "Ctrl+Shift+F", controls.press_flush, self.isVisible
            ),
            Action("Note", "Ctrl+N", self._note_anywhere),
            Action("Change a parameter", "Ctrl+P", self._open_change, self.isVisible),
            Action("Log, open or closed", "Ctrl+J", controls.log.toggle, self.isVisible),
        )

    def arrive(self) -> None:
        """Show the box that the operator looks at."""
        self.side.arrive()
        self.refresh()

    def refresh(self) -> None:
        """Show what has changed."""
        self.asking.settle()
        box = self._place.box
        self.note.show_session(f"{box.rig} {box.address.session if box.address else ''}")
        has_session = box.view is not None and box.view.definition is not None
        waits = bool(box.starting) and not box.is_running
        if not has_session or box.wrapped_up or waits:
            self._show_free(box)
            return
        if self._pages.currentIndex() != SESSION:
            self._pages.setCurrentIndex(SESSION)
            self.header.show_box(box)
            return  # the rest is drawn at the next tick: together they would take too long
        self._show_session(box)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self.header.restyle(palette)
        self.plots.restyle(palette)
        self.side.restyle(palette)

    def _show_free(self, box: Box) -> None:
        """Say what can be done with a box without a session."""
        self._pages.setCurrentIndex(FREE)
        if box.starting:
            self.free.setText(f"{box.starting} is starting in {box.rig} ...")
            self.hint.setText("The session appears here as soon as its program has begun.")
        else:
            self.free.setText(f"{box.rig} is free." if box.rig else "There is no box.")
            self.hint.setText("F2 arms the next mouse.")
        self.arm.setVisible(not box.starting)

    def _show_session(self, box: Box) -> None:
        """Show the session in a box."""
        self.header.show_box(box)
        self.trouble.show_box(box)
        self.end.show_box(box)
        self.question.show_box(box, asked=self.asking.waits("answer"))
        self.plots.show_box(box)
        self.side.show_box(box)
        if box.view is not None and not self.log.isHidden():
            self.log.show_log(box.view)
        self.controls.setVisible(box.is_running)
        self.controls.show_box(box)
        line = summary(box)
        self.health.say(line.told)
        set_level(self.health, line.level if line.level in {"warn", "bad"} else "")

    def _answer(self, choice: str) -> None:
        self.asking.ask(self._place.rig, "answer", text=choice)

    def _write_note(self, words: str) -> None:
        self.asking.ask(self._place.rig, "note", text=words)

    def _open_note(self) -> None:
        self.note.open_line(self._place.box.now)

    def _note_anywhere(self) -> None:
        """Begin a note of this moment, from whatever screen."""
        if self._place.box.is_running:
            self._place.go_to("run")
            self._open_note()

    def _stop_now(self) -> None:
        """Press once on what stops at once, from whatever screen."""
        self._place.go_to("run")
        self.controls.press_stop_now()

    def _open_change(self) -> None:
        self.side.open_change()

    def _go_on(self) -> None:
        """Go on with the session that was cut off."""
        resume(self._place, self._place.rig)

    def _wrap_up(self) -> None:
        self._place.go_to("wrap up")

    def _free_page(self) -> QWidget:
        page = panel()
        layout = page.layout()
        if not isinstance(layout, QVBoxLayout):
            return page
        layout.addStretch(1)
        for widget in (self.free, self.hint, self.arm):
            layout.addWidget(widget, 0, Qt.AlignHCenter)
        layout.addStretch(2)
        return page

    def _session_page(self) -> QWidget:
        page = QWidget()
        body = QHBoxLayout()
        body.setSpacing(6)
        body.addWidget(self.plots, 5)
        body.addWidget(self.side, 2)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.header, self.trouble, self.end, self.question):
            layout.addWidget(widget)
        layout.addLayout(body, 1)
        for below in (self.log, self.note, self.controls, self.health):
            layout.addWidget(below)
        return page
